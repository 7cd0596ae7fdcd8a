"""The climb: exactly once, never early, one level after an outage, with any number of workers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from server.db import AlreadyThere, transaction, worker
from server.disputes import service
from server.policies.errors import CalendarMissing
from server.policies.service import ensure_policy
from tests.cli.keyboard import Keyboard, environment
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of

DUE = START + timedelta(days=3, hours=15)  # three working days after Monday: Thursday 24:00
INSTANT = timedelta(microseconds=1)


def test_nothing_climbs_an_instant_early(ladder: Ladder) -> None:
    ladder.register_many("mediator-a1", 3)
    assert ladder.climb(DUE - INSTANT) == 0
    assert ladder.climb(DUE) == 3


def test_what_was_accepted_has_until_its_handling_limit(ladder: Ladder) -> None:
    dispute = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    ladder.act("mediator-a1", dispute, "accept")
    assert ladder.climb(DUE) == 0
    handle_by = START.replace(month=4, day=1, hour=16)
    assert ladder.climb(handle_by - INSTANT) == 0
    assert ladder.climb(handle_by) == 1


def test_two_workers_climb_five_hundred_cases_each_exactly_once(ladder: Ladder) -> None:
    ladder.register_many("mediator-a1", 500)
    start = threading.Barrier(2)
    taken: list[int] = []

    def work() -> None:
        with ladder.county.app.app_context():
            start.wait()
            while True:
                with transaction(worker(DUE)) as session:
                    count = service.climb(session, DUE, batch=20)
                if not count:
                    return
                taken.append(count)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(taken) == 500
    assert _ask(
        ladder,
        """
        SELECT count(*), count(DISTINCT dispute_id), count(DISTINCT climbed_from),
               bool_and(level = 'township'), bool_and(received_at = :due)
          FROM holding WHERE climbed_from IS NOT NULL AND ended_at IS NULL
        """,
    ) == (500, 500, 500, True, True)
    assert _ask(ladder, "SELECT count(*), max(n) FROM dispute_event WHERE kind = 'climb'") == (
        500,
        2,
    )
    with transaction(ladder.county.worker) as session:
        assert service.verify_chain(session) == []


def test_an_outage_of_forty_days_costs_one_level_and_no_time(ladder: Ladder) -> None:
    dispute = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    back = START + timedelta(days=40)  # Saturday, 11 April
    assert ladder.climb(back) == 1
    assert ladder.heights(dispute) == [("village", "climb"), ("township", None)]
    told = ladder.read("county", dispute)["holdings"][1]
    assert told["received_at"] == back.isoformat()
    # Three working days after a Saturday: Wednesday the 15th, 24:00.
    assert told["due_at"].startswith("2026-04-15T16:00")


def test_at_the_county_a_case_stays_and_turns_overdue_once(ladder: Ladder) -> None:
    dispute = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    at = START
    for _ in range(3):
        at += timedelta(days=100)
        assert ladder.climb(at) == 1
    assert ladder.climb(at + timedelta(days=100)) == 0
    ladder.county.clock.now = at
    told = ladder.read("county", dispute)
    assert told["dispute"]["level"] == "county"
    assert told["holdings"][-1]["overdue_at"] == at.isoformat()
    kinds = ["register", "climb", "climb", "overdue", "supervise"]
    assert [e["kind"] for e in told["events"]] == kinds
    assert ladder.act("county", dispute, "settle", agreement="示例")["status"] == "settled"


def test_an_empty_township_is_passed_over_with_a_note(ladder: Ladder) -> None:
    dispute = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("UPDATE assignment SET valid_to = :at WHERE office_id = :office"),
            {"at": START, "office": id_of("office A")},
        )
    assert ladder.climb(DUE) == 1
    assert ladder.heights(dispute) == [("village", "climb"), ("county", None)]
    assert ladder.kinds(dispute) == ["register", "climb", "note"]
    assert "由上级单位承办" in ladder.read("county", dispute)["events"][2]["why"]


def test_a_settled_case_never_climbs_though_its_settling_came_at_the_last_moment(
    ladder: Ladder,
) -> None:
    dispute = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    ladder.county.clock.now = DUE - INSTANT
    ladder.act("mediator-a1", dispute, "settle", agreement="示例")
    assert ladder.climb(DUE) == 0
    assert ladder.heights(dispute) == [("village", "settle")]


def test_a_second_climb_of_one_holding_is_impossible_even_by_hand(ladder: Ladder) -> None:
    ladder.register_many("mediator-a1", 1)
    ladder.climb(DUE)
    again = """
        INSERT INTO holding (id, dispute_id, n, office_id, level, policy_id, begun_at, received_at,
                             accept_by, handle_by, ended_at, ended_how, climbed_from)
        SELECT gen_random_uuid(), dispute_id, 3, office_id, level, policy_id, begun_at, received_at,
               accept_by, handle_by, now(), 'climb', climbed_from
          FROM holding WHERE climbed_from IS NOT NULL
    """
    with (
        pytest.raises(AlreadyThere),
        transaction(ladder.county.worker) as session,
    ):
        session.execute(text(again))


def test_the_climb_is_written_down(ladder: Ladder) -> None:
    ladder.register_many("mediator-a1", 2)
    ladder.climb(DUE)
    assert _ask(
        ladder, "SELECT what->>'up', what->>'overdue' FROM audit_act WHERE action = 'dispute.climb'"
    ) == ("2", "0")


def test_a_missing_day_stops_only_those_who_need_it(ladder: Ladder) -> None:
    """Wages have ten days in the township, a wall has thirty: the calendar ends in between."""
    wages = ladder.register(
        "mediator-a1", "wages", category="unpaid_wages", village_id=str(id_of("A1"))
    )
    _lose(ladder, "DELETE FROM calendar_day WHERE day > '2026-03-20'")
    assert ladder.climb(DUE) == 1
    assert ladder.heights(wages)[-1] == ("township", None)


def test_what_needs_a_missing_day_waits_for_it_and_the_rest_climbs(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    wages = ladder.register(
        "mediator-a1", "wages", category="unpaid_wages", village_id=str(id_of("A1"))
    )
    _lose(ladder, "DELETE FROM calendar_day WHERE day > '2026-03-20'")
    with pytest.raises(CalendarMissing):
        ladder.climb(DUE)
    assert ladder.heights(wages)[-1] == ("township", None)
    assert ladder.heights(wall) == [("village", None)]
    with transaction(ladder.county.worker) as session:
        ensure_policy(session, ladder.county.worker)
    assert ladder.climb(DUE + timedelta(hours=1)) == 1
    assert ladder.heights(wall)[-1] == ("township", None)


def test_a_case_with_no_office_above_waits_and_keeps_nobody_else_waiting(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    _lose(ladder, "UPDATE office SET lead = false WHERE level <> 'village'")
    _lose(ladder, f"UPDATE office SET lead = true WHERE id = '{id_of('office B')}'")
    water = ladder.register("mediator-b1", "water", village_id=str(id_of("B1")))
    with transaction(ladder.county.worker) as session:
        assert service.climb(session, DUE, batch=1) == 1
    assert ladder.heights(water)[-1] == ("township", None)
    assert ladder.climb(DUE) == 0
    told = ladder.read("county", wall)
    assert (told["holdings"][0]["overdue_at"], ladder.kinds(wall)) == (None, ["register"])
    _lose(ladder, f"UPDATE office SET lead = true WHERE id = '{id_of('office county')}'")
    assert ladder.climb(DUE + timedelta(days=1)) == 1
    assert ladder.heights(wall)[-1] == ("county", None)


def test_a_case_never_climbs_by_hand_before_its_time(ladder: Ladder, tmp_path: Path) -> None:
    ladder.register_many("mediator-a1", 1)
    keyboard = Keyboard(environment(ladder.county.url, tmp_path))
    now = datetime.now(UTC)  # the command looks at the clock on the wall
    with transaction(worker(now)) as session:
        ensure_policy(session, worker(now))
    ahead = (now + timedelta(days=1)).isoformat()
    told = keyboard.type("climb", "--at", ahead, expect=2)
    assert "--ahead" in told
    assert "尚未到来" in told
    assert _ask(ladder, "SELECT count(*), count(ended_at) FROM holding") == (1, 0)
    assert "climbed: 1" in keyboard.type("climb", "--at", ahead, "--ahead")
    assert "--ahead" in keyboard.type("climb", "--help")


def _lose(ladder: Ladder, sql: str) -> None:
    """Something is gone from the database."""
    with transaction(ladder.county.worker) as session:
        session.execute(text("RESET ROLE"))
        session.execute(text(sql))


def _ask(ladder: Ladder, sql: str) -> tuple[object, ...]:
    """One row, as the county's own hand."""
    with transaction(ladder.county.worker) as session:
        return tuple(session.execute(text(sql), {"due": DUE} if ":due" in sql else {}).one())
