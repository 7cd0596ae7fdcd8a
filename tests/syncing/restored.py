"""Three phones in the field, and what must hold when their database was put back and all synced."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from server.db import transaction, worker
from server.syncing.healing.service import Healing, report
from sync.clock import to_ms
from sync.ids import uuid7
from sync.phone import LineLost, Phone
from tests.smallcounty import PASSWORD, id_of
from tests.syncing.clusters import House, Server

PEOPLE = ("worker-a1w", "worker-a1e", "mediator-a1")


class ClientLine:
    """A phone's line to whatever web is served now."""

    def __init__(self, field: Field, login: str) -> None:
        self._field, self._login, self._token = field, login, ""

    def call(self, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._send(f"/sync/{verb}", body)
        if answer.status_code == 401:
            device = {"id": str(id_of(f"{self._login} phone")), "name": "示例"}
            login = {"login": self._login, "password": PASSWORD, "device": device}
            signed_in = self._send("/sessions", login)
            self._token = (signed_in.json or {}).get("access", "")
            answer = self._send(f"/sync/{verb}", body)
        if answer.status_code != 200:
            raise LineLost(f"{answer.status_code} {answer.text}")
        if self._field.lose_answers:
            raise LineLost("on the way back")
        return dict(answer.json)

    def _send(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        return self._field.app.test_client().post(f"/api/v1{path}", json=body, headers=headers)


class Field:
    """Three phones, and the web that they reach."""

    app: Flask

    def __init__(self, house: House, files: Path) -> None:
        self.house, self.files = house, files
        self.visits: dict[str, set[str]] = {login: set() for login in PEOPLE}
        self.phones: dict[str, Phone] = {}
        self.of: dict[str, str] = {}  # visit → household
        self.lose_answers = False
        self._drawn = 0

    @contextmanager
    def opened(self) -> Iterator[Field]:
        for login in PEOPLE:
            self.switch_on(login)
        yield self
        for phone in self.phones.values():
            phone.close()

    def switch_on(self, login: str) -> None:
        """Open the phone's file."""
        device = str(id_of(f"{login} phone"))
        line = ClientLine(self, login)
        self.phones[login] = Phone(self.file(login), line, self, self._new_id, device=device)

    def file(self, login: str) -> str:
        return str(self.files / f"{login}.sqlite3")

    @contextmanager
    def served_by(self, server: Server) -> Iterator[None]:
        with self.house.web(server) as self.app:
            yield

    def visit(self, login: str, household: str, **more: Any) -> str:
        """Somebody writes a visit down."""
        self.house.clock.pass_time(minutes=1)
        fields = {"household_id": str(id_of(household)), "outcome": "met", **more}
        made = self.phones[login].record("visit", "append", fields)
        self.visits[login].add(made)
        self.of[made] = household
        return made

    def sync(self, *logins: str) -> None:
        """These phones sync (all, if none is named), each until nothing is left to do."""
        for login in logins or PEOPLE:
            self.house.clock.pass_time(minutes=1)
            summary = self.phones[login].sync()
            assert not summary.lost, (login, summary)

    # The clock of every phone here: one that goes right.
    boot = "boot-1"

    def wall(self) -> int:
        return to_ms(self.house.clock.now)

    def elapsed(self) -> int:
        return to_ms(self.house.clock.now) - 1_700_000_000_000

    def _new_id(self) -> str:
        self._drawn += 1
        return uuid7(to_ms(self.house.clock.now), 7919 * self._drawn)


def a_day(field: Field) -> None:
    """Everybody visits, one household twice, and syncs."""
    for login, household in zip(PEOPLE, ("A1w-1", "A1e-1", "A1w-2"), strict=True):
        field.visit(login, household, note=f"{login} 的记录")
        field.visit(login, household)
    field.sync()


def patch(field: Field, login: str, household: str, **fields: Any) -> None:
    field.house.clock.pass_time(minutes=1)
    field.phones[login].record("household", "patch", fields, id=str(id_of(household)))


def assert_healed(field: Field, server: Server, *, gone: Collection[str] = ()) -> None:
    """The county has what the phones keep, once, and both say the same."""
    for _ in range(3):
        field.sync()
    told = {visit for made in field.visits.values() for visit in made}.difference(gone)
    assert {str(v) for v in ids(server, "visit")} == told
    for login, phone in field.phones.items():
        assert phone.waiting() == [], login
        for entity in ("household", "visit"):
            assert phone.rows(entity) == shown(field, login, entity), (login, entity)
    assert server.run("SELECT count(*) FROM feed_entry WHERE seq IS NULL") == 0
    assert server.run(WRONG_HEADS) == 0


WRONG_HEADS = """
    SELECT count(*) FROM feed_head h
      FULL JOIN (SELECT bucket, count(*) FILTER (WHERE put) AS n, max(seq) AS seq,
                        coalesce(bit_xor(feed.digest(entity, row_id, seq))
                                     FILTER (WHERE put), 0) AS h
                   FROM feed_entry GROUP BY bucket) e USING (bucket)
     WHERE (h.n, h.h, h.seq) IS DISTINCT FROM (e.n, e.h, e.seq)
"""


def shown(field: Field, login: str, entity: str) -> dict[str, Any]:
    """What a phone that comes new to the county gets: the server's own word."""
    path = field.files / f"{login}-fresh.sqlite3"
    path.unlink(missing_ok=True)
    device = str(id_of(f"{login} phone"))
    fresh = Phone(str(path), ClientLine(field, login), field, field._new_id, device=device)
    assert not fresh.sync().lost
    rows = fresh.rows(entity)
    fresh.close()
    return rows


def ids(server: Server, table: str) -> list[str]:
    return list(server.run(f"SELECT coalesce(array_agg(id::text), '{{}}') FROM {table}"))


def epochs(server: Server) -> list[str]:
    return list(server.run("SELECT array_agg(why ORDER BY number) FROM sync_epoch"))


def healing(field: Field, server: Server) -> Healing:
    with (
        field.house.hand(server),
        transaction(worker(field.house.clock.now)) as session,
    ):
        found = report(session)
    assert found is not None
    return found


def erase(field: Field, server: Server, household: str) -> None:
    """The county office has it erased; the worker does it."""
    ask_erasure(server, household)
    field.house.work(server)


def ask_erasure(server: Server, household: str) -> None:
    """The county office orders it."""
    server.run(
        "INSERT INTO erasure (id, entity, row_id, reason, asked_at) VALUES "
        f"(gen_random_uuid(), 'household', '{id_of(household)}', 'asked', now())"
    )


def put_by(field: Field, login: str) -> bytes:
    """A copy of a phone's file, as a phone maker's backup takes it."""
    field.phones[login].close()
    kept = Path(field.file(login)).read_bytes()
    field.switch_on(login)
    return kept


def put_back(field: Field, login: str, file: bytes) -> None:
    field.phones[login].close()
    Path(field.file(login)).write_bytes(file)
    field.switch_on(login)


def kept_visits(field: Field, login: str) -> set[str]:
    """Visits that a phone's file still has in full, sent or not."""
    db = sqlite3.connect(field.file(login))
    try:
        rows = db.execute("SELECT id FROM outbox WHERE entity = 'visit'").fetchall()
    finally:
        db.close()
    return {id_ for (id_,) in rows}


def browser_edit(field: Field, household: str, **fields: Any) -> None:
    """The township amends a household at its desk."""
    client = field.app.test_client()
    device = {"id": str(id_of("township-a desk")), "name": "示例"}
    login = {"login": "township-a", "password": PASSWORD, "device": device}
    token = client.post("/api/v1/sessions", json=login).json["access"]  # type: ignore[index]
    answer = client.patch(
        f"/api/v1/households/{id_of(household)}",
        json=fields,
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200, answer.text
