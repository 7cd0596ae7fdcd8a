"""The database goes back in time, in every way in which it does; the phones bring it forward.

Real servers, real files, the web and the worker as they connect in the field. After it all phones
have synced: the county has whatever a phone still keeps, once; phones and server say the same; and
who was erased stays erased.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from server.cli.healing import lines
from server.db import transaction, worker
from server.syncing.healing.service import Healing, report
from sync.clock import to_ms
from sync.ids import uuid7
from sync.phone import LineLost, Phone
from tests.cli.keyboard import Keyboard, environment
from tests.smallcounty import PASSWORD, Clock, id_of
from tests.syncing.clusters import House, Server, servers

PEOPLE = ("worker-a1w", "worker-a1e", "mediator-a1")


@pytest.fixture(scope="module")
def make_server() -> Iterator[Callable[[], Server]]:
    with servers() as make:
        yield make


@pytest.fixture
def house(tmp_path: Path) -> House:
    var = tmp_path / "var"
    var.mkdir()
    return House(var, Clock())


@pytest.fixture
def field(house: House, tmp_path: Path) -> Iterator[Field]:
    with Field(house, tmp_path).opened() as field:
        yield field


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


def assert_healed(field: Field, server: Server, *, gone: set[str] = frozenset()) -> None:
    """The county has what the phones keep, once, and both say the same."""
    for _ in range(3):
        field.sync()
    told = {visit for made in field.visits.values() for visit in made} - gone
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
    server.run(
        "INSERT INTO erasure (id, entity, row_id, reason, asked_at) VALUES "
        f"(gen_random_uuid(), 'household', '{id_of(household)}', 'asked', now())"
    )
    field.house.work(server)


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


def test_a_cold_copy_is_put_back_and_the_witness_tells(
    make_server: Callable[[], Server], field: Field
) -> None:
    server = make_server()
    with server.cluster.serving(), field.served_by(server):
        field.house.work(server)
        a_day(field)
    copy = server.copy_files(server.place / "copy")
    with server.cluster.serving(), field.served_by(server):
        a_day(field)
        patch(field, "worker-a1w", "A1w-1", address="新街 8 号")
        field.sync()
        field.house.work(server)
    server.take_files(copy)
    with server.cluster.serving():
        field.house.work(server)
        with field.served_by(server):
            assert epochs(server)[-1] == "went_back"
            assert_healed(field, server)
            assert server.run("SELECT address FROM household WHERE address <> ''") == "新街 8 号"


def test_a_cold_copy_that_nobody_saw_is_betrayed_by_a_phones_mark_and_that_phone_starts_anew(
    make_server: Callable[[], Server], field: Field
) -> None:
    """The whole machine was put back, the worker's files too: no epoch begins."""
    server = make_server()
    with server.cluster.serving(), field.served_by(server):
        field.house.work(server)
        a_day(field)
    copy = server.copy_files(server.place / "copy")
    with server.cluster.serving(), field.served_by(server):
        a_day(field)
    server.take_files(copy)
    with server.cluster.serving(), field.served_by(server):
        before = epochs(server)
        waiting = field.visit("worker-a1w", "A1w-3")
        field.sync("worker-a1w")
        assert waiting in ids(server, "visit")
        kinds = server.run("SELECT array_agg(kind) FROM sync_alarm")
        assert "unknown_mark" in kinds
        assert_healed(field, server)
        assert epochs(server) == before
        assert healing(field, server).started_anew >= 1


