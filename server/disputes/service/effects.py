"""What a move writes beside itself: agreements and terms, outcomes, dispositions, the closing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.models import Office, User
from server.db import Identity
from server.disputes.errors import BadDisputeEvent
from server.disputes.queries import cases, files
from server.disputes.rules.agreed import NOTHING, Agreed, followed_up_until
from server.disputes.rules.cases import Case
from server.disputes.rules.events import NewEvent
from server.disputes.rules.fields import as_day, as_id
from server.disputes.service.events import event_row, times
from server.ids import new_id
from server.ladder.calendar import local_day
from server.ladder.kinds import Event, State
from server.ladder.policy import Policy, follow_up_for
from server.ladder.states import Move
from server.notices.rules import Kind, Notice
from server.notices.service import owe
from server.policies import service as policies

TOUCHES_TERMS = frozenset({Event.SETTLE, Event.FULFIL})
"""After one of these what is agreed stands otherwise: it is written before the next event."""

_NAMES_A_PARTY = frozenset({Event.REQUEST, Event.STAY, Event.GO, Event.ASK_RECUSAL})
"""Where the ladder itself asks which party it is."""


class Done(NamedTuple):
    """A move that was written: as what, in which case, when it was recorded, for which Office."""

    new: NewEvent
    case: Case
    move: Move
    event_id: UUID
    at: datetime
    office_id: UUID | None = None


def check_named(session: Session, new: Sequence[NewEvent]) -> None:
    """What acts name must be there: parties and claims of their own case, users and Offices.

    The cases are those that the asker knows of. Raises BadDisputeEvent with `index`.
    """
    users = {id_ for event in new for _, id_ in _users(event)}
    offices = {id_ for event in new for _, id_ in _offices(event)}
    of_cases = {event.dispute_id for event in new if _of_case(event)}
    known: set[Any] = cases.list_known(session, User, users)
    known |= cases.list_known(session, Office, offices)
    if of_cases:
        known |= files.list_of_cases(session, of_cases)
    for index, event in enumerate(new):
        named = [*_users(event), *_offices(event), *_of_case(event)]
        if unknown := {name: "unknown" for name, key in named if key not in known}:
            raise BadDisputeEvent(index=index, errors=unknown)


def _users(event: NewEvent) -> list[tuple[str, UUID]]:
    ids = [(name, as_id(event.fields.get(name))) for name in ("person", "owner_id")]
    return [(name, id_) for name, id_ in ids if id_]


def _offices(event: NewEvent) -> list[tuple[str, UUID]]:
    ids = (as_id(office) for office in event.fields.get("offices") or ())
    return [("offices", id_) for id_ in ids if id_]


def _of_case(event: NewEvent) -> list[tuple[str, tuple[UUID, UUID] | tuple[UUID, int]]]:
    """Parties and claims that an act names, each with the case that it must belong to."""
    fields, case = event.fields, event.dispute_id
    parties = [("terms", term.get("party_id")) for term in fields.get("terms") or ()]
    if fields["event"] not in _NAMES_A_PARTY:
        parties.append(("party_id", fields.get("party_id")))
    return [
        *((name, (case, id_)) for name, value in parties if (id_ := as_id(value))),
        *(("outcomes", (case, one["claim"])) for one in fields.get("outcomes") or ()),
    ]


def write_effects(session: Session, by: Identity, done: Sequence[Done]) -> None:
    """Write what these moves bring with them, set-wise and in their order.

    Their events and cases are written already. Where the last term of an agreement is done, the
    case is closed in the same act; `case` says so, and what is agreed in it now.
    """
    if done:
        _Effects(session, by).write(done)


@dataclass
class _Effects:
    session: Session
    by: Identity
    agreed: dict[UUID, Agreed] = field(default_factory=dict)
    policies: dict[UUID, Policy] = field(default_factory=dict)
    agreements: list[dict[str, Any]] = field(default_factory=list)
    terms: list[dict[str, Any]] = field(default_factory=list)
    fulfilled: dict[tuple[UUID, int], tuple[datetime, UUID]] = field(default_factory=dict)
    outcomes: dict[tuple[UUID, int], tuple[str, UUID]] = field(default_factory=dict)
    dispositions: dict[UUID, str] = field(default_factory=dict)
    court_asked: dict[UUID, datetime] = field(default_factory=dict)
    follow_up: dict[UUID, datetime] = field(default_factory=dict)
    closed: list[dict[str, Any]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def write(self, done: Sequence[Done]) -> None:
        ids = {one.case.id for one in done if one.move.event in TOUCHES_TERMS}
        self.agreed = dict(files.map_agreed(self.session, ids)) if ids else {}
        for one in done:
            self._take(one)
        files.insert_agreements(self.session, self.agreements, self.terms)
        files.set_outcomes(self.session, self.outcomes)
        files.set_done(self.session, self.fulfilled)
        files.set_dispositions(self.session, self.dispositions)
        files.set_court_asked(self.session, self.court_asked)
        files.follow_up(self.session, self.follow_up)
        cases.insert_events(self.session, self.closed)
        files.close(self.session, [row["dispute_id"] for row in self.closed])
        owe(self.session, self.by, self.notices)
        for one in done:
            self._tell(one.case)

    def _take(self, one: Done) -> None:
        fields, case = one.new.fields, one.case
        for said in fields.get("outcomes") or ():
            self.outcomes[case.id, said["claim"]] = said["outcome"], one.event_id
        if one.move.event is Event.DISPOSE:
            self.dispositions[case.id] = fields["disposition"]
        elif one.move.event is Event.ASK_COURT:
            self.court_asked[case.id] = one.new.occurred_at
        elif one.move.event is Event.SETTLE:
            self._settle(one)
        elif one.move.event is Event.FULFIL:
            self._fulfil(one)

    def _settle(self, one: Done) -> None:
        policy = self._policy(one.case.held.policy_id)
        agreement = _agreement_row(one, self.by, policy)
        last = self.agreed.get(one.case.id, NOTHING).last
        terms = [
            _term_row(one.case.id, agreement["id"], last + n, term, self.by)
            for n, term in enumerate(one.new.fields.get("terms") or (), 1)
        ]
        due = [term["due_on"] for term in terms if term["due_on"]]
        self.agreements.append(agreement)
        one.case.court_open = agreement["form"] == "written"
        self.terms += terms
        numbers = frozenset(term["n"] for term in terms)
        self.agreed[one.case.id] = Agreed(last + len(terms), numbers)
        days = follow_up_for(policy, one.case.category)
        self.follow_up[one.case.id] = followed_up_until(one.at, days, due)

    def _fulfil(self, one: Done) -> None:
        n, agreed = one.new.fields["term"], self.agreed.get(one.case.id, NOTHING)
        self.fulfilled[one.case.id, n] = one.at, one.event_id
        left = agreed.open - {n}
        self.agreed[one.case.id] = Agreed(agreed.last, left)
        if not left and one.case.status is State.SETTLED:
            closing = _closing(one, self.by)
            body = {"event_id": closing["id"], "how": "terms_done"}
            self.closed.append(closing)
            self.notices.append(Notice(Kind.CLOSED, one.case.id, (one.case.held.office_id,), body))
            one.case.status, one.case.follow_up_until = State.CLOSED, None

    def _tell(self, case: Case) -> None:
        """The case, as it stands in memory, knows what was written."""
        if case.id in self.agreed:
            agreed = self.agreed[case.id]
            case.last_term, case.open_terms = agreed.last, set(agreed.open)
        if case.id in self.follow_up and case.status is State.SETTLED:
            until = self.follow_up[case.id]
            case.follow_up_until = max(case.follow_up_until or until, until)
        case.disposition = self.dispositions.get(case.id, case.disposition)

    def _policy(self, policy_id: UUID) -> Policy:
        if policy_id not in self.policies:
            self.policies[policy_id] = policies.get_policy(self.session, policy_id).policy
        return self.policies[policy_id]


def _agreement_row(one: Done, by: Identity, policy: Policy) -> dict[str, Any]:
    form, day = one.new.fields.get("form") or "oral", local_day(one.new.occurred_at)
    # 人民调解法 (2010): both may ask the court together within 30 days from when it takes effect.
    confirm_by = day + timedelta(days=policy.confirmation_days) if form == "written" else None
    return {
        "id": new_id(by.now),
        "dispute_id": one.case.id,
        "event_id": one.event_id,
        "form": form,
        "effective_on": day,
        "confirm_by": confirm_by,
    }


def _term_row(
    dispute_id: UUID, agreement_id: UUID, n: int, term: dict[str, Any], by: Identity
) -> dict[str, Any]:
    return {
        "id": new_id(by.now),
        "dispute_id": dispute_id,
        "agreement_id": agreement_id,
        "n": n,
        "party_id": as_id(term.get("party_id")),
        "content": " ".join(term["what"].split()),
        "due_on": as_day(term.get("due_on")),
    }


def _closing(one: Done, by: Identity) -> dict[str, Any]:
    """The case is closed by whoever said that the last term is done."""
    new = one.new
    return event_row(
        by,
        one.case.id,
        Event.CLOSE.value,
        State.SETTLED,
        State.CLOSED,
        one.case.held.id,
        done_by=new.done_by or by.user_id,
        office_id=one.office_id,
        **times(new.occurred_at, new.recorded_at, by.now, new.proof),
    )
