"""A policy as a form: the numbers of one category, or those that hold for all. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any, Final

from server.ladder.policy import (
    CATEGORY_SPANS,
    SPANS,
    Policy,
    as_mapping,
    extension_for,
    follow_up_for,
    granter_for,
    limits_for,
    route_for,
    start_for,
)
from server.ladder.routing import Category, Level

ABOUT: Final = ("version", "valid_from", "document")
LEAD: Final = "lead"  # the word of the form for: the lead Office receives
_STEPS: Final = ("accept", "handle")
_MOST: Final = 1000  # characters of one field that are read


def fields_of(policy: Policy, category: Category | None) -> dict[str, str]:
    """What stands in the form: name of a field → its value."""
    found: dict[str, str] = {}
    for level in Level:
        limits = limits_for(policy, category, level) if category else policy.levels[level]
        for step in _STEPS:
            limit = getattr(limits, step)
            found[f"{level}_{step}_n"] = str(limit.n)
            found[f"{level}_{step}_unit"] = limit.unit.value
    if category is None:
        found |= {name: str(getattr(policy, name)) for name in SPANS}
        found |= {f"grants_{level}": granter_for(policy, level).value for level in Level}
        return found
    route = route_for(policy, category)
    return {
        **found,
        "starts": start_for(policy, category).value,
        "routes": route.value if route else LEAD,
        "follow_up_days": str(follow_up_for(policy, category)),
        "extension_max_days": str(extension_for(policy, category)),
    }


def about(policy: Policy, number: int, today: date) -> dict[str, str]:
    """What a new version that builds on this one says of itself, to begin with."""
    tomorrow = date.fromordinal(today.toordinal() + 1)
    return {
        "version": f"{tomorrow.year}-{number + 1}",
        "valid_from": max(tomorrow, policy.valid_from).isoformat(),
        "document": policy.document,
    }


def amended(policy: Policy, category: Category | None, typed: Mapping[str, str]) -> dict[str, Any]:
    """The policy with what was typed, as plain values: they may have faults. What a category has
    like all others is not named for it.
    """
    said: dict[str, Any] = deepcopy(as_mapping(policy))
    said |= {name: typed.get(name, "")[:_MOST].strip() for name in ABOUT}
    limits = {level.value: {step: _limit(typed, level, step) for step in _STEPS} for level in Level}
    if category is None:
        said["levels"] = limits
        said |= {name: _number(typed, name) for name in SPANS}
        said["grants"] = {level.value: typed.get(f"grants_{level}", "")[:_MOST] for level in Level}
        return said
    own = {level: of for level, of in limits.items() if of != said["levels"][level]}
    spans = {name: _number(typed, name) for name in CATEGORY_SPANS}
    spans = {name: n for name, n in spans.items() if n != said[name]}
    start, route = typed.get("starts", "")[:_MOST], typed.get("routes", "")[:_MOST]
    _named(said, "overrides", category, own)
    _named(said, "category_spans", category, spans)
    _named(said, "starts", category, None if start == Level.VILLAGE else start)
    _named(said, "routes", category, None if route == LEAD else route)
    return said


def field_at(path: str) -> str:
    """The field of the form in which a fault of the policy, named by its path, was typed."""
    parts = path.split(".")
    if parts[0] in ("overrides", "levels") and parts[-1] in _STEPS:
        return f"{parts[-2]}_{parts[-1]}_n"
    if parts[0] == "grants" and len(parts) > 1:
        return f"grants_{parts[1]}"
    return parts[-1] if parts[0] == "category_spans" else parts[0]


def _named(said: dict[str, Any], part: str, category: Category, value: Any) -> None:
    if value:
        said[part][category.value] = value
    else:
        said[part].pop(category.value, None)


def _limit(typed: Mapping[str, str], level: Level, step: str) -> str:
    n, unit = (typed.get(f"{level}_{step}_{what}", "")[:_MOST].strip() for what in ("n", "unit"))
    return f"{n} {unit}"


def _number(typed: Mapping[str, str], name: str) -> int | str:
    text = typed.get(name, "")[:_MOST].strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else text
