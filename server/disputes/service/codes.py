"""The codes of parties: made at a desk, or where the case was noted; only digests are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server import codes
from server.audit.service import record
from server.db import Identity
from server.disputes.errors import BadPartyCode
from server.disputes.queries import codes as queries
from server.sealed import keyring


def make_code(
    session: Session, by: Identity, dispute_id: UUID, party_id: UUID, random_bytes: bytes
) -> str:
    """A new code for a party; the one before it is dead at once. Told here and never again.

    Raises PartyNotFound; DBAPIError (which `transaction` turns into AlreadyThere) where two desks
    make one at the same moment.
    """
    queries.get_party(session, dispute_id, party_id)
    code = codes.new_code(random_bytes)
    queries.replace_code(session, party_id, digest_of(code), by.now, by.user_id)
    record(session, "dispute.code", dispute=dispute_id, party=party_id)
    return code


def keep_codes(session: Session, by: Identity, made: Sequence[tuple[UUID, str]]) -> None:
    """Keep codes that were made where the cases were noted: (party, code as it was written).

    The parties stand already. Set-wise; the same again does nothing. Raises BadPartyCode with the
    `index` of one that is none, or that another party has: it would show this one the other's case.
    """
    rows: list[dict[str, Any]] = []
    for index, (party_id, written) in enumerate(made):
        code = codes.read_code(written)
        if code is None:
            raise BadPartyCode(index=index, errors={"code": "bad_code"})
        rows.append({"digest": digest_of(code), "party_id": party_id})
    if rows:
        queries.keep_codes(session, rows, by.now, by.user_id)
        taken = queries.find_taken(session, rows)
        if taken is not None:
            raise BadPartyCode(index=taken, errors={"code": "taken"})


def digest_of(typed: str) -> bytes:
    """The keyed digest of whatever somebody typed: of what is no code as well, so that the way to
    "no such code" is the same for all of them.
    """
    return keyring().blind("party.code", codes.read_code(typed) or codes.bare_code(typed))
