"""Which bar fell, what follows a withdrawn climb, who is told, and what a clock step changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from server.db import transaction, worker
from server.disputes import service
from server.ladder.calendar import LOCAL
from server.ladder.clocks import Asked, Deadlines, next_bar
from server.ladder.kinds import State
from server.worker import climb_due
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of

DUE = START + timedelta(days=3, hours=15)  # three working days after Monday: Thursday 24:00
HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)


def ask(ladder: Ladder, sql: str, **values: object) -> Sequence[tuple[Any, ...]]:
    """Rows, as the county's own hand."""
    with transaction(ladder.county.worker) as session:
        return [tuple(row) for row in session.execute(text(sql), values)]


def change(ladder: Ladder, sql: str, **values: object) -> None:
    """Something is otherwise in the database."""
    with transaction(ladder.county.worker) as session:
        session.execute(text("RESET ROLE"))
        session.execute(text(sql), values)


def wall(ladder: Ladder) -> str:
    """A dispute in village A1."""
    return ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))


def test_the_history_says_which_bar_fell_as_the_ladder_reckons_it(ladder: Ladder) -> None:
    """Every order of the bars, in every open state, asked of both."""
    early, late = START + HOUR, START + 2 * HOUR
    told = [
        (state, Deadlines(accept, handle), Asked(pause, request))
        for state in (State.REGISTERED, State.ACCEPTED, State.IN_MEDIATION)
        for accept in (early, late)
        for handle in (early, late)
        for pause in (None, early, late)
        for request in (None, early, late)
    ]
    ids = ladder.register_many("mediator-a1", len(told))
    expected = {}
    for dispute, (state, deadlines, asked) in zip(ids, told, strict=True):
        found = next_bar(state, deadlines, asked)
        assert found
        expected[dispute] = found
        change(
            ladder,
            """
            UPDATE dispute SET status = :state WHERE id = :id;
            UPDATE holding
               SET accept_by = :accept, handle_by = :handle, extension_answer_by = :pause,
                   request_at = CASE WHEN :request IS NULL THEN NULL ELSE received_at END,
                   request_answer_by = :request, due_at = :due
             WHERE dispute_id = :id
            """.replace(":request", "cast(:request AS timestamptz)"),
            id=dispute,
            state=state.value,
            accept=deadlines.accept_by,
            handle=deadlines.handle_by,
            pause=asked.extension_answer_by,
            request=asked.request_answer_by,
            due=found[0],
        )
    assert ladder.climb(early) == sum(at == early for at, _ in expected.values())
    assert ladder.climb(late) == sum(at == late for at, _ in expected.values())
    fell = ask(
        ladder,
        "SELECT dispute_id, recorded_at, details->>'bar' FROM dispute_event WHERE kind = 'climb'",
    )
    assert {row[0]: row[1:] for row in fell} == expected


def test_the_office_above_begins_by_a_climb_and_owes_no_objection(ladder: Ladder) -> None:
    wall(ladder)
    ladder.climb(DUE)
    begun = "SELECT begun_how, sent_by, objection_by, begun_at FROM holding WHERE n = 2"
    assert ask(ladder, begun) == [("climb", None, None, DUE)]


def test_both_offices_hear_of_a_climb_and_the_county_of_what_is_overdue(ladder: Ladder) -> None:
    wall(ladder)
    ladder.climb(DUE)
    heard = """
        SELECT kind, office_ids, body FROM notice WHERE kind IN ('climbed', 'overdue')
         ORDER BY owed_at, id
    """
    village, township, county = (id_of(f"office {name}") for name in ("A1", "A", "county"))
    body = {"bar": "accept", "due_at": DUE.isoformat(), "from_level": "village"}
    body["level"] = "township"
    assert ask(ladder, heard)[-1] == ("climbed", [village, township], body)
    ladder.climb(DUE + timedelta(days=100))
    ladder.climb(DUE + timedelta(days=200))
    assert [row[1] for row in ask(ladder, heard) if row[0] == "overdue"] == [[county]]


def test_who_handed_a_case_down_stays_answerable_and_hears_that_it_climbs(ladder: Ladder) -> None:
    sent = "UPDATE holding SET sent_by = :sender, objection_by = :at WHERE dispute_id = :id"
    sender = id_of("office county")
    change(ladder, sent, sender=sender, at=DUE, id=wall(ladder))
    ladder.climb(DUE)
    heard = "SELECT office_ids FROM notice WHERE kind = 'climbed'"
    assert ask(ladder, heard)[0][0][2:] == [sender]


def test_what_is_overdue_at_the_county_is_supervised_by_the_clock_once(ladder: Ladder) -> None:
    wall(ladder)
    at = START
    for _ in range(5):
        at += timedelta(days=100)
        ladder.climb(at)
    rows = ask(
        ladder,
        """
        SELECT s.kind, s.office_id, e.kind, e.recorded_by, e.details, e.n
          FROM supervision s JOIN dispute_event e ON e.id = s.event_id
        """,
    )
    assert rows == [("tracked", None, "supervise", None, {"kind": "tracked"}, 5)]
    with transaction(ladder.county.worker) as session:
        assert service.verify_chain(session) == []


