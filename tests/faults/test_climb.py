"""Cases climb while their workers die: each one level, once, and none is lost.

`make faults` has ten thousand of them, and ends PostgreSQL as well.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from sqlalchemy import make_url

from server.db import Identity, transaction, worker
from server.disputes import service
from server.disputes.service import NewDispute
from server.installation import opened
from server.policies.service import ensure_policy
from tests import smallcounty
from tests.faults.climber import climb_under_fire
from tests.faults.house import House
from tests.smallcounty import START, SmallCounty, id_of

DUE = START + timedelta(days=3, hours=15)  # three working days after Monday: Thursday 24:00
VILLAGES = {"mediator-a1": "A1", "mediator-b1": "B1"}


def register(cases: int, at: datetime) -> list[UUID]:
    """Many disputes in two villages, as they come in; their ids."""
    ids: list[UUID] = []
    for start in range(0, cases, 500):
        login, village = list(VILLAGES.items())[start // 500 % 2]
        by = Identity(at, id_of(f"user {login}"))
        fields = {"category": "neighbours", "story": "示例", "village_id": id_of(village)}
        names = (f"case {k}" for k in range(start, min(start + 500, cases)))
        new = [NewDispute(id_of(name), fields, at, at) for name in names]
        with transaction(by) as session:
            service.register_disputes(session, by, new)
        ids += [dispute.id for dispute in new]
    return ids


# What each of these must be, and how many there must be of it.
TRUTHS = {
    "cases one level up": """
        SELECT count(*) FROM dispute WHERE level = 'township' AND status = 'registered'
    """,
    "first Holdings that ended by a climb": """
        SELECT count(*) FROM holding WHERE n = 1 AND ended_how = 'climb' AND ended_at = %(at)s
    """,
    "second Holdings with their full time": """
        SELECT count(DISTINCT climbed_from) FROM holding
         WHERE n = 2 AND ended_at IS NULL AND begun_how = 'climb' AND received_at = %(at)s
           AND accept_by > %(at)s + interval '2 days' AND handle_by > %(at)s + interval '29 days'
    """,
    "cases with one climb in their history": """
        SELECT count(*) FROM (SELECT dispute_id FROM dispute_event WHERE kind = 'climb'
                               GROUP BY dispute_id HAVING count(*) = 1) once
    """,
    "climbs that the Offices hear of": """
        SELECT count(DISTINCT dispute_id) FROM notice WHERE kind = 'climbed'
    """,
    "notices of a climb": "SELECT count(*) FROM notice WHERE kind = 'climbed'",
    "climbs that were written down": """
        SELECT sum((what->>'up')::int) FROM audit_act WHERE action = 'dispute.climb'
    """,
}
NOWHERE = {
    "third Holdings": "SELECT count(*) FROM holding WHERE n > 2",
    "entries without a stamp": "SELECT count(*) FROM feed_entry WHERE seq IS NULL",
    "stamps that are owed": "SELECT count(*) FROM feed_pending",
}


def look(url: str, at: datetime) -> tuple[dict[str, int], dict[str, int]]:
    """What stands in the database, behind everybody's back."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(plain)
    try:
        cursor = connection.cursor()

        def count(sql: str) -> int:
            cursor.execute(sql, {"at": at})
            return int((cursor.fetchone() or (0,))[0] or 0)

        return (
            {name: count(sql) for name, sql in TRUTHS.items()},
            {name: count(sql) for name, sql in NOWHERE.items()},
        )
    finally:
        connection.close()


def broken_links() -> Sequence[Any]:
    """Histories that are not what was written."""
    with transaction(worker(DUE)) as session:
        return service.verify_chain(session)


def test_workers_die_and_each_case_climbs_once(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    cases = len(register(600, START))
    settings = smallcounty.settings(county.url)
    died = climb_under_fire(settings, DUE, batch=10, kills=4, chance=random.Random(5))
    assert died > 1
    found, nowhere = look(county.url, DUE)
    assert found == dict.fromkeys(TRUTHS, cases)
    assert nowhere == dict.fromkeys(NOWHERE, 0)
    assert broken_links() == []


@pytest.mark.long
def test_ten_thousand_cases_climb_once_though_workers_and_postgresql_die(house: House) -> None:
    chance, deaths = random.Random(), [0]
    settings = house.installation.settings("worker")
    house.jobs.kill()  # it looks at the real clock
    house.jobs.wait()

    def also() -> None:
        deaths[0] += 1
        if deaths[0] % 5 == 0:
            house.breaker.submit(house.kill_cluster, chance).result()

    with opened(house.installation.settings()):
        cases = len(register(10_000, START))
    died = climb_under_fire(settings, DUE, 100, kills=40, chance=chance, also=also)
    found, nowhere = look(house.admin_url, DUE)
    assert (found, nowhere) == (dict.fromkeys(TRUTHS, cases), dict.fromkeys(NOWHERE, 0))
    with opened(settings):
        assert broken_links() == []
    assert died > 5
