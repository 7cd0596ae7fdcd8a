"""The table of moves: what the contract of the ladder says, read back from the table."""

from __future__ import annotations

from itertools import product

import pytest

from server.ladder.kinds import Actor, Clock, Event, Need, State
from server.ladder.states import (
    AT_REST,
    HANDS_ON,
    OPEN,
    RULES,
    STOPS_THE_CLOCK,
    Move,
    Refusal,
    clock_of,
    decide,
    moves_open_to,
    needs_of,
)

EVERYTHING = frozenset(need.value for need in Need)


def after(state: State, event: Event, actor: Actor, *given: str) -> State | str:
    """Where it leads, or the slug of the refusal."""
    answer = decide(state, event, actor, frozenset(given))
    return answer.after if isinstance(answer, Move) else answer.slug


def reached_from(state: State) -> set[State]:
    """Every state that some sequence of legal moves leads to; needs can always be met."""
    reached = new = {state}
    while new:
        moves = (decide(*asked, EVERYTHING) for asked in product(new, Event, Actor))
        new = {move.after for move in moves if isinstance(move, Move)} - reached
        reached = reached | new
    return reached


def test_a_quarrel_walks_from_the_first_word_to_the_closed_file() -> None:
    state: State | str = State.REGISTERED
    for event, given in (
        (Event.ACCEPT, ()),
        (Event.MEDIATE, ()),
        (Event.MEDIATE, ()),
        (Event.SETTLE, ("agreement",)),
        (Event.CLOSE, ("terms_done",)),
    ):
        assert isinstance(state, State)
        state = after(state, event, Actor.HANDLER, *given)
    assert state is State.CLOSED


def test_a_small_quarrel_is_settled_on_the_spot() -> None:
    settled = after(State.REGISTERED, Event.SETTLE, Actor.HANDLER, "agreement")
    assert settled is State.SETTLED


def test_the_clock_closes_what_was_settled_only_after_the_follow_up() -> None:
    assert after(State.SETTLED, Event.CLOSE, Actor.CLOCK) == "needs-follow-up-over"
    done = after(State.SETTLED, Event.CLOSE, Actor.CLOCK, "follow_up_over")
    assert done is State.CLOSED


@pytest.mark.parametrize("state", sorted(OPEN))
def test_an_open_case_climbs_by_the_clock_alone_and_never_early(state: State) -> None:
    due = frozenset({"deadline_passed", "level_above"})
    climbed = decide(state, Event.CLIMB, Actor.CLOCK, due)
    assert climbed == Move(Event.CLIMB, state, State.REGISTERED)
    assert after(state, Event.CLIMB, Actor.CLOCK, "level_above") == "needs-deadline-passed"
    assert after(state, Event.CLIMB, Actor.CLOCK, "deadline_passed") == "needs-level-above"
    for person in set(Actor) - {Actor.CLOCK}:
        assert after(state, Event.CLIMB, person, *due) == "not-yours"


@pytest.mark.parametrize("state", sorted(set(State) - OPEN))
def test_what_is_no_longer_open_does_not_climb(state: State) -> None:
    assert after(state, Event.CLIMB, Actor.CLOCK, *EVERYTHING) == "not-from-this-state"


def test_a_failed_mediation_tells_both_their_rights() -> None:
    untold = after(State.IN_MEDIATION, Event.FAIL, Actor.HANDLER, "reason")
    told = after(State.IN_MEDIATION, Event.FAIL, Actor.HANDLER, "reason", "rights_told")
    assert (untold, told) == ("needs-rights-told", State.UNSETTLED)
    assert after(State.ACCEPTED, Event.FAIL, Actor.HANDLER, *EVERYTHING) == "not-from-this-state"


@pytest.mark.parametrize("state", sorted(OPEN))
@pytest.mark.parametrize("actor", [Actor.HANDLER, Actor.PARTY])
def test_a_party_can_always_withdraw_or_refuse(state: State, actor: Actor) -> None:
    assert after(state, Event.WITHDRAW, actor, "reason") is State.WITHDRAWN
    assert after(state, Event.REFUSE, actor, "rights_told") is State.REFUSED


def test_an_office_above_takes_a_case_over_with_a_reason_but_does_not_handle_it_below() -> None:
    assert after(State.ACCEPTED, Event.ESCALATE, Actor.UPPER, "level_above") == "needs-reason"
    taken = after(State.ACCEPTED, Event.ESCALATE, Actor.UPPER, "level_above", "reason")
    assert taken is State.REGISTERED
    assert after(State.ACCEPTED, Event.SETTLE, Actor.UPPER, "agreement") == "not-yours"


def test_an_extension_is_asked_once_below_and_granted_above() -> None:
    asked = after(State.ACCEPTED, Event.EXTEND, Actor.HANDLER, "reason", "first_extension")
    assert asked is State.ACCEPTED
    again = after(State.ACCEPTED, Event.EXTEND, Actor.HANDLER, "reason")
    assert again == "needs-first-extension"
    own = after(State.ACCEPTED, Event.GRANT_EXTENSION, Actor.HANDLER, "extension_asked")
    assert own == "not-yours"
    granted = after(State.ACCEPTED, Event.GRANT_EXTENSION, Actor.UPPER, "extension_asked")
    assert granted is State.ACCEPTED


