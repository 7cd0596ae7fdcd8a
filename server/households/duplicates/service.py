"""What people do with likely duplicates: look for them, and decide. Nothing merges by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.households.duplicates import queries
from server.households.duplicates.errors import AlreadyDecided, BadDecision
from server.households.duplicates.models import LikelyDuplicate
from server.households.links.service import Held, Told, merge_households
from server.households.service import twin_keys

FILLED_AT_ONCE: Final = 5000  # each of them is an entry of the feed


def find_duplicates(session: Session, by: Identity) -> int:
    """List all pairs of households that may be one: of one village, with one head, and near.

    Near is: a like address (rules.near_address), the same telephone, or the same square of 38 m.
    Pairs that were found before, decided ones above all, stay as they are. Returns how many are
    new.
    """
    found = queries.insert_found(session, by.now)
    if found:
        record(session, "duplicate.find", count=found)
    return found


def fill_keys(session: Session) -> int:
    """Give some households from before the keys by which they are compared; how many got them.

    Call it, each time in a transaction of its own, until it answers 0.
    """
    keyless = queries.lock_keyless(session, FILLED_AT_ONCE)
    for household in keyless:
        for name, key in twin_keys(household.head_name, household.address).items():
            setattr(household, name, key)
    session.flush()
    return len(keyless)


def decide(
    session: Session,
    by: Identity,
    held: Held,
    duplicate_id: UUID,
    decision: str,
    keep: UUID | None,
    why: str,
) -> LikelyDuplicate:
    """Same: the two merge into `keep` (or the one made first). Different: they stay, for good.

    Raises DuplicateNotFound, AlreadyDecided, BadDecision and what merge_households raises.
    """
    pair = queries.lock_duplicate(session, duplicate_id)
    if pair.decided is not None:
        raise AlreadyDecided
    if keep not in (None, pair.first_id, pair.second_id) or (keep and decision != "same"):
        raise BadDecision
    if decision == "same":
        stays = keep or pair.first_id
        gone = pair.second_id if stays == pair.first_id else pair.first_id
        merge_households(session, by, held, stays, [gone], Told(note=why))
    pair.decided, pair.why, pair.decided_by, pair.decided_at = decision, why, by.user_id, by.now
    session.flush()
    record(session, "duplicate.decide", ids=[pair.id], decision=decision)
    return pair


def describe(session: Session, pairs: Sequence[LikelyDuplicate]) -> list[dict[str, Any]]:
    """Pairs with their two households."""
    known = queries.map_households(session, {e for p in pairs for e in (p.first_id, p.second_id)})
    return [
        {
            "id": pair.id,
            "reason": pair.reason,
            "found_at": pair.found_at,
            "decided": pair.decided,
            "decided_by": pair.decided_by,
            "decided_at": pair.decided_at,
            "first": known.get(pair.first_id),
            "second": known.get(pair.second_id),
        }
        for pair in pairs
    ]
