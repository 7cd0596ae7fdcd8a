"""Who serves the cells afterwards.

Whoever a plan names for a cell serves it from now on; a cell that stays keeps its workers where
the plan names none; whoever served a cell of which all went into another serves that one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.access import queries as access
from server.access.permissions import Role
from server.db import Identity
from server.ids import new_id
from server.moves.errors import BadPlan
from server.moves.queries import map_users
from server.moves.redraw import queries
from server.moves.redraw.outcome import Served, Staff
from server.moves.redraw.rules import Redrawn, VillageNow


def foresee_staff(
    session: Session,
    by: Identity,
    village: VillageNow,
    then: Redrawn,
    ids: Mapping[str, UUID],
    heirs: Mapping[UUID, UUID],
) -> Staff:
    """Assignments that end and begin. Raises BadPlan for a login that nobody has."""
    cells = [cell.id for cell in village.cells.values()]
    rows = [
        Served(r.id, r.user_id, r.login, r.cell_id, r.leads, r.valid_from, r.valid_to)
        for r in queries.list_workers(session, cells, by.now)
    ]
    ended = {cell.id for cell in then.ended}
    named = _named(session, then, ids, by.now)
    ends = [
        one
        for one in rows
        if one.cell_id in ended
        or (one.start <= by.now and one.user_id not in named.get(one.cell_id, {one.user_id: ""}))
    ]
    stay = [one for one in rows if one not in ends]
    begins = _begin(rows, stay, named, heirs, by)
    serving = Counter(one.cell_id for one in [*stay, *begins] if one.start <= by.now)
    return Staff(rows, ends, begins, serving)


def write_staff(session: Session, by: Identity, staff: Staff) -> None:
    """End and begin assignments."""
    if staff.ends:
        queries.recall(session, [one.id for one in staff.ends if one.id], by.now)
    if staff.begins:
        access.insert_assignments(session, [_row(one, by) for one in staff.begins])


def _named(
    session: Session, then: Redrawn, ids: Mapping[str, UUID], at: datetime
) -> Mapping[UUID, Mapping[UUID, str]]:
    """Cell → whom the plan names for it, as user → login, in the plan's order."""
    told = {ids[c.code]: c.workers for c in then.cells.values() if c.workers is not None}
    logins = {login for workers in told.values() for login in workers}
    users = map_users(session, logins, at)
    if missing := sorted(logins - users.keys()):
        said = f"没有可派的此用户 no such user to send: {', '.join(missing)}"
        raise BadPlan(errors={"workers": said})
    return {cell: {users[login]: login for login in workers} for cell, workers in told.items()}


def _begin(
    rows: Sequence[Served],
    stay: Sequence[Served],
    named: Mapping[UUID, Mapping[UUID, str]],
    heirs: Mapping[UUID, UUID],
    by: Identity,
) -> list[Served]:
    """Who is named for a cell; then who comes, now or on a later day, with a cell that ended."""
    wanted = [
        Served(None, user, login, cell, True, by.now, _comes_later(stay, user, cell, by.now))
        for cell, users in named.items()
        for user, login in users.items()
    ]
    for one in rows:
        heir = heirs.get(one.cell_id, one.cell_id)
        if heir != one.cell_id and heir not in named:
            wanted.append(replace(one, id=None, cell_id=heir, start=max(one.start, by.now)))
    begins: list[Served] = []
    for one in wanted:
        meets = [other for other in [*stay, *begins] if one.beside(other)]
        if all(other.user_id != one.user_id for other in meets):
            leads = one.leads and not any(other.leads for other in meets)
            begins.append(replace(one, leads=leads))
    return begins


def _comes_later(stay: Sequence[Served], user: UUID, cell: UUID, now: datetime) -> datetime | None:
    """When the user would have begun to serve the cell anyhow."""
    later = [o.start for o in stay if (o.user_id, o.cell_id) == (user, cell) and o.start > now]
    return min(later, default=None)


def _row(one: Served, by: Identity) -> dict[str, Any]:
    return {
        "id": new_id(by.now),
        "user_id": one.user_id,
        "role": Role.GRID_WORKER,
        "cell_id": one.cell_id,
        "office_id": None,
        "area_id": None,
        "leads": one.leads,
        "valid_from": one.start,
        "valid_to": one.until,
    }
