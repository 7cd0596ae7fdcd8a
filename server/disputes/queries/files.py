"""SQL of the dispute file: claims and their outcomes, agreements and their terms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, literal, select, text
from sqlalchemy.orm import Session

from server.access.models import Office
from server.disputes.models import (
    Agreement,
    Claim,
    Dispute,
    JointOffice,
    Party,
    Supervision,
    Term,
)
from server.disputes.queries.cases import among
from server.disputes.rules.agreed import Agreed
from server.sealed import bound

_AGREED = text("""
    SELECT t.dispute_id, max(t.n) AS last,
           array_agg(t.n) FILTER (WHERE t.done_at IS NULL AND t.agreement_id = newest.id) AS open
      FROM term t
      JOIN LATERAL (SELECT a.id FROM agreement a JOIN dispute_event e ON e.id = a.event_id
                     WHERE a.dispute_id = t.dispute_id ORDER BY e.n DESC LIMIT 1) newest ON true
     WHERE t.dispute_id = ANY (cast(:ids AS uuid[]))
     GROUP BY t.dispute_id
""")


def map_agreed(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Agreed]:
    """What was agreed in these cases; a case without any term is missing."""
    rows = session.execute(_AGREED, {"ids": list(ids)})
    return {row.dispute_id: Agreed(row.last, frozenset(row.open or ())) for row in rows}


def list_of_cases(
    session: Session, ids: Collection[UUID]
) -> set[tuple[UUID, UUID] | tuple[UUID, int]]:
    """(dispute, party) and (dispute, number of a claim) of these cases."""
    parties = select(Party.dispute_id, Party.id).where(among(Party.dispute_id, ids))
    claims = select(Claim.dispute_id, Claim.n).where(among(Claim.dispute_id, ids))
    return {*session.execute(parties).tuples(), *session.execute(claims).tuples()}


_GOES_ON_IN = text("""
    WITH RECURSIVE way AS (
        SELECT d.id AS asked, d.id, d.related_id, d.status, 1 AS step
          FROM dispute d WHERE d.id = ANY (cast(:ids AS uuid[]))
         UNION ALL
        SELECT way.asked, d.id, d.related_id, d.status, way.step + 1
          FROM way JOIN dispute d ON d.id = way.related_id
         WHERE way.status = 'joined' AND way.step < 20
    )
    SELECT DISTINCT ON (asked) asked, id FROM way ORDER BY asked, step DESC
""")


def map_matters(session: Session, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Dispute → the one in which its matter goes on: itself, unless it was joined to another."""
    return {row.asked: row.id for row in session.execute(_GOES_ON_IN, {"ids": list(ids)})}


_AGAIN = text("""
    UPDATE dispute d SET again = d.again + new.times
      FROM (SELECT id, count(*) AS times FROM unnest(cast(:ids AS uuid[])) one (id) GROUP BY id) new
     WHERE d.id = new.id
""")


def count_again(session: Session, ids: Sequence[UUID]) -> None:
    """The matter of each was brought again, once for each time that it is named."""
    session.execute(_AGAIN, {"ids": list(ids)})


