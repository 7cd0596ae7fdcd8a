"""What a person does with a field in which two people met: look, and decide whose value stays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.households.queries import list_sync_rows, lock_households
from server.households.schemas import mask_name, mask_telephone
from server.households.service import Amendment, amend_households, stamps_of
from server.households.unplaced.queries import map_codes
from server.places.queries import locate
from server.sealed import keyring
from server.syncing.entities import plain
from server.syncing.models import SyncConflict
from server.syncing.review.conflicts import queries
from server.syncing.review.conflicts.errors import ConflictStale, NothingToDecide
from server.syncing.review.conflicts.rules import metres_apart, point_of
from sync.clock import from_ms

Held = frozenset[str] | None  # places of the asker; None: the county
PLAIN: Final = frozenset({"kind", "state", "people"})  # as lists of households show them


def reveal(session: Session, conflict_id: UUID, reason: str) -> dict[str, Any]:
    """A conflict unmasked; the look is written down with its reason. Raises ConflictNotFound."""
    conflict = queries.get_conflict(session, conflict_id)
    record(session, "sync.conflict.reveal", reason=reason, ids=[conflict.row_id])
    return describe(session, [conflict], masked=False)[0]


def decide(
    session: Session,
    by: Identity,
    held: Held,
    conflict_id: UUID,
    keep: str,
    version: str,
    why: str | None,
) -> dict[str, Any]:
    """`theirs` is set on the household as a desk would, in this transaction; `ours` leaves it.

    `version` is that of the present value as the asker saw it. Raises ConflictNotFound,
    NothingToDecide, ConflictStale, and what amend_households raises.
    """
    conflict = queries.lock_conflict(session, conflict_id)
    if conflict is None:
        queries.get_conflict(session, conflict_id)
        raise NothingToDecide
    lock_households(session, [conflict.row_id])
    if version != _version(conflict.field, _rows(session, [conflict]).get(conflict.row_id, {})):
        raise ConflictStale
    if keep == "theirs":
        fields = {conflict.field: json.loads(conflict.values)["theirs"]}
        amendment = Amendment(conflict.row_id, fields, stamps_of(fields, by))
        amend_households(session, by, held, [amendment])
    conflict.decided, conflict.decided_by, conflict.decided_at = keep, by.user_id, by.now
    session.flush()
    what = {"ids": [conflict.row_id], "conflict": conflict.id, "keep": keep}
    record(session, "sync.conflict.decide", reason=why, **what)
    return describe(session, [conflict])[0]


def describe(
    session: Session, conflicts: Sequence[SyncConflict], *, masked: bool = True
) -> list[dict[str, Any]]:
    """Conflicts with both values, who wrote them and where they lie, what the phone had read, and
    what stands now.
    """
    rows = _rows(session, conflicts)
    written, lying = _written(session, conflicts), _lying(session, conflicts, rows)
    return [
        {
            **_described(conflict, rows.get(conflict.row_id, {}), masked),
            **written[conflict.id],
            **lying[conflict.id],
        }
        for conflict in conflicts
    ]


def _written(session: Session, conflicts: Sequence[SyncConflict]) -> dict[UUID, dict[str, Any]]:
    """Who wrote what the phone says, and who and when what stands now: by the desk where nobody's
    phone did, never since it was entered where there is no time.
    """
    stamps = queries.map_stamps(session, {conflict.row_id for conflict in conflicts})
    held = {c.id: stamps.get(c.row_id, {}).get(c.field) for c in conflicts}
    phones = {UUID(stamp[1]) for stamp in held.values() if stamp and stamp[1]}
    owners = queries.map_owners(session, phones | {c.device_id for c in conflicts})
    return {
        c.id: {
            "theirs_by": owners.get(c.device_id),
            "now_by": owners.get(UUID(stamp[1])) if (stamp := held[c.id]) and stamp[1] else None,
            "now_at": from_ms(stamp[0]) if stamp else None,
        }
        for c in conflicts
    }


def _lying(
    session: Session, conflicts: Sequence[SyncConflict], rows: Mapping[UUID, Mapping[str, Any]]
) -> dict[UUID, dict[str, Any]]:
    """Of two locations how far they are apart and in which cells they lie: enough to decide by, and
    neither is told.
    """
    both = {
        c.id: (
            point_of(c.field, rows.get(c.row_id, {}).get(c.field)),
            point_of(c.field, json.loads(c.values).get("theirs")),
        )
        for c in conflicts
    }
    points = [point for pair in both.values() for point in pair if point]
    found = locate(session, points)
    codes = map_codes(session, {cell for cell, _village in found.values()})
    lies = {points[n]: codes.get(cell) for n, (cell, _village) in found.items()}
    return {
        id_: {
            "metres": metres_apart(now, theirs),
            "now_cell": now and lies.get(now),
            "theirs_cell": theirs and lies.get(theirs),
        }
        for id_, (now, theirs) in both.items()
    }


def _described(conflict: SyncConflict, row: Mapping[str, Any], masked: bool) -> dict[str, Any]:
    field = conflict.field
    values = {**json.loads(conflict.values), "now": row.get(field)}
    shown = {n: _mask(field, value) if masked else value for n, value in values.items()}
    return {
        **{name: getattr(conflict, name) for name in _SHOWN},
        **shown,
        "changed": values["now"] != values["ours"],
        "version": _version(field, row),
    }


_SHOWN = (
    "id",
    "device_id",
    "entity",
    "row_id",
    "field",
    "recorded_at",
    "needs_person",
    "decided",
    "decided_by",
    "decided_at",
)


def _rows(session: Session, conflicts: Sequence[SyncConflict]) -> Mapping[UUID, Mapping[str, Any]]:
    """Households as phones hold them: a conflict speaks of the same fields."""
    found = list_sync_rows(session, {conflict.row_id for conflict in conflicts})
    return {row.id: {n: plain(value) for n, value in row._mapping.items()} for row in found}


def _version(field: str, row: Mapping[str, Any]) -> str:
    """Of the present value. Keyed, since it is shown: nobody may guess a masked value by it."""
    seen = json.dumps([field, row.get(field)], separators=(",", ":"), default=str)
    return keyring().blind("sync_conflict.version", seen).hex()[:16]


def _mask(field: str, value: Any) -> Any:
    """A value as lists show it: names and numbers masked, addresses and places not at all."""
    if value is None or field in PLAIN:
        return value
    if field == "head_name":
        return mask_name(str(value))
    return mask_telephone(str(value)) if field == "telephone" else "***"
