"""What people do with exports: take along what they may see.

An export is written down before its first row leaves: somebody who goes away just before the end
has it all the same. Its rows are one snapshot, read in batches from a cursor of the database.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from server.approvals import queries as approvals_queries
from server.approvals import service as approvals
from server.approvals.rules import Act
from server.audit.service import record
from server.db import Identity, open_snapshot
from server.exports import queries
from server.exports.catalogue import EXPORTS, TIMED, Format
from server.exports.errors import BadExport, ExportsBusy, NoSuchExport
from server.exports.layers import geojson_text, write_gpkg
from server.exports.lists import cells_of, csv_lines, titles_of, write_xlsx
from server.maps.features.queries import Form, Places
from server.maps.features.rules import Span, Wanted
from server.maps.features.schemas import Collection
from server.places import queries as places_queries

AT_ONCE = 3  # in one process: each holds a connection until its reader has all of it
_COUNTY_CODE: Final = 6  # digits of a county's code; a province's and a city's are shorter
_slots = BoundedSemaphore(AT_ONCE)
_STALE = timedelta(days=1)  # what a killed process left; no export takes that long


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported, how, and of which rows. `reason`: why unmasked; None: masked.

    `approval`: under which a second person allowed it, where that is needed.
    """

    collection: Collection
    format: Format
    wanted: Wanted
    reason: str | None = None
    approval: UUID | None = None

    @property
    def plain(self) -> bool:
        """Whether it is unmasked."""
        return self.reason is not None

    @property
    def personal(self) -> bool:
        """Whether it shows what the masked one does not."""
        hidden = (column.mask or column.plain_only for column in self.collection.columns)
        return self.plain and any(hidden)


def plan_export(name: str, format_: str, asked: Mapping[str, Any]) -> Export:
    """What these words ask for: `under`, `since`, `until`, `reason`, `approval`.

    Raises NoSuchExport, and BadExport for a span of what has no time.
    """
    if name not in EXPORTS or format_ not in list(Format):
        raise NoSuchExport
    since, until = asked.get("since"), asked.get("until")
    if (since or until) and name not in TIMED:
        raise BadExport(errors={"since": "has_no_time"})
    if since and until and since >= until:
        raise BadExport(errors={"until": "before_since"})
    span = Span(since, until and _just_before(until)) if since or until else None
    wanted = Wanted(span=span, under=asked.get("under") or "")
    return Export(
        EXPORTS[name], Format(format_), wanted, asked.get("reason"), asked.get("approval")
    )


def _just_before(until: datetime) -> datetime:
    try:
        return until - timedelta(microseconds=1)
    except OverflowError:
        raise BadExport(errors={"until": "before_all_time"}) from None


def announce_export(
    session: Session, by: Identity, places: Places, export: Export, most: int
) -> Export:
    """Write the export down, with how many rows it has now; its approval is used up by that.

    `most`: so many unmasked rows one person may take within a day, alone. Returns it with the
    present code of the place that was asked for. Raises AreaNotFound or CellNotFound, and
    NeedsApproval and its like where a second person has to allow it.
    """
    if code := export.wanted.under:
        is_cell = len(code) == 15
        found = places_queries.get_cell if is_cell else places_queries.get_area
        export = replace(export, wanted=replace(export.wanted, under=found(session, code).code))
    rows = queries.count(session, _query(by, places, export))
    if export.personal:
        _check_bulk(session, by, export, rows, most, whole=places is None)
    record(
        session,
        "export.reveal" if export.plain else "export.read",
        reason=export.reason,
        export=export.collection.id,
        format=export.format.value,
        rows=rows,
        under=export.wanted.under,
        span=_span(export),
        approval=export.approval,
    )
    return export


def _check_bulk(
    session: Session, by: Identity, export: Export, rows: int, most: int, *, whole: bool
) -> None:
    """Bulk is the whole county, however few its rows, or more rows in a day than `most`.

    `whole`: the asker reaches all of the county. Many small exports of one person add up.
    """
    of_county = whole and len(export.wanted.under) <= _COUNTY_CODE
    alone = export.approval is None and not of_county
    if alone and approvals_queries.take_rows(session, rows) <= most:
        return
    since, until = _span(export)
    what = {
        "export": export.collection.id,
        "under": export.wanted.under or None,
        "since": since,
        "until": until,
    }
    approvals.spend(session, by, export.approval, Act.EXPORT_BULK, what, rows=rows)


def _span(export: Export) -> list[str | None]:
    span = export.wanted.span or Span(None, None)
    return [end.astimezone(UTC).isoformat() if end else None for end in span]


class Opened:
    """A place in the line, and the rows of an export from one snapshot, until it is closed."""

    batches: Iterator[Sequence[RowMapping]]

    def __init__(self) -> None:
        """Raises ExportsBusy."""
        if not _slots.acquire(blocking=False):
            raise ExportsBusy(retry_after=30)
        self._session: Session | None = None
        self._open = True

    def open(self, by: Identity, places: Places, export: Export) -> None:
        """Begin to read. Raises TryLater where the database is busy."""
        self._session = open_snapshot(by)
        batches = queries.read(self._session, _query(by, places, export))
        first = next(batches, None)  # what fails, fails before the answer has begun
        self.batches = chain([first] if first else [], batches)

    def close(self) -> None:
        """Give the connection back; once more does no harm."""
        if self._open:
            self._open = False
            if self._session is not None:
                self._session.close()
            _slots.release()

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def text_of(export: Export, opened: Opened) -> Iterator[str]:
    """The export as text, piece by piece: CSV or GeoJSON."""
    what, plain = export.collection, export.plain
    if export.format is Format.GEOJSON:
        return geojson_text(what, opened.batches, plain=plain)
    rows = cells_of(what, opened.batches, plain=plain)
    return csv_lines(titles_of(what, plain=plain), rows)


def write_export(path: Path, export: Export, opened: Opened) -> None:
    """The whole export as a file, in any format."""
    what, plain = export.collection, export.plain
    if export.format is Format.GPKG:
        write_gpkg(path, what, opened.batches, plain=plain)
    elif export.format is Format.XLSX:
        rows = cells_of(what, opened.batches, plain=plain)
        title = what.title.partition(" ")[0]
        write_xlsx(path, [(title, titles_of(what, plain=plain), rows)])
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(text_of(export, opened))


@contextmanager
def spooled(data_dir: Path, now: datetime, export: Export, opened: Opened) -> Iterator[Path]:
    """The export as a file that is gone afterwards, whatever happened."""
    data_dir.mkdir(parents=True, exist_ok=True)
    for left in data_dir.glob("export-*"):
        if left.stat().st_mtime < (now - _STALE).timestamp():
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="export-", dir=data_dir) as folder:
        path = Path(folder) / f"{export.collection.id}.{export.format}"
        write_export(path, export, opened)
        yield path


def _query(by: Identity, places: Places, export: Export) -> Any:
    form = Form.GEOJSON if export.format is Format.GEOJSON else Form.WKB
    name = export.collection.id
    return queries.rows_of(name, places, by.user_id, by.now, export.wanted, form)
