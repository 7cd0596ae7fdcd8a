"""Pull: a phone fetches what changed in the buckets that it holds now, page by page."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.model import Cursor, Entry, Head, Page, Pull
from sync.registry import Registry
from sync.store import Store

Table = tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]


def pull(request: Pull, registry: Registry, store: Store, max_rows: int, max_bytes: int) -> Page:
    """The next page behind a cursor; rows are (id, rev, *columns of the phone's schema).

    A page holds at most `max_rows` entries, fewer if the phone asked for fewer, and about
    `max_bytes` of rows, but at least one entry. A cursor of another history starts from zero: its
    buckets are dropped and put again. A phone applies `drop` first, then `gone`, then `put`.
    """
    state = store.device(request.device, lock=False)
    heads, mark = store.heads()
    if state.revoked:
        heads = {}
    schema = min(request.schema, registry.schema)
    start = _start(request, heads, mark, schema, store)
    limit = max(1, min(request.limit, max_rows))
    moved = _move(start.after, heads, limit, max_bytes, schema, registry, store)
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
class _Start:
    """From where each held bucket is read, and what the phone must let go of first."""

    after: Mapping[str, int]
    drop: tuple[str, ...]


def _start(
    request: Pull, heads: Mapping[str, Head], mark: str | None, schema: int, store: Store
) -> _Start:
    old = request.cursor.after
    if not _same_history(request, heads, mark, store):
        return _Start(dict.fromkeys(heads, 0), tuple(sorted(old)))
    # A phone that learnt new columns gets every row anew, once; nothing of its own goes for that.
    anew = heads if request.cursor.schema < schema else request.resync
    after = {b: 0 if b in anew else old.get(b, 0) for b in heads}
    return _Start(after, tuple(sorted(old.keys() - heads.keys())))


def _same_history(request: Pull, heads: Mapping[str, Head], mark: str | None, store: Store) -> bool:
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
    limit: int,
    max_bytes: int,
    schema: int,
    registry: Registry,
    store: Store,
) -> _Moved:
    behind = {b: seq for b, seq in after.items() if heads[b].seq > seq}
    if not behind:
        return _Moved(after, {}, {}, {})
    entries = store.entries(behind, limit)
    columns = {name: tuple(registry[name].columns(schema)) for name in _entities(entries, registry)}
    rows = _read(entries, columns, store)
    page = _cut(entries, rows, max_bytes)
    reached = {entry.bucket: entry.seq for entry in page}  # in seq order: the last one stays
    if len(page) == len(entries) < limit:
        # All there was: a head that no entry reaches any more must not keep a phone asking.
        reached = {bucket: heads[bucket].seq for bucket in behind}
    return _Moved(
        {**after, **reached}, _put(page, rows, columns), _gone(page, rows), _erased(page)
    )


Rows = Mapping[tuple[str, str], Sequence[Any]]


def _entities(entries: Iterable[Entry], registry: Registry) -> set[str]:
    return {entry.entity for entry in entries if entry.put and entry.entity in registry}


def _read(entries: Iterable[Entry], columns: Mapping[str, Sequence[str]], store: Store) -> Rows:
    """The rows of a page, entity by entity, set-wise, each row once."""
    ids: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.put and entry.entity in columns:
            ids[entry.entity].add(entry.id)
    return {
        (name, id_): values
        for name, wanted in ids.items()
        for id_, values in store.rows(name, frozenset(wanted), columns[name]).items()
    }


def _cut(entries: Sequence[Entry], rows: Rows, max_bytes: int) -> Sequence[Entry]:
    """As many entries as fit, and one in any case, so that a pull always ends."""
    room = max_bytes
    for count, entry in enumerate(entries):
        room -= _size(entry, rows)
        if room < 0 and count:
            return entries[:count]
    return entries


def _size(entry: Entry, rows: Rows) -> int:
    values = rows.get((entry.entity, entry.id), ()) if entry.put else ()
    line = [entry.id, entry.seq, *values]
    return len(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()) + 1


def _put(
    page: Iterable[Entry], rows: Rows, columns: Mapping[str, tuple[str, ...]]
) -> Mapping[str, Mapping[str, Table]]:
    lines: dict[str, dict[str, list[tuple[Any, ...]]]] = defaultdict(lambda: defaultdict(list))
    for entry in page:
        values = rows.get((entry.entity, entry.id))
        if entry.put and values is not None:
            lines[entry.bucket][entry.entity].append((entry.id, entry.seq, *values))
    return {
        bucket: {
            name: (("id", "rev", *columns[name]), tuple(table)) for name, table in entities.items()
        }
        for bucket, entities in lines.items()
    }


def _gone(page: Iterable[Entry], rows: Rows) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """What left a bucket; a row that cannot be read has left, as far as this author may know."""
    ids: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for entry in page:
        if not entry.put or (entry.entity, entry.id) not in rows:
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
