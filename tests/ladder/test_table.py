"""What must hold of the whole table, whatever rows it has: nobody is stuck, nothing is buried."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ladder.advice import ADVICE
from server.ladder.calendar import WorkingCalendar
from server.ladder.clocks import due_at, next_level, start_holding
from server.ladder.kinds import Actor, Event, Need, Restored, State
from server.ladder.policy import DEFAULT, limits_for
from server.ladder.routing import Category, Level
from server.ladder.states import (
    AT_REST,
    GOES_DOWN,
    GOES_UP,
    HANDS_ON,
    OPEN,
    RULES,
    STOPS_THE_CLOCK,
    Move,
    Refusal,
    clock_of,
    decide,
)
from tests.ladder.test_calendar import at, moments
from tests.ladder.test_states import EVERYTHING, reached_from

PEOPLE = tuple(set(Actor) - {Actor.CLOCK})
WITHOUT_ROWS = {Event.REGISTER}  # it opens the history: no state comes before it
needs = st.frozensets(st.sampled_from([need.value for need in Need]))


@given(
    st.sampled_from(State),
    st.sampled_from(Event),
    st.sampled_from(Actor),
    needs,
    st.sampled_from(sorted(OPEN)),
)
def test_every_question_has_an_answer(
    state: State, event: Event, actor: Actor, given: frozenset[str], before: State
) -> None:
    answer = decide(state, event, actor, given, before)
    if isinstance(answer, Refusal):
        assert answer.slug
        assert answer.zh != answer.en
    else:
        assert (answer.event, answer.before) == (event, state)
        assert answer.after in State


@given(st.sampled_from(State), st.sampled_from(Event), st.sampled_from(Actor), needs, needs)
def test_giving_more_never_makes_a_move_illegal(
    state: State, event: Event, actor: Actor, given: frozenset[str], more: frozenset[str]
) -> None:
    if isinstance(decide(state, event, actor, given), Move):
        assert isinstance(decide(state, event, actor, given | more), Move)


def test_every_event_has_a_row_or_a_reason_why_not() -> None:
    assert {rule.event for rule in RULES} == set(Event) - WITHOUT_ROWS


def test_every_need_is_asked_for_and_says_what_to_do() -> None:
    assert {need for rule in RULES for need in rule.needs} == set(Need) == set(ADVICE)
    assert all(zh and en and not zh.isascii() and en.isascii() for zh, en in ADVICE.values())


def test_everybody_can_do_something_beside_leaving_a_note() -> None:
    for actor in Actor:
        assert {rule.event for rule in RULES if actor in rule.actors} - {Event.NOTE}, actor


@pytest.mark.parametrize("state", list(State))
def test_from_every_state_some_person_can_move_the_case_on(state: State) -> None:
    moves = [decide(state, event, who, EVERYTHING) for event, who in product(Event, PEOPLE)]
    assert any(isinstance(move, Move) and move.after is not state for move in moves)


@pytest.mark.parametrize("state", list(State))
def test_from_every_state_a_case_can_come_to_its_close(state: State) -> None:
    assert State.CLOSED in reached_from(state)


@pytest.mark.parametrize("state", sorted(OPEN))
def test_an_open_case_always_has_a_clock(state: State) -> None:
    assert clock_of(state) is not None


@pytest.mark.parametrize("state", sorted(OPEN))
@pytest.mark.parametrize("level", list(Level))
def test_at_its_bar_an_open_case_either_climbs_or_is_overdue_never_both_and_never_neither(
    state: State, level: Level
) -> None:
    above = Need.LEVEL_ABOVE if next_level(level) else Need.TOP_LEVEL
    given = frozenset({Need.DEADLINE_PASSED.value, above.value})
    clock = {
        event: decide(state, event, Actor.CLOCK, given) for event in (Event.CLIMB, Event.OVERDUE)
    }
    legal = [event for event, answer in clock.items() if isinstance(answer, Move)]
    assert legal == [Event.CLIMB if next_level(level) else Event.OVERDUE]


@pytest.mark.parametrize("state", sorted(OPEN))
@pytest.mark.parametrize("event", [Event.CLIMB, Event.OVERDUE])
def test_nobody_holds_the_clock_up_or_moves_it(state: State, event: Event) -> None:
    """No person climbs a case in the clock's name, and before its bar the clock does not either."""
    for person in PEOPLE:
        assert isinstance(decide(state, event, person, EVERYTHING), Refusal)
    early = EVERYTHING - {Need.DEADLINE_PASSED.value}
    assert isinstance(decide(state, event, Actor.CLOCK, early), Refusal)


