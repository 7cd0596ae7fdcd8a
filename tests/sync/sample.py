"""A small county in memory: houses that people change, visits that nobody changes."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.clock import to_ms
from sync.ids import uuid7
from sync.memory import County, MemoryStore
from sync.model import Conflict, Key, Op, Ready, Row, Stamp
from sync.registry import Refused, Registry

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NORTH, SOUTH = "c:north", "c:south"
LI, WANG = "user-li", "user-wang"
LI_PHONE = "01900000-0000-7000-8000-00000000000a"
WANG_PHONE = "01900000-0000-7000-8000-00000000000b"


class House:
    """A mutable row: it lies in one cell, has a note and a place on the map."""

    name = "house"
    ops = frozenset({Op.CREATE, Op.PATCH})
    mutable = frozenset({"note", "place"})
    sensitive = frozenset({"place"})

    def columns(self, schema: int) -> Sequence[str]:
        return ("cell", "note", "place")

    def apply(self, handle: MemoryStore, run: Sequence[Ready]) -> None:
        for index, ready in enumerate(run):
            key = Key(self.name, ready.change.id)
            if ready.change.op is Op.CREATE:
                self._create(handle, key, ready, index)
            elif ready.set:
                old = handle.record(key)
                if old is None:
                    raise Refused(index, "no_such_house")
                write(handle, key, {**old.row, **ready.set}, old.buckets, ready.stamps)
            handle.note(ready.change.mid)

    def _create(self, handle: MemoryStore, key: Key, ready: Ready, index: int) -> None:
        if ready.set.get("note") == "ill-formed":
            raise ValueError("what no rule foresaw")
        if ready.set.get("cell") not in (NORTH, SOUTH):
            raise Refused(index, "no_such_cell")
        write(handle, key, ready.set, {ready.set["cell"]}, ready.stamps)


def write(
    handle: MemoryStore, key: Key, row: Row, buckets: Collection[str], stamps: Mapping[str, Stamp]
) -> None:
    """Write a row, and note each field with its stamp for whoever checks histories."""
    handle.write(key, row, buckets, stamps)
    for field, stamp in stamps.items():
        handle.note((key.id, field, stamp, row[field]))


class Visit:
    """An immutable row that lies where its house lies."""

    name = "visit"
    ops = frozenset({Op.APPEND})
    mutable: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    def columns(self, schema: int) -> Sequence[str]:
        return ("house", "outcome", "mid", *(("weather",) if schema >= 2 else ()))

    def apply(self, handle: MemoryStore, run: Sequence[Ready]) -> None:
        for index, ready in enumerate(run):
            house = handle.record(Key("house", str(ready.change.set.get("house"))))
            if house is None:
                raise Refused(index, "no_such_house")
            row = {**ready.change.set, "mid": ready.change.mid}
            handle.write(Key(self.name, ready.change.id), row, house.buckets)
            handle.note(ready.change.mid)


REGISTRY = Registry([House(), Visit()], schema=2)


class SampleCounty:
    """What `tests.sync.contract` asks of a county, on the memory store."""

    registry = REGISTRY
    house, visit = "house", "visit"
    plain, sensitive = "note", "place"
    places = ([107.1, 31.9], [107.2, 31.9], [107.3, 31.9])
    users = (LI, WANG)
    devices = (LI_PHONE, WANG_PHONE)
    buckets = (NORTH, SOUTH)

    def __init__(self, seed: int = 0) -> None:
        self.chance = random.Random(seed)
        self.time = START
        self.db = County(self.new_id(), self.new_id)
        self.assign(LI, NORTH)
        self.assign(WANG, NORTH, SOUTH)

    def new_id(self) -> str:
        return uuid7(to_ms(self.time), self.chance.getrandbits(74))

    @contextmanager
    def open(self, user: str, device: str) -> Iterator[MemoryStore]:
        self.time += timedelta(milliseconds=7)
        with self.db.open(user, self.time) as store:
            yield store

    def pass_hours(self, hours: int) -> None:
        self.time += timedelta(hours=hours)

    def new_house(self, bucket: str) -> Row:
        return {"cell": bucket, "note": "三组 1 号", "place": self.places[0]}

    def new_visit(self, house_id: str) -> Row:
        return {"house": house_id, "outcome": "met"}

    def write_house(self, bucket: str) -> str:
        key = Key("house", self.new_id())
        with self._office() as store:
            row = {**self.new_house(bucket), "ledger": "which no phone is told"}
            write(store, key, row, {bucket}, self._stamps("note", "place"))
        return key.id

    def edit_house(self, id_: str, fields: Mapping[str, Any]) -> None:
        key = Key("house", id_)
        with self._office() as store:
            old = self.db.state.records[key]
            write(store, key, {**old.row, **fields}, old.buckets, self._stamps(*fields))

    def move_house(self, id_: str, bucket: str) -> None:
        with self._office() as store:
            for key, old in list(store.state.records.items()):
                if key.id == id_:
                    store.write(key, {**old.row, "cell": bucket}, {bucket})
                elif old.row.get("house") == id_:
                    store.write(key, old.row, {bucket})

    def delete_house(self, id_: str) -> None:
        with self._office() as store:
            for key, old in list(store.state.records.items()):
                if id_ in (key.id, old.row.get("house")):
                    store.delete(key)

    def assign(self, user: str, *buckets: str) -> None:
        self.db.assign(user, *buckets)

    def revoke(self, device: str) -> None:
        self.db.revoke(device)

    def house_row(self, id_: str) -> Row | None:
        record = self.db.state.records.get(Key("house", id_))
        return None if record is None or record.deleted else record.row

    def visits(self, house_id: str) -> int:
        return sum(r.row.get("house") == house_id for r in self.db.state.records.values())

    def conflicts(self, id_: str) -> list[Conflict]:
        return [c for c in self.db.state.conflicts.values() if c.id == id_]

    def set_aside(self, device: str) -> dict[str, str]:
        aside = self.db.state.quarantine.items()
        return {mid: reason for (of, mid), (_, reason) in aside if of == device}

    @contextmanager
    def _office(self) -> Iterator[MemoryStore]:
        with self.open("user-office", "") as store:
            yield store

    def _stamps(self, *fields: str) -> dict[str, Stamp]:
        return dict.fromkeys(fields, Stamp(to_ms(self.time), "", 0))
