"""Changing keys: what is sealed with which, and sealing it anew while everybody works on.

Role wangge_sealer (server.db.DbRole), which sees and writes sealed columns and nothing else: no
phone is told, since no content changes. A batch locks its rows, skipping those that somebody else
holds, so that nobody waits for it longer than a batch takes and it never undoes what others write;
where it was killed, the values themselves say what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import MetaData, Row, Table, func, or_, select, text, tuple_, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import LargeBinary

from server.sealed.column import Sealed
from server.sealed.errors import SealBroken
from server.sealed.ring import Keyring, Sealing, row_key, sealing_of

BATCH = 2_000  # rows; a writer who wants one of them waits for a tenth of a second


class Found(NamedTuple):
    """How many values of a column ("household.telephone") are sealed in this way."""

    column: str
    sealing: Sealing
    values: int


class Batch(NamedTuple):
    """What a batch did. `last`: the key of the last row that it looked at; None: there is no more.

    `broken`: rows with a value that does not open; they stay as they are.
    """

    resealed: int
    last: Sequence[Any] | None
    broken: Sequence[Sequence[Any]] = ()


def sealed_tables(metadata: MetaData) -> list[Table]:
    """The tables that hold sealed columns."""
    return [table for table in metadata.sorted_tables if _columns(table)]


def count_values(session: Session, table: Table) -> Iterator[Found]:
    """How the values of a table are sealed, by column, version and key."""
    for column in _columns(table):
        bare = type_coerce(column, LargeBinary)
        head = func.substring(bare, 1, func.position(text(r"'\x00'::bytea IN " + _named(column))))
        query = select(head, func.count()).where(column.is_not(None)).group_by(head)
        for begins, count in session.execute(query):
            yield Found(f"{table.name}.{column.name}", _sealing(bytes(begins)), count)


def count_old(session: Session, table: Table, ring: Keyring) -> int:
    """Rows of a table with a value that would be sealed otherwise now."""
    old = _is_old(table, ring)
    return session.execute(select(func.count()).select_from(table).where(old)).scalar_one()


def reseal(
    session: Session, table: Table, ring: Keyring, after: Sequence[Any] | None, limit: int = BATCH
) -> Batch:
    """Seal anew up to `limit` rows of a table behind the row with this key, in order of their keys.

    Rows that another transaction holds are left for another time.
    """
    key = list(table.primary_key)
    query = select(*key, *(type_coerce(c, LargeBinary).label(c.name) for c in _columns(table)))
    query = query.where(_is_old(table, ring)).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    rows = session.execute(query.with_for_update(key_share=True, skip_locked=True)).all()
    if not rows:
        return Batch(0, None)
    anew = {tuple(row[: len(key)]): _anew(table, ring, row) for row in rows}
    opened = [(row, fresh) for row in rows if (fresh := anew[tuple(row[: len(key)])])]
    if opened:
        session.execute(text(_update(table)), _values(table, opened))
    broken = [row_id for row_id, fresh in anew.items() if fresh is None]
    return Batch(len(opened), tuple(rows[-1][: len(key)]), broken)


def _sealing(begins: bytes) -> Sealing:
    try:
        return sealing_of(begins)
    except SealBroken:
        return Sealing(0, "?")  # garbage: no key of ours has this name


def _columns(table: Table) -> list[Any]:
    return [column for column in table.columns if isinstance(column.type, Sealed)]


def _is_old(table: Table, ring: Keyring) -> Any:
    bare = [type_coerce(column, LargeBinary) for column in _columns(table)]
    return or_(*(func.substring(column, 1, len(ring.head)) != ring.head for column in bare))


def _anew(table: Table, ring: Keyring, row: Row[Any]) -> Mapping[str, bytes | None] | None:
    """Its values sealed as of now, those that are so already as they are; None: one is broken."""
    of_row = row_key(*row[: len(table.primary_key)])
    try:
        return {
            column.name: _sealed_now(ring, column.type.column, of_row, row._mapping[column.name])
            for column in _columns(table)
        }
    except SealBroken:
        return None


def _sealed_now(
    ring: Keyring, column: str, row: bytes, value: bytes | memoryview | None
) -> bytes | None:
    sealed = None if value is None else bytes(value)
    if sealed is None or sealed.startswith(ring.head):
        return sealed
    return ring.seal(column, row, ring.open(column, row, sealed))


def _update(table: Table) -> str:
    """What is overwritten must be what was read: whoever wrote meanwhile has the last word."""
    key, sealed = list(table.primary_key), _columns(table)
    texts = [f"{what}{n}" for what in ("new", "was") for n in range(len(sealed))]
    ids = [f"key{n}" for n in range(len(key))]
    arrays = [f"cast(:{name} AS uuid[])" for name in ids]
    arrays += [f"cast(:{name} AS bytea[])" for name in texts]
    sets = ", ".join(f"{_bare(c)} = fresh.new{n}" for n, c in enumerate(sealed))
    same = [f"{_named(c)} = fresh.key{n}" for n, c in enumerate(key)]
    same += [f"{_named(c)} IS NOT DISTINCT FROM fresh.was{n}" for n, c in enumerate(sealed)]
    return (
        f"UPDATE {table.name} SET {sets} FROM unnest({', '.join(arrays)})"
        f" fresh ({', '.join(ids + texts)}) WHERE {' AND '.join(same)}"
    )


def _values(
    table: Table, opened: Sequence[tuple[Row[Any], Mapping[str, bytes | None]]]
) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {
        f"key{n}": [row[n] for row, _ in opened] for n in range(len(table.primary_key))
    }
    for n, column in enumerate(_columns(table)):
        was = [row._mapping[column.name] for row, _ in opened]
        values[f"was{n}"] = [None if value is None else bytes(value) for value in was]
        values[f"new{n}"] = [fresh[column.name] for _, fresh in opened]
    return values


def _bare(column: Any) -> str:
    return f'"{column.name}"'


def _named(column: Any) -> str:
    return f'{column.table.name}."{column.name}"'
