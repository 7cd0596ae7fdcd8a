"""Pull: a phone fetches what changed in the buckets that it holds now, page by page."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.model import Cursor, Entry, Head, Page, Pull
from sync.registry import Registry
from sync.store import Reading

SLICE = 500  # rows that are read before anybody knows how large they are

Line = tuple[Any, ...]  # (id, rev, *values)
Table = tuple[tuple[str, ...], tuple[Line, ...]]
Columns = Mapping[str, tuple[str, ...]]
Measure = Callable[[Sequence[Line]], int]


def json_size(lines: Sequence[Line]) -> int:
    """Bytes that these lines take as JSON."""
    return len(_AS_JSON(lines).encode())


_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def pull(
    request: Pull,
    registry: Registry,
    store: Reading,
    max_rows: int,
    max_bytes: int,
    measure: Measure = json_size,
) -> Page:
    """The next page behind a cursor; rows are (id, rev, *columns of the phone's schema).

    A page holds at most `max_rows` entries, fewer if the phone asked for fewer, and about
    `max_bytes` of rows by `measure`, but at least one entry. A cursor of another history starts
    from zero: its buckets are dropped and put again. A phone applies `drop` first, then `gone`,
    then `put`.
    """
    state = store.device(request.device, lock=False)
    heads, mark = store.heads()
    if state.revoked:
        heads = {}
    schema = min(request.schema, registry.schema)
    start = _start(request, heads, mark, schema, store)
    limit = max(1, min(request.limit, max_rows))
    bounds = _Bounds(limit, max_bytes, measure)
    moved = _move(start.after, heads, bounds, schema, registry, store)
    more = any(head.seq > moved.after[bucket] for bucket, head in heads.items())
    return Page(
        epoch=store.epoch,
        cursor=Cursor(moved.after, mark, schema),
        next_n=state.next_n,
        more=more,
        server_time=store.now,
        put=moved.put,
        gone=moved.gone,
        drop=start.drop,
        buckets=None if more else heads,
        erased=moved.erased,
        schema=schema,
    )


@dataclass(frozen=True, slots=True)
class _Bounds:
    """How much a page may hold."""

    rows: int
    bytes: int
    measure: Measure


@dataclass(frozen=True, slots=True)
class _Start:
    """From where each held bucket is read, and what the phone must let go of first."""

    after: Mapping[str, int]
    drop: tuple[str, ...]


def _start(
    request: Pull, heads: Mapping[str, Head], mark: str | None, schema: int, store: Reading
) -> _Start:
    old = request.cursor.after
    if not _same_history(request, heads, mark, store):
        return _Start(dict.fromkeys(heads, 0), tuple(sorted(old)))
    # A phone that learnt new columns gets every row anew, once; nothing of its own goes for that.
    anew = heads if request.cursor.schema < schema else request.resync
    after = {b: 0 if b in anew else old.get(b, 0) for b in heads}
    return _Start(after, tuple(sorted(old.keys() - heads.keys())))


def _same_history(
    request: Pull, heads: Mapping[str, Head], mark: str | None, store: Reading
) -> bool:
    """Whether the phone's seqs were given by this history of this database.

    Every page carries the newest mark of its own snapshot, the first pages too: it must be at least
    as new as every seq in the cursor. With an older one, a server restored to a moment between the
    two would know the mark, and the seqs that it gives out again would be skipped. A newer one can
    only make a phone start from zero after a restore, where it has to in any case.
    """
    cursor = request.cursor
    if request.epoch != store.epoch:
        return False
    if any(seq > heads[bucket].seq for bucket, seq in cursor.after.items() if bucket in heads):
        return False
    if cursor.mark is None:
        return not any(cursor.after.values())
    return cursor.mark == mark or store.knows(cursor.mark)


@dataclass(frozen=True, slots=True)
class _Moved:
    """What a page delivers, and how far that takes each bucket."""

    after: Mapping[str, int]
    put: Mapping[str, Mapping[str, Table]]
    gone: Mapping[str, Mapping[str, tuple[str, ...]]]
    erased: Mapping[str, tuple[str, ...]]


def _move(
    after: Mapping[str, int],
    heads: Mapping[str, Head],
    bounds: _Bounds,
    schema: int,
    registry: Registry,
    store: Reading,
) -> _Moved:
    behind = {b: seq for b, seq in after.items() if heads[b].seq > seq}
    if not behind:
        return _Moved(after, {}, {}, {})
    entries = store.entries(behind, bounds.rows)
    columns = {name: tuple(registry[name].columns(schema)) for name in _entities(entries, registry)}
    lines = _fill(entries, columns, bounds, store)
    page = entries[: len(lines)]
    reached = {entry.bucket: entry.seq for entry in page}  # in seq order: the last one stays
    if len(page) == len(entries) < bounds.rows:
        # All there was: a head that no entry reaches any more must not keep a phone asking.
        reached = {bucket: heads[bucket].seq for bucket in behind}
    put, gone = _put(page, lines, columns), _gone(page, lines)
    return _Moved({**after, **reached}, put, gone, _erased(page))


def _entities(entries: Iterable[Entry], registry: Registry) -> set[str]:
    return {entry.entity for entry in entries if entry.put and entry.entity in registry}


def _fill(
    entries: Sequence[Entry], columns: Columns, bounds: _Bounds, store: Reading
) -> list[Line | None]:
    """The lines of as many entries as fit, one in any case, so that a pull always ends.

    Rows are read slice by slice: nobody knows how large they are before they are read, and 2,000
    of the largest are not to be in memory at once. None is what cannot be read.
    """
    lines: list[Line | None] = []
    room, step = bounds.bytes, SLICE
    while step and len(lines) < len(entries):
        piece = _read(entries[len(lines) : len(lines) + step], columns, store)
        size = bounds.measure(_sent(piece))
        if size > room:
            return lines + piece[: _fitting(piece, room, bounds.measure, one=not lines)]
        lines += piece
        room -= size
        # As many again as there would be room for, if they were like those before.
        step = room * len(lines) // (bounds.bytes - room)
    return lines


def _read(piece: Sequence[Entry], columns: Columns, store: Reading) -> list[Line | None]:
    """The line of each entry; entity by entity, set-wise, each row once."""
    ids: dict[str, set[str]] = defaultdict(set)
    for entry in piece:
        if entry.put and entry.entity in columns:
            ids[entry.entity].add(entry.id)
    rows = {name: store.rows(name, wanted, columns[name]) for name, wanted in ids.items()}
    lines: list[Line | None] = []
    for entry in piece:
        values = rows[entry.entity].get(entry.id) if entry.put and entry.entity in rows else None
        lines.append(None if values is None else (entry.id, entry.seq, *values))
    return lines


def _fitting(piece: Sequence[Line | None], room: int, measure: Measure, *, one: bool) -> int:
    """How many of a piece that is too large fit; one at least, where the page has none yet."""
    for count, line in enumerate(piece):
        room -= measure([line] if line else GONE)
        if room < 0 and (count or not one):
            return count
    return len(piece)


GONE: Sequence[Line] = [("0" * 36,)]  # what goes is told by its id


def _sent(lines: Sequence[Line | None]) -> list[Line]:
    return [line or GONE[0] for line in lines]


def _put(
    page: Sequence[Entry], lines: Sequence[Line | None], columns: Columns
) -> Mapping[str, Mapping[str, Table]]:
    tables: dict[tuple[str, str], list[Line]] = {}
    for entry, line in zip(page, lines, strict=True):
        if line is not None:
            tables.setdefault((entry.bucket, entry.entity), []).append(line)
    put: dict[str, dict[str, Table]] = defaultdict(dict)
    for (bucket, name), table in tables.items():
        put[bucket][name] = (("id", "rev", *columns[name]), tuple(table))
    return dict(put)


def _gone(
    page: Sequence[Entry], lines: Sequence[Line | None]
) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """What left a bucket; a row that cannot be read has left, as far as this author may know."""
    ids: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for entry, line in zip(page, lines, strict=True):
        if line is None:
            ids[entry.bucket][entry.entity].append(entry.id)
    return {
        bucket: {name: tuple(gone) for name, gone in entities.items()}
        for bucket, entities in ids.items()
    }


def _erased(page: Iterable[Entry]) -> Mapping[str, tuple[str, ...]]:
    ids: dict[str, set[str]] = defaultdict(set)
    for entry in page:
        if entry.erased:
            ids[entry.entity].add(entry.id)
    return {name: tuple(sorted(erased)) for name, erased in ids.items()}
