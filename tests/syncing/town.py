"""The stage on PostgreSQL: two empty cells of village A1, three workers, and real requests.

One database serves all histories: a history begins by putting every table back to what it was when
the database was made, and a restore is the same with a later copy. That is what a cold copy of the
data directory does: no fingerprint tells, only a phone's mark.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Lock
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from server.db import Identity, transaction, worker
from server.erasure import rounds
from server.erasure.register import Erased, Register
from server.erasure.service import erase
from server.errors import TryLater
from server.households.queries import list_sync_rows, move_placings
from server.households.service import (
    Amendment,
    NewHousehold,
    amend_households,
    register_households,
    stamps_of,
)
from server.syncing.entities import REGISTRY
from server.syncing.healing.service import ensure_epoch
from server.syncing.models import SyncConflict, SyncQuarantine
from server.syncing.queries import recompute_heads
from sync.line import LineLost, Verb
from tests.smallcounty import PASSWORD, START, Clock, SmallCounty, id_of
from tests.sync.histories.hands import HistoryLine
from tests.sync.histories.oracle import Fate, Words
from tests.syncing.vault import NORTH, SOUTH, Vault

WORDS = Words("household", "visit", "address", "location", "cell_id", "household_id")
LOGINS = ("worker-a1w", "worker-a1e", "worker-b1w")
# The words of the server for what the oracle calls by its own.
REASONS = {
    "not-served": "not_served",
    "waits_for_row": "not_served",  # of a house that was set aside itself
    "village-not-yours": "not_yours",
    "bad-household": "no_such_cell",
    "household-not-found": "no_such_row",
}
TICK = timedelta(milliseconds=7)


@dataclass
class TickingClock(Clock):
    """No two requests come at the same time."""

    lock: Any = field(default_factory=Lock)

    def __call__(self) -> datetime:
        with self.lock:
            self.now += TICK
            return self.now


class TownLine(HistoryLine):
    """The line to the application, signed in as one user on one device."""

    county: Town  # type: ignore[assignment] # a stage is a county as far as a line can tell
    token: str | None = None

    def _serve(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._post(verb, body)
        if answer.status_code == 401:
            self._sign_in(body["device"])
            answer = self._post(verb, body)
        if answer.status_code == 503:
            raise LineLost("answered 503")
        assert answer.status_code == 200, answer.text
        heard = dict(answer.json)
        self.calls.append((verb, body, heard))
        self.told(verb, body, heard)
        return heard

    def _post(self, verb: Verb, body: dict[str, Any]) -> Any:
        client = self.county.county.app.test_client()
        headers = {"Authorization": f"Bearer {self.token}"}
        sent = json.dumps(body).encode()
        return client.post(
            f"/api/v1/sync/{verb}", data=sent, headers=headers, content_type="application/json"
        )

    def _sign_in(self, device: str) -> None:
        client = self.county.county.app.test_client()
        login = {
            "login": self.user,
            "password": PASSWORD,
            "device": {"id": device, "name": "phone"},
        }
        answer = client.post("/api/v1/sessions", json=login)
        assert answer.status_code == 201, answer.text
        assert answer.json is not None
        self.token = answer.json["access"]


class Town:
    """One county for one history."""

    words, people, registry = WORDS, LOGINS, REGISTRY
    cells = (NORTH, SOUTH)
    nowhere, knows_recusal = str(uuid4()), False
    places: Sequence[Any] = tuple([107.01, 31.9 + k / 100, "wgs84", 5.0] for k in (1, 2, 3))

    def __init__(self, county: SmallCounty, vault: Vault, folder: Path) -> None:
        self.county, self.vault = county, vault
        county.clock.now = START + timedelta(days=1)
        vault.restore("beginning")
        folder.mkdir()
        self.done_at = self.time
        self.register = Register(folder)

    # Time, devices, forms.

    @property
    def time(self) -> datetime:
        return self.county.clock.now

    def at_once(self, phones: Sequence[Callable[[], Any]], office: Callable[[], None]) -> None:
        """Really: a thread for each, and real transactions."""
        began = Barrier(len(phones) + 1)

        def begin(deed: Callable[[], Any]) -> None:
            began.wait()
            with self.county.app.app_context():
                deed()

        with ThreadPoolExecutor(len(phones) + 1) as threads:
            done = [threads.submit(begin, deed) for deed in (*phones, lambda: _patiently(office))]
        for one in done:
            one.result()

    def pass_seconds(self, seconds: int) -> None:
        self.county.clock.pass_time(seconds=seconds)

    def pass_hours(self, hours: int) -> None:
        self.county.clock.pass_time(hours=hours)

    def new_id(self) -> str:
        return str(uuid4())

    def enrol(self, user: str, number: int) -> str:
        device = str(uuid4())
        line = TownLine(self, user)  # type: ignore[arg-type] # a stage is a county here
        line._sign_in(device)
        return device

    def new_line(self, county: Any, user: str) -> TownLine:
        return TownLine(county, user)

    def new_house(self, bucket: str) -> Mapping[str, Any]:
        return {
            "village_id": str(id_of("A1")),
            "cell_id": bucket,
            "head_name": "示某史",
            "address": "三组 1 号",
            "location": self.places[0],
        }

    def new_visit(self, house_id: str) -> Mapping[str, Any]:
        return {"household_id": house_id, "outcome": "nobody_home"}

    # The office.

    def serve(self, user: str, *cells: str) -> None:
        with self.vault.open() as connection:
            self.done_at = self.county.clock()
            whom = {"u": id_of(f"user {user}"), "now": self.done_at}
            end = "UPDATE assignment SET valid_to = :now WHERE user_id = :u AND valid_to IS NULL"
            connection.execute(text(end), whom)
            for cell in cells:
                begin = """
                    INSERT INTO assignment (id, user_id, role, cell_id, valid_from)
                    VALUES (gen_random_uuid(), :u, 'grid_worker', :cell, :now)"""
                connection.execute(text(begin), {**whom, "cell": cell})

    def write_house(self, bucket: str) -> str:
        fields = dict(self.new_house(bucket))
        village, cell = UUID(fields.pop("village_id")), UUID(fields.pop("cell_id"))
        house = uuid4()
        with self._at_the_office() as (session, by):
            new = NewHousehold(id=house, village_id=village, cell_id=cell, fields=fields)
            register_households(session, by, None, [new])
        return str(house)

    def edit_house(self, id_: str, fields: Mapping[str, Any]) -> None:
        with self._at_the_office() as (session, by):
            amended = Amendment(UUID(id_), fields, stamps_of(fields, by))
            amend_households(session, by, None, [amended])

    def move_houses(self, ids: Sequence[str], cell: str) -> None:
        moved = [UUID(id_) for id_ in ids]
        with self._at_the_office() as (session, by):
            update = "UPDATE household SET cell_id = :cell WHERE id = ANY (cast(:ids AS uuid[]))"
            session.execute(text(update), {"cell": cell, "ids": moved})
            move_placings(session, moved, by.now)

    def delete_house(self, id_: str) -> None:
        with self.vault.open() as connection:
            for statement in (
                "DELETE FROM visit WHERE household_id = :id",
                "DELETE FROM household_placing WHERE household_id = :id",
                "DELETE FROM household WHERE id = :id",
            ):
                connection.execute(text(statement), {"id": id_})

    def erase_house(self, id_: str) -> None:
        with self._at_the_office() as (session, by):
            erase(session, by, self.register, Erased("household", UUID(id_)))

    def recuse(self, id_: str, user: str) -> None:
        raise NotImplementedError

    def revoke(self, device: str) -> None:
        with self.vault.open() as connection:
            revoke = "UPDATE device SET revoked_at = :now WHERE id = :d"
            connection.execute(text(revoke), {"now": self.time, "d": device})

    def backup(self) -> Any:
        self.vault.copy("backup")
        return "backup"

    def restore(self, backup: Any, told: bool) -> None:
        self.vault.restore(backup)
        if told:
            with self._at_the_office() as (session, by):
                ensure_epoch(session, by, why="restore")
        rounds.go_round(worker(self.time), self.register)

    # A look behind it.

    def fates(self, answer: Mapping[str, Any]) -> list[tuple[str, Fate]]:
        return [(o["mid"], _fate(o["status"], o.get("reason"))) for o in answer["outcomes"]]

    def receipts(self) -> Mapping[tuple[str, str], Fate]:
        found = self._ask("SELECT device_id, mid, status, reason FROM sync_receipt")
        return {(str(d), str(mid)): _fate(status, reason) for d, mid, status, reason in found}

    def effects(self) -> Counter[str]:
        """A row that is or was there, for each change that made one; and what was amended."""
        effective = self._ask(
            """
            SELECT r.mid, 1 FROM sync_receipt r
             WHERE r.status IN ('applied', 'merged', 'conflict')
               AND (EXISTS (SELECT FROM household h WHERE h.id = r.row_id)
                    OR EXISTS (SELECT FROM visit v WHERE v.id = r.row_id AND
                                                         v.device_id = r.device_id)
                    OR EXISTS (SELECT FROM feed_tombstone t WHERE t.row_id = r.row_id))
            """
        )
        unheard = self._ask(
            """
            SELECT count(*), 0 FROM visit v
             WHERE NOT EXISTS (SELECT FROM sync_receipt r WHERE r.row_id = v.id)
            """
        )
        assert unheard == [(0, 0)]
        return Counter({str(mid): times for mid, times in effective})

    def aside(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        with self._at_the_office() as (session, _):
            found = session.scalars(select(SyncQuarantine)).all()
            return {(str(q.device_id), str(q.mid)): json.loads(q.change)["set"] for q in found}

    def log(self) -> Sequence[tuple[str, str, str, Any, Any, bool]]:
        with self._at_the_office() as (session, _):
            found = session.scalars(select(SyncConflict)).all()
            values = [json.loads(c.values) for c in found]
            return [
                (str(c.mid), str(c.row_id), c.field, v["ours"], v["theirs"], c.needs_person)
                for c, v in zip(found, values, strict=True)
            ]

    def heads(self) -> tuple[Any, Any]:
        with self._at_the_office() as (session, _):
            kept = session.execute(text("SELECT bucket, n, h, seq FROM feed_head")).all()
            return sorted(map(tuple, kept)), sorted(map(tuple, recompute_heads(session)))

    def field(self, id_: str, field: str) -> Any:
        with self._at_the_office() as (session, _):
            (row,) = list_sync_rows(session, [UUID(id_)])
            return getattr(row, field)

    def numbers(self) -> tuple[Sequence[int], int, Sequence[int]]:
        seqs = [seq for (seq,) in self._ask("SELECT seq FROM feed_entry WHERE seq IS NOT NULL")]
        ((unstamped,),) = self._ask(
            """SELECT (SELECT count(*) FROM feed_entry WHERE seq IS NULL)
                    + (SELECT count(*) FROM feed_pending)"""
        )
        marks = [seq for (seq,) in self._ask("SELECT seq FROM feed_mark ORDER BY at, seq")]
        return seqs, unstamped, marks

    def newest_column(self, kind: str) -> str:
        return {"household": "address", "visit": "proof"}[kind]

    @contextmanager
    def _at_the_office(self) -> Iterator[tuple[Session, Identity]]:
        self.done_at = self.county.clock()
        by = worker(self.done_at)
        with transaction(by) as session:
            yield session, by

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        with self.vault.open() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]


def _patiently(deed: Callable[[], None]) -> None:
    """Whoever is told to try later does."""
    for _ in range(5):
        try:
            return deed()
        except (TryLater, OperationalError):
            continue
    return deed()


def _fate(status: str, reason: str | None) -> Fate:
    return status, REASONS.get(reason or "", reason)
