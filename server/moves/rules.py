"""Pure: what a token vouches for, and what phones will hold."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID


def canonical(value: Any) -> str:
    """One text for one value, whatever the order in which an object's members were sent."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def vouched(plan: Any, seen: Any) -> str:
    """What a preview's token vouches for: this plan, against the world as it was seen."""
    digests = (sha256(canonical(part).encode()).hexdigest() for part in (plan, seen))
    return " ".join(digests)


@dataclass(frozen=True, slots=True)
class Serves:
    """Somebody's phone holds a cell, or all of a village (`cell_id` None), with its village."""

    user_id: UUID
    village_id: UUID
    cell_id: UUID | None


@dataclass(frozen=True, slots=True)
class Load:
    """What one phone holds, in rows."""

    now: int
    after: int


def phone_loads(
    users: Collection[UUID],
    before: Collection[Serves],
    after: Collection[Serves],
    cells_now: Mapping[UUID, Collection[UUID]],
    cells_after: Mapping[UUID, Collection[UUID]],
    heads: Mapping[str, int],
    moved: Mapping[str, int],
) -> Mapping[UUID, Load]:
    """User → rows held now and after. Everybody holds the reference data and what is one's own.

    `cells_now`, `cells_after`: village → its present cells. `heads`: bucket → rows in it now;
    `moved`: bucket → rows that come or (negative) go.
    """
    now, then = _buckets(users, before, cells_now), _buckets(users, after, cells_after)
    return {
        user: Load(
            sum(heads.get(bucket, 0) for bucket in now[user]),
            sum(heads.get(bucket, 0) + moved.get(bucket, 0) for bucket in then[user]),
        )
        for user in users
    }


def _buckets(
    users: Iterable[UUID], serves: Iterable[Serves], cells_of: Mapping[UUID, Collection[UUID]]
) -> dict[UUID, set[str]]:
    """User → buckets, as gate.my_buckets has it."""
    held = {user: {f"u:{user}", "ref"} for user in users}
    for one in serves:
        cells: Iterable[UUID] = [one.cell_id] if one.cell_id else cells_of.get(one.village_id, ())
        held[one.user_id] |= {f"v:{one.village_id}", *(f"c:{cell}" for cell in cells)}
    return held


def shift(moves: Iterable[tuple[str, str, int]]) -> dict[str, int]:
    """Bucket → rows that come or go, from (old bucket, new bucket, rows)."""
    moved: dict[str, int] = {}
    for old, new, rows in moves:
        if old != new:
            moved[old] = moved.get(old, 0) - rows
            moved[new] = moved.get(new, 0) + rows
    return moved


def shown(items: Sequence[Any], most: int = 500) -> list[Any]:
    """The first of a list: an answer stays bounded, its count beside it is whole."""
    return list(items[:most])
