"""Warnings: the holder, the Office above and the one that sent it hear of each bar once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from server.db import transaction, worker
from server.disputes.service.warning import warn
from server.policies.errors import CalendarMissing
from server.worker import warn_ahead
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of
from tests.waiting import taken_by_two

LAST_DAY = START + timedelta(days=2, hours=15)  # Thursday 00:00: the third working day
HANDLE_WARN = START.replace(day=26, hour=16)  # Friday 27 March 00:00, three working days before
INSTANT = timedelta(microseconds=1)


def change(ladder: Ladder, sql: str, **values: object) -> None:
    """Something is otherwise in the database."""
    with transaction(ladder.county.worker) as session:
        session.execute(text("RESET ROLE"))
        session.execute(text(sql), values)


def heard(ladder: Ladder) -> Sequence[tuple[Any, ...]]:
    """(Offices, body) of the warnings."""
    sql = "SELECT office_ids, body FROM notice WHERE kind = 'warning' ORDER BY owed_at, id"
    with transaction(ladder.county.worker) as session:
        return [tuple(row) for row in session.execute(text(sql))]


def wall(ladder: Ladder) -> str:
    """A dispute in village A1."""
    return ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))


def at(moment: datetime) -> int:
    """The worker's round at this moment; how many were warned."""
    return warn_ahead(worker(moment))


def test_nobody_is_warned_of_a_case_on_the_day_it_comes(ladder: Ladder) -> None:
    wall(ladder)
    assert at(START) == at(LAST_DAY - INSTANT) == 0
    assert heard(ladder) == []


def test_the_holder_and_the_office_above_are_warned_once(ladder: Ladder) -> None:
    wall(ladder)
    assert at(LAST_DAY) == 1
    assert at(LAST_DAY) == at(LAST_DAY + timedelta(hours=3)) == 0
    due = (START + timedelta(days=3, hours=15)).isoformat()
    told = {"bar": "accept", "due_at": due, "level": "village"}
    assert heard(ladder) == [([id_of("office A1"), id_of("office A")], told)]


def test_the_bar_after_it_is_warned_of_in_its_turn(ladder: Ladder) -> None:
    dispute = wall(ladder)
    assert at(LAST_DAY) == 1
    ladder.act("mediator-a1", dispute, "accept")
    assert at(HANDLE_WARN - INSTANT) == 0
    assert at(HANDLE_WARN) == 1
    assert at(HANDLE_WARN) == 0
    assert [body["bar"] for _, body in heard(ladder)] == ["accept", "handle"]


def test_a_bar_that_was_moved_is_warned_of_again(ladder: Ladder) -> None:
    dispute = wall(ladder)
    ladder.act("mediator-a1", dispute, "accept")
    assert at(HANDLE_WARN) == 1
    ladder.county.clock.now = HANDLE_WARN + timedelta(hours=9)
    ladder.act("mediator-a1", dispute, "extend", why="示例：等鉴定")
    ladder.act("township-a", dispute, "grant_extension")
    assert at(HANDLE_WARN + timedelta(days=5)) == 0
    # Until Friday 1 May, a day of rest; so Wednesday the 6th, which three working days lead up to.
    assert at(HANDLE_WARN + timedelta(days=35)) == 1
    assert len(heard(ladder)) == 2


def test_at_the_county_its_office_alone_is_warned(ladder: Ladder) -> None:
    wall(ladder)
    change(
        ladder,
        """
        UPDATE holding SET level = 'county', office_id = :office;
        UPDATE dispute SET level = 'county', office_id = :office
        """,
        office=id_of("office county"),
    )
    assert at(LAST_DAY) == 1
    assert [offices for offices, _ in heard(ladder)] == [[id_of("office county")]]


def test_the_office_that_sent_it_stays_answerable_and_hears_of_it(ladder: Ladder) -> None:
    wall(ladder)
    change(ladder, "UPDATE holding SET sent_by = :office", office=id_of("office county"))
    assert at(LAST_DAY) == 1
    offices = [id_of("office A1"), id_of("office A"), id_of("office county")]
    assert [told for told, _ in heard(ladder)] == [offices]


def test_an_office_that_steps_aside_hears_nothing_and_the_one_above_it_does(
    ladder: Ladder,
) -> None:
    dispute = wall(ladder)
    change(
        ladder,
        """
        INSERT INTO recusal (id, dispute_id, office_id, found_by, since)
        VALUES (gen_random_uuid(), :dispute, :office, 'account', :since);
        UPDATE holding SET sent_by = :office
        """,
        dispute=dispute,
        office=id_of("office A"),
        since=START,
    )
    assert at(LAST_DAY) == 1
    offices = [id_of("office A1"), id_of("office county")]
    assert [told for told, _ in heard(ladder)] == [offices]


def test_a_party_that_asks_for_the_next_level_starts_a_clock_of_its_own(ladder: Ladder) -> None:
    """Asked on Tuesday, to be answered by Friday: Friday is the day to warn, not Tuesday."""
    wall(ladder)
    change(
        ladder,
        """
        UPDATE dispute SET status = 'accepted';
        UPDATE holding SET request_at = :asked, request_answer_by = :by, due_at = :by
        """,
        asked=START + timedelta(days=1),
        by=START + timedelta(days=4, hours=15),
    )
    assert at(START + timedelta(days=1, hours=1)) == 0
    assert at(LAST_DAY + timedelta(days=1)) == 1
    assert heard(ladder)[0][1]["bar"] == "request"


def test_what_is_over_or_overdue_is_not_warned_of(ladder: Ladder) -> None:
    dispute = wall(ladder)
    ladder.act("mediator-a1", dispute, "settle", agreement="示例")
    assert at(LAST_DAY) == 0
    ladder.register("mediator-a1", "well", village_id=str(id_of("A1")))
    change(ladder, "UPDATE holding SET overdue_at = :at WHERE ended_at IS NULL", at=START)
    assert at(LAST_DAY) == 0


def test_after_an_outage_what_has_fallen_climbs_and_is_not_warned_of(ladder: Ladder) -> None:
    wall(ladder)
    assert at(START + timedelta(days=10)) == 0


def test_two_workers_warn_of_a_hundred_cases_each_once(ladder: Ladder) -> None:
    ladder.register_many("mediator-a1", 100)

    def take() -> int:
        with transaction(worker(LAST_DAY)) as session:
            return warn(session, LAST_DAY, batch=10)

    assert taken_by_two(ladder.county, take) == 100
    assert len(heard(ladder)) == 100


def test_without_the_days_to_come_nothing_is_guessed(ladder: Ladder) -> None:
    wall(ladder)
    change(ladder, "DELETE FROM calendar_day WHERE day > '2026-03-06'")
    with pytest.raises(CalendarMissing):
        at(LAST_DAY)
