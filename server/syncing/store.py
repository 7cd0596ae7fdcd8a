"""The PostgreSQL Store: sync's ten verbs over this database, as one author, in one transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.db import Acting, Identity, passing
from server.errors import TryLater
from server.households.queries import map_buckets
from server.ids import new_id
from server.syncing import queries
from server.syncing.entities import STORED, plain
from sync.digest import hexadecimal
from sync.model import (
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
)
from sync.registry import TryAgain
from sync.wire import canonical


class PostgresStore:
    """One author's view of the database. Row security shows it what that author may see."""

    def __init__(self, session: Session, by: Identity) -> None:
        self._session = session
        self._by = by
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
        return DeviceState(row.next_n, row.last_time, row.open_quarantined, row.revoked)

    def receipts(self, device: str, mids: Collection[str]) -> Mapping[str, Receipt]:
        found = queries.list_receipts(self._session, UUID(device), [UUID(mid) for mid in mids])
        return {
            str(r.mid): Receipt(
                str(r.mid), r.n, r.entity, str(r.row_id), Status(r.status), r.reason
            )
            for r in found
        }

    def lock(self, keys: Collection[Key]) -> Mapping[Key, Locked]:
        locked: dict[Key, Locked] = {}
        for name, ids in _by_entity(keys).items():
            entity = STORED[name]
            stamps = entity.lock(self._session, ids)
            rows = self._read(name, stamps.keys())
            missing = [id_ for id_ in ids if id_ not in stamps]
            known = queries.list_presence(self._session, name, missing) if missing else {}
            for id_ in ids:
                key = Key(name, str(id_))
                if id_ in rows:
                    locked[key] = Locked(Presence.PRESENT, rows[id_], stamps[id_])
                elif id_ in known:
                    deleted = Presence.DELETED if known[id_] else Presence.HIDDEN
                    locked[key] = Locked(deleted)
                else:
                    locked[key] = Locked(Presence.ABSENT)
        return locked

    @contextmanager
    def attempt(self) -> Iterator[None]:
        try:
            with self._session.begin_nested():
                yield
        except DBAPIError as error:
            if passing(error):
                raise TryAgain from error
            raise

    def seen(self, keys: Collection[Key]) -> Mapping[Key, Row]:
        return {
            Key(name, str(id_)): row
            for name, ids in _by_entity(keys).items()
            for id_, row in self._read(name, ids).items()
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
        queries.update_device(self._session, device_id, state.next_n, state.last_time, now)
        if receipts:
            queries.insert_receipts(
                self._session, [_receipt_row(r, device_id, now) for r in receipts]
            )
        if conflicts:
            # Only households have fields that can meet: a supervisor finds the meeting by place.
            bucket_of = map_buckets(self._session, {UUID(c.id) for c in conflicts})
            rows = [_conflict_row(c, device_id, now) for c in conflicts]
            queries.insert_conflicts(
                self._session, [{**row, "bucket": bucket_of.get(row["row_id"])} for row in rows]
            )
        if quarantined:
            queries.insert_quarantined(
                self._session,
                [self._quarantine_row(change, why, device_id) for change, why in quarantined],
            )

    def heads(self) -> tuple[Mapping[str, Head], str | None]:
        rows = queries.list_heads(self._session)
        mark = queries.find_newest_mark(self._session)
        heads = {r.bucket: Head(r.seq, r.n, hexadecimal(r.h & _64_BITS)) for r in rows}
        return heads, mark

    def entries(self, after: Mapping[str, int], limit: int) -> Sequence[Entry]:
        rows = queries.list_entries(self._session, after, limit)
        return [Entry(r.bucket, r.entity, str(r.row_id), r.put, r.seq) for r in rows]

    def rows(
        self, entity: str, ids: Collection[str], columns: Sequence[str]
    ) -> Mapping[str, Sequence[Any]]:
        found = STORED[entity].read(self._session, [UUID(id_) for id_ in ids])
        return {str(row.id): [plain(getattr(row, column)) for column in columns] for row in found}

    def knows(self, mark: str) -> bool:
        return queries.has_mark(self._session, UUID(mark))

    def _read(self, name: str, ids: Collection[UUID]) -> dict[UUID, Row]:
        rows = STORED[name].read(self._session, ids) if ids else []
        return {
            row.id: {field: plain(value) for field, value in row._mapping.items()} for row in rows
        }

    def _quarantine_row(self, change: Change, why: str, device_id: UUID) -> dict[str, Any]:
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
        }


_64_BITS = (1 << 64) - 1


def _by_entity(keys: Collection[Key]) -> Mapping[str, list[UUID]]:
    groups: defaultdict[str, list[UUID]] = defaultdict(list)
    for entity, id_ in sorted(keys):
        groups[entity].append(UUID(id_))
    return groups


def _receipt_row(receipt: Receipt, device_id: UUID, at: datetime) -> dict[str, Any]:
    return {
        "mid": UUID(receipt.mid),
        "device_id": device_id,
        "n": receipt.n,
        "entity": receipt.entity,
        "row_id": UUID(receipt.id),
        "status": receipt.status,
        "reason": receipt.reason,
        "received_at": at,
    }


def _conflict_row(conflict: Conflict, device_id: UUID, at: datetime) -> dict[str, Any]:
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
