"""After the settlement: the clock closes what nobody came back for, and reminds of what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from server.db import transaction, worker
from server.disputes import service
from server.disputes.service.following import close_followed_up, remind
from server.ladder.calendar import LOCAL
from server.worker import follow_up, remind_due
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of
from tests.waiting import taken_by_two

INSTANT = timedelta(microseconds=1)
CONFIRM_BY = date(2026, 4, 1)  # thirty days from 2 March on
PAID_BY, MOVED_BY = date(2026, 3, 20), date(2026, 4, 10)


def change(ladder: Ladder, sql: str, **values: object) -> None:
    """Something is otherwise in the database."""
    with transaction(ladder.county.worker) as session:
        session.execute(text("RESET ROLE"))
        session.execute(text(sql), values)


def ask(ladder: Ladder, sql: str) -> Sequence[tuple[Any, ...]]:
    """Rows, as the county's own hand."""
    with transaction(ladder.county.worker) as session:
        return [tuple(row) for row in session.execute(text(sql))]


def heard(ladder: Ladder) -> list[tuple[str, dict[str, Any]]]:
    """(kind, body) of what the clock owed, without the ids."""
    sql = """
        SELECT kind, body - 'term_id' - 'agreement_id' FROM notice
         WHERE kind IN ('closed', 'term_due', 'confirm_by') ORDER BY owed_at, body->>'due_on', id
    """
    return [(kind, body) for kind, body in ask(ladder, sql)]


def settle(ladder: Ladder, name: str = "wall", **agreed: Any) -> str:
    """A dispute in A1 that is settled as soon as it is known."""
    dispute = ladder.register("mediator-a1", name, village_id=str(id_of("A1")))
    ladder.act("mediator-a1", dispute, "settle", agreement="示例：各退一步", **agreed)
    return dispute


def until(ladder: Ladder) -> datetime:
    """When the follow-up of the only dispute ends."""
    ((found,),) = ask(ladder, "SELECT follow_up_until FROM dispute")
    assert isinstance(found, datetime)
    return found


def morning(day: date) -> datetime:
    """The first minute of a day in the county."""
    return datetime(day.year, day.month, day.day, 0, 1, tzinfo=LOCAL)


def test_a_settled_case_is_closed_when_nobody_came_back(ladder: Ladder) -> None:
    dispute = settle(ladder)
    over = until(ladder)
    assert over >= START + timedelta(days=30)
    assert follow_up(worker(over - INSTANT)) == 0
    assert follow_up(worker(over)) == 1
    assert follow_up(worker(over)) == 0
    ladder.county.clock.now = over
    told = ladder.read("county", dispute)
    assert (told["dispute"]["status"], told["events"][-1]["kind"]) == ("closed", "close")
    closing = """
        SELECT e.recorded_by, e.from_status, e.to_status, h.ended_how, e.recorded_at
          FROM dispute_event e JOIN holding h ON h.id = e.holding_id WHERE e.kind = 'close'
    """
    assert ask(ladder, closing) == [(None, "settled", "closed", "settle", over)]
    assert heard(ladder) == [("closed", {"how": "follow_up_over"})]
    with transaction(ladder.county.worker) as session:
        assert service.verify_chain(session) == []


def test_a_case_that_was_reopened_meanwhile_is_not_closed(ladder: Ladder) -> None:
    dispute = settle(ladder)
    over = until(ladder)
    ladder.act("mediator-a1", dispute, "reopen", why="示例：墙又倒了")
    assert follow_up(worker(over)) == 0
    assert ladder.read("county", dispute)["dispute"]["status"] == "registered"


def test_two_workers_close_a_hundred_cases_each_once(ladder: Ladder) -> None:
    ladder.register_many("mediator-a1", 100)
    change(
        ladder,
        """
        UPDATE holding SET ended_at = :at, ended_how = 'settle', due_at = NULL;
        UPDATE dispute SET status = 'settled', follow_up_until = :at
        """,
        at=START,
    )

    def take() -> int:
        with transaction(worker(START)) as session:
            return close_followed_up(session, START, batch=10)

    assert taken_by_two(ladder.county, take) == 100
    closed = "SELECT count(*), count(DISTINCT dispute_id) FROM dispute_event WHERE kind = 'close'"
    assert ask(ladder, closed) == [(100, 100)]


