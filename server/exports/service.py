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
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

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
_slots = BoundedSemaphore(AT_ONCE)
_STALE = timedelta(days=1)  # what a killed process left; no export takes that long


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported, how, and of which rows. `reason`: why unmasked; None: masked."""

    collection: Collection
    format: Format
    wanted: Wanted
    reason: str | None = None

    @property
    def plain(self) -> bool:
        """Whether it is unmasked."""
        return self.reason is not None


def plan_export(name: str, format_: str, asked: Mapping[str, Any]) -> Export:
    """What these words ask for: `under`, `since`, `until`, `reason`.

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
    return Export(EXPORTS[name], Format(format_), wanted, asked.get("reason"))


def _just_before(until: datetime) -> datetime:
    try:
        return until - timedelta(microseconds=1)
    except OverflowError:
        raise BadExport(errors={"until": "before_all_time"}) from None


def announce_export(session: Session, by: Identity, places: Places, export: Export) -> Export:
    """Write the export down, with how many rows it has now. Raises AreaNotFound or CellNotFound.

    Returns it with the present code of the place that was asked for.
    """
    if code := export.wanted.under:
        is_cell = len(code) == 15
        found = places_queries.get_cell if is_cell else places_queries.get_area
        export = replace(export, wanted=replace(export.wanted, under=found(session, code).code))
    query = _query(by, places, export)
    span = export.wanted.span or Span(None, None)
    record(
        session,
        "export.reveal" if export.plain else "export.read",
        reason=export.reason,
        export=export.collection.id,
        format=export.format.value,
        rows=queries.count(session, query),
        under=export.wanted.under,
        span=[end and end.isoformat() for end in span],
    )
    return export


class Opened:
    """The rows of an export, from one snapshot, until it is closed."""

    def __init__(self, by: Identity, places: Places, export: Export) -> None:
        """Raises ExportsBusy, and TryLater where the database is busy."""
        if not _slots.acquire(blocking=False):
            raise ExportsBusy(retry_after=30)
        self._session: Session | None = None
        self._open = True
        try:
            self._session = open_snapshot(by)
            batches = queries.read(self._session, _query(by, places, export))
            first = next(batches, None)  # what fails, fails before the answer has begun
        except BaseException:
            self.close()
            raise
        self.batches: Iterator[Sequence[RowMapping]] = chain([first] if first else [], batches)

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
