"""SQL that narrows a list of disputes: by category, Office, and what is open around a case."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from server.disputes.models import Dispute, Holding, JointOffice, Supervision


def narrow(
    query: Select[tuple[Dispute]],
    *,
    category: str | None = None,
    office: UUID | None = None,
    supervised: bool | None = None,
    alerted: bool | None = None,
    joint: bool | None = None,
    request_open: bool | None = None,
) -> Select[tuple[Dispute]]:
    """Those among them of this category, that this Office holds, that are supervised now, in which
    a threat to life was told, with which another Office helps, or in which a party asks for the
    next level and waits for an answer. False: those that are not; None: both.
    """
    if category is not None:
        query = query.where(Dispute.category == category)
    if office is not None:
        query = query.where(Dispute.office_id == office)
    for wanted, column in ((supervised, SUPERVISED), (joint, _JOINT), (request_open, _REQUESTED)):
        if wanted is not None:
            query = query.where(column if wanted else ~column)
    if alerted is not None:
        at = Dispute.alerted_at
        query = query.where(at.is_not(None) if alerted else at.is_(None))
    return query


def _among(
    of: type[Holding | JointOffice | Supervision], *where: ColumnElement[bool]
) -> ColumnElement[bool]:
    return Dispute.id.in_(select(of.dispute_id).where(*where))


SUPERVISED = _among(Supervision, Supervision.lifted_at.is_(None))
_JOINT = _among(JointOffice, JointOffice.ended_at.is_(None))
_REQUESTED = _among(
    Holding,
    Holding.ended_at.is_(None),
    Holding.request_at.is_not(None),
    Holding.request_answered_at.is_(None),
)