def test_only_the_holder_and_the_clock_close_a_case() -> None:
    closers = {actor for rule in RULES if rule.to is State.CLOSED for actor in rule.actors}
    assert closers == {Actor.HANDLER, Actor.CLOCK}


@pytest.mark.parametrize("state", sorted(OPEN))
def test_a_party_that_asks_for_the_next_level_meets_nobody_who_can_say_no(state: State) -> None:
    """Request, answer, the party's word; and what an Office above may do, keeps the case moving."""
    for event in (Event.REQUEST, Event.ANSWER, Event.STAY):
        actor = Actor.HANDLER if event is Event.ANSWER else Actor.PARTY
        move = decide(state, event, actor, EVERYTHING)
        assert isinstance(move, Move)
        assert move.after is state, "asking and answering alone moves nothing"
    gone = decide(state, Event.GO, Actor.PARTY, EVERYTHING)
    assert isinstance(gone, Move)
    assert gone.starts_a_holding
    kept = {actor for rule in RULES if rule.event is Event.STAY for actor in rule.actors}
    assert kept == {Actor.PARTY, Actor.UPPER}, "never the holder, who would keep it by that"


def test_a_withdrawn_climb_gives_the_case_back_as_it_stood() -> None:
    restores = [rule.event for rule in RULES if isinstance(rule.to, Restored)]
    assert restores == [Event.WITHDRAW_CLIMB, Event.HONOUR]
    for event, before in product(restores, OPEN):
        actor = Actor.CLOCK if event is Event.WITHDRAW_CLIMB else Actor.HANDLER
        move = decide(State.REGISTERED, event, actor, EVERYTHING, before)
        assert isinstance(move, Move)
        assert move.after is before
        assert not move.starts_a_holding, "its own clock goes on: no new one starts"


def test_whoever_receives_a_case_has_it_as_newly_registered() -> None:
    for rule in RULES:
        if rule.event in HANDS_ON:
            assert rule.to is State.REGISTERED, rule
    assert GOES_UP | GOES_DOWN <= HANDS_ON
    assert not GOES_UP & GOES_DOWN


def test_what_leads_down_or_across_cannot_go_round_for_ever() -> None:
    """Each way that does not lead up is bounded by a need, or is the decision of one above."""
    bounds = {Need.FIRST_DOWN, Need.FIRST_TRANSFER, Need.OBJECTION_OPEN, Need.HEAD_IS_PARTY}
    for rule in RULES:
        if rule.event in HANDS_ON - GOES_UP and Actor.UPPER not in rule.actors:
            assert bounds & set(rule.needs), rule


def test_what_stops_the_clock_is_the_holders_or_a_partys_own() -> None:
    actors = {actor for rule in RULES if rule.event in STOPS_THE_CLOCK for actor in rule.actors}
    assert actors == {Actor.HANDLER, Actor.UPPER, Actor.PARTY}


def test_a_case_at_rest_is_none_that_a_clock_makes_climb() -> None:
    for state in {*AT_REST, State.JOINED}:
        assert isinstance(decide(state, Event.CLIMB, Actor.CLOCK, EVERYTHING), Refusal)


@pytest.mark.parametrize("outage", [10, 40, 100])
@pytest.mark.parametrize("category", [Category.NEIGHBOURS, Category.UNPAID_WAGES])
def test_an_outage_skips_no_level_and_costs_none_its_time(
    china: WorkingCalendar, outage: int, category: Category
) -> None:
    """However long nobody looked, the first look takes it one level up, with its full time."""
    level, received = Level.VILLAGE, at("2025-03-03")
    deadlines = start_holding(received, limits_for(DEFAULT, category, level), china)
    due = due_at(State.REGISTERED, deadlines)
    assert due is not None
    looked = due + timedelta(days=outage)
    above = next_level(level)
    assert above is Level.TOWNSHIP
    anew = start_holding(looked, limits_for(DEFAULT, category, above), china)
    again = due_at(State.REGISTERED, anew)
    assert again is not None
    assert again > looked, "nothing is due at the level that has just received it"


@given(moments, st.sampled_from(Category), st.sampled_from(list(Level)))
def test_whoever_receives_a_case_has_at_least_a_day(
    china: WorkingCalendar, received: datetime, category: Category, level: Level
) -> None:
    deadlines = start_holding(received, limits_for(DEFAULT, category, level), china)
    due = due_at(State.REGISTERED, deadlines)
    assert due is not None
    assert due - received >= timedelta(days=1)


def test_one_rung_at_a_time() -> None:
    assert [next_level(level) for level in Level] == [Level.TOWNSHIP, Level.COUNTY, None]
