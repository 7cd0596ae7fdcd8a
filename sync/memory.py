"""The model store: a county in plain dictionaries. What the PostgreSQL store must behave like.

One writer at a time; a transaction works on a copy and puts it in place when it ends well, and that
is when its feed entries get their seqs. Thousands of histories run through it cheaply; locks and
triggers are proved on PostgreSQL only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Self

from sync.digest import EMPTY, hexadecimal, share
from sync.model import (
    NOTHING,
    Change,
    Conflict,
    DeviceState,
    Entry,
    Head,
    Key,
    Locked,
    Presence,
    Receipt,
    Row,
    Stamp,
)

NO_STAMPS: Mapping[str, Stamp] = {}
NEW_DEVICE = DeviceState(next_n=1, last_time=0)


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its fields, their stamps, and the buckets that it is in. None of it once deleted."""

    row: Row = field(default_factory=lambda: NOTHING)
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    buckets: frozenset[str] = frozenset()
    deleted: bool = False
    erased: bool = False


@dataclass(slots=True)
class State:
    """Everything that the county keeps. Values are never changed in place, only replaced."""

    epoch: str
    records: dict[Key, Record] = field(default_factory=dict)
    members: dict[str, frozenset[str]] = field(default_factory=dict)  # user → buckets
    feed: dict[tuple[str, Key], Entry] = field(default_factory=dict)
    pending: dict[tuple[str, Key], bool] = field(default_factory=dict)  # entries without a seq
    heads: dict[str, Head] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)  # mark → seq, newest last
    devices: dict[str, DeviceState] = field(default_factory=dict)
    receipts: dict[tuple[str, str], Receipt] = field(default_factory=dict)  # by device and mid
    conflicts: dict[int, Conflict] = field(default_factory=dict)
    quarantine: dict[tuple[str, str], tuple[Change, str]] = field(default_factory=dict)
    journal: dict[int, Any] = field(default_factory=dict)  # what entities noted, in order

    def copy(self) -> State:
        twin = replace(self)
        for name in (f.name for f in fields(self) if f.name != "epoch"):
            setattr(twin, name, dict(getattr(self, name)))
        return twin


class County:
    """The database. `new_mark` draws a random text for each transaction that wrote to the feed."""

    def __init__(self, epoch: str, new_mark: Callable[[], str]) -> None:
        self.state = State(epoch)
        self._new_mark = new_mark

    @contextmanager
    def open(self, user: str, now: datetime) -> Iterator[MemoryStore]:
        """A transaction of one author: committed when the block ends well, else as if never."""
        store = MemoryStore(self.state.copy(), user, now)
        yield store
        self.state = self._stamped(store.state)

    def assign(self, user: str, *buckets: str) -> None:
        """From now on the user holds exactly these buckets."""
        self.state.members[user] = frozenset(buckets)

    def revoke(self, device: str) -> None:
        """The device is lost: it may only deliver its outbox, into quarantine."""
        known = self.state.devices.get(device, NEW_DEVICE)
        self.state.devices[device] = replace(known, revoked=True)

    def backup(self) -> State:
        """A copy to `restore` from."""
        return self.state.copy()

    def restore(self, backup: State, epoch: str | None = None) -> None:
        """Be as the backup was; with a new epoch if whoever restores says that it is a restore."""
        self.state = backup.copy()
        self.state.epoch = epoch or backup.epoch

    def _stamped(self, state: State) -> State:
        """Number what the transaction wrote, update the heads, and leave a mark."""
        if not state.pending:
            return state
        seq = max(state.marks.values(), default=0)
        for (bucket, key), put in sorted(state.pending.items()):
            seq += 1
            old = state.feed.get((bucket, key))
            entry = Entry(bucket, key.entity, key.id, put, seq)
            state.feed[bucket, key] = entry
            state.heads[bucket] = _moved(state.heads.get(bucket), old, entry)
        state.pending = {}
        state.marks[self._new_mark()] = seq
        return state


def _moved(head: Head | None, old: Entry | None, new: Entry) -> Head:
    count, bits = (head.n, int(head.h, 16)) if head else (0, 0)
    if old and old.put:
        count, bits = count - 1, bits ^ share(old.entity, old.id, old.seq)
    if new.put:
        count, bits = count + 1, bits ^ share(new.entity, new.id, new.seq)
    return Head(new.seq, count, hexadecimal(bits))


