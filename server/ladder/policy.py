"""The county's numbers, versioned: limits by level and category, starting levels, and spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from server.ladder.calendar import Limit, Unit
from server.ladder.clocks import Limits
from server.ladder.errors import PolicyInvalid
from server.ladder.form import Form
from server.ladder.routing import Category, Level


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the numbers. Raises PolicyInvalid unless every level has its limits.

    A Holding keeps the version under which its Office received the case until it ends.
    """

    version: str
    valid_from: date
    document: str  # the issuing document, for people to look up
    levels: Mapping[Level, Limits]
    overrides: Mapping[Category, Mapping[Level, Limits]] = field(default_factory=dict)
    starts: Mapping[Category, Level] = field(default_factory=dict)  # others start in the village
    warning_working_days: int = 3
    follow_up_days: int = 30
    silent_phone_days: int = 30
    party_answer_working_days: int = 3
    extension_max_days: int = 30

    def __post_init__(self) -> None:
        missing = [f"levels.{one.value}: 缺少 missing" for one in Level if one not in self.levels]
        if missing:
            raise PolicyInvalid(missing)
        overrides = {one: MappingProxyType(dict(of)) for one, of in self.overrides.items()}
        # A version in force must not change under the cases that hold it.
        object.__setattr__(self, "levels", MappingProxyType(dict(self.levels)))
        object.__setattr__(self, "overrides", MappingProxyType(overrides))
        object.__setattr__(self, "starts", MappingProxyType(dict(self.starts)))


def limits_for(policy: Policy, category: Category, level: Level) -> Limits:
    """The limits of an Office of `level` for a case of `category`."""
    return policy.overrides.get(category, {}).get(level, policy.levels[level])


def start_for(policy: Policy, category: Category) -> Level:
    """The level below which a case of `category` does not start."""
    return policy.starts.get(category, Level.VILLAGE)


def parse(mapping: object) -> Policy:
    """A policy from plain values in the form that `as_mapping` gives.

    Overrides, starts and spans may be left out. Raises PolicyInvalid that names every fault by its
    path, unknown keys included.
    """
    form = Form()
    top = form.table("", mapping, (*_REQUIRED, "overrides", "starts", *_SPANS), _REQUIRED)
    # What is missing is noted already: a valid stand-in keeps it from being noted twice.
    version, document = (form.text(name, top.get(name, "-")) for name in ("version", "document"))
    valid_from = form.day("valid_from", top.get("valid_from", date.min))
    levels = form.limits_by_level("levels", top["levels"], tuple(Level)) if "levels" in top else {}
    overrides = _overrides(form, top.get("overrides", {}))
    starts = _starts(form, top.get("starts", {}))
    spans = {name: form.count(name, top[name]) for name in _SPANS if name in top}
    if form.problems:
        raise PolicyInvalid(form.problems)
    return Policy(version, valid_from, document, levels, overrides, starts, **spans)


def as_mapping(policy: Policy) -> dict[str, object]:
    """The policy as plain values for YAML or JSON; `parse` gives the same policy back."""
    spans: dict[str, object] = {name: getattr(policy, name) for name in _SPANS}
    return {
        "version": policy.version,
        "valid_from": policy.valid_from.isoformat(),
        "document": policy.document,
        "levels": _plain_limits(policy.levels),
        "overrides": {one.value: _plain_limits(of) for one, of in policy.overrides.items()},
        "starts": {one.value: level.value for one, level in policy.starts.items()},
        **spans,
    }


_REQUIRED = ("version", "valid_from", "document", "levels")
_SPANS = (
    "warning_working_days",
    "follow_up_days",
    "silent_phone_days",
    "party_answer_working_days",
    "extension_max_days",
)


def _overrides(form: Form, value: object) -> dict[Category, dict[Level, Limits]]:
    given = form.table("overrides", value, tuple(Category))
    return {
        Category(slug): form.limits_by_level(f"overrides.{slug}", of) for slug, of in given.items()
    }


def _starts(form: Form, value: object) -> dict[Category, Level]:
    given = form.table("starts", value, tuple(Category))
    read = {Category(slug): form.word(f"starts.{slug}", of, Level) for slug, of in given.items()}
    return {category: level for category, level in read.items() if level is not None}


def _plain_limits(by_level: Mapping[Level, Limits]) -> dict[str, dict[str, str]]:
    return {
        level.value: {"accept": str(limits.accept), "handle": str(limits.handle)}
        for level, limits in by_level.items()
    }


def _days(n: int) -> Limit:
    return Limit(n, Unit.DAYS)


def _working(n: int) -> Limit:
    return Limit(n, Unit.WORKING_DAYS)


# Where a comment names no source, the number is a starting point for the county to edit.
DEFAULT = Policy(
    version="default-1",
    valid_from=date(2024, 1, 1),
    document="出厂默认值，由县里修订 Defaults as delivered, for the county to revise",
    levels={
        # People's mediation: generally within one month (statute).
        Level.VILLAGE: Limits(_working(3), _days(30)),
        Level.TOWNSHIP: Limits(_working(3), _days(30)),
        # Petitions: 15 days to dispose after registration, 60 days to handle (statute). Both run
        # from receipt here; the statute's 60 days run from acceptance, so this is never longer.
        Level.COUNTY: Limits(_days(15), _days(60)),
    },
    overrides={
        # Wages are lived on: a family cannot wait a month on each level.
        Category.UNPAID_WAGES: {
            Level.VILLAGE: Limits(_working(1), _days(7)),
            Level.TOWNSHIP: Limits(_working(1), _days(10)),
            Level.COUNTY: Limits(_working(3), _days(30)),
        },
        # A polluted well cannot wait either.
        Category.POLLUTION: {Level.VILLAGE: Limits(_working(1), _days(15))},
    },
    starts={
        # The village committee is itself close to these: it signs, or it has no means.
        Category.EXPROPRIATION: Level.TOWNSHIP,
        Category.MEDICAL: Level.TOWNSHIP,
    },
    warning_working_days=3,
    follow_up_days=30,
    silent_phone_days=30,  # the contract of sync: a phone silent for longer locks its rows
    party_answer_working_days=3,  # the contract of the ladder: answer to a party's request
    extension_max_days=30,  # petitions: up to 30 days more, with approval and notice (statute)
)
