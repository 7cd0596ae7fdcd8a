"""The stage in memory: houses and visits with dated authority, recusals, erasures and restores."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sync.clock import stamp, to_ms
from sync.judge import judge_form
from sync.memory import MemoryStore, Record, State
from sync.model import Key
from sync.push import EFFECTIVE
from sync.registry import Registry
from sync.runs import Fresh, settle
from tests.sync.histories.book import OFFICE, UNWRITTEN, Fate, Logged, Named, Words
from tests.sync.histories.hands import HistoryLine
from tests.sync.histories.rows import CELLS, HEAD, House, Visit
from tests.sync.sample import LI, WANG, SampleCounty, write

WORDS = Words("house", "visit", "note", "place", "cell", "house")
ZHAO = "user-zhao"
USERS = (LI, WANG, ZHAO)


class Village(SampleCounty):
    """The county of the histories, and its office."""

    words, cells, people = WORDS, CELLS, USERS
    nowhere = "c:nowhere"

    def __init__(self, seed: int = 0) -> None:
        self.served: dict[str, list[tuple[int, frozenset[str]]]] = {}
        self.erased: dict[Key, None] = {}  # kept outside the database
        self.owner: dict[str, str] = {}  # device → user
        self.decided: dict[tuple[str, str], str] = {}  # mid, field → whose value stays
        super().__init__(seed)
        self.registry = Registry([House(self), Visit(self)], schema=2)
        self.db.assign(HEAD, *CELLS, *(f"u:{user}" for user in (*USERS, HEAD)))
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
            write(store, key, row, {bucket}, {})
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

    def write_case(self, cell: str) -> tuple[str, str]:
        raise NotImplementedError  # never asked: here people step aside from houses

    def move_case(self, id_: str, cell: str) -> None:
        raise NotImplementedError  # as above

    def release(self, device: str, mid: str) -> str:
        """As a push would have applied it, with the office as its author."""
        with self._office() as store:
            change = store.state.quarantine[device, mid][0]
            times = store.state.receipts[device, mid].times
            assert times is not None
            if judge_form(change, self.registry):
                return "refused"
            said = {"done_by": self.owner[device]} if change.entity == "visit" else {}
            change = replace(change, set={**said, **change.set})
            fresh = Fresh(change, times, stamp(times, device, change.n, 0), reset=False)
            verdict = settle([fresh], self.registry, store)[mid]
            if verdict.status not in EFFECTIVE:
                return "refused"
            store.settle(device, mid)
            known = store.device(device, lock=True)
            store.keep(device, known, [], verdict.conflicts, [])
        return verdict.status.value

    def close(self, device: str, mid: str) -> None:
        with self._office() as store:
            store.settle(device, mid)

    def decide(self, mid: str, field: str, keep: str) -> None:
        conflicts = self.db.state.conflicts.values()
        (met,) = [c for c in conflicts if (c.mid, c.field) == (mid, field)]
        if keep == "theirs":
            self.edit_house(met.id, {field: met.theirs})
        self.decided[mid, field] = keep

    def erase_house(self, id_: str) -> None:
        with self._office() as store:
            keys = self._about(store.state, id_)
            self.erased |= dict.fromkeys(keys)
            self._erase(store, keys)

    # Backup and restore.

    def backup(self) -> Any:
        return self.db.backup(), copy.deepcopy((self.served, self.decided))

    def restore(self, backup: Any, told: bool) -> None:
        state, kept = backup
        self.db.restore(state, self.new_id() if told else None)
        self.served, self.decided = copy.deepcopy(kept)
        with self._office() as store:
            about = {key for id_ in self.erased for key in self._about(store.state, id_.id)}
            self._erase(store, [*self.erased, *sorted(about - self.erased.keys())])

    # What stands in the database, for the checks.

    def fates(self, answer: Mapping[str, Any]) -> list[tuple[str, Fate]]:
        return [(o["mid"], _fate(o["status"], o.get("reason"))) for o in answer["outcomes"]]

    def receipts(self) -> Mapping[Named, Fate]:
        receipts = self.db.state.receipts.items()
        return {key: _fate(receipt.status.value, receipt.reason) for key, receipt in receipts}

    def effects(self) -> Counter[str]:
        return Counter(note for note in self.db.state.journal.values() if isinstance(note, str))

    def aside(self) -> Mapping[Named, Mapping[str, Any]]:
        return {key: change.set for key, (change, _) in self.db.state.quarantine.items()}

    def log(self) -> Sequence[Logged]:
        return [
            Logged(
                c.mid, c.id, c.field, c.ours, c.theirs, c.open, self.decided.get((c.mid, c.field))
            )
            for c in self.db.state.conflicts.values()
        ]

    def heads(self) -> tuple[Mapping[str, Any], Sequence[Any]]:
        state = self.db.state
        kept = {bucket: (head.seq, head.n, head.h) for bucket, head in state.heads.items()}
        return kept, [(e.bucket, e.entity, e.id, e.put, e.seq) for e in state.feed.values()]

    def history(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        living = {k: r for k, r in self.db.state.records.items() if not r.deleted}
        houses = {
            key.id: (
                house.row["cell"],
                {
                    field: (tuple(house.stamps.get(field, UNWRITTEN)), house.row[field])
                    for field in ("note", "place")
                },
            )
            for key, house in living.items()
            if key.entity == "house"
        }
        told = ("house", "outcome", "proof")
        visits = {
            key.id: (
                *map(visit.row.get, told),
                visit.row["done_by"],
                _name(visit.row["recorded_by"]),
            )
            for key, visit in living.items()
            if key.entity == "visit"
        }
        return houses, visits

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
        with self.open(HEAD, "") as store:
            yield store

    def _file(self, store: MemoryStore, key: Key, new: Record) -> None:
        """Write a house and its visits into the buckets where they belong now."""
        cell, recused = new.row["cell"], set(new.row["recused"])
        served = [u for u in USERS if cell in self.held_cells(store.state, u) and u not in recused]
        buckets = {f"u:{user}" for user in (*served, HEAD)} if recused else {cell}
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


def _name(user: str) -> str:
    return OFFICE if user == HEAD else user
