"""Another Office receives a case, or the same one anew: where it goes, with clocks of its own."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from server.db import Identity
from server.disputes.rules.cases import Case, Held, Place, Receiver, Receivers
from server.disputes.rules.facts import Act
from server.disputes.rules.moves import Judged
from server.disputes.service.clocks import Clocks
from server.ids import new_id
from server.ladder.kinds import Actor, Event
from server.ladder.states import GOES_UP, SENDS


def hand_on(
    by: Identity,
    clocks: Clocks,
    case: Case,
    act: Act,
    judged: Judged,
    offices: Mapping[UUID, Place],
    receivers: Receivers,
) -> tuple[Held, bool]:
    """The Holding that begins now, under the policy of now, and whether its Office stands in for
    one below that has nobody. Raises NoPolicy, CalendarMissing.
    """
    before, sends = case.held, act.event in SENDS
    to = _receiver(case, act, judged, offices, receivers)
    held = Held(
        id=new_id(by.now),
        n=case.holdings[-1].n + 1,
        office_id=to.office_id,
        level=to.level,
        policy_id=clocks.in_force.id,
        begun_at=act.at,
        received_at=by.now,
        deadlines=clocks.start(case.category, to.level),
        climbed_from=before.id if act.event in GOES_UP else None,
        begun_how=act.event.value,
        # The Office that sends it stays answerable, and hears an objection.
        sent_by=judged.office_id if sends else None,
        objection_by=clocks.objection_by() if sends else None,
    )
    if act.event in _TAKE_ALONG and to.level is before.level:
        for name in _REQUEST:
            setattr(held, name, getattr(before, name))
    return held, to.stands_in


_TAKE_ALONG = frozenset({Event.TRANSFER, Event.UPHOLD_OBJECTION})
_REQUEST = ("request_party_id", "request_at", "request_answer_by", "request_answered_at")
"""What a party asked for waits on, whichever Office of the level has the case now."""


def _receiver(
    case: Case,
    act: Act,
    judged: Judged,
    offices: Mapping[UUID, Place],
    receivers: Receivers,
) -> Receiver:
    held = case.held
    goes_up = act.event in GOES_UP or (act.event is Event.REOPEN and judged.actor is Actor.PARTY)
    if goes_up and act.above:
        return act.above
    if act.event is Event.REOPEN:
        return _takes_up_again(case, offices, receivers)
    if act.event is Event.UPHOLD_OBJECTION and held.sent_by and held.sent_by in offices:
        return _to(offices[held.sent_by])
    return _to(act.to) if act.to else Receiver(held.office_id, held.level)


def _takes_up_again(case: Case, offices: Mapping[UUID, Place], receivers: Receivers) -> Receiver:
    """The Office that had it; where nobody is left in it, or it steps aside, the one for it."""
    held = case.held
    same = offices.get(held.office_id)
    if same and same.manned and held.office_id not in case.recused:
        return _to(same)
    return receivers.get((case.id, held.level), Receiver(held.office_id, held.level))


def _to(place: Place) -> Receiver:
    return Receiver(place.office_id, place.level)
