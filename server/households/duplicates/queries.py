"""All SQL of likely duplicates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, any_, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import Text

from server.households.duplicates.errors import DuplicateNotFound
from server.households.duplicates.models import LikelyDuplicate
from server.households.models import Household


def _like(reason: str, rank: int, column: str) -> str:
    """Each household with the first and with the previous one like it.

    So every set of three is listed in full, and a list that names one head ten thousand times gives
    twice as many pairs, not 10⁸ / 2. What is alike is compared by 64 bits of hash: to sort the keys
    themselves took nearly twice as long, and two different ones share them once in 10⁹ counties.
    """
    return f"""
        SELECT unnest(ARRAY[first_value(id) OVER alike, lag(id) OVER alike]) AS first_id,
               id AS second_id, '{reason}' AS reason, {rank} AS rank
          FROM (SELECT id, hash_record_extended((village_id, head_index, {column}), 0) AS likeness
                  FROM household
                 WHERE state <> 'ended' AND head_index IS NOT NULL AND {column} IS NOT NULL) living
        WINDOW alike AS (PARTITION BY likeness ORDER BY id)
    """


# A pair that is known is left as it is, decided or not. `quadkey` is a square of 38 m.
_FIND = text(f"""
    WITH pair AS (
        {_like("same_head_near_address", 1, "near_address")} UNION ALL
        {_like("same_head_telephone", 2, "telephone_index")} UNION ALL
        {_like("same_head_point", 3, "quadkey")}
    )
    INSERT INTO likely_duplicate (id, first_id, second_id, reason, found_at)
    SELECT DISTINCT ON (first_id, second_id) gen_random_uuid(), first_id, second_id, reason, :at
      FROM pair
     WHERE first_id < second_id
     ORDER BY first_id, second_id, rank
    ON CONFLICT (first_id, second_id) DO NOTHING
""")


def insert_found(session: Session, at: datetime) -> int:
    """List the pairs of the county that are not listed yet; how many there were."""
    return session.connection().execute(_FIND, {"at": at}).rowcount


def list_duplicates(places: Collection[str] | None, decided: str) -> Select[tuple[LikelyDuplicate]]:
    """Pairs with both households within `places` (None: the county): "open", "same", "different".

    Open are those that nobody decided and that are two still.
    """
    first, second = aliased(Household), aliased(Household)
    query = (
        select(LikelyDuplicate)
        .join(first, first.id == LikelyDuplicate.first_id)
        .join(second, second.id == LikelyDuplicate.second_id)
    )
    if places is not None:
        held = literal(list(places), ARRAY(Text))
        query = query.where(first.bucket == any_(held), second.bucket == any_(held))
    if decided != "open":
        return query.where(LikelyDuplicate.decided == decided)
    living = (first.state != "ended", second.state != "ended")
    return query.where(LikelyDuplicate.decided.is_(None), *living)


def lock_duplicate(session: Session, duplicate_id: UUID) -> LikelyDuplicate:
    """Lock one pair. Raises DuplicateNotFound, also where one of the two is hidden."""
    query = select(LikelyDuplicate).where(LikelyDuplicate.id == duplicate_id).with_for_update()
    found = session.scalar(query)
    if found is None:
        raise DuplicateNotFound
    return found


def map_households(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Household]:
    """Id → household."""
    return {h.id: h for h in session.scalars(select(Household).where(Household.id.in_(ids)))}


def lock_keyless(session: Session, limit: int) -> Sequence[Household]:
    """Some households without the keys by which they are compared: those from before the keys."""
    query = select(Household).where(Household.head_index.is_(None)).order_by(Household.id)
    return session.scalars(query.limit(limit).with_for_update(key_share=True)).all()
