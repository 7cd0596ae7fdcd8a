"""What each phone that a move touches holds now, and will hold afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from server.moves import queries
from server.moves.form import Moving
from server.moves.rules import Load, Serves, phone_loads
from server.syncing.status.rules import BYTES_A_ROW

Warning_ = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What a move does to phones.

    `cells`, `villages`: whose holders are shown. `moved`: bucket → rows that come or go (see
    rules.shift). `begins`, `ends`: who begins and ceases to serve a cell, as (user, cell).
    `cells_after`: village → its cells afterwards, where that changes. `then`: when the change is
    felt, if not at once.
    """

    cells: Collection[UUID]
    villages: Collection[UUID]
    moved: Mapping[str, int] = field(default_factory=dict)
    begins: Collection[Serves] = ()
    ends: Collection[tuple[UUID, UUID]] = ()
    cells_after: Mapping[UUID, Collection[UUID]] = field(default_factory=dict)
    then: datetime | None = None


def weigh(moving: Moving, change: Change) -> tuple[list[dict[str, Any]], list[Warning_]]:
    """Each phone concerned with its rows, now and after, and estimated bytes; what strains one."""
    users = queries.list_holders(moving.session, change.cells, change.villages, moving.by.now)
    users |= {one.user_id for one in change.begins} | {user for user, _ in change.ends}
    loads = _loads(moving, change, users)
    phones = [_shown(row, loads[row.id]) for row in queries.list_phones(moving.session, users)]
    return phones, list(_strained(phones, moving.phone_rows))


def _loads(moving: Moving, change: Change, users: Collection[UUID]) -> Mapping[UUID, Load]:
    session, now = moving.session, moving.by.now
    before = queries.list_serves(session, users, now)
    then = queries.list_serves(session, users, change.then or now)
    after = [*_without(then, change.ends), *change.begins]
    villages = {one.village_id for one in [*before, *after]}
    cells = queries.map_cells_of(session, villages)
    heads = queries.map_heads(session, _every_bucket(users, [*before, *after], cells))
    then_cells = {**cells, **change.cells_after}
    return phone_loads(users, before, after, cells, then_cells, heads, change.moved)


def _without(serves: Iterable[Serves], ends: Collection[tuple[UUID, UUID]]) -> list[Serves]:
    gone = set(ends)
    return [one for one in serves if (one.user_id, one.cell_id) not in gone]


def _every_bucket(
    users: Iterable[UUID], serves: Iterable[Serves], cells: Mapping[UUID, Collection[UUID]]
) -> list[str]:
    buckets = {"ref", *(f"u:{user}" for user in users)}
    buckets |= {f"c:{cell}" for of_one in cells.values() for cell in of_one}
    for one in serves:
        buckets |= {f"v:{one.village_id}", f"c:{one.cell_id}"}
    return sorted(buckets)


def _shown(row: Any, load: Load) -> dict[str, Any]:
    return {
        "user": row.login,
        "name": row.name,
        "devices": row.devices,
        "seen_at": row.seen_at.isoformat() if row.seen_at else None,
        "rows_now": load.now,
        "rows_after": load.after,
        "bytes_after": load.after * BYTES_A_ROW,
    }


def _strained(phones: Iterable[Mapping[str, Any]], limit: int) -> Iterable[Warning_]:
    for phone in phones:
        if phone["rows_after"] > limit:
            yield {
                "slug": "phone-full",
                "text": f"{phone['user']} 的手机将存 {phone['rows_after']} 条，超过 {limit} 条。 "
                f"The phone of {phone['user']} will hold {phone['rows_after']} rows, over {limit}.",
            }
