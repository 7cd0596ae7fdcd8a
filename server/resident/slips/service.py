"""Codes and slips at a desk: made in person, shown once."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from server.codes import grouped, read_code
from server.db import Identity
from server.disputes.queries.codes import get_party
from server.disputes.service.codes import digest_of, make_code
from server.resident.errors import CodeNotPresent
from server.resident.slips import queries
from server.resident.slips.queries import Issuer


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed. `code` None: blank boxes, to be written by hand."""

    issuer: Issuer
    code: str | None
    page: str | None  # the address of the page, where the county has one

    @property
    def link(self) -> str | None:
        """What the QR holds: the code stands behind the #, which no browser sends to a server."""
        bare = self.code and self.code.replace("-", "")
        return f"{self.page}#{bare}" if self.page and bare else bare


def blank(session: Session, dispute_id: UUID, party_id: UUID, page: str | None) -> Slip:
    """A slip without a code. Raises PartyNotFound."""
    get_party(session, dispute_id, party_id)
    return Slip(queries.get_issuer(session, dispute_id), None, page)


def issue(
    session: Session,
    by: Identity,
    dispute_id: UUID,
    party_id: UUID,
    page: str | None,
    random_bytes: bytes,
) -> Slip:
    """A slip with a new code; the one before it is dead. Raises PartyNotFound."""
    code = make_code(session, by, dispute_id, party_id, random_bytes)
    return Slip(queries.get_issuer(session, dispute_id), grouped(code), page)


def issue_again(
    session: Session, dispute_id: UUID, party_id: UUID, page: str | None, typed: str
) -> Slip:
    """A slip with the code that was just shown. Raises PartyNotFound, CodeNotPresent."""
    get_party(session, dispute_id, party_id)
    code = read_code(typed)
    if code is None or not queries.is_present_code(session, party_id, digest_of(code)):
        raise CodeNotPresent
    return Slip(queries.get_issuer(session, dispute_id), grouped(code), page)
