"""What the asker may do with a case now, by the ladder; and of the rest, why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.db import Identity
from server.disputes.errors import DisputeNotFound
from server.disputes.models import DisputeEvent
from server.disputes.queries import desk
from server.disputes.queries.places import map_offices, map_receivers_of
from server.disputes.rules.cases import Case, Place, Receivers
from server.disputes.rules.facts import Act, came_up_from
from server.disputes.rules.moves import Judged, judge
from server.disputes.rules.words import SENT
from server.disputes.service.clocks import Clocks
from server.disputes.service.late import record_in
from server.disputes.service.opening import Asker, asker_of, case_of
from server.ladder.clocks import next_level
from server.ladder.kinds import Actor, Event, Need, State
from server.ladder.policy import route_for
from server.ladder.routing import Level
from server.ladder.states import Refusal, needs_of
from server.policies.errors import NoPolicy


@dataclass(frozen=True, slots=True)
class Offer:
    """One act that is open: as whom it would be made, and what has to be given with it.

    `to`: the Offices that it may name; `notes`: the late records that it may honour.
    """

    event: Event
    actor: Actor
    needs: Sequence[Need]
    to: Sequence[UUID] = ()
    notes: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class Offers:
    """What is open to the asker, and why the rest is not; what a form may choose from."""

    open: Mapping[Event, Offer]
    refused: Mapping[Event, Refusal]
    actor: Actor  # the nearest to the case that the asker is
    offices: Sequence[Row[Any]]  # (id, name, level), the highest first
    colleagues: Sequence[Row[Any]]  # (id, name) of those who act for them
    open_terms: frozenset[int]
    has_terms: bool


_SAID: Final = frozenset(
    {
        *(Need.REASON, Need.AGREEMENT, Need.RIGHTS_TOLD, Need.REFERRED_TO, Need.DISPOSITION),
        *(Need.TERM, Need.TARGET_OFFICE, Need.SUPERVISION, Need.PARTY_NAMED, Need.PERSON),
        *(Need.RATING, Need.TERMS_DONE),
    }
)
"""What a person may yet give: an act is offered where nothing else is missing."""


def offer(
    session: Session, by: Identity, dispute_id: UUID, history: Sequence[DisputeEvent]
) -> Offers:
    """What `by` may do with a case now; `history` is the case's own. Raises DisputeNotFound."""
    row = desk.find_case(session, dispute_id, by.now)
    if row is None or row.aside:
        raise DisputeNotFound
    case, asker = case_of(row), asker_of(row)
    offices = desk.list_covering(session, case.places or (case.area_code,))
    ids = {office.id for office in offices}
    named = ids | set(case.joint) | {held.office_id for held in case.holdings}
    desk_of = _Desk(
        case,
        asker,
        map_offices(session, named, by.now),
        _receivers(session, by, case),
        Clocks(session, by.now),
        [note.id for note in history if _may_hold(case, note)],
    )
    judged = {event: desk_of.judge(event) for event in Event if event in SENT}
    return Offers(
        {event: one for event, one in judged.items() if isinstance(one, Offer)},
        {event: one for event, one in judged.items() if isinstance(one, Refusal)},
        _nearest(judged[Event.NOTE]),
        offices,
        desk.list_colleagues(session, named, by.now),
        frozenset(case.open_terms),
        bool(case.last_term),
    )


@dataclass(frozen=True)
class _Desk:
    """One case, seen by one asker."""

    case: Case
    asker: Asker
    places: Mapping[UUID, Place]
    receivers: Receivers
    clocks: Clocks
    notes: Sequence[UUID]

    def judge(self, event: Event) -> Offer | Refusal:
        """Whether the act is open where all that a person can give is given."""
        found = list(self._tried(event))
        good = [(act, one) for act, one in found if isinstance(one, Judged)]
        if not good:
            return next(one for _, one in found if isinstance(one, Refusal))
        actor = good[0][1].actor
        to = [act.to.office_id for act, _ in good if act.to] if event in _NAMES_AN_OFFICE else ()
        needs = needs_of(self.case.status, event, actor) or ()
        notes = self.notes if event is Event.HONOUR else ()
        return Offer(event, actor, [need for need in needs if need in _SAID], to, notes)

    def _tried(self, event: Event) -> Iterator[tuple[Act, Judged | Refusal]]:
        """The act as it would be, with each of the Offices that it may name."""
        act = self._act(event)
        places: Sequence[Place | None] = [self._way(event)]
        if event in _NAMES_AN_OFFICE:
            places = [*self.places.values()] or [None]
        for place in places:
            tried = replace(act, to=place)
            yield tried, judge(self.case, tried, self.asker.served)

    def _act(self, event: Event) -> Act:
        case, up = self.case, next_level(self.case.held.level)
        decides = event in (Event.STAY, Event.GO)
        any_party = next(iter(case.parties), None)
        asks_leave = event in (Event.GRANT_EXTENSION, Event.DECLINE_EXTENSION)
        return Act(
            event,
            max(self.asker.at, case.held.begun_at),
            _SAID,
            above=self.receivers.get((case.id, up)) if up else None,
            party_id=case.held.request_party_id if decides else any_party,
            own_person=True,
            term=min(case.open_terms, default=None),
            leader_grants=asks_leave and self._waits() and self.clocks.leader_grants(case),
            late_record=bool(self.notes),
        )

    def _waits(self) -> bool:
        """An extension was asked for: only then its policy is read."""
        return self.case.held.extension_asked_at is not None

    def _way(self, event: Event) -> Place | None:
        came_from = came_up_from(self.case) if event is Event.RETURN else None
        return self.places.get(came_from.office_id) if came_from else None


_NAMES_AN_OFFICE: Final = frozenset(
    {Event.HAND_DOWN, Event.TRANSFER, Event.PASS_OVER, Event.JOIN, Event.LEAVE}
)


def _nearest(note: Offer | Refusal) -> Actor:
    """As what one stands nearest to the case: everybody may write a note, as just that."""
    return note.actor if isinstance(note, Offer) else Actor.OBSERVER


def _receivers(session: Session, by: Identity, case: Case) -> Receivers:
    """Who would receive the case one level up."""
    up = next_level(case.held.level)
    if up is None:
        return {}
    kind = None
    with suppress(NoPolicy):
        kind = route_for(Clocks(session, by.now).in_force.policy, case.category)
    wanted: dict[tuple[UUID, Level], str | None] = {(case.id, up): kind.value if kind else None}
    return map_receivers_of(session, wanted, by.now)


def _may_hold(case: Case, note: DisputeEvent) -> bool:
    late = note.kind == Event.NOTE and (note.refused or "").startswith("late-")
    return late and case.status is not State.JOINED and record_in(case, note, note.id) is not None
