"""Looking into a case, and whether its history is what was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.audit.service import record
from server.disputes.errors import PartyNotFound
from server.disputes.models import Agreement, Claim, Dispute, DisputeEvent, Party, Term
from server.disputes.queries import cases, chain, files
from server.disputes.service.events import mac
from server.sealed import SealBroken, keyring


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """A case with all that belongs to it."""

    dispute: Dispute
    parties: Sequence[Party]
    claims: Sequence[Claim]
    holdings: Sequence[Row[Any]]  # (Holding, name of its Office)
    joint: Sequence[Row[Any]]  # (JointOffice, name of the Office)
    supervision: Sequence[Row[Any]]  # (Supervision, name of the Office)
    agreements: Sequence[Agreement]
    terms: Sequence[Term]
    related: Sequence[Row[Any]]
    events: Sequence[DisputeEvent]


def open_dispute(session: Session, dispute_id: UUID) -> OpenDispute:
    """One case with its whole file, in plain; the look is written down. Raises DisputeNotFound."""
    dispute = cases.get_dispute(session, dispute_id)
    record(session, "dispute.read", ids=[dispute_id])
    return OpenDispute(
        dispute,
        cases.list_parties(session, dispute_id),
        files.list_claims(session, dispute_id),
        cases.list_holdings(session, dispute_id),
        files.list_joint(session, dispute_id),
        files.list_supervision(session, dispute_id),
        files.list_agreements(session, dispute_id),
        files.list_terms(session, dispute_id),
        files.list_related(session, dispute),
        cases.list_events(session, dispute_id),
    )


def reveal_party(session: Session, dispute_id: UUID, party_id: UUID, reason: str) -> Party:
    """One party unmasked; the look is written down with its reason. Raises DisputeNotFound,
    PartyNotFound.
    """
    cases.get_dispute(session, dispute_id)
    parties = cases.list_parties(session, dispute_id)
    party = next((one for one in parties if one.id == party_id), None)
    if party is None:
        raise PartyNotFound
    record(session, "dispute.reveal", reason=reason, ids=[dispute_id, party_id])
    return party


class Broken(NamedTuple):
    """A link of a history that does not hold; `n` is None where a case has no history."""

    dispute_id: UUID
    n: int | None


def verify_chain(session: Session, dispute_id: UUID | None = None) -> list[Broken]:
    """Links that do not hold, of one case or of all that the asker may read; empty when all do.

    Found are events that were changed, added, or removed from between others; a status that is not
    the last event's; a sealed text that is not the one that was written, or does not open. Not
    found are the last events of a case when they were removed and its status matches what is left.
    """
    broken = {Broken(row.dispute_id, row.n) for row in chain.list_broken(session, dispute_id)}
    for row in chain.sealed_texts(session, dispute_id):
        said = [("why", row.why, row.why_mac), ("agreement", row.agreement, row.agreement_mac)]
        if not all(_vouched(*text) for text in said):
            broken.add(Broken(row.dispute_id, row.n))
    return sorted(broken, key=lambda link: (link.dispute_id, link.n or 0))


def _vouched(column: str, sealed: bytes | None, kept: bytes | None) -> bool:
    try:
        (text,) = keyring().open_all(f"dispute_event.{column}", [sealed])
    except SealBroken:
        return False
    return mac(column, text) == kept
