"""Disputes: parties, places, Holdings, the events that are their history, and what else is kept."""

from __future__ import annotations

from server.disputes.models.cases import Dispute, DisputePlace, Holding, Party
from server.disputes.models.codes import PartyCode
from server.disputes.models.events import DisputeEvent
from server.disputes.models.file import Agreement, Claim, JointOffice, Supervision, Term
from server.disputes.models.recusals import DisputeHearer, Recusal

__all__ = [
    "Agreement",
    "Claim",
    "Dispute",
    "DisputeEvent",
    "DisputeHearer",
    "DisputePlace",
    "Holding",
    "JointOffice",
    "Party",
    "PartyCode",
    "Recusal",
    "Supervision",
    "Term",
]