class MemoryStore:
    """One author's view of one transaction; also the handle that entities write through."""

    def __init__(self, state: State, user: str, now: datetime) -> None:
        self.state = state
        self.user = user
        self._now = now
        self._made: frozenset[Key] = frozenset()

    # What sync.store asks for.

    @property
    def now(self) -> datetime:
        return self._now

    @property
    def epoch(self) -> str:
        return self.state.epoch

    @property
    def handle(self) -> Self:
        return self

    def device(self, device: str, *, lock: bool) -> DeviceState:
        return self.state.devices.get(device, NEW_DEVICE)

    def receipts(self, device: str, mids: Collection[str]) -> Mapping[str, Receipt]:
        known = self.state.receipts
        return {mid: known[device, mid] for mid in mids if (device, mid) in known}

    def lock(self, keys: Collection[Key]) -> Mapping[Key, Locked]:
        return {key: self._locked(key) for key in keys}

    @contextmanager
    def attempt(self) -> Iterator[None]:
        state, made = self.state.copy(), self._made
        try:
            yield
        except BaseException:
            self.state, self._made = state, made
            raise

    def seen(self, keys: Collection[Key], *, bare: bool = False) -> Mapping[Key, Row]:
        """What the author holds, and what the author made in this very transaction."""
        return {
            key: self.state.records[key].row for key in keys if self.holds(key) or key in self._made
        }

    def keep(
        self,
        device: str,
        state: DeviceState,
        receipts: Sequence[Receipt],
        conflicts: Sequence[Conflict],
        quarantined: Sequence[tuple[Change, str]],
    ) -> None:
        self.state.devices[device] = state
        self.state.receipts |= {(device, receipt.mid): receipt for receipt in receipts}
        self.state.conflicts |= dict(
            enumerate(conflicts, max(self.state.conflicts, default=-1) + 1)
        )
        self.state.quarantine |= {(device, c.mid): (c, reason) for c, reason in quarantined}

    def heads(self) -> tuple[Mapping[str, Head], str | None]:
        held = sorted(self.state.members.get(self.user, ()))
        heads = {bucket: self.state.heads.get(bucket, Head(0, 0, EMPTY)) for bucket in held}
        return heads, next(reversed(self.state.marks), None)

    def entries(self, after: Mapping[str, int], limit: int) -> Sequence[Entry]:
        behind = [e for e in self.state.feed.values() if e.seq > after.get(e.bucket, e.seq)]
        page = sorted(behind, key=lambda entry: (entry.bucket, entry.seq))[:limit]
        return [entry._replace(erased=self._is_erased(entry)) for entry in page]

    def rows(
        self, entity: str, ids: Collection[str], columns: Sequence[str]
    ) -> Mapping[str, Sequence[Any]]:
        held = [id_ for id_ in ids if self.holds(Key(entity, id_))]
        records = {id_: self.state.records[Key(entity, id_)] for id_ in held}
        return {id_: [r.row.get(column) for column in columns] for id_, r in records.items()}

    def knows(self, mark: str) -> bool:
        return mark in self.state.marks

    # What entities and the county's own people ask for.

    def holds(self, key: Key) -> bool:
        """Whether the author may see this row now."""
        record = self.state.records.get(key)
        held = self.state.members.get(self.user, frozenset())
        return record is not None and bool(record.buckets & held)

    def record(self, key: Key) -> Record | None:
        """The row whoever asks, or None where there is none or no more."""
        record = self.state.records.get(key)
        return None if record is None or record.deleted else record

    def write(
        self,
        key: Key,
        row: Row,
        buckets: Collection[str],
        stamps: Mapping[str, Stamp] = NO_STAMPS,
    ) -> None:
        """Make or replace a row; the buckets that it is no longer in are told so."""
        old = self.state.records.get(key)
        if old is None:
            self._made |= {key}
        old_buckets, old_stamps = (old.buckets, old.stamps) if old else (frozenset(), NO_STAMPS)
        new = Record(dict(row), {**old_stamps, **stamps}, frozenset(buckets))
        self.state.records[key] = new
        gone = dict.fromkeys(old_buckets - new.buckets, False)
        for bucket, put in {**gone, **dict.fromkeys(new.buckets, True)}.items():
            self.state.pending[bucket, key] = put

    def delete(self, key: Key) -> None:
        """Delete a row for good: the key stays taken."""
        self.write(key, NOTHING, ())
        self.state.records[key] = Record(deleted=True)

    def erase(self, key: Key, authors: Collection[str] = ()) -> None:
        """Delete a person's row, and what was set aside or logged of it, and say so to its authors.

        `authors` are the users who wrote about it: their phones may keep what they sent.
        """
        self.delete(key)
        self.state.records[key] = Record(deleted=True, erased=True)
        for user in authors:
            self.state.pending[f"u:{user}", key] = False
        for named, (change, _) in list(self.state.quarantine.items()):
            if _key(change) == key:
                self.settle(*named)
        logged = self.state.conflicts.items()
        self.state.conflicts = {k: c for k, c in logged if (c.entity, c.id) != key}

    def settle(self, device: str, mid: str) -> None:
        """What was set aside waits no longer: there is room for another of that device."""
        del self.state.quarantine[device, mid]
        known = self.state.devices[device]
        self.state.devices[device] = replace(known, open_quarantined=known.open_quarantined - 1)

    def note(self, what: Any) -> None:
        """Add a line to the journal: it is undone with what it speaks of."""
        self.state.journal[len(self.state.journal)] = what

    def _locked(self, key: Key) -> Locked:
        record = self.state.records.get(key)
        if record is None:
            return Locked(Presence.ABSENT)
        if record.deleted:
            return Locked(Presence.ERASED if record.erased else Presence.DELETED)
        if not self.holds(key):
            return Locked(Presence.HIDDEN)
        return Locked(Presence.PRESENT, record.row, record.stamps)

    def _is_erased(self, entry: Entry) -> bool:
        record = self.state.records.get(Key(entry.entity, entry.id))
        return not entry.put and record is not None and record.erased


def _key(change: Change) -> Key:
    return Key(change.entity, change.id)
