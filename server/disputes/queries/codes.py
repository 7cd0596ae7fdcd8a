"""SQL of the codes of parties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from server.disputes.errors import PartyNotFound
from server.disputes.models import Party, PartyCode
from server.rows import as_json

# One that is there already was brought before, with the same change.
_KEEP = text("""
    INSERT INTO party_code (digest, party_id, made_at, made_by)
    SELECT digest, party_id, :at, :by
      FROM json_populate_recordset(NULL::party_code, cast(:rows AS json))
    ON CONFLICT DO NOTHING
""")


_TAKEN = text("""
    SELECT nth - 1
      FROM ROWS FROM (json_populate_recordset(NULL::party_code, cast(:rows AS json)))
           WITH ORDINALITY AS kept(digest, party_id, made_at, made_by, ended_at, nth)
     WHERE gate.code_is_of_another(party_id, digest)
     ORDER BY nth
     LIMIT 1
""")


def keep_codes(
    session: Session, rows: Sequence[dict[str, Any]], at: datetime, by: UUID | None
) -> None:
    """Keep these (`digest`, `party_id`), each for a party that has none."""
    session.execute(_KEEP, {"rows": _written(rows), "at": at, "by": by})


def find_taken(session: Session, rows: Sequence[dict[str, Any]]) -> int | None:
    """The index of the first of these whose code is another party's."""
    found = session.execute(_TAKEN, {"rows": _written(rows)}).scalar_one_or_none()
    return None if found is None else int(found)


def replace_code(
    session: Session, party_id: UUID, digest: bytes, at: datetime, by: UUID | None
) -> None:
    """Another code takes the place of the present one. Raises IntegrityError beside a rival."""
    session.execute(
        update(PartyCode)
        .where(PartyCode.party_id == party_id, PartyCode.ended_at.is_(None))
        .values(ended_at=at)
    )
    new = {"digest": digest, "party_id": party_id, "made_at": at, "made_by": by}
    session.execute(insert(PartyCode), new)


def get_party(session: Session, dispute_id: UUID, party_id: UUID) -> UUID:
    """The id of a party of this dispute that one may know of. Raises PartyNotFound."""
    query = select(Party.id).where(Party.id == party_id, Party.dispute_id == dispute_id)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise PartyNotFound
    return found


def _written(rows: Sequence[dict[str, Any]]) -> Any:
    return as_json([{**row, "party_id": str(row["party_id"])} for row in rows])
