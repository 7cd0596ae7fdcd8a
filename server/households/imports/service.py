"""Load a county's list of households: read to its end first, then placed batch by batch."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import blake2b
from itertools import count, islice
from pathlib import Path
from typing import Final

from flask import current_app
from sqlalchemy.orm import Session

from geo.datum import Datum
from server.audit.service import record
from server.db import Identity, transaction
from server.households.duplicates.service import find_duplicates
from server.households.imports import queries
from server.households.imports.batches import Batch, prepare
from server.households.imports.errors import NoPlaces, Reason, RowRejected
from server.households.imports.placing import Cells
from server.households.imports.reports import Reports, Twin
from server.households.imports.rules import (
    COLUMNS,
    NEEDED,
    Entry,
    Odd,
    Village,
    Villages,
    read_entry,
)
from server.households.rules import Placement
from server.places import queries as places
from server.places.locks import share_places
from server.sheets import Row, Sheet, open_sheet

BATCH: Final = 5000  # households a commit: so many feed entries may wait for one stamp
WRITERS: Final = 2  # while one waits for the stamp, the other inserts
SYSTEM: Final = "county_list"
Count = tuple[str, str]  # what became of a row, and why or how


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
    datum: Datum | None,
    *,
    system: str = SYSTEM,
    reports: Path | None = None,
    batch: int = BATCH,
    dry_run: bool = False,
    sheet: Sheet | None = None,
    told: Callable[[int], None] | None = None,
) -> Loaded:
    """Load a list whose coordinates are in `datum`; commits `batch` rows at a time.

    `datum` None: every row with a point names its own. `sheet`: the list where it is open already.
    `told` hears how many rows have been read, batch by batch.

    A file that cannot be read to its end changes nothing. A run that was cut off is completed by
    running it again: what is known by (system, id) is left alone. Rejected rows go to
    `<reports>.rejected.csv`, likely duplicates to `<reports>.duplicates.csv` (by default beside the
    file). `dry_run`: all of it, but nothing is written to the database. Raises BadSheet, NoPlaces,
    ListBusy.
    """
    sheet = sheet or open_sheet(path, COLUMNS, NEEDED)
    with transaction(by) as session:
        # First, so that villages which change meanwhile are seen to have changed.
        cells = queries.list_cells(session)
        villages = _villages(session)
    with Reports(reports or path) as written, queries.hold_list(system):
        loading = _Loading(villages, written, datum, told)
        write = partial(_write, by=by, system=system, dry_run=dry_run)
        _write_all(loading, _prepared(sheet, loading, cells, by.now, batch), write)
        if not dry_run:
            with transaction(by) as session:
                find_duplicates(session, by)
    return loading.result()


def _villages(session: Session) -> Villages:
    """Those of this county, old codes included. Raises NoPlaces where there is none yet."""
    villages = Villages(
        (Village(*found) for found in places.list_villages(session)),
        places.map_old_villages(session),
    )
    if not villages:
        raise NoPlaces
    return villages


def _prepared(
    sheet: Sheet, loading: _Loading, cells: Cells, at: datetime, size: int
) -> Iterator[Batch]:
    entries = (entry for row in sheet.rows() if (entry := loading.understand(row)))
    for turn in count():
        some = list(islice(entries, size))
        if not some:
            return
        batch = prepare(some, loading.datum, at, turn, cells)
        loading.look_for_twins(some, batch.twin_keys)
        loading.tell()
        yield batch


def _write_all(
    loading: _Loading, batches: Iterator[Batch], write: Callable[[Batch], Counter[Count]]
) -> None:
    """Write batches as they come, while the next ones are read.

    Writers wait for PostgreSQL, which works outside of this process: one CPU reads, judges and
    seals, the others write. At most one batch more than there are writers is in memory.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined] # werkzeug's LocalProxy
    under_way: deque[Future[Counter[Count]]] = deque()

    def write_within(batch: Batch) -> Counter[Count]:
        with app.app_context():
            return write(batch)

    with ThreadPoolExecutor(WRITERS, thread_name_prefix="load") as pool:
        for batch in batches:
            under_way.append(pool.submit(write_within, batch))
            if len(under_way) > WRITERS:
                loading.tally += under_way.popleft().result()
        for written in under_way:
            loading.tally += written.result()


