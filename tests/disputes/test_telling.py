"""Whoever did not make a move hears of it: who held the case, who sent it, who helps."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid5

import pytest

from server.disputes.rules.cases import Case, Held, Receiver
from server.disputes.service.telling import Told, notices_of
from server.ladder.clocks import Deadlines
from server.ladder.kinds import Actor, Event, State
from server.ladder.routing import Category, Level
from server.ladder.states import Move
from server.notices.rules import Kind

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def office(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


def held(name: str, level: Level = Level.VILLAGE, sent_by: str | None = None) -> Held:
    sender = office(sent_by) if sent_by else None
    bars = Deadlines(NOW, NOW)
    return Held(UUID(int=1), 1, office(name), level, UUID(int=2), NOW, NOW, bars, sent_by=sender)


def told(
    event: Event,
    before: State,
    after: State,
    by: str | None,
    *,
    sent_by: str | None = None,
    to: str | None = None,
    aside: str | None = None,
) -> dict[Kind, set[UUID]]:
    """Kind → Offices that hear of it, where the village held the case and a bureau helps."""
    first = held("village", sent_by=sent_by)
    holdings = [first, held(to, Level.TOWNSHIP)] if to else [first]
    category = next(iter(Category))
    case = Case(UUID(int=9), category, "511921101", after, holdings)
    case.joint[office("bureau")] = UUID(int=3)
    case.recused = {office(aside)} if aside else set()
    ways = {(case.id, level): Receiver(office(level.value), level) for level in Level}
    actor = Actor.HANDLER if by else Actor.PARTY
    by_office = office(by) if by else None
    move, said = Move(event, before, after), Told(ways, UUID(int=4))
    notices = notices_of(case, first, move, actor, by_office, said)
    return {one.kind: set(one.office_ids) for one in notices}


@pytest.mark.parametrize(
    ("event", "after"), [(Event.WITHDRAW, State.WITHDRAWN), (Event.REFUSE, State.REFUSED)]
)
def test_a_party_withdraws_by_the_own_code_and_the_holder_hears_of_it(
    event: Event, after: State
) -> None:
    heard = told(event, State.ACCEPTED, after, None)
    assert heard == {Kind.CLOSED: {office("village"), office("bureau")}}


def test_who_is_led_to_court_from_above_is_not_left_on_the_holders_desk() -> None:
    heard = told(Event.REFER, State.UNSETTLED, State.REFERRED, "township")
    assert office("village") in heard[Kind.CLOSED]


def test_a_settlement_is_of_the_office_that_made_it_so_that_its_area_hears() -> None:
    heard = told(Event.SETTLE, State.ACCEPTED, State.SETTLED, "village", sent_by="county")
    assert heard == {Kind.SETTLED: {office("village"), office("county"), office("bureau")}}


def test_who_handed_a_case_down_hears_that_it_left_and_so_does_who_helps() -> None:
    heard = told(
        Event.ESCALATE,
        State.ACCEPTED,
        State.REGISTERED,
        "village",
        sent_by="county",
        to="township",
    )
    assert heard == {
        Kind.RECEIVED: {office("township")},
        Kind.TRANSFERRED: {office("county"), office("bureau")},
    }


def test_an_office_that_steps_aside_hears_nothing() -> None:
    heard = told(
        Event.SETTLE, State.ACCEPTED, State.SETTLED, "village", sent_by="county", aside="county"
    )
    assert heard == {Kind.SETTLED: {office("village"), office("bureau")}}


def test_a_threat_to_life_is_heard_on_all_levels_and_a_request_on_two() -> None:
    heard = told(Event.ALERT, State.ACCEPTED, State.ACCEPTED, "village")
    assert heard == {Kind.ALERT: {office(level.value) for level in Level} | {office("bureau")}}
    heard = told(Event.REQUEST, State.ACCEPTED, State.ACCEPTED, None)
    assert heard == {Kind.PARTY_REQUEST: {office("village"), office("township")}}
