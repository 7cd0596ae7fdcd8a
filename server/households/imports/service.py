"""Load a county's list of households: read to its end first, then placed batch by batch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from geo.datum import Datum, to_wgs84
from server.audit.service import record
from server.db import Identity, transaction
from server.households.imports import queries
from server.households.imports.errors import NoPlaces, Reason, RowRejected
from server.households.imports.queries import Staged
from server.households.imports.reports import Reports, Twin
from server.households.imports.rules import (
    COLUMNS,
    NEEDED,
    Entry,
    Village,
    Villages,
    read_entry,
)
from server.ids import new_id
from server.places import queries as places
from server.sealed import keyring
from server.sheets import Row, Sheet, open_sheet

BATCH: Final = 5000  # households a commit: so many feed entries may wait for one stamp
SYSTEM: Final = "county_list"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of the rows of a list: read = placed + unplaced + rejected + already."""

    read: int
    by_point: int
    by_group: int
    unplaced: Mapping[str, int]  # reason → households kept without a cell
    rejected: Mapping[str, int]  # reason → rows left out, all of them in the report
    already: int  # known from an earlier run, left as they are
    likely_duplicates: int  # kept, and listed for a person
    odd: Mapping[str, int] = field(default_factory=dict)  # slips that were said, not mended

    @property
    def nothing(self) -> bool:
        """Whether every row was rejected."""
        return sum(self.rejected.values()) == self.read


def load_households(
    by: Identity,
    path: Path,
    datum: Datum,
    *,
    system: str = SYSTEM,
    reports: Path | None = None,
    batch: int = BATCH,
) -> Loaded:
    """Load a list (CSV) whose coordinates are in `datum`; commits `batch` rows at a time.

    A file that cannot be read to its end changes nothing. A run that was cut off is completed by
    running it again: what is known by (system, id) is left alone. Rejected rows go to
    `<reports>.rejected.csv`, likely duplicates to `<reports>.duplicates.csv` (by default beside the
    file). Raises BadSheet, NoPlaces.
    """
    sheet = open_sheet(path, COLUMNS, NEEDED)
    with transaction(by) as session:
        villages = Villages(Village(*found) for found in places.list_villages(session))
    if not villages:
        raise NoPlaces
    with Reports(reports or path) as written:
        loading = _Loading(villages, written)
        for entries in _batches(sheet, loading, batch):
            with transaction(by) as session:
                load_batch(session, by, entries, datum, system, loading.tally)
    return loading.result()


def load_batch(
    session: Session,
    by: Identity,
    entries: Sequence[Entry],
    datum: Datum,
    system: str,
    tally: Counter[tuple[str, str]],
) -> None:
    """Make the households of some rows, as far as they are new, and count them in `tally`."""
    known = queries.list_known(session, system, [entry.external_id for entry in entries])
    fresh = [entry for entry in entries if entry.external_id not in known]
    made = 0
    if fresh:
        queries.stage(session, _sealed(fresh, datum, by))
        for placed_by, unplaced, count in queries.move_in(session, system, datum, by.now):
            tally["unplaced" if unplaced else "placed", unplaced or placed_by] += count
            made += count
    tally["already", ""] += len(entries) - made
    record(session, "household.load", system=system, rows=len(entries), made=made)


class _Loading:
    """What must be remembered from row to row: about 150 bytes for each of them."""

    def __init__(self, villages: Villages, reports: Reports) -> None:
        self.tally: Counter[tuple[str, str]] = Counter()
        self._villages = villages
        self._reports = reports
        self._ids: set[int] = set()
        self._twins: dict[int, int] = {}  # key → the line that had it first

    def understand(self, row: Row) -> Entry | None:
        """The row as an entry; None where it was rejected and reported."""
        self.tally["read", ""] += 1
        try:
            entry = read_entry(row, self._villages)
            self._check_once(entry)
        except RowRejected as rejected:
            self.tally["rejected", rejected.reason] += 1
            self._reports.reject(row, rejected.reason)
            return None
        if entry.odd:
            self.tally["odd", entry.odd] += 1
        self._look_for_twin(entry)
        return entry

    def result(self) -> Loaded:
        """What the rows have become."""
        return Loaded(
            read=self.tally["read", ""],
            by_point=self.tally["placed", "point"],
            by_group=self.tally["placed", "group"],
            unplaced=self._counts("unplaced"),
            rejected=self._counts("rejected"),
            already=self.tally["already", ""],
            likely_duplicates=self.tally["twin", ""],
            odd=self._counts("odd"),
        )

    def _counts(self, kind: str) -> Mapping[str, int]:
        return {str(why): n for (of, why), n in sorted(self.tally.items()) if of == kind}

    def _check_once(self, entry: Entry) -> None:
        key = _key(entry.external_id)
        if key in self._ids:
            raise RowRejected(Reason.DUPLICATE_ID)
        self._ids.add(key)

    def _look_for_twin(self, entry: Entry) -> None:
        if entry.twin_key is None:
            return
        first = self._twins.setdefault(_key(entry.twin_key), entry.line)
        if first != entry.line:
            self.tally["twin", ""] += 1
            self._reports.suspect(Twin(entry.line, entry.external_id, first))


def _batches(sheet: Sheet, loading: _Loading, size: int) -> Iterator[list[Entry]]:
    entries = (entry for row in sheet.rows() if (entry := loading.understand(row)))
    while batch := list(islice(entries, size)):
        yield batch


def _key(text: str) -> int:
    """64 bits of a text: two texts of one list share them once in 10⁸ lists of 500,000 rows."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def _sealed(entries: Sequence[Entry], datum: Datum, by: Identity) -> Iterator[Staged]:
    """Households as they are staged: true positions for all at once, personal fields sealed."""
    nowhere = math.nan
    lons = [nowhere if entry.lon is None else entry.lon for entry in entries]
    lats = [nowhere if entry.lat is None else entry.lat for entry in entries]
    true_lons, true_lats = (axis.tolist() for axis in to_wgs84(lons, lats, datum))
    keys = keyring()
    for number, entry in enumerate(entries):
        lon, lat = true_lons[number], true_lats[number]
        real = -180 <= lon <= 180 and -90 <= lat <= 90
        number_of = entry.telephone
        yield Staged(
            ord=number,
            id=new_id(by.now),
            external_id=entry.external_id,
            village_id=entry.village_id,
            group_no=entry.group_no,
            head_name=keys.seal("household.head_name", entry.head_name),
            telephone=keys.seal("household.telephone", number_of) if number_of else None,
            telephone_index=keys.blind("household.telephone", number_of) if number_of else None,
            address=entry.address,
            kind=entry.kind,
            people=entry.people,
            lon=entry.lon,
            lat=entry.lat,
            true_lon=lon if real else None,
            true_lat=lat if real else None,
        )
