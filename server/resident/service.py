"""What a resident does by the code alone: look, rate, ask for the next level, decide, withdraw."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.disputes import service as disputes
from server.disputes.errors import MoveRefused
from server.disputes.models import Holding
from server.disputes.service import NewEvent
from server.ids import new_id
from server.ladder.calendar import Remaining, local_day
from server.ladder.errors import CalendarGap
from server.ladder.kinds import Event, State
from server.ladder.routing import Category, Level
from server.limits import service as limits
from server.limits.errors import TooMany
from server.limits.rules import Bucket
from server.policies.service import calendar
from server.resident import queries
from server.resident.errors import CodeUnknown, KnockedTooOften, LetterNumberUsed, NotForYou
from server.resident.rules import Asked, OwnCase, Rated, Step, Term

KEPT: Final = timedelta(days=60)  # as receipts of a phone's changes
BATCH: Final = 5000
FEW: Final = 6  # looks a minute that a network has whatever all others do


@dataclass(frozen=True, slots=True)
class Letter:
    """What a resident sends; `id` is the sender's own: it is done once, however often sent."""

    id: UUID
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a letter, and how the case stands then."""

    outcome: str  # a key of words.OUTCOMES
    case: OwnCase


def knock(by: Identity, network: str, rate: int, rate_in_all: int) -> None:
    """Count one look by code, before anything is looked up. Raises KnockedTooOften.

    Counted by network and never by code, so that nobody can lock another one out: a few looks are
    every network's own, the others share what all may have together. A network is kept for a day as
    a keyed digest of it and the day, which nobody can lead back to it.
    """
    source = limits.blind(by, network)
    own, few = Bucket("resident", source, rate), Bucket("resident.few", source, min(rate, FEW))
    try:
        limits.knock_all([own, few], by)
    except TooMany:
        pass
    else:
        return
    try:
        limits.knock_all([Bucket("resident", b"", rate_in_all), own], by)
    except TooMany as refused:
        raise KnockedTooOften(retry_after=refused.retry_after) from refused


def forget(session: Session, by: Identity, batch: int = BATCH) -> int:
    """Delete a batch of what is kept no longer: numbers of letters after 60 days.

    As the worker; call it until it answers 0.
    """
    return queries.forget(session, by.now - KEPT, batch)


def look(session: Session, by: Identity) -> OwnCase:
    """The case of the party whose code was told. Raises CodeUnknown."""
    row = queries.find_case(session)
    if row is None:
        raise CodeUnknown
    held = queries.list_holdings(session, row.id)
    present = held[-1][0]
    steps = [_step(*one) for one in held]
    steps[-1] = replace(steps[-1], left=_left(session, by, present))
    rated = queries.find_rating(session, present.id)
    return OwnCase(
        id=row.id,
        party_id=row.party_id,
        side=row.side,
        category=Category(row.category),
        status=State(row.status),
        registered_at=row.received_at,
        joined=row.joined,
        alone=row.alone,
        steps=steps,
        asked=_asked(session, present, row.party_id),
        terms=[_term(*term) for term in queries.list_terms(session)],
        rated=Rated(rated.rating, rated.at) if rated else None,
        rights_told=row.rights_told,
        referred_to=row.referred_to,
    )


def read(session: Session, by: Identity) -> OwnCase:
    """As `look`, and the look is written down. Raises CodeUnknown."""
    case = look(session, by)
    record(session, "resident.read", dispute=case.id, party=case.party_id)
    return case


def rate(session: Session, by: Identity, letter: Letter, rating: str) -> Told:
    """The party's word on the Office that had the case last; `letter.why` is the comment.

    Dissatisfied, with the reason, the case is reopened one level up, once from each; where that
    cannot be, the answer is the next legal way. It may be said again while the case rests: the
    newest counts. Raises CodeUnknown, LetterNumberUsed, MoveRefused.
    """
    case = look(session, by)
    if before := _taken_before(session, by, case, letter, "rating", "kept"):
        return _told(before, case)
    _act(session, by, case, Event.RATE, rating=rating)
    queries.insert_rating(
        session,
        id=new_id(by.now),
        party_id=case.party_id,
        dispute_id=case.id,
        holding_id=case.present.id,
        level=case.present.level.value,
        rating=rating,
        comment=letter.why or None,
        at=by.now,
    )
    if rating != "dissatisfied":
        return Told("kept", look(session, by))
    outcome = _reopen(session, by, case, letter.why)
    queries.keep_outcome(session, case.party_id, letter.id, outcome)
    return _told(outcome, look(session, by))


def ask_next_level(session: Session, by: Identity, letter: Letter) -> Told:
    """Ask for the next level; the Office has its days to answer.

    Raises CodeUnknown, LetterNumberUsed, MoveRefused.
    """
    return _send(session, by, letter, "request", Event.REQUEST)


def answer(session: Session, by: Identity, letter: Letter, *, goes: bool) -> Told:
    """Stay, or go to the next level, once the Office has answered. Raises as the others."""
    return _send(session, by, letter, "answer", Event.GO if goes else Event.STAY)


def ask_recusal(session: Session, by: Identity, letter: Letter) -> Told:
    """Ask that somebody step aside; the level above decides. Raises as the others."""
    return _send(session, by, letter, "recusal", Event.ASK_RECUSAL)


def withdraw(session: Session, by: Identity, letter: Letter) -> Told:
    """The one applicant withdraws the case. Raises NotForYou for anybody else."""
    return _send(session, by, letter, "withdraw", Event.WITHDRAW)


def refuse(session: Session, by: Identity, letter: Letter) -> Told:
    """A party wants no mediation, having read what ways are open. Raises as the others."""
    return _send(session, by, letter, "refuse", Event.REFUSE, rights_told=True)


def _send(
    session: Session, by: Identity, letter: Letter, kind: str, event: Event, **fields: Any
) -> Told:
    case = look(session, by)
    if before := _taken_before(session, by, case, letter, kind, "sent"):
        return Told(before, case)
    if not case.decides(kind):
        raise NotForYou
    _act(session, by, case, event, why=letter.why or None, **fields)
    return Told("sent", look(session, by))


def _taken_before(
    session: Session, by: Identity, case: OwnCase, letter: Letter, kind: str, outcome: str
) -> str | None:
    """What was answered when this letter came before; None: it is new, and taken now.

    Raises LetterNumberUsed.
    """
    before = queries.take_letter(session, case.party_id, letter.id, kind, outcome, by.now)
    if before is not None and before.kind != kind:
        raise LetterNumberUsed
    return before.outcome if before else None


def _told(outcome: str, case: OwnCase) -> Told:
    return Told(outcome, replace(case, ends_here=outcome == "legal_ways"))


def _reopen(session: Session, by: Identity, case: OwnCase, why: str | None) -> str:
    """One level up, if the ladder lets it: it counts how often that was done from this level."""
    if case.at_the_top:
        return "legal_ways"
    if not (why or "").strip():
        return "reason_wanted"
    try:
        _act(session, by, case, Event.REOPEN, why=why)
    except MoveRefused:
        return "legal_ways"
    return "reopened"


def _act(session: Session, by: Identity, case: OwnCase, event: Event, **fields: Any) -> None:
    """Through the ladder, as the party and nobody else."""
    said = {name: value for name, value in fields.items() if value is not None}
    new = NewEvent(
        id=new_id(by.now),
        fields={"dispute_id": case.id, "event": event.value, **said},
        occurred_at=by.now,
        recorded_at=by.now,
    )
    disputes.act_as_party(session, by, case.id, case.party_id, new)


def _asked(session: Session, held: Holding, party_id: UUID) -> Asked | None:
    if not held.request_at or not held.request_answer_by or held.ended_at:
        return None
    yours = held.request_party_id == party_id
    answered = held.request_answered_at if yours else None
    answer = queries.find_answer(session, held) if answered else None
    return Asked(yours, held.request_at, held.request_answer_by, answered, answer)


def _left(session: Session, by: Identity, held: Holding) -> Remaining | None:
    """The time that the Office has left, as far as the county's calendar reaches."""
    if held.ended_at or held.handle_by <= by.now:
        return None
    with suppress(CalendarGap):
        days = calendar(session, local_day(by.now))
        return days.remaining(by.now, held.handle_by)
    return None


def _step(held: Holding, office: str, telephone: str | None) -> Step:
    return Step(
        id=held.id,
        level=Level(held.level),
        office=office,
        telephone=telephone,
        received_at=held.received_at,
        accept_by=held.accept_by,
        handle_by=held.handle_by,
        accepted_at=held.accepted_at,
        due_at=held.due_at,
        overdue_at=held.overdue_at,
        ended_at=held.ended_at,
        ended_how=held.ended_how,
    )


def _term(n: int, content: str, due_on: date | None, done_at: datetime | None) -> Term:
    return Term(n, content, due_on, local_day(done_at) if done_at else None)
