"""The stage in memory: houses and visits with dated authority, recusals, erasures and restores."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sync.clock import to_ms
from sync.digest import digest
from sync.memory import MemoryStore, Record, State
from sync.model import Key, Op, Ready
from sync.registry import Refused, Registry
from tests.sync.histories.hands import HistoryLine
from tests.sync.histories.oracle import Fate, Words, at, at_or_none
from tests.sync.sample import LI, NORTH, SOUTH, WANG, SampleCounty, write

WORDS = Words("house", "visit", "note", "place", "cell", "house")
CELLS = (NORTH, SOUTH)
ZHAO = "user-zhao"
USERS = (LI, WANG, ZHAO)


class House:
    """A house: `lay` tells where it was since when, `recused` who may not see it."""

    name = "house"
    ops = frozenset({Op.CREATE, Op.PATCH})
    mutable = frozenset({"note", "place"})
    sensitive = frozenset({"place"})

    def __init__(self, village: Village) -> None:
        self.village = village

    def columns(self, schema: int) -> Sequence[str]:
        return ("cell", "note", "place") if schema < 2 else ("cell", "note", "place", "lamp")

    def apply(self, handle: MemoryStore, run: Sequence[Ready]) -> None:
        for index, ready in enumerate(run):
            key = Key(self.name, ready.change.id)
            if ready.change.op is Op.CREATE:
                self._create(handle, key, ready, index)
            elif not handle.holds(key):  # made in this very push, in a colleague's cell
                raise Refused(index, "no_such_row")
            elif ready.set:
                old = handle.state.records[key]
                write(handle, key, {**old.row, **ready.set}, old.buckets, ready.stamps)
            handle.note(ready.change.mid)

    def _create(self, handle: MemoryStore, key: Key, ready: Ready, index: int) -> None:
        cell = ready.set["cell"]
        if not self.village.held_cells(handle.state, handle.user):
            raise Refused(index, "not_yours")
        if cell not in CELLS:
            raise Refused(index, "no_such_cell")
        hidden = {"lay": [(to_ms(handle.now), cell)], "recused": (), "lamp": "lit"}
        write(handle, key, {**ready.set, **hidden}, {cell}, ready.stamps)


class Visit:
    """A visit lies where its house lies; its author must have served that when writing it down."""

    name = "visit"
    ops = frozenset({Op.APPEND})
    mutable: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    def __init__(self, village: Village) -> None:
        self.village = village

    def columns(self, schema: int) -> Sequence[str]:
        return ("house", "outcome") if schema < 2 else ("house", "outcome", "proof")

    def apply(self, handle: MemoryStore, run: Sequence[Ready]) -> None:
        for index, ready in enumerate(run):
            house = handle.state.records.get(Key("house", str(ready.change.set["house"])))
            if house is not None and house.erased:
                raise Refused(index, "erased")
            recorded = to_ms(ready.times.recorded_at)
            story = self.village.served.get(handle.user, [])
            if (
                house is None
                or house.deleted
                or at(house.row["lay"], recorded) not in at_or_none(story, recorded)
            ):
                raise Refused(index, "not_served")
            row = {**ready.change.set, "proof": ready.times.proof.value, "mid": ready.change.mid}
            handle.write(Key(self.name, ready.change.id), row, house.buckets)
            handle.note(ready.change.mid)


class Village(SampleCounty):
    """The county of the histories, and its office."""

    words, cells, people = WORDS, CELLS, USERS
    nowhere, knows_recusal = "c:nowhere", True

    def __init__(self, seed: int = 0) -> None:
        self.served: dict[str, list[tuple[int, frozenset[str]]]] = {}
        self.erased: dict[Key, None] = {}  # kept outside the database
        self.owner: dict[str, str] = {}  # device → user
        super().__init__(seed)
        self.registry = Registry([House(self), Visit(self)], schema=2)
        self.serve(ZHAO)

    @property
    def done_at(self) -> datetime:
        return self.time

    def at_once(self, phones: Sequence[Callable[[], Any]], office: Callable[[], None]) -> None:
        """Nothing happens at once in memory: the office comes in between."""
        for phone in phones[:2]:
            phone()
        office()
        for phone in phones[2:]:
            phone()

    def pass_seconds(self, seconds: int) -> None:
        self.time += timedelta(seconds=seconds)

    def enrol(self, user: str, number: int) -> str:
        device = self.new_id()
        self.owner[device] = user
        return device

    def new_line(self, county: Any, user: str) -> HistoryLine:
        return HistoryLine(county, user)

    # What the office does.

    def assign(self, user: str, *buckets: str) -> None:
        self.serve(user, *buckets)

    def serve(self, user: str, *cells: str) -> None:
        """From now on the user serves exactly these cells."""
        self.served.setdefault(user, []).append((to_ms(self.time), frozenset(cells)))
        self.db.assign(user, *cells, f"u:{user}")
        with self._office() as store:
            for key, old in list(store.state.records.items()):
                if key.entity == "house" and old.row.get("recused"):
                    self._file(store, key, old)

    def write_house(self, bucket: str) -> str:
        key = Key("house", self.new_id())
        hidden = {"lay": [(to_ms(self.time), bucket)], "recused": (), "lamp": "lit"}
        with self._office() as store:
            row = {**self.new_house(bucket), **hidden}
            write(store, key, row, {bucket}, self._stamps("note", "place"))
        return key.id

    def move_houses(self, ids: Sequence[str], cell: str) -> None:
        """A redraw: all of them in one transaction."""
        with self._office() as store:
            for id_ in ids:
                key = Key("house", id_)
                old = store.state.records[key]
                lay = [*old.row["lay"], (to_ms(self.time), cell)]
                self._file(store, key, Record({**old.row, "cell": cell, "lay": lay}, old.stamps))

    def recuse(self, id_: str, user: str) -> None:
        with self._office() as store:
            key = Key("house", id_)
            old = store.state.records[key]
            recused = tuple(sorted({*old.row["recused"]} ^ {user}))
            self._file(store, key, Record({**old.row, "recused": recused}, old.stamps))

    def erase_house(self, id_: str) -> None:
        with self._office() as store:
            keys = self._about(store.state, id_)
            self.erased |= dict.fromkeys(keys)
            self._erase(store, keys)

    # Backup and restore.

    def backup(self) -> Any:
        return self.db.backup(), copy.deepcopy(self.served)

    def restore(self, backup: Any, told: bool) -> None:
        state, served = backup
        self.db.restore(state, self.new_id() if told else None)
        self.served = copy.deepcopy(served)
        with self._office() as store:
            about = {key for id_ in self.erased for key in self._about(store.state, id_.id)}
            self._erase(store, [*self.erased, *sorted(about - self.erased.keys())])

    # What stands in the database, for the checks.

    def fates(self, answer: Mapping[str, Any]) -> list[tuple[str, Fate]]:
        return [(o["mid"], _fate(o["status"], o.get("reason"))) for o in answer["outcomes"]]

    def receipts(self) -> Mapping[tuple[str, str], Fate]:
        receipts = self.db.state.receipts.items()
        return {key: _fate(receipt.status.value, receipt.reason) for key, receipt in receipts}

    def effects(self) -> Counter[str]:
        return Counter(note for note in self.db.state.journal.values() if isinstance(note, str))

    def aside(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        return {key: change.set for key, (change, _) in self.db.state.quarantine.items()}

    def log(self) -> Sequence[tuple[str, str, str, Any, Any, bool]]:
        kept = self.db.state.conflicts.values()
        return [(c.mid, c.id, c.field, c.ours, c.theirs, c.open) for c in kept]

    def heads(self) -> tuple[Any, Any]:
        kept = {bucket: tuple(head) for bucket, head in self.db.state.heads.items()}
        recomputed = {}
        for bucket in {entry.bucket for entry in self.db.state.feed.values()}:
            entries = [e for e in self.db.state.feed.values() if e.bucket == bucket]
            live = [(e.entity, e.id, e.seq) for e in entries if e.put]
            recomputed[bucket] = (max(e.seq for e in entries), *digest(live))
        return kept, recomputed

    def field(self, id_: str, field: str) -> Any:
        return self.db.state.records[Key("house", id_)].row[field]

    def numbers(self) -> tuple[Sequence[int], int, Sequence[int]]:
        state = self.db.state
        seqs = [entry.seq for entry in state.feed.values()]
        return seqs, len(state.pending), list(state.marks.values())

    def newest_column(self, kind: str) -> str:
        return {"house": "lamp", "visit": "proof"}[kind]

    # What the office leans on.

    def held_cells(self, state: State, user: str) -> frozenset[str]:
        return state.members.get(user, frozenset()) & {*CELLS}

    @contextmanager
    def _office(self) -> Iterator[MemoryStore]:
        with self.open("user-office", "") as store:
            yield store

    def _file(self, store: MemoryStore, key: Key, new: Record) -> None:
        """Write a house and its visits into the buckets where they belong now."""
        cell, recused = new.row["cell"], set(new.row["recused"])
        served = [u for u in USERS if cell in self.held_cells(store.state, u) and u not in recused]
        buckets = {f"u:{user}" for user in served} if recused else {cell}
        store.write(key, new.row, buckets, new.stamps)
        for visit, old in list(store.state.records.items()):
            if visit.entity == "visit" and old.row.get("house") == key.id:
                store.write(visit, old.row, buckets)

    def _about(self, state: State, id_: str) -> list[Key]:
        """The keys of a house, of its visits, and of what was set aside for it."""
        keys = {Key("house", id_)}
        keys |= {key for key, record in state.records.items() if record.row.get("house") == id_}
        aside = (change for change, _ in state.quarantine.values())
        keys |= {Key(c.entity, c.id) for c in aside if c.set.get("house") == id_}
        return sorted(keys)

    def _erase(self, store: MemoryStore, keys: Sequence[Key]) -> None:
        """Also where a restored database never knew the row: the key is taken for ever."""
        wrote: dict[Key, set[str]] = {key: set() for key in keys}
        for (device, _), receipt in store.state.receipts.items():
            wrote.get(Key(receipt.entity, receipt.id), set()).add(self.owner[device])
        for key in keys:
            store.erase(key, wrote[key])


def _fate(status: str, reason: str | None) -> Fate:
    """In the oracle's words: whether a visit waits for its house depends on how they were sent."""
    return status, "not_served" if reason == "waits_for_row" else reason
