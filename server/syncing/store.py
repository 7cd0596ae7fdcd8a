"""The PostgreSQL Store: sync's ten verbs over this database, as one author, in one transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.db import Acting, Identity
from server.disputes.entity import DisputeEntity
from server.errors import TryLater
from server.households.entity import HouseholdEntity
from server.households.queries import map_buckets
from server.ids import new_id
from server.places.locks import share_places
from server.setbacks import passing
from server.syncing import queries
from server.syncing.entities import STORED, plain
from server.syncing.news.store import Snapshot
from server.syncing.review import queries as review
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
    Status,
    Times,
)
from sync.registry import TryAgain
from sync.wire import canonical

# Who writes one of these looks up places, which must not move meanwhile (server/places/locks.py).
_STANDING = frozenset({HouseholdEntity.name, DisputeEntity.name})


class PostgresStore:
    """One author's view of the database. Row security shows it what that author may see."""

    def __init__(self, session: Session, by: Identity, *, careful: bool = True) -> None:
        """`careful`: with savepoints. Without, whatever fails loses the transaction: `TryAgain`."""
        self._session = session
        self._by = by
        self._careful = careful
        self._epoch: str | None = None

    @property
    def now(self) -> datetime:
        return self._by.now

    @property
    def epoch(self) -> str:
        if self._epoch is None:
            found = queries.find_epoch(self._session)
            if found is None:
                raise TryLater("数据库尚未初始化。 Run `wangge migrate` first.")
            self._epoch = str(found.id)
        return self._epoch

    @property
    def handle(self) -> Acting:
        return Acting(self._session, self._by)

    def device(self, device: str, *, lock: bool) -> DeviceState:
        row = queries.find_device(self._session, UUID(device), lock=lock)
        if row is None:  # the view has checked whose it is: it was enrolled at sign-in
            return DeviceState(next_n=1, last_time=0, revoked=True)
        report = queries.report_of(row)
        return DeviceState(row.next_n, row.last_time, row.open_quarantined, row.revoked, report)

    def receipts(self, device: str, mids: Collection[str]) -> Mapping[str, Receipt]:
        found = queries.list_receipts(self._session, UUID(device), mids)
        return {
            r.mid: Receipt(r.mid, r.n, r.entity, r.row_id, Status(r.status), r.reason)
            for r in found
        }

    def lock(self, keys: Collection[Key]) -> Mapping[Key, Locked]:
        # Before any row: a move that waits for one of ours must not be what we wait for. What a bad
        # change names is locked too, behind the rows of the good ones.
        if self._careful or not _STANDING.isdisjoint(key.entity for key in keys):
            share_places(self._session)
        locked = dict.fromkeys(keys, Locked(Presence.ABSENT))
        for name, ids in _by_entity(keys).items():
            # Most of what phones send is new: for those, to know that they are new is all it takes.
            known = queries.list_presence(self._session, name, ids)
            for one in known:
                locked[Key(name, one.id)] = Locked(_out_of_sight(one))
            there = [UUID(one.id) for one in known if not one.deleted]
            stamps = STORED[name].lock(self._session, there) if there else {}
            for id_, row in self._read(name, stamps.keys()).items():
                locked[Key(name, str(id_))] = Locked(Presence.PRESENT, row, stamps[id_])
        return locked

    @contextmanager
    def attempt(self) -> Iterator[None]:
        try:
            with self._session.begin_nested() if self._careful else nullcontext():
                yield
        except Exception as error:
            if not self._careful or passing(error):
                raise TryAgain from error
            raise

    def seen(self, keys: Collection[Key], *, bare: bool = False) -> Mapping[Key, Row]:
        if bare:
            return {
                Key(name, id_): NOTHING
                for name, ids in _by_entity(keys).items()
                for id_ in queries.list_seen(self._session, name, ids)
            }
        return {
            Key(name, str(id_)): row
            for name, ids in _by_entity(keys).items()
            for id_, row in self._read(name, [UUID(id_) for id_ in ids]).items()
        }

    def keep(
        self,
        device: str,
        state: DeviceState,
        receipts: Sequence[Receipt],
        conflicts: Sequence[Conflict],
        quarantined: Sequence[tuple[Change, str]],
    ) -> None:
        now, device_id = self._by.now, UUID(device)
        written = [_receipt_row(r, device_id, now) for r in receipts]
        queries.insert_receipts(self._session, device_id, state, now, written)
        if conflicts:
            # Only households have fields that can meet: a supervisor finds the meeting by place.
            bucket_of = map_buckets(self._session, {UUID(c.id) for c in conflicts})
            rows = [conflict_row(c, device_id, now) for c in conflicts]
            queries.insert_conflicts(
                self._session, [{**row, "bucket": bucket_of.get(row["row_id"])} for row in rows]
            )
        if quarantined:
            about = review.map_about(self._session, [change for change, _ in quarantined])
            when = {receipt.mid: receipt.times for receipt in receipts}
            rows = [
                self._quarantine_row(change, why, device_id, when.get(change.mid))
                | about[change.mid]
                for change, why in quarantined
            ]
            queries.insert_quarantined(self._session, rows)

    def heads(self) -> tuple[Mapping[str, Head], str | None]:
        return self._snapshot().heads()

    def entries(self, after: Mapping[str, int], limit: int) -> Sequence[Entry]:
        return self._snapshot().entries(after, limit)

    def rows(
        self, entity: str, ids: Collection[str], columns: Sequence[str]
    ) -> Mapping[str, Sequence[Any]]:
        return self._snapshot().rows(entity, ids, columns)

    def knows(self, mark: str) -> bool:
        return self._snapshot(mark).knows(mark)

    def _snapshot(self, mark: str | None = None) -> Snapshot:
        return Snapshot(self._session, self._by, mark)

    def _read(self, name: str, ids: Collection[UUID]) -> dict[UUID, Row]:
        rows = STORED[name].read(self._session, ids) if ids else []
        return {
            row.id: {field: plain(value) for field, value in row._mapping.items()} for row in rows
        }

    def _quarantine_row(
        self, change: Change, why: str, device_id: UUID, when: Times | None
    ) -> dict[str, Any]:
        return {
            "mid": UUID(change.mid),
            "device_id": device_id,
            "author_id": self._by.user_id,
            "n": change.n,
            "entity": change.entity,
            "row_id": UUID(change.id),
            "reason": why,
            "change": canonical(change).decode(),
            "received_at": self._by.now,
            "recorded_at": when and when.recorded_at,
            "proof": when and when.proof.value,
        }