def insert_claims(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Claims."""
    if rows:
        session.execute(insert(Claim), bound(Claim, rows))


def insert_agreements(
    session: Session, agreements: Sequence[Mapping[str, Any]], terms: Sequence[Mapping[str, Any]]
) -> None:
    """Agreements, and then their terms."""
    if agreements:
        session.execute(insert(Agreement), list(agreements))
    if terms:
        session.execute(insert(Term), bound(Term, terms))


_OUTCOMES = text("""
    UPDATE claim c SET outcome = new.outcome, outcome_event_id = new.event_id
      FROM unnest(cast(:disputes AS uuid[]), cast(:numbers AS int[]), cast(:outcomes AS text[]),
                  cast(:events AS uuid[])) new (dispute_id, n, outcome, event_id)
     WHERE (c.dispute_id, c.n) = (new.dispute_id, new.n)
""")


def set_outcomes(session: Session, outcomes: Mapping[tuple[UUID, int], tuple[str, UUID]]) -> None:
    """(dispute, number of the claim) → (outcome, the event that said so)."""
    if not outcomes:
        return
    session.execute(
        _OUTCOMES,
        {
            "disputes": [dispute for dispute, _ in outcomes],
            "numbers": [n for _, n in outcomes],
            "outcomes": [outcome for outcome, _ in outcomes.values()],
            "events": [event for _, event in outcomes.values()],
        },
    )


_DONE = text("""
    UPDATE term t SET done_at = new.at, done_event_id = new.event_id
      FROM unnest(cast(:disputes AS uuid[]), cast(:numbers AS int[]), cast(:times AS timestamptz[]),
                  cast(:events AS uuid[])) new (dispute_id, n, at, event_id)
     WHERE (t.dispute_id, t.n) = (new.dispute_id, new.n) AND t.done_at IS NULL
""")


def set_done(session: Session, done: Mapping[tuple[UUID, int], tuple[datetime, UUID]]) -> None:
    """(dispute, number of the term) → (when it was done, the event that said so)."""
    if not done:
        return
    session.execute(
        _DONE,
        {
            "disputes": [dispute for dispute, _ in done],
            "numbers": [n for _, n in done],
            "times": [at for at, _ in done.values()],
            "events": [event for _, event in done.values()],
        },
    )


_DISPOSED = text("""
    UPDATE dispute d SET disposition = new.disposition
      FROM unnest(cast(:ids AS uuid[]), cast(:dispositions AS text[])) new (id, disposition)
     WHERE d.id = new.id
""")


def set_dispositions(session: Session, dispositions: Mapping[UUID, str]) -> None:
    """Dispute → its last disposition."""
    if dispositions:
        values = {"ids": list(dispositions), "dispositions": list(dispositions.values())}
        session.execute(_DISPOSED, values)


_COURT_ASKED = text("""
    UPDATE agreement SET confirmed_at = asked.at
      FROM unnest(cast(:ids AS uuid[]), cast(:times AS timestamptz[])) asked (dispute_id, at)
     WHERE agreement.confirmed_at IS NULL
       AND agreement.id = (SELECT a.id FROM agreement a JOIN dispute_event e ON e.id = a.event_id
                            WHERE a.dispute_id = asked.dispute_id ORDER BY e.n DESC LIMIT 1)
""")


def set_court_asked(session: Session, asked: Mapping[UUID, datetime]) -> None:
    """Dispute → when both sides asked the court to confirm its last agreement."""
    if asked:
        values = {"ids": list(asked), "times": list(asked.values())}
        session.execute(_COURT_ASKED, values)


_FOLLOWED_UP = text("""
    UPDATE dispute d SET follow_up_until = greatest(d.follow_up_until, new.until)
      FROM unnest(cast(:ids AS uuid[]), cast(:untils AS timestamptz[])) new (id, until)
     WHERE d.id = new.id AND d.status = 'settled'
""")


def follow_up(session: Session, until: Mapping[UUID, datetime]) -> None:
    """Dispute → the clock does not close it before."""
    if until:
        values = {"ids": list(until), "untils": list(until.values())}
        session.execute(_FOLLOWED_UP, values)


_CLOSED = text("""
    UPDATE dispute SET status = 'closed', follow_up_until = NULL
     WHERE id = ANY (cast(:ids AS uuid[]))
""")


def close(session: Session, ids: Collection[UUID]) -> None:
    """What was agreed is done."""
    if ids:
        session.execute(_CLOSED, {"ids": list(ids)})


def list_claims(session: Session, dispute_id: UUID) -> Sequence[Claim]:
    """Claims of one dispute, in their order."""
    query = select(Claim).where(Claim.dispute_id == dispute_id).order_by(Claim.n)
    return session.scalars(query).all()


def list_agreements(session: Session, dispute_id: UUID) -> Sequence[Agreement]:
    """Agreements of one dispute, oldest first."""
    query = select(Agreement).where(Agreement.dispute_id == dispute_id)
    return session.scalars(query.order_by(Agreement.effective_on, Agreement.id)).all()


def list_terms(session: Session, dispute_id: UUID) -> Sequence[Term]:
    """Terms of one dispute, in their order."""
    query = select(Term).where(Term.dispute_id == dispute_id).order_by(Term.n)
    return session.scalars(query).all()


def list_joint(session: Session, dispute_id: UUID) -> Sequence[Row[Any]]:
    """(JointOffice, name of the Office) of one dispute, oldest first; also those that left."""
    query = select(JointOffice, Office.name).join(Office, Office.id == JointOffice.office_id)
    query = query.where(JointOffice.dispute_id == dispute_id)
    return session.execute(query.order_by(JointOffice.since, JointOffice.event_id)).all()


def list_supervision(session: Session, dispute_id: UUID) -> Sequence[Row[Any]]:
    """(Supervision, name of the Office; none: the clock) of one dispute, oldest first."""
    query = select(Supervision, Office.name).outerjoin(Office, Office.id == Supervision.office_id)
    query = query.where(Supervision.dispute_id == dispute_id)
    return session.execute(query.order_by(Supervision.since, Supervision.event_id)).all()


def list_related(session: Session, dispute: Dispute) -> Sequence[Row[Any]]:
    """(id, relation, status, to_it) of disputes that this one names, or that name it (`to_it`), as
    far as the asker may read them; the first hundred.
    """
    columns = (Dispute.id, Dispute.relation, Dispute.status)
    naming = select(*columns, literal(True).label("to_it")).where(Dispute.related_id == dispute.id)
    related = list(session.execute(naming.order_by(Dispute.id).limit(MOST_RELATED)))
    if dispute.related_id:
        named = select(
            Dispute.id,
            literal(dispute.relation).label("relation"),
            Dispute.status,
            literal(False).label("to_it"),
        )
        related[:0] = session.execute(named.where(Dispute.id == dispute.related_id))
    return related


MOST_RELATED = 100