def test_a_point_in_time_is_a_new_epoch_and_the_web_stays_shut_until_it_begins(
    make_server: Callable[[], Server], field: Field
) -> None:
    old, new = make_server(), make_server()
    with old.cluster.serving(), field.served_by(old):
        field.house.work(old)
        base = old.base_backup(old.place / "base")
        a_day(field)
        old.run("SELECT pg_create_restore_point('noon')")
        a_day(field)
        erase(field, old, "A1e-1")
        old.archive_all()
    new.follow(old, base, "recovery", recovery_target_name="noon", recovery_target_action="promote")
    with new.cluster.serving():
        promoted(new)
        with field.served_by(new):
            assert field.phones["worker-a1w"].sync().lost  # 503: nobody has looked after it yet
        field.house.work(new)
        with field.served_by(new):
            assert epochs(new)[-1] == "timeline"
            assert str(id_of("A1e-1")) not in ids(new, "household")
            assert_healed(field, new, gone=field.visits["worker-a1e"])
            assert str(id_of("A1e-1")) not in ids(new, "household")
            found = healing(field, new)
    assert found.known_until is not None
    assert found.known_until < found.began_at
    assert [phone.heard for phone in found.phones] == [True] * 3
    assert sum(found.came_back.values()) > 0
    assert "browser" in "\n".join(lines(found))


def test_a_standby_that_lagged_is_promoted(make_server: Callable[[], Server], field: Field) -> None:
    old, new = make_server(), make_server()
    with old.cluster.serving(), field.served_by(old):
        field.house.work(old)
        base = old.base_backup(old.place / "base")
        a_day(field)
        old.archive_all()
        new.follow(old, base, "standby")
        with new.cluster.serving():
            a_day(field)  # of this the standby never hears
            assert new.run("SELECT pg_is_in_recovery()")
            new.run("SELECT pg_promote()")
            old.cluster.stop()
            field.house.work(new)
            with field.served_by(new):
                assert epochs(new)[-1] == "timeline"
                assert_healed(field, new)


def promoted(server: Server) -> None:
    """Wait until the server takes writes."""
    while server.run("SELECT pg_is_in_recovery()"):
        server.run("SELECT pg_sleep(0.02)")


def test_a_backup_is_restored_with_one_phone_put_back_too(
    make_server: Callable[[], Server], field: Field, tmp_path: Path
) -> None:
    """The whole of it: what comes back, what is a hole, what has to be done again by hand."""
    server = make_server()
    keyboard = Keyboard(environment(server.url(), field.house.var))
    field.house.clock.now = datetime.now(UTC) - timedelta(days=33)  # a restore has the true time
    with server.cluster.serving():
        field.house.work(server)
        with field.served_by(server):
            a_day(field)
            old_file = put_by(field, "worker-a1e")
            keyboard.type("backup", tmp_path / "county.backup")
            forgotten = field.visit("mediator-a1", "A1w-3")
            field.sync()
            field.house.clock.pass_time(days=31)  # so long no phone keeps what it has sent
            field.sync()
            a_day(field)
            lost_here = field.visit("worker-a1e", "A1e-3")
            field.sync()
            patch(field, "worker-a1w", "A1w-3", people=5)
            field.sync()
            browser_edit(field, "A1w-2", address="网页上改的")
        erase(field, server, "A1e-2")
        keyboard.type("erase", "visit", forgotten, "--reason", "asked")

        said = keyboard.type("restore", tmp_path / "county.backup", "--replace")
        assert "  household.amend 1\n" in said  # in the browser; the phone's comes back by itself
        assert "browser" in said
        field.house.clock.now = datetime.now(UTC)
        put_back(field, "worker-a1e", old_file)
        with field.served_by(server):
            only_there = field.visits["worker-a1e"] - kept_visits(field, "worker-a1e")
            assert lost_here in only_there
            assert_healed(field, server, gone={forgotten, *only_there})
            assert server.run("SELECT people FROM household WHERE people IS NOT NULL") == 5
            assert server.run("SELECT count(*) FROM household WHERE address <> ''") == 0
            assert str(id_of("A1e-2")) not in ids(server, "household")
            again = field.visit("worker-a1e", "A1e-3")
            field.sync()
            assert again in ids(server, "visit")
        told = keyboard.type("sync", "healing")
    assert "for good: mediator-a1" in told
    assert "back 3 / 3" in told
    assert "written before, received since: applied" in told