@pytest.mark.parametrize("state", sorted(OPEN))
def test_no_open_state_is_a_dead_end(state: State) -> None:
    mine = moves_open_to(state, Actor.HANDLER)
    assert STOPS_THE_CLOCK & set(mine)
    leading_out = {
        rule.to for rule in RULES if state in rule.states and Actor.HANDLER in rule.actors
    }
    assert leading_out - OPEN - {None}


@pytest.mark.parametrize("state", sorted(set(State) - OPEN))
@pytest.mark.parametrize(
    ("actor", "given"),
    [(Actor.HANDLER, {"reason", "first_reopen"}), (Actor.UPPER, {"reason"})],
)
def test_nothing_is_shut_for_good(state: State, actor: Actor, given: set[str]) -> None:
    reopened = decide(state, Event.REOPEN, actor, frozenset(given))
    assert isinstance(reopened, Move)
    assert reopened.after in OPEN
    assert reopened.starts_a_holding


@pytest.mark.parametrize("state", AT_REST)
def test_who_is_not_satisfied_is_heard_one_level_up_once_from_each(state: State) -> None:
    heard = ("reason", "reopens_left", "level_above")
    assert after(state, Event.REOPEN, Actor.PARTY, *heard) is State.REGISTERED
    assert after(state, Event.REOPEN, Actor.PARTY, "reason", "level_above") == "needs-reopens-left"
    assert after(state, Event.REOPEN, Actor.PARTY, *heard[:2]) == "needs-level-above"


def test_every_state_is_reached_from_a_registered_case() -> None:
    assert reached_from(State.REGISTERED) == set(State)


def test_decide_has_exactly_one_answer_for_everything() -> None:
    for state, event, actor in product(State, Event, Actor):
        rows = [
            rule
            for rule in RULES
            if rule.event is event and state in rule.states and actor in rule.actors
        ]
        assert len(rows) <= 1, (state, event, actor)
        with_all = decide(state, event, actor, EVERYTHING)
        assert isinstance(with_all, Move) == bool(rows)
        assert (event in moves_open_to(state, actor)) == bool(rows)
        needs = needs_of(state, event, actor)
        assert needs == (rows[0].needs if rows else None)
        for need in needs or ():
            refusal = decide(state, event, actor, EVERYTHING - {need.value})
            assert isinstance(refusal, Refusal)
            assert refusal.slug == f"needs-{need.value.replace('_', '-')}"
            assert refusal.zh
            assert refusal.en


def test_every_event_but_the_first_has_a_row() -> None:
    assert {rule.event for rule in RULES} == set(Event) - {Event.REGISTER}


def test_a_refusal_says_what_can_be_done_instead() -> None:
    early = decide(State.REGISTERED, Event.CLOSE, Actor.HANDLER, EVERYTHING)
    assert isinstance(early, Refusal)
    assert early.slug == "not-from-this-state"
    assert "已登记" in early.zh
    assert "受理" in early.zh
    assert "accept" in early.en
    strange = decide(State.REGISTERED, Event.ACCEPT, Actor.PARTY)
    assert isinstance(strange, Refusal)
    assert "承办单位" in strange.zh
    assert "撤回" in strange.zh


@pytest.mark.parametrize(("state", "actor"), list(product(State, Actor)))
def test_a_note_is_never_refused(state: State, actor: Actor) -> None:
    assert after(state, Event.NOTE, actor) is state


def test_a_holding_ends_where_the_case_leaves_the_office_and_an_open_case_is_held() -> None:
    for state, event, actor in product(State, Event, Actor):
        move = decide(state, event, actor, EVERYTHING)
        if isinstance(move, Move):
            gone = event in HANDS_ON or move.after not in OPEN
            assert move.ends_the_holding == (state in OPEN and gone)
            held_anew = move.ends_the_holding or state not in OPEN
            assert move.starts_a_holding == (move.after in OPEN and held_anew)
            assert not move.starts_a_holding or move.after is State.REGISTERED


def test_clocks_run_in_open_states_and_the_follow_up_after_them() -> None:
    running = {state: clock_of(state) for state in State if clock_of(state)}
    assert running == {
        State.REGISTERED: Clock.ACCEPT,
        State.ACCEPTED: Clock.HANDLE,
        State.IN_MEDIATION: Clock.HANDLE,
        State.SETTLED: Clock.FOLLOW_UP,
    }
    assert {s for s, c in running.items() if c is not Clock.FOLLOW_UP} == OPEN


def test_what_stops_the_clock_changes_the_clock_or_asks_for_more() -> None:
    asks = {Event.EXTEND, Event.ANSWER}  # more time; and what a party asked has a bar of its own
    for state, event in product(OPEN, STOPS_THE_CLOCK - asks):
        move = decide(state, event, Actor.HANDLER, EVERYTHING)
        if isinstance(move, Move):
            assert clock_of(move.after) != clock_of(state)


def test_words_are_their_slugs_and_carry_a_chinese_name() -> None:
    for kind in (State, Event, Actor, Need, Clock):
        for word in kind:
            assert kind(word.value) is word
            assert str(word) == word.value
            assert hash(word) == hash(word.value)
            assert word.zh
