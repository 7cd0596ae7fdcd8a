"""The database goes back in time, in every way in which it does; the phones bring it forward.

Real servers, real files, the web and the worker as they connect in the field. After it all phones
have synced: the county has whatever a phone still keeps, once; phones and server say the same; and
who was erased stays erased.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from server.cli.healing import lines
from tests.cli.keyboard import Keyboard, environment
from tests.smallcounty import Clock, id_of
from tests.syncing.clusters import House, Server, servers
from tests.syncing.restored import (
    PEOPLE,
    Field,
    a_day,
    ask_erasure,
    assert_healed,
    browser_edit,
    epochs,
    erase,
    healing,
    ids,
    kept_visits,
    patch,
    put_back,
    put_by,
)


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


@pytest.mark.long
def test_a_standby_that_lagged_is_promoted(make_server: Callable[[], Server], field: Field) -> None:
    """To a phone it is as a point in time: the timeline is another."""
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
        ask_erasure(server, "A2w-1")  # the worker has not come to it yet

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
            assert {str(id_of("A1e-2")), str(id_of("A2w-1"))}.isdisjoint(ids(server, "household"))
            again = field.visit("worker-a1e", "A1e-3")
            field.sync()
            assert again in ids(server, "visit")
        told = keyboard.type("sync", "healing")
    assert "for good: mediator-a1" in told
    assert "back 3 / 3" in told
    assert "written before, received since: applied" in told


@pytest.mark.long
@pytest.mark.parametrize("seed", range(int(os.environ.get("WANGGE_RESTORES", "4"))))
def test_whatever_came_before_the_phones_bring_it_back(
    make_server: Callable[[], Server], field: Field, seed: int, tmp_path: Path
) -> None:
    """Days of visits, erasures and lost answers; now and then the database goes back. Seeded."""
    chance = Random(seed)
    server, past = make_server(), list[Path]()
    erased: set[str] = set()
    with server.cluster.serving():
        field.house.work(server)
    for day in range(8):
        with server.cluster.serving():
            field.house.work(server)
            with field.served_by(server):
                a_random_day(field, chance, erased)
            if chance.random() < 0.3 and len(erased) < 4:
                gone = chance.choice(sorted(WEST_AND_EAST - erased))
                erase(field, server, gone)
                erased.add(gone)
        if chance.random() < 0.5:
            past.append(server.copy_files(server.place / f"copy{day}"))
        if past and chance.random() < 0.4:
            if chance.random() < 0.5:  # the whole machine: only phones can tell
                (field.house.var / "newest-mark").unlink(missing_ok=True)
            server.take_files(chance.choice(past))
    with server.cluster.serving():
        field.house.work(server)
        with field.served_by(server):
            gone_visits = {v for v, household in field.of.items() if household in erased}
            assert_healed(field, server, gone=gone_visits)
            left = ids(server, "household")
            assert not {str(id_of(household)) for household in erased} & set(left), seed


WEST_AND_EAST = {f"{cell}-{k}" for cell in ("A1w", "A1e") for k in (1, 2, 3)}


def a_random_day(field: Field, chance: Random, erased: set[str]) -> None:
    """Visits by anybody, some also of households that are erased already; some phones sync."""
    for _ in range(chance.randrange(1, 6)):
        login, cell = chance.choice([("worker-a1w", "A1w"), ("worker-a1e", "A1e")])
        login = chance.choice([login, "mediator-a1"])
        field.visit(login, f"{cell}-{chance.randrange(1, 4)}", note=f"{chance.random()}")
    for login in PEOPLE:
        if chance.random() < 0.7:
            field.lose_answers = chance.random() < 0.3
            field.house.clock.pass_time(minutes=1)
            field.phones[login].sync()
            field.lose_answers = False
