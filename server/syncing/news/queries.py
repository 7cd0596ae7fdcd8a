"""SQL of what is new for a phone: where it stands, and its rows as JSON has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Text,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from server.db import DRIVER, Identity, ask, run
from server.rows import as_array
from server.sealed import Sealed, carried, keyring
from server.syncing.entities import STORED
from server.syncing.queries import REPORTED, values_of
from sync.model import Entry, Report


class Standing(NamedTuple):
    """Where a phone stands: gate.standing. Buckets and what belongs to them, in the same order."""

    epoch: str | None
    next_n: int | None  # None: no device of the asker's
    revoked: bool | None
    newest_mark: str | None
    knows_mark: bool
    buckets: Sequence[str] | None
    seqs: Sequence[int] | None
    ns: Sequence[int] | None
    hs: Sequence[int] | None
    unsent_changes: int | None  # what the device last told: syncing.queries.report_of
    unsent_rejected: int | None
    unsent_files: int | None
    unsent_oldest_at: datetime | None
    unsent_at: datetime | None
    unsent_boot: str | None
    unsent_elapsed: int | None


_STANDING = "SELECT * FROM gate.standing(cast(:device AS uuid), cast(:mark AS uuid))"


def find_standing(by: Identity, mark: str | None) -> Standing | None:
    """Where the asker's phone stands, in one message of its own; None: nobody asks."""
    row = ask(_STANDING, {"device": _text(by.device_id), "mark": mark}, by)
    return Standing(*row) if row else None


def get_standing(session: Session, by: Identity, mark: str | None) -> Standing:
    """The same within the snapshot that the rows are read from."""
    (row,) = run(session, _STANDING, {"device": _text(by.device_id), "mark": mark})
    return Standing(*row)


# A push that is under way holds the device, and tells the same better: nobody waits for it. Another
# pull may have told since the look: what it told later stays (sync.unsent).
_HOLDS = f"""
    UPDATE device SET {REPORTED}
     WHERE id = (SELECT d.id FROM device d
                  WHERE d.id = :device
                    AND (d.unsent_at IS NULL OR d.unsent_at <= :report_told_at
                         OR d.unsent_at = :found_at)
                    AND (d.unsent_boot IS DISTINCT FROM :report_boot OR :report_boot = ''
                         OR d.unsent_elapsed <= :report_elapsed)
                    FOR NO KEY UPDATE SKIP LOCKED)
"""


def keep_report(by: Identity, report: Report, found: Report | None) -> None:
    """What the asker's phone holds, in one message of its own, over what the look `found`.

    Raises TryLater within a second.
    """
    found_at = found and found.told_at  # ahead of now, if the server's clock was
    told = {**values_of(report), "device": _text(by.device_id), "found_at": found_at}
    ask(_HOLDS, told, by, seconds=1, read_only=False)


def find_news(by: Identity) -> str | None:
    """What changes with the asker's buckets (see gate.news), in one message of its own."""
    row = ask("SELECT gate.news()", {}, by)
    return row[0] if row else None


_ENTRIES = """
    SELECT e.bucket, e.entity, cast(e.row_id AS text), e.put, e.seq, e.erased
      FROM unnest(cast(:buckets AS text[]), cast(:after AS bigint[])) AS c (bucket, after)
     CROSS JOIN LATERAL (
           SELECT f.bucket, f.entity, f.row_id, f.put, f.seq, f.erased AND NOT f.put AS erased
             FROM feed_entry f
            WHERE f.bucket = c.bucket AND f.seq > c.after
            ORDER BY f.seq LIMIT :n) e
     LIMIT :n
"""


def list_entries(session: Session, after: Mapping[str, int], limit: int) -> Sequence[Entry]:
    """Feed entries behind these seqs: bucket by bucket, in seq order, `limit` at most."""
    cursor = {"buckets": list(after), "after": list(after.values()), "n": limit}
    return [Entry._make(row) for row in run(session, _ENTRIES, cursor)]


def map_values(
    session: Session, entity: str, ids: Collection[str], columns: Sequence[str]
) -> Mapping[str, Sequence[Any]]:
    """Id → values of these columns, as JSON has them; rows that the asker may see.

    PostgreSQL makes texts of ids and integers of times, and what is sealed is opened column by
    column: a first sync is some 70,000 values, and each step that Python takes for each of them
    is most of what it costs.
    """
    packed = _packed(entity, tuple(columns))
    values = {**packed.values, "ids": as_array(ids)}
    rows = session.connection().exec_driver_sql(packed.statement, values).all()
    if not packed.sealed:
        return {row[0]: row[1:] for row in rows}
    opened = [_open(name, [row[at] for row in rows]) for at, name in packed.sealed.items()]
    found: dict[str, Sequence[Any]] = {}
    for row, texts in zip(rows, zip(*opened, strict=True), strict=True):
        line = list(row)
        for at, plain in zip(packed.sealed, texts, strict=True):
            line[at] = plain
        found[line[0]] = line[1:]
    return found


def _open(name: str, values: Sequence[Any]) -> Sequence[Any]:
    """The plain values of a sealed column. Some hold a list of them; all are opened in one go."""
    ring = keyring()
    if not any(isinstance(value, list) for value in values):
        return ring.open_all(name, values)
    opened = iter(ring.open_all(name, [one for value in values for one in value or ()]))
    return [value and list(islice(opened, len(value))) for value in values]


class _Packed(NamedTuple):
    """A statement as the driver takes it, its constants, and where it is sealed, and as what."""

    statement: str
    values: Mapping[str, Any]
    sealed: Mapping[int, str]


@cache
def _packed(entity: str, columns: tuple[str, ...]) -> _Packed:
    selection = STORED[entity].selection()
    known = {column.key: column for column in selection.selected_columns}
    chosen = [known[name] for name in ("id", *columns)]
    wanted = any_(cast(bindparam("ids", type_=Text), ARRAY(Uuid)))
    statement = selection.with_only_columns(*map(_as_json, chosen))
    types = {at: getattr(c.type, "item_type", c.type) for at, c in enumerate(chosen)}
    sealed = {at: type_.column for at, type_ in types.items() if isinstance(type_, Sealed)}
    compiled = statement.where(known["id"] == wanted).compile(dialect=DRIVER)
    return _Packed(str(compiled), compiled.params, sealed)


def _as_json(column: Any) -> Any:
    """A column as JSON has it: ids as text, times as integer milliseconds; the sealed as it is,
    behind the id of its row.

    Microseconds as a float are exact until 2255, and the integer division rounds down.
    """
    if isinstance(column.type, Uuid):
        return cast(column, Text)
    if isinstance(column.type, DateTime):
        micros = func.date_part("epoch", column) * literal_column("1000000")
        return cast(micros, BigInteger) // literal_column("1000", BigInteger)
    if isinstance(column.type, Sealed):
        return carried(column)
    return column


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
