"""Who gives which role, what an administrator may hold beside it, and the numbers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from typing import Final

from server.access.permissions import Role
from server.ladder.calendar import LOCAL, local_day

GIVES: Mapping[Role, frozenset[Role]] = {
    Role.SECURITY_ADMIN: frozenset(Role) - {Role.GRID_WORKER},
    Role.TOWNSHIP_SUPERVISOR: frozenset({Role.MEDIATOR}),  # in the villages of the own township
}
"""Role → what its holder gives and takes. Who serves a cell is a move (server/moves)."""

INVITATION_SPAN: Final = timedelta(hours=72)
ACCEPTS_A_MINUTE: Final = 10.0  # from one network; a township's Office is often one
LIVE_DEVICES: Final = 8  # of one user
WORKERS: Final = frozenset({Role.GRID_WORKER, Role.MEDIATOR})
"""Whose devices a township's supervisor keeps."""
DEVICE_REASONS: Mapping[str, str] = {
    "lost": "丢失",
    "stolen": "被盗",
    "replaced": "更换",
    "left": "离岗",
    "disabled": "账号停用",
    "other": "其他",
}
NO_TIME: Final = timedelta(microseconds=1)  # how long what was called off before it began held


def gives(roles: Collection[str], role: Role) -> bool:
    """Whether somebody with these roles gives and takes that one."""
    return any(role in GIVES.get(Role(mine), ()) for mine in roles)


def over_county(roles: Collection[str], role: Role) -> bool:
    """Whether that reaches over the whole county, not the own township alone."""
    return Role.SECURITY_ADMIN in roles and gives([Role.SECURITY_ADMIN], role)


def starts_at(wanted: datetime | None, now: datetime) -> datetime:
    """When a span begins: at once, or when it was said; a day that has begun counts from now on."""
    midnight = datetime.combine(local_day(now), time(), LOCAL)
    return now if wanted is None or wanted == midnight else wanted


def ends_at(begun: datetime, at: datetime) -> datetime:
    """When a span ends that is ended at this time; what has not begun is called off."""
    return max(at, begun + NO_TIME)
