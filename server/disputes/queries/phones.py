"""SQL of what phones hold of disputes and their events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session, aliased

from server.access.models import Office
from server.disputes.models import Agreement, Claim, Dispute, DisputeEvent, Holding, Term
from server.disputes.queries.cases import among
from server.sealed import carried

# Columns of a dispute since schema 3.
SINCE_3 = (
    "relation",
    "again",
    "people_concerned",
    "spot",
    "disposition",
    "follow_up_until",
    "alerted_at",
    "extension_answer_by",  # while it is asked for and not answered
    "request_answer_by",  # while a party asks for the next level and has no answer
    "claims",  # [{n, party_id, outcome}]
    "claim_texts",  # what each of them wants, in the same order
    "terms_due",  # [{n, due_on, party_id}] while settled: of the last agreement, what is not done
)
EVENT_SINCE_3 = ("party_id", "details")

# What phones hold of a dispute and of an event, in wire order, without id and rev.
DISPUTE_COLUMNS = (
    "category",
    "story",
    "status",
    "level",
    "office_name",
    "due_at",
    "accept_by",
    "handle_by",
    "village_id",
    "cell_id",
    "channel",
    "size",
    "occurred_at",
    "recorded_at",
    "received_at",
    "done_by",
    "recorded_by",
    "related_id",
    *SINCE_3,
)
EVENT_COLUMNS = (
    "dispute_id",
    "n",
    "kind",
    "from_status",
    "to_status",
    "why",
    "agreement",
    "referred_to",
    "rights_told",
    "refused",
    "intended",
    "done_by",
    "recorded_by",
    "occurred_at",
    "recorded_at",
    "received_at",
    "proof",  # since schema 2
    *EVENT_SINCE_3,
)


def select_sync_disputes() -> Select[Any]:
    """Disputes as phones hold them: id, then DISPUTE_COLUMNS."""
    held = aliased(Holding)
    elsewhere = {
        "office_name": Office.name.label("office_name"),
        "due_at": held.due_at,
        "accept_by": held.accept_by,
        "handle_by": held.handle_by,
        "extension_answer_by": _while(
            held.extension_answer_by, ~held.extended, ~held.extension_declined
        ),
        "request_answer_by": _while(held.request_answer_by, held.request_answered_at.is_(None)),
        "claims": _CLAIMS.c.claims,
        "claim_texts": _CLAIMS.c.claim_texts,
        "terms_due": _TERMS_DUE.label("terms_due"),
    }
    columns = [elsewhere.get(name, getattr(Dispute, name, None)) for name in DISPUTE_COLUMNS]
    return (
        select(Dispute.id, *columns)
        .select_from(Dispute)
        .join(Office, Office.id == Dispute.office_id)
        .outerjoin(held, (held.dispute_id == Dispute.id) & held.ended_at.is_(None))
    )


def _while(column: Any, *where: ColumnElement[bool]) -> Any:
    """The column while that is so, under its own name."""
    return case((and_(*where), column)).label(column.key)


# Each table that is named costs an answer of the gate, some milliseconds for a worker's cases:
# claims are read once for both columns, agreements and events only where they decide.
_CLAIMS = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object(
                    "n", Claim.n, "party_id", Claim.party_id, "outcome", Claim.outcome
                ),
                Claim.n,
            )
        ).label("claims"),
        type_coerce(
            func.array_agg(aggregate_order_by(carried(Claim.content), Claim.n)),
            ARRAY(Claim.content.type),
        ).label("claim_texts"),
    )
    .where(Claim.dispute_id == Dispute.id)
    .lateral("claims")
)
_OTHER = aliased(Agreement)
_AGREED_LATER = exists().where(
    _OTHER.dispute_id == Term.dispute_id,
    _OTHER.id != Term.agreement_id,
    select(DisputeEvent.n).where(DisputeEvent.id == _OTHER.event_id).scalar_subquery()
    > select(DisputeEvent.n)
    .join(Agreement, Agreement.event_id == DisputeEvent.id)
    .where(Agreement.id == Term.agreement_id)
    .correlate(Term)
    .scalar_subquery(),
)
# What was agreed says the agreement in its event; here is what is left to do while it stands.
_TERMS_DUE = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object(
                    "n", Term.n, "due_on", Term.due_on, "party_id", Term.party_id
                ),
                Term.n,
            )
        )
    )
    .where(
        Dispute.status == "settled",
        Term.dispute_id == Dispute.id,
        Term.done_at.is_(None),
        ~_AGREED_LATER,
    )
    .correlate(Dispute)
    .scalar_subquery()
)


def list_sync_disputes(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Those among these that the asker may see, as phones hold them."""
    return session.execute(select_sync_disputes().where(among(Dispute.id, ids))).all()


def select_sync_events() -> Select[Any]:
    """Events as phones hold them: id, then EVENT_COLUMNS."""
    return select(DisputeEvent.id, *(getattr(DisputeEvent, name) for name in EVENT_COLUMNS))


def list_sync_events(session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Those among these that the asker may see, as phones hold them."""
    return session.execute(select_sync_events().where(among(DisputeEvent.id, ids))).all()
