"""The map as a table: cells of a township, or the townships of a county; and its sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from geo.codes import Level

MOST: Final = 400  # cells of one table; more are told township by township
_SUMMED: Final = ("households", "visited", "unseen", "open", "overdue")


def records(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Rows of values with their names."""
    return [dict(zip(columns, row, strict=True)) for row in rows]


def total(
    cells: Iterable[Mapping[str, Any]], villages: Iterable[Mapping[str, Any]]
) -> dict[str, int]:
    """Sums over cells; unplaced households, and cases of no single cell, are the villages'."""
    summed = dict.fromkeys((*_SUMMED, "unplaced", "cells", "amid"), 0)
    for cell in cells:
        summed["cells"] += 1
        for name in _SUMMED:
            summed[name] += cell[name] or 0
    for village in villages:
        summed["unplaced"] += village["unplaced"] or 0
        summed["amid"] += village["open"] or 0
        summed["open"] += village["open"] or 0
        summed["overdue"] += village["overdue"] or 0
    return summed


def by_village(
    cells: Sequence[Mapping[str, Any]], villages: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Villages by code, each with its cells."""
    of: dict[str, list[Mapping[str, Any]]] = {}
    for cell in cells:
        of.setdefault(cell["village"], []).append(cell)
    return [{**village, "cells": of.get(village["code"], [])} for village in villages]


def by_township(
    cells: Sequence[Mapping[str, Any]], villages: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Townships by code, each with its sums."""
    of = partial(_by_prefix, digits=Level.TOWNSHIP.digits)
    own_cells, own_villages = of(cells), of(villages)
    return [
        {"code": code, "name": own[0]["township"], **total(own_cells.get(code, []), own)}
        for code, own in sorted(own_villages.items())
    ]


def _by_prefix(
    places: Iterable[Mapping[str, Any]], digits: int
) -> dict[str, list[Mapping[str, Any]]]:
    of: dict[str, list[Mapping[str, Any]]] = {}
    for place in places:
        of.setdefault(place["code"][:digits], []).append(place)
    return of
