"""The second wall: what no program of ours asks for, and PostgreSQL refuses all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.db import DbRole, transaction
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.people.letters import Sender, end_work, run

CLOSE = "UPDATE sync_quarantine SET closed_at = gate.now(), closed_by = :by, closed_how = 'closed'"
DECIDE = "UPDATE sync_conflict SET decided = 'ours', decided_by = :by, decided_at = gate.now()"


@pytest.fixture
def phone(county: SmallCounty) -> Sender:
    """One visit set aside, one conflict open, in township A."""
    desk = county.sign_in("township-a")
    there = [107.021, 31.951, "wgs84", 5.0]
    desk.call("PATCH", f"/households/{id_of('A1w-1')}", json={"location": there})
    phone = Sender(county, "worker-a1w")
    said = {"location": [107.022, 31.952, "wgs84", 5.0]}
    phone.write("household", "patch", said, str(id_of("A1w-1")), {"location": None})
    phone.visit("A1w-1", outcome="inspected")
    phone.send()
    return phone


@contextmanager
def acting(county: SmallCounty, login: str, role: DbRole = DbRole.APP) -> Iterator[Session]:
    with transaction(county.identity(login, role)) as session:
        yield session


def rows_written(county: SmallCounty, login: str, statement: str, by: str | None = None) -> int:
    """How many rows this statement reaches as this user; the transaction is undone."""
    with acting(county, login) as session:
        found: Any = session.execute(text(statement), {"by": id_of(f"user {by or login}")})
        session.rollback()
        return int(found.rowcount)


def test_who_learns_whose_phone_it_is(county: SmallCounty, phone: Sender) -> None:
    owner = "SELECT user_id FROM gate.phone_owners(ARRAY[cast(:device AS uuid)])"
    everybody = ("township-a", "county", "township-b", "worker-a1w", "mediator-a1", "system")
    for login in everybody:
        with acting(county, login) as session:
            told = session.scalars(text(owner), {"device": phone.device}).all()
        assert len(told) == (login in ("township-a", "county")), login


def test_who_reaches_what_was_set_aside_and_conflicts(county: SmallCounty, phone: Sender) -> None:
    for login, aside, conflicts in (
        ("township-a", 1, 1),
        ("county", 1, 1),
        ("township-b", 0, 0),
        ("worker-a1w", 0, 0),
        ("worker-a1e", 0, 0),
        ("mediator-a1", 0, 0),
        ("system", 0, 0),
        ("auditor", 0, 0),
    ):
        assert rows_written(county, login, CLOSE) == aside, login
        assert rows_written(county, login, DECIDE) == conflicts, login


def test_what_was_decided_stays_decided(county: SmallCounty, phone: Sender) -> None:
    run(county, "UPDATE sync_quarantine SET closed_at = now(), closed_how = 'released'")
    run(county, "UPDATE sync_conflict SET decided = 'theirs'")
    for login in ("township-a", "county"):
        assert rows_written(county, login, CLOSE) == 0, login
        assert rows_written(county, login, DECIDE) == 0, login


def test_what_was_sent_stays_as_it_was_sent(county: SmallCounty, phone: Sender) -> None:
    for statement, refused in (
        (CLOSE, "row-level security"),  # in another's name
        (DECIDE, "row-level security"),
        ("UPDATE sync_quarantine SET change = change", "permission denied"),
        ("UPDATE sync_quarantine SET reason = 'x'", "permission denied"),
        ("UPDATE sync_conflict SET values = values", "permission denied"),
        ("UPDATE sync_receipt SET status = 'applied'", "permission denied"),
        ("DELETE FROM sync_quarantine", "permission denied"),
        ("DELETE FROM sync_alarm", "permission denied"),
        (
            """INSERT INTO sync_conflict (id, mid, device_id, entity, row_id, field, values,
                                          recorded_at, needs_person)
               SELECT gen_random_uuid(), mid, device_id, entity, row_id, 'address', change, now(),
                      false FROM sync_quarantine""",
            "row-level security",  # only beside one's own release
        ),
    ):
        with pytest.raises(DBAPIError, match=refused):
            rows_written(county, "township-a", statement, by="county")


def test_a_release_logs_no_conflict_of_another_row(county: SmallCounty, phone: Sender) -> None:
    run(
        county,
        "UPDATE sync_quarantine SET closed_at = now(), closed_by = :by, closed_how = 'released'",
        by=id_of("user township-a"),
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        rows_written(
            county,
            "township-a",
            f"""INSERT INTO sync_conflict (id, mid, device_id, entity, row_id, field, values,
                                          recorded_at, needs_person)
               SELECT gen_random_uuid(), mid, device_id, 'household', '{id_of("B1w-1")}',
                      'location', change, now(), true FROM sync_quarantine""",
        )


def test_numbers_are_for_oneself_and_those_in_charge(county: SmallCounty, phone: Sender) -> None:
    everybody = "SELECT * FROM gate.sync_phones(ARRAY(SELECT id FROM user_account), '2020-01-01')"
    loads = "SELECT * FROM gate.sync_loads(ARRAY(SELECT id FROM user_account))"
    county.sign_in("worker-b1w")
    for login, phones in (("worker-a1w", 1), ("township-b", 1), ("system", 0), ("county", 3)):
        with acting(county, login) as session:
            assert len(session.execute(text(everybody)).all()) == phones, login
    with acting(county, "worker-a1w") as session:
        assert len(session.execute(text(loads)).all()) == 1
        assert session.execute(text("SELECT * FROM gate.sync_totals('2020-01-01')")).all() == []


def test_a_release_judges_by_today_and_nothing_after_it_does(county: SmallCounty) -> None:
    """What one release tells the database is over with it: the next push is judged by its times."""
    phone = Sender(county, "worker-a1w")
    mid = phone.visit("A1w-1", outcome="inspected")
    phone.send()
    phone.visit("A1w-2")
    county.clock.pass_time(minutes=5)
    end_work(county, "worker-a1w")
    path = f"/sync/quarantine/{phone.device}/{mid}/release"
    desk = county.sign_in("township-a")
    desk.post(path, {"corrections": {"outcome": "met"}}, expect=200)
    assert [outcome["status"] for outcome in phone.send().values()] == ["applied"]


def test_no_mark_of_the_last_sixty_days_is_the_workers_to_delete(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        session.execute(text("DELETE FROM feed_mark"))
    marks = run(county, "SELECT count(*) FROM feed_mark")[0][0]
    assert marks > 0