def _out_of_sight(row: Any) -> Presence:
    """What the author hears of a row that is not there to be seen: (deleted, erased)."""
    if row.erased:
        return Presence.ERASED
    return Presence.DELETED if row.deleted else Presence.HIDDEN


def _by_entity(keys: Collection[Key]) -> Mapping[str, list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for entity, id_ in sorted(keys):
        groups[entity].append(id_)
    return groups


def _receipt_row(receipt: Receipt, device_id: UUID, at: datetime) -> dict[str, Any]:
    return {
        "mid": receipt.mid,
        "device_id": device_id,
        "n": receipt.n,
        "entity": receipt.entity,
        "row_id": receipt.id,
        "status": receipt.status,
        "reason": receipt.reason,
        "received_at": at,
        "wall": receipt.at and receipt.at.wall,
        "elapsed": receipt.at and receipt.at.elapsed,
        "boot": receipt.at and receipt.at.boot,
        "recorded_at": receipt.times and receipt.times.recorded_at,
        "proof": receipt.times and receipt.times.proof.value,
    }


def conflict_row(conflict: Conflict, device_id: UUID, at: datetime) -> dict[str, Any]:
    values = {"ours": conflict.ours, "theirs": conflict.theirs, "was": conflict.was}
    return {
        "id": new_id(at),
        "mid": UUID(conflict.mid),
        "device_id": device_id,
        "entity": conflict.entity,
        "row_id": UUID(conflict.id),
        "field": conflict.field,
        "values": json.dumps(values, ensure_ascii=False),
        "recorded_at": at,
        "needs_person": conflict.open,
    }
