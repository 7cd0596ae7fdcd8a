"""A table as it stands in a file: records of texts, before anybody knows what a column means."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, Final, NamedTuple, Protocol

MAX_COLUMNS: Final = 512
_EXACT: Final = 1e15  # a double keeps 15 digits; a longer number was rounded somewhere


class Record(NamedTuple):
    """One line or feature: its number, counted from 1, and its cells. Line 0 is a made header."""

    line: int
    cells: Sequence[str]


class Table(Protocol):
    """What every kind of file is read as. `records` may be called again and begins anew."""

    @property
    def shifts(self) -> bool:
        """Whether a stray separator can move cells into the wrong columns."""

    def records(self) -> Iterator[Record]:
        """Header and all that stands above it, then the rows; blank lines may be among them."""


def text_of(value: Any) -> str:
    """A cell's value as a person would have typed it.

    A whole number has no ".0"; one that lost digits looks as spreadsheets show it, 5.119211E+17,
    so that nobody takes it for a code; a date is ISO with its time, so that nobody takes it for
    the "3-1" that it was.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return number_text(value)
        case datetime() | time():
            return value.isoformat()
        case date():
            return f"{value.isoformat()}T00:00:00"
        case list() | tuple():
            return ",".join(map(text_of, value))
        case dict():
            return json.dumps(value, ensure_ascii=False)
    return text_of(value.item()) if hasattr(value, "item") else str(value)


def number_text(value: float) -> str:
    """A number of which only a double is known."""
    if math.isnan(value):
        return ""
    if abs(value) >= _EXACT:
        return f"{value:.6E}"
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return f"{value:.15f}" if "e" in text else text
