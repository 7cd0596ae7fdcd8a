"""What differs between two policies, and what that means for a case of each category. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from server.ladder.calendar import Limit, Unit
from server.ladder.clocks import Limits
from server.ladder.policy import Policy, as_mapping, limits_for, route_for, start_for
from server.ladder.routing import Category, Level


class Change(NamedTuple):
    """One value that differs; None: it is not named there."""

    path: str
    before: str | None
    after: str | None


class Effect(NamedTuple):
    """What a policy means for a case of one category."""

    category: Category
    starts: str
    route: str
    limits: Mapping[Level, str]


def changes(before: Policy, after: Policy) -> list[Change]:
    """Every value that differs, by its path; version and date excepted, which always do."""
    old, new = (dict(_flat("", as_mapping(policy))) for policy in (before, after))
    paths = dict.fromkeys([*old, *new])
    return [
        Change(path, old.get(path), new.get(path))
        for path in paths
        if old.get(path) != new.get(path) and path not in ("version", "valid_from")
    ]


def effects(policy: Policy) -> list[Effect]:
    """What a case of each category meets: where it starts, who receives it, how long they have."""
    return [
        Effect(
            category,
            start_for(policy, category).zh,
            route.zh if (route := route_for(policy, category)) else "牵头单位",
            {level: short(limits_for(policy, category, level)) for level in Level},
        )
        for category in Category
    ]


def short(limits: Limits) -> str:
    """`3工/30日`: three working days to accept, thirty days to handle."""
    return f"{_short(limits.accept)}/{_short(limits.handle)}"


def _short(limit: Limit) -> str:
    return f"{limit.n}{'工' if limit.unit is Unit.WORKING_DAYS else '日'}"


def _flat(path: str, value: object) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        yield path, str(value)
        return
    for key, of in value.items():
        yield from _flat(f"{path}.{key}" if path else str(key), of)
