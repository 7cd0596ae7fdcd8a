"""Is the datum of a list the one that was said? Told by where its points fall, never corrected.

Half a kilometre puts few points out of the county and many into a neighbour's village.
A sample of the list is placed under each datum; where another fits clearly better, a person hears
both numbers before anything is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.datum import Datum, to_wgs84
from server.db import Identity, transaction
from server.households.imports import queries
from server.households.imports.errors import RowRejected
from server.households.imports.placing import Cells, Known
from server.households.imports.rules import Entry, Village, Villages, read_entry
from server.households.rules import Unplaced
from server.places import queries as places
from server.sheets import Sheet

SAMPLE: Final = 3000  # points
_TRIED: Final = (Datum.WGS84, Datum.GCJ02, Datum.BD09)  # CGCS2000 is WGS-84 for this purpose
_FEW: Final = 5  # so many points may stray by themselves
_SHARE: Final = 0.02  # and this share of all


@dataclass(frozen=True, slots=True)
class Fit:
    """How a sample falls when it is read in one datum."""

    datum: Datum
    points: int
    outside: int  # in no cell of this county
    elsewhere: int  # in another village than the list says

    @property
    def astray(self) -> int:
        """Points that contradict the list."""
        return self.outside + self.elsewhere


@dataclass(frozen=True, slots=True)
class Doubt:
    """The datum that was said, and one that fits clearly better."""

    said: Fit
    better: Fit


def doubt_datums(by: Identity, sheet: Sheet, datum: Datum | None) -> list[Doubt]:
    """Where another datum fits a sample of this list clearly better than the one that was said.

    Rows say their own or are in `datum`; the rows of each datum are judged by themselves. Empty: no
    doubt, or nothing to tell it by.
    """
    if not {"lon", "lat"} <= sheet.names:
        return []
    with transaction(by) as session:
        villages = Villages(
            (Village(*found) for found in places.list_villages(session)),
            places.map_old_villages(session),
        )
        cells = queries.list_cells(session)
    samples: dict[Datum, list[Entry]] = {}
    for entry in _sample(sheet, villages):
        if said := entry.datum or datum:
            samples.setdefault(said, []).append(entry)
    doubts = (_doubt(sample, cells, said) for said, sample in samples.items())
    return [doubt for doubt in doubts if doubt]


def _doubt(sample: Sequence[Entry], cells: Cells, datum: Datum) -> Doubt | None:
    said = judge(sample, cells, datum)
    others = [judge(sample, cells, other) for other in _TRIED if not _same(other, datum)]
    better = min(others, key=lambda fit: fit.astray)
    return Doubt(said, better) if clearly(said, better) else None


def clearly(said: Fit, better: Fit) -> bool:
    """Whether the difference is more than a few houses at a border."""
    fewer = said.astray - better.astray
    return fewer > max(_FEW, _SHARE * said.points) and better.astray * 2 <= said.astray


def judge(entries: Sequence[Entry], cells: Cells, datum: Datum) -> Fit:
    """How many of these points contradict their village when they are read in `datum`."""
    lons, lats = to_wgs84(
        [math.nan if entry.lon is None else entry.lon for entry in entries],
        [math.nan if entry.lat is None else entry.lat for entry in entries],
        datum,
    )
    known = Known(
        villages=[entry.village_id for entry in entries],
        groups=[None] * len(entries),
        has_point=[True] * len(entries),
        lons=np.where(np.abs(lons) <= 180, lons, np.nan),
        lats=np.where(np.abs(lats) <= 90, lats, np.nan),
    )
    why = [placed.unplaced for placed in cells.place(known)]
    outside, elsewhere = why.count(Unplaced.OUTSIDE_COUNTY), why.count(Unplaced.OTHER_VILLAGE)
    return Fit(datum, len(entries), outside, elsewhere)


def _sample(sheet: Sheet, villages: Villages) -> Iterator[Entry]:
    """Points from all over the list: lists are sorted by village."""
    step = max(sheet.total // SAMPLE, 1)
    for number, row in enumerate(sheet.rows()):
        if number % step:
            continue
        try:
            entry = read_entry(row, villages)
        except RowRejected:
            continue
        if entry.lon is not None and entry.odd is None:
            yield entry


def _same(one: Datum, other: Datum) -> bool:
    plain = {Datum.CGCS2000: Datum.WGS84}
    return plain.get(one, one) == plain.get(other, other)
