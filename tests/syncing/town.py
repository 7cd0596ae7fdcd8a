"""The stage on PostgreSQL: two empty cells of village A1, three workers, and real requests.

One database serves all histories: a history begins by putting every table back to what it was when
the database was made, and a restore is the same with a later copy. That is what a cold copy of the
data directory does: no fingerprint tells, only a phone's mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from server.db import Identity, transaction, worker
from server.erasure import rounds
from server.erasure.register import Erased, Register
from server.erasure.service import erase
from server.errors import TryLater
from server.households.queries import move_placings
from server.households.service import NewHousehold, register_households
from server.syncing.entities import REGISTRY
from server.syncing.healing.service import ensure_epoch
from tests.smallcounty import START, SmallCounty, id_of
from tests.syncing.town_books import DESK, LOGINS, WORDS, Books
from tests.syncing.town_line import TownLine
from tests.syncing.vault import NORTH, SOUTH, Vault

# Why a person is told no, and nothing is done.
REFUSED = frozenset({"still-refused", "release-first", "only-closed"})


class Town(Books):
    """One county for one history."""

    words, people, registry = WORDS, LOGINS, REGISTRY
    cells = (NORTH, SOUTH)
    nowhere = str(uuid4())
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
            told = "SELECT set_config('app.now', cast(:now AS text), true)"
            connection.execute(text(told), {"now": self.done_at.isoformat()})
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
        answer = self._at_the_desk("PATCH", f"/households/{id_}", fields)
        assert answer.status_code == 200, answer.text

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

    def write_case(self, cell: str) -> tuple[str, str]:
        case = {"id": str(uuid4()), "category": "other", "story": "示例", "cell_id": cell}
        answer = self._at_the_desk("POST", "/disputes", case)
        assert answer.status_code == 201, answer.text
        ((event,),) = self._ask(f"SELECT id FROM dispute_event WHERE dispute_id = '{case['id']}'")
        return case["id"], str(event)

    def move_case(self, id_: str, cell: str) -> None:
        with self._at_the_office() as (session, _):
            for change in (
                "UPDATE dispute SET cell_id = :cell WHERE id = :id",
                "UPDATE dispute_place SET cell_id = :cell WHERE dispute_id = :id",
            ):
                session.execute(text(change), {"cell": cell, "id": id_})

    def recuse(self, id_: str, user: str) -> None:
        named = {"id": id_, "user": id_of(f"user {user}")}
        with self._at_the_office() as (session, _):
            called_back = """
                UPDATE recusal SET ended_at = gate.now()
                 WHERE (dispute_id, user_id) = (:id, :user) AND ended_at IS NULL RETURNING id"""
            steps_aside = """
                INSERT INTO recusal (id, dispute_id, user_id, found_by, since)
                VALUES (gen_random_uuid(), :id, :user, 'asked', gate.now())"""
            if not session.execute(text(called_back), named).all():
                session.execute(text(steps_aside), named)

    def revoke(self, device: str) -> None:
        with self.vault.open() as connection:
            revoke = "UPDATE device SET revoked_at = :now WHERE id = :d"
            connection.execute(text(revoke), {"now": self.time, "d": device})

    def release(self, device: str, mid: str) -> str:
        answer = self._at_the_desk("POST", f"/sync/quarantine/{device}/{mid}/release", {})
        if answer.status_code == 200:
            return str(answer.json["status"])
        assert answer.json["type"].split("/")[-1] in REFUSED, answer.text
        return "refused"

    def close(self, device: str, mid: str) -> None:
        path = f"/sync/quarantine/{device}/{mid}/close"
        answer = self._at_the_desk("POST", path, {"why": "重复填写"})
        assert answer.status_code == 200, answer.text

    def decide(self, mid: str, field: str, keep: str) -> None:
        """Look, and decide about what was seen; if it changed meanwhile, look again."""
        ((id_,),) = self._ask(
            f"SELECT id FROM sync_conflict WHERE (mid, field) = ('{mid}', '{field}')"
        )
        status = 409
        while status == 409:
            seen = self._at_the_desk("GET", f"/sync/conflicts/{id_}").json
            body = {"keep": keep, "version": seen["version"]}
            answer = self._at_the_desk("POST", f"/sync/conflicts/{id_}/decide", body)
            status = answer.status_code
        assert status == 200, answer.text

    def backup(self) -> Any:
        self.vault.copy("backup")
        return "backup"

    def restore(self, backup: Any, told: bool) -> None:
        self.vault.restore(backup)
        if told:
            with self._at_the_office() as (session, by):
                ensure_epoch(session, by, why="restore")
        rounds.go_round(worker(self.time), self.register)

    def _at_the_desk(self, method: str, path: str, body: Any = None) -> Any:
        """What somebody does in a browser, over the real routes; told to try later, they do."""
        desk = self.county.sign_in(DESK, "browser")
        answer = desk.call(method, path, json=body)
        while answer.status_code == 503:
            answer = desk.call(method, path, json=body)
        ((self.done_at,),) = self._ask(
            f"SELECT max(at) FROM audit_act WHERE user_id = '{desk.user_id}'"
        )
        return answer

    @contextmanager
    def _at_the_office(self) -> Iterator[tuple[Session, Identity]]:
        self.done_at = self.county.clock()
        by = worker(self.done_at)
        with transaction(by) as session:
            yield session, by


def _patiently(deed: Callable[[], None]) -> None:
    """Whoever is told to try later does."""
    for _ in range(5):
        try:
            return deed()
        except (TryLater, OperationalError):
            continue
    return deed()