def _write(batch: Batch, *, by: Identity, system: str, dry_run: bool) -> Counter[Count]:
    """Make the households of a batch, as far as they are new; one transaction."""
    with transaction(by) as session:
        share_places(session)
        if queries.cells_version(session) != batch.cells.version:
            present = places.map_present(session, set(batch.known.villages))
            batch.place(queries.list_cells(session), present)
        already = queries.list_known(session, system, batch.external_ids)
        new = list(batch.lines(already))
        if new and not dry_run:
            queries.insert_lines(session, "".join(line for line, _ in new), system, by.now)
        if not dry_run:
            rows, made = len(batch.external_ids), len(new)
            record(session, "household.load", system=system, rows=rows, made=made)
    return _count(len(already), [placed for _, placed in new])


def _count(already: int, placements: Sequence[Placement]) -> Counter[Count]:
    counts = Counter[Count]()
    for placed in placements:
        how = placed.unplaced or placed.placed_by or ""
        counts["unplaced" if placed.unplaced else "placed", str(how)] += 1
    counts["already", ""] += already
    return counts


class _Loading:
    """What must be remembered from row to row: about 150 bytes for each of them."""

    def __init__(
        self,
        villages: Villages,
        reports: Reports,
        datum: Datum | None,
        told: Callable[[int], None] | None,
    ) -> None:
        self.tally = Counter[Count]()
        self.datum = datum or Datum.WGS84  # of no row, where each names its own
        self._named_in_rows = datum is None
        self._told = told
        self._villages = villages
        self._reports = reports
        self._ids: set[int] = set()
        self._twins: dict[int, int] = {}  # key → the line that had it first

    def understand(self, row: Row) -> Entry | None:
        """The row as an entry; None where it was rejected and reported."""
        self.tally["read", ""] += 1
        try:
            entry = read_entry(row, self._villages)
            if self._named_in_rows and entry.lon is not None and entry.datum is None:
                raise RowRejected(Reason.DATUM_MISSING)
            self._check_once(entry)
        except RowRejected as rejected:
            self.tally["rejected", rejected.reason] += 1
            self._reports.reject(row, rejected.reason)
            return None
        if entry.odd:
            self.tally["odd", entry.odd] += 1
        return entry

    def tell(self) -> None:
        """Say how far the list has been read."""
        if self._told:
            self._told(self.tally["read", ""])

    def look_for_twins(self, entries: Sequence[Entry], keys: Sequence[str | None]) -> None:
        """Report rows that have village, head and near address in common with an earlier one."""
        for entry, key in zip(entries, keys, strict=True):
            if key is None:
                continue
            first = self._twins.setdefault(_key(key), entry.line)
            if first != entry.line:
                self.tally["twin", ""] += 1
                self._reports.suspect(Twin(entry.line, entry.external_id, first))

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
            odd={**self._counts("odd"), **self._old_codes()},
        )

    def _old_codes(self) -> Mapping[str, int]:
        rows = self._villages.old_codes
        return {Odd.OLD_CODE.value: rows} if rows else {}

    def _counts(self, kind: str) -> Mapping[str, int]:
        return {str(why): n for (of, why), n in sorted(self.tally.items()) if of == kind}

    def _check_once(self, entry: Entry) -> None:
        key = _key(entry.external_id)
        if key in self._ids:
            raise RowRejected(Reason.DUPLICATE_ID)
        self._ids.add(key)


def _key(text: str) -> int:
    """64 bits of a text: two texts of one list share them once in 10⁸ lists of 500,000 rows."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
