"""Another Office receives a case, or the same one anew: where it goes, with clocks of its own."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from server.db import Identity
from server.disputes.rules.cases import Case, Held, Place, Receiver
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
) -> tuple[Held, bool]:
    """The Holding that begins now, under the policy of now, and whether its Office stands in for
    one below that has nobody. Raises NoPolicy, CalendarMissing.
    """
    before, sends = case.held, act.event in SENDS
    to = _receiver(case, act, judged, offices)
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
    return held, to.stands_in


def _receiver(case: Case, act: Act, judged: Judged, offices: Mapping[UUID, Place]) -> Receiver:
    held = case.held
    goes_up = act.event in GOES_UP or (act.event is Event.REOPEN and judged.actor is Actor.PARTY)
    if goes_up and act.above:
        return act.above
    if act.event is Event.UPHOLD_OBJECTION and held.sent_by and held.sent_by in offices:
        return _to(offices[held.sent_by])
    if act.event is not Event.REOPEN and act.to:
        return _to(act.to)
    return Receiver(held.office_id, held.level)


def _to(place: Place) -> Receiver:
    return Receiver(place.office_id, place.level)