def test_a_withdrawn_climb_may_be_followed_by_another_of_the_same_holding(ladder: Ladder) -> None:
    dispute = wall(ladder)
    ladder.climb(DUE)
    later = DUE + timedelta(days=20)
    change(
        ladder,
        """
        UPDATE holding SET ended_at = :at, ended_how = 'withdrawn_climb', due_at = NULL
         WHERE n = 2;
        UPDATE holding SET ended_at = NULL, ended_how = NULL, accepted_at = :at, handle_by = :later,
                           due_at = :later WHERE n = 1;
        UPDATE dispute SET status = 'accepted', level = 'village',
                           office_id = (SELECT office_id FROM holding WHERE n = 1)
        """,
        at=DUE + HOUR,
        later=later,
    )
    assert ladder.climb(later - INSTANT) == 0
    assert ladder.climb(later) == 1
    ended = [("village", "climb"), ("township", "withdrawn_climb"), ("township", None)]
    assert ladder.heights(dispute) == ended
    assert ask(ladder, "SELECT details->>'bar' FROM dispute_event WHERE kind = 'climb'") == [
        ("accept",),
        ("handle",),
    ]


@pytest.mark.parametrize("days", [10, 40, 100])
def test_after_an_outage_a_case_climbs_one_level_and_has_its_full_time(
    ladder: Ladder, days: int
) -> None:
    dispute = wall(ladder)
    back = START + timedelta(days=days)
    assert ladder.climb(back) == 1
    assert ladder.climb(back + timedelta(minutes=1)) == 0
    assert ladder.heights(dispute) == [("village", "climb"), ("township", None)]
    ((accept_by, handle_by),) = ask(ladder, "SELECT accept_by, handle_by FROM holding WHERE n = 2")
    assert handle_by - back >= timedelta(days=30)
    assert (accept_by.astimezone(LOCAL).hour, accept_by > back + timedelta(days=2)) == (0, True)


def test_a_server_clock_that_steps_an_hour_makes_nothing_early_and_nothing_twice(
    ladder: Ladder,
) -> None:
    """Forwards: what is due by the clock as it stands goes. Back again: it has gone already, and
    what came meanwhile is not early by the clock that the server sees."""
    ids = ladder.register_many("mediator-a1", 20)
    change(
        ladder,
        "UPDATE holding SET due_at = :later, accept_by = :later WHERE dispute_id = ANY (:some)",
        later=DUE + HOUR,
        some=list(ids[:10]),
    )
    seen = [DUE - HOUR, DUE, DUE - HOUR, DUE + HOUR - INSTANT, DUE, DUE + HOUR, DUE, DUE + HOUR]
    taken = [climb_due(worker(at)) for at in seen]
    assert taken == [0, 10, 0, 0, 0, 10, 0, 0]
    early = """
        SELECT count(*) FROM dispute_event e JOIN holding h ON h.id = e.holding_id
         WHERE e.kind = 'climb' AND e.recorded_at < least(h.accept_by, h.handle_by)
    """
    assert ask(ladder, early) == [(0,)]


def test_a_case_that_somebody_holds_at_this_moment_waits_and_the_rest_goes(ladder: Ladder) -> None:
    ladder.register_many("mediator-a1", 3)
    engine = ladder.county.app.extensions["sqlalchemy"].engine
    with engine.connect() as acting:
        acting.execute(text("RESET ROLE"))
        acting.execute(
            text("SELECT FROM dispute WHERE id = :id FOR UPDATE"), {"id": id_of("many 1")}
        )
        assert climb_due(worker(DUE)) == 2
    assert climb_due(worker(DUE)) == 1


def test_in_many_batches_each_case_goes_once_and_the_ways_are_found_once(ladder: Ladder) -> None:
    ladder.register_many("mediator-a1", 25)
    with transaction(worker(DUE)) as session:
        ways = service.climbing.find_ways(session, DUE)
    assert ways
    taken = []
    for _ in range(4):
        with transaction(worker(DUE)) as session:
            taken.append(service.climb(session, DUE, batch=10, ways=ways))
    assert taken == [10, 10, 5, 0]


def test_where_many_are_due_two_batches_go_side_by_side_and_each_case_once(ladder: Ladder) -> None:
    ladder.register_many("mediator-a1", 120)
    assert climb_due(worker(DUE), batch=10) == 120
    assert climb_due(worker(DUE), batch=10) == 0
    climbed = "SELECT count(*), count(DISTINCT dispute_id) FROM dispute_event WHERE kind = 'climb'"
    assert ask(ladder, climbed) == [(120, 120)]