def test_a_term_is_reminded_of_before_it_is_due_and_told_once_it_is_late(ladder: Ladder) -> None:
    settle(ladder, terms=[{"what": "付清 500 元", "due_on": PAID_BY.isoformat()}])
    assert remind_due(worker(morning(PAID_BY - timedelta(days=3)) - timedelta(hours=1))) == 0
    assert remind_due(worker(morning(PAID_BY - timedelta(days=3)))) == 1
    assert remind_due(worker(morning(PAID_BY))) == 0
    assert remind_due(worker(morning(PAID_BY + timedelta(days=1)))) == 1
    assert remind_due(worker(morning(PAID_BY + timedelta(days=2)))) == 0
    assert heard(ladder) == [
        ("term_due", {"due_on": PAID_BY.isoformat(), "late": False}),
        ("term_due", {"due_on": PAID_BY.isoformat(), "late": True}),
    ]


def test_a_term_that_fell_due_while_nobody_looked_is_told_of_once_as_late(ladder: Ladder) -> None:
    settle(ladder, terms=[{"what": "付清 500 元", "due_on": PAID_BY.isoformat()}])
    assert remind_due(worker(morning(PAID_BY + timedelta(days=5)))) == 1
    assert [body["late"] for _, body in heard(ladder)] == [True]


def test_what_is_done_is_not_reminded_of(ladder: Ladder) -> None:
    terms = [
        {"what": "付清 500 元", "due_on": PAID_BY.isoformat()},
        {"what": "移走石料", "due_on": MOVED_BY.isoformat()},
    ]
    dispute = settle(ladder, terms=terms)
    ladder.act("mediator-a1", dispute, "fulfil", term=1)
    assert remind_due(worker(morning(PAID_BY))) == 0
    assert remind_due(worker(morning(MOVED_BY))) == 1


def test_of_an_agreement_that_was_made_anew_only_the_new_terms_count(ladder: Ladder) -> None:
    dispute = settle(ladder, terms=[{"what": "付清 500 元", "due_on": PAID_BY.isoformat()}])
    ladder.act("mediator-a1", dispute, "reopen", why="示例")
    again = [{"what": "付清 400 元", "due_on": MOVED_BY.isoformat()}]
    ladder.act("mediator-a1", dispute, "settle", agreement="示例", terms=again)
    assert remind_due(worker(morning(PAID_BY))) == 0
    assert remind_due(worker(morning(MOVED_BY))) == 1


def test_a_written_agreement_is_reminded_of_the_way_to_court_once(ladder: Ladder) -> None:
    settle(ladder, form="written")
    soon = CONFIRM_BY - timedelta(days=10)
    assert remind_due(worker(morning(soon) - timedelta(hours=1))) == 0
    assert remind_due(worker(morning(soon))) == 1
    assert remind_due(worker(morning(CONFIRM_BY))) == 0
    assert heard(ladder) == [("confirm_by", {"confirm_by": CONFIRM_BY.isoformat()})]


@pytest.mark.parametrize("why", ["oral", "asked", "over"])
def test_where_the_court_is_no_way_any_more_nothing_is_said(ladder: Ladder, why: str) -> None:
    dispute = settle(ladder, form="oral" if why == "oral" else "written")
    if why == "asked":
        ladder.act("mediator-a1", dispute, "ask_court", why="双方共同申请")
    at = morning(CONFIRM_BY + timedelta(days=1 if why == "over" else 0))
    assert remind_due(worker(at)) == 0


def test_of_many_terms_a_batch_takes_some_and_the_next_the_rest(ladder: Ladder) -> None:
    terms = [{"what": f"第 {n} 期", "due_on": PAID_BY.isoformat()} for n in range(5)]
    settle(ladder, terms=terms)
    taken = []
    for _ in range(4):
        with transaction(worker(morning(PAID_BY))) as session:
            taken.append(remind(session, morning(PAID_BY), batch=2))
    assert taken == [2, 2, 1, 0]
