"""A policy as the page tells it: by level, by category, and what else is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from server.console.county.policy.words import limits_in_short
from server.ladder.policy import (
    Policy,
    extension_for,
    follow_up_for,
    limits_for,
    route_for,
    start_for,
)
from server.ladder.routing import Category, Level, OfficeKind
from server.policies.service import InForce


@dataclass(frozen=True, slots=True)
class Row:
    """What a case of one category meets."""

    category: Category
    starts: Level
    route: OfficeKind | None
    limits: Mapping[Level, str]
    own: frozenset[Level]  # levels at which it has limits of its own
    extension: int
    follow_up: int


def rows_of(policy: Policy) -> list[Row]:
    """Every category, in the order of the register."""
    return [
        Row(
            one,
            start_for(policy, one),
            route_for(policy, one),
            {level: limits_in_short(limits_for(policy, one, level)) for level in Level},
            frozenset(policy.overrides.get(one, {})),
            extension_for(policy, one),
            follow_up_for(policy, one),
        )
        for one in Category
    ]


def to_come(versions: Sequence[InForce], today: date) -> list[InForce]:
    """Versions that will be in force, by their first day: of one day the newest."""
    by_day = {one.policy.valid_from: one for one in versions if one.policy.valid_from > today}
    return [by_day[day] for day in sorted(by_day)]
