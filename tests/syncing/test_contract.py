"""The PostgreSQL store keeps the contract of sync.store.Store: households, visits, real commits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from server.db import DbRole, transaction
from server.households.queries import list_sync_rows
from server.households.service import (
    Amendment,
    NewHousehold,
    amend_households,
    register_households,
    stamps_of,
)
from server.syncing.entities import REGISTRY
from server.syncing.models import SyncConflict, SyncQuarantine
from server.syncing.queries import recompute_heads
from server.syncing.store import PostgresStore
from server.visits.models import Visit
from sync.model import Conflict, Row
from sync.store import Store
from tests.smallcounty import SmallCounty, id_of
from tests.sync.contract import StoreContract

_NORTH, _SOUTH = uuid4(), uuid4()


class ContractCounty:
    """Village A1 with two new, empty cells; worker-a1w serves one, worker-a1e both."""

    registry = REGISTRY
    house, visit, plain, sensitive = "household", "visit", "address", "location"
    places: Sequence[Any] = tuple([107.01 * 1, 31.9 + k / 100, "wgs84", 5.0] for k in (1, 2, 3))
    users = ("worker-a1w", "worker-a1e")
    buckets = (f"c:{_NORTH}", f"c:{_SOUTH}")

    def __init__(self, county: SmallCounty) -> None:
        self.county = county
        self.devices = tuple(str(id_of(f"{user} phone")) for user in self.users)
        for user in self.users:
            county.sign_in(user)
        self._cells()
        self.assign(self.users[0], self.buckets[0])
        self.assign(self.users[1], *self.buckets)

    def _cells(self) -> None:
        for k, cell in enumerate((_NORTH, _SOUTH)):
            self._as_superuser(
                """
                INSERT INTO grid_cell (id, village_id, code, name)
                VALUES (:cell, :village, :code, '合同网格')
                """,
                cell=cell,
                village=id_of("A1"),
                code=f"51192110020190{k}",
            )
        # The contract wants buckets that nothing was ever in: not even the cell itself.
        for table in ("feed_entry", "feed_head"):
            self._as_superuser(f"DELETE FROM {table} WHERE bucket = ANY (:b)", b=list(self.buckets))

    @contextmanager
    def open(self, user: str, device: str) -> Iterator[Store]:
        self.county.clock.pass_time(seconds=1)  # no two requests have the same time
        identity = self.county.identity(user, DbRole.PUSH)
        with transaction(identity) as session:
            yield PostgresStore(session, identity)

    def new_house(self, bucket: str) -> Row:
        return {
            "village_id": str(id_of("A1")),
            "cell_id": bucket[2:],
            "head_name": "示某合",
            "address": "三组 1 号",
            "location": self.places[0],
        }

    def new_visit(self, house_id: str) -> Row:
        return {"household_id": house_id, "outcome": "nobody_home"}

    def write_house(self, bucket: str) -> str:
        fields = dict(self.new_house(bucket))
        house = uuid4()
        with self._at_the_office() as session:
            new = NewHousehold(
                id=house,
                village_id=UUID(fields.pop("village_id")),
                cell_id=UUID(fields.pop("cell_id")),
                fields=fields,
            )
            register_households(session, self.county.worker, None, [new])
        return str(house)

    def edit_house(self, id_: str, fields: Mapping[str, Any]) -> None:
        with self._at_the_office() as session:
            by = self.county.worker
            amend_households(
                session, by, None, [Amendment(UUID(id_), fields, stamps_of(fields, by))]
            )

    def move_house(self, id_: str, bucket: str) -> None:
        self._as_superuser(
            "UPDATE household SET cell_id = :cell WHERE id = :id", cell=bucket[2:], id=id_
        )

    def delete_house(self, id_: str) -> None:
        for statement in (
            "DELETE FROM visit WHERE household_id = :id",
            "DELETE FROM household_placing WHERE household_id = :id",
            "DELETE FROM household WHERE id = :id",
        ):
            self._as_superuser(statement, id=id_)

    def assign(self, user: str, *buckets: str) -> None:
        user_id = id_of(f"user {user}")
        self._as_superuser("DELETE FROM assignment WHERE user_id = :u", u=user_id)
        for bucket in buckets:
            self._as_superuser(
                """
                INSERT INTO assignment (id, user_id, role, cell_id, valid_from)
                VALUES (gen_random_uuid(), :u, 'grid_worker', :cell, '2026-01-01')
                """,
                u=user_id,
                cell=bucket[2:],
            )

    def revoke(self, device: str) -> None:
        self._as_superuser("UPDATE device SET revoked_at = now() WHERE id = :d", d=device)

    def house_row(self, id_: str) -> Row | None:
        with self._at_the_office() as session:
            rows = list_sync_rows(session, [UUID(id_)])
        return dict(rows[0]._mapping) if rows else None

    def visits(self, house_id: str) -> int:
        with self._at_the_office() as session:
            query = select(Visit).where(Visit.household_id == UUID(house_id))
            return len(session.scalars(query).all())

    def conflicts(self, id_: str) -> Sequence[Conflict]:
        with self._at_the_office() as session:
            found = session.scalars(
                select(SyncConflict).where(SyncConflict.row_id == UUID(id_))
            ).all()
        return [
            Conflict(
                str(c.mid), c.entity, id_, c.field, open=c.needs_person, **json.loads(c.values)
            )
            for c in found
        ]

    def set_aside(self, device: str) -> Mapping[str, str]:
        with self._at_the_office() as session:
            found = session.scalars(
                select(SyncQuarantine).where(SyncQuarantine.device_id == UUID(device))
            ).all()
        return {str(q.mid): q.reason for q in found}

    @contextmanager
    def _at_the_office(self) -> Iterator[Session]:
        self.county.clock.pass_time(seconds=1)
        with transaction(self.county.worker) as session:
            yield session

    def _as_superuser(self, statement: str, **values: Any) -> None:
        engine = create_engine(self.county.url)
        with engine.begin() as connection:
            connection.execute(text(statement), values)
        engine.dispose()


@pytest.fixture(name="county")
def contract_county(county: SmallCounty) -> Iterator[ContractCounty]:
    made = ContractCounty(county)
    yield made
    # Whatever the story was: what is kept of the feed equals what can be worked out from it.
    with transaction(made.county.worker) as session:
        kept = session.execute(text("SELECT bucket, n, h, seq FROM feed_head")).all()
        assert sorted(map(tuple, kept)) == sorted(map(tuple, recompute_heads(session)))
        unstamped = session.execute(text("SELECT count(*) FROM feed_entry WHERE seq IS NULL"))
        assert unstamped.scalar() == 0


class TestPostgresStore(StoreContract):
    """All stories of the contract."""
