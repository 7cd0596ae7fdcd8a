"""SQL of slips: who gives them out."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.disputes.errors import DisputeNotFound

_ISSUER = text("""
    SELECT county.name AS county, o.name AS office, o.public_telephone AS telephone
      FROM dispute d
      JOIN office o         ON o.id = d.office_id
      LEFT JOIN area county ON county.level = 'county' AND county.ended_at IS NULL
     WHERE d.id = :id
     LIMIT 1
""")
_PRESENT = text("SELECT gate.code_stands(:party, :digest)")


class Issuer(NamedTuple):
    """What stands at the head of a slip."""

    county: str | None
    office: str
    telephone: str | None


def get_issuer(session: Session, dispute_id: UUID) -> Issuer:
    """The Office that holds this dispute. Raises DisputeNotFound."""
    row = session.execute(_ISSUER, {"id": dispute_id}).one_or_none()
    if row is None:
        raise DisputeNotFound
    return Issuer(*row)


def is_present_code(session: Session, party_id: UUID, digest: bytes) -> bool:
    """Whether this is the living code of a party that one may know of."""
    found = session.execute(_PRESENT, {"party": party_id, "digest": digest})
    return found.scalar_one() is True
