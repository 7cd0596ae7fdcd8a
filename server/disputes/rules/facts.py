"""What is known of a case when somebody acts on it: the needs that no person's word fills. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from server.disputes.rules.cases import Case, Held, Place, Receiver
from server.ladder.kinds import Actor, Event, Need
from server.ladder.routing import Level
from server.ladder.states import GOES_DOWN

Step = tuple[Held, Held]
"""A Holding and the next one."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act as it is judged. `at` is when it was recorded; `given` what came with it.

    `above`: who would receive the case one level up. `to`: the Office that it names, if there is
    one. `leader_grants`: of the Office above, an extension here is granted by its leader alone.
    `late_record`: it honours one that may be honoured.
    """

    event: Event
    at: datetime
    given: frozenset[Need] = frozenset()
    above: Receiver | None = None
    to: Place | None = None
    party_id: UUID | None = None
    own_person: bool = False
    term: int | None = None
    kind: str | None = None
    leader_grants: bool = False
    late_record: bool = False


def facts(case: Case, act: Act, actor: Actor, level: Level | None = None) -> frozenset[Need]:
    """Which needs are filled when `actor`, of an Office on `level`, does this to the case."""
    true = {
        **_of_the_file(case, act, actor),
        Need.SUPERVISED: bool(case.liftable(act.kind, level)),
        **_of_the_holding(case, act),
        **_of_its_way(case, act),
    }
    # What people say is taken at their word only where nothing here knows better.
    return frozenset((act.given - true.keys()) | {need for need, there in true.items() if there})


def _of_the_file(case: Case, act: Act, actor: Actor) -> dict[Need, bool]:
    given = act.given
    # Oneself steps aside by saying so; of anybody else the Office above decides.
    may_name = actor is Actor.UPPER or act.own_person or act.event is not Event.RECUSE
    done = not case.open_terms if case.last_term else Need.TERMS_DONE in given
    return {
        Need.TERMS_DONE: done,
        Need.TERM: act.term in case.open_terms,
        Need.COURT_OPEN: case.court_open,
        Need.PARTY_NAMED: Need.PARTY_NAMED in given and act.party_id in case.parties,
        Need.PERSON: Need.PERSON in given and may_name,
        Need.JOINED_OFFICE: act.to is not None and act.to.office_id in case.joint,
        Need.SAME_MATTER: case.same_open,
        Need.HEAD_IS_PARTY: case.head_is_party,
        Need.LATE_RECORD: act.late_record,
    }


def _of_the_holding(case: Case, act: Act) -> dict[Need, bool]:
    held = case.held
    asked = held.extension_asked_at is not None
    answered = held.request_answered_at is not None
    objection_by = held.objection_by
    return {
        Need.FIRST_EXTENSION: not asked,
        Need.EXTENSION_ASKED: asked and not (held.extended or held.extension_declined),
        Need.SENT_HERE: held.sent_by is not None,
        Need.OBJECTION_TIME: (
            held.objected_at is None and objection_by is not None and act.at < objection_by
        ),
        Need.OBJECTION_OPEN: held.objected_at is not None and held.objection_decided_at is None,
        Need.NO_REQUEST: held.request_at is None or answered,
        Need.REQUEST_DECIDED: held.request_at is None,
        Need.REQUEST_OPEN: held.request_at is not None and not answered,
        # The one who asked decides, not another party.
        Need.REQUEST_ANSWERED: answered and act.party_id == held.request_party_id,
    }


def _of_its_way(case: Case, act: Act) -> dict[Need, bool]:
    level = case.held.level
    # Reopening is in the holder's own hand: it gives no second hand-down and no second transfer.
    steps = _steps(case)
    downs = [to for before, to in steps if _is_down(to) and before.level is level]
    across = [to for _, to in steps if _is_across(to) and to.level is level]
    again = [to for before, to in steps if _is_afresh(before, to) and to.level is level]
    fresh = _since_reopened(steps)
    up_again = [to for before, to in fresh if _is_up_again(before, to) and before.level is level]
    return {
        Need.LEVEL_ABOVE: act.above is not None,
        Need.TOP_LEVEL: level is Level.COUNTY,
        Need.CAME_UP: came_up_from(case) is not None and _takes_back(case, act.to),
        Need.FIRST_DOWN: _is_first(downs),
        Need.FIRST_TRANSFER: _is_first(across),
        Need.FIRST_REOPEN: not again,
        Need.REOPENS_LEFT: not up_again,
        Need.TARGET_OFFICE: act.to is not None and _is_fit(case, act.event, act.to),
    }


def came_up_from(case: Case) -> Held | None:
    """The Holding below from which the case came up to its present level, and may go back to.

    Not where a party asked for the next level and was not answered: nobody can say no to that.
    """
    for before, to in reversed(_steps(case)):
        if to.level is case.held.level and before.level.digits > to.level.digits:
            came = to.begun_how in (Event.CLIMB, Event.ESCALATE) and not _asked_in_vain(before)
            return before if came else None
    return None


def _steps(case: Case) -> Sequence[Step]:
    return list(pairwise(held for held in case.holdings if not held.withdrawn))


def _since_reopened(steps: Sequence[Step]) -> Sequence[Step]:
    """Those since an Office last took the case up again: for a party it starts afresh."""
    fresh = [k for k, step in enumerate(steps) if _is_afresh(*step)]
    return steps[fresh[-1] + 1 if fresh else 0 :]


def _asked_in_vain(held: Held) -> bool:
    """A party asked for the next level, and the holder never answered."""
    return held.request_at is not None and held.request_answered_at is None


def _a_party_left(case: Case, level: Level) -> bool:
    """A party took the case up from this level, or from one above it: nobody sends it back."""
    return any(
        before.level.digits <= level.digits
        for before, to in _steps(case)
        if to.begun_how == Event.GO or (to.begun_how == Event.CLIMB and _asked_in_vain(before))
    )


def _is_afresh(before: Held, to: Held) -> bool:
    return to.begun_how == Event.REOPEN and before.level is to.level


def _is_up_again(before: Held, to: Held) -> bool:
    """A party was not satisfied: only so does a reopened case go up."""
    return to.begun_how == Event.REOPEN and before.level is not to.level


def _is_down(held: Held) -> bool:
    return held.begun_how in GOES_DOWN


def _is_across(held: Held) -> bool:
    return held.begun_how == Event.TRANSFER


def _is_first(sent: list[Held]) -> bool:
    """One that came back by an objection that was upheld does not count: once more, elsewhere."""
    return not sent or (len(sent) == 1 and _came_back(sent[0]))


def _came_back(held: Held) -> bool:
    return held.ended_how == Event.UPHOLD_OBJECTION


def _takes_back(case: Case, to: Place | None) -> bool:
    return to is not None and to.manned and to.office_id not in case.recused


def _is_fit(case: Case, event: Event, to: Place) -> bool:
    """Whether an Office may receive the case, or help with it."""
    held = case.held
    if event is Event.LEAVE:
        return True
    known = to.office_id != held.office_id and to.office_id not in case.recused
    if not (known and to.manned and case.covered_by(to.code)):
        return False
    refused = {one.office_id for one in case.holdings if _came_back(one)}
    match event:
        case Event.HAND_DOWN:
            below = to.level.digits > held.level.digits and to.code.startswith(held.code)
            free = to.office_id not in refused and not _a_party_left(case, to.level)
            return below and free
        case Event.TRANSFER:
            # Each Office gets it so once, or two would pass it to and fro with all their time.
            had = {one.office_id for one in case.holdings if _is_across(one)}
            return to.level is held.level and to.office_id not in refused | had
        case Event.JOIN:
            return to.office_id not in case.joint
        case Event.PASS_OVER:
            above = to.level.digits < held.level.digits
            return above or held.level is to.level is Level.COUNTY
        case _:
            return True


ENDS = frozenset({Event.SETTLE, Event.FAIL, Event.REFER, Event.WITHDRAW, Event.REFUSE})
"""What a late record may say for a person above to honour it: the case had come to its end."""
