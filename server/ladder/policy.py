"""The county's numbers, versioned: limits by level and category, starting levels, and spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from server.ladder.calendar import Limit, Unit
from server.ladder.clocks import Limits
from server.ladder.errors import PolicyInvalid
from server.ladder.form import Form
from server.ladder.routing import Category, Level, OfficeKind
from server.ladder.words import Word


class Granter(Word):
    """Who grants an extension: anybody of the Office above, or its leader alone."""

    UPPER = "upper", "上级单位"
    LEADER = "leader", "上级单位负责人"


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the numbers. Raises PolicyInvalid unless every level has its limits.

    A Holding keeps the version under which its Office received the case until it ends. A span that
    an older version does not name has the value given here: these values never change, DEFAULT may.
    """

    version: str
    valid_from: date
    document: str  # the issuing document, for people to look up
    levels: Mapping[Level, Limits]
    overrides: Mapping[Category, Mapping[Level, Limits]] = field(default_factory=dict)
    starts: Mapping[Category, Level] = field(default_factory=dict)  # others start in the village
    # On each level where there is an Office of this kind, it receives; elsewhere the lead Office.
    routes: Mapping[Category, OfficeKind] = field(default_factory=dict)
    grants: Mapping[Level, Granter] = field(default_factory=dict)  # see granter_for
    category_spans: Mapping[Category, Mapping[str, int]] = field(default_factory=dict)
    warning_working_days: int = 3
    follow_up_days: int = 30
    silent_phone_days: int = 30
    party_answer_working_days: int = 3
    extension_max_days: int = 30
    extension_answer_working_days: int = 3  # of the one who grants; silence means no
    objection_working_days: int = 5  # of the lower Office, against a return or a hand-down
    confirmation_days: int = 30  # to ask the court together, from when an agreement takes effect
    confirmation_reminder_days: int = 10  # before that ends
    term_reminder_days: int = 3  # before an agreed term falls due

    def __post_init__(self) -> None:
        missing = [f"levels.{one.value}: 缺少 missing" for one in Level if one not in self.levels]
        problems = [*missing, *_at_odds(self)]
        if problems:
            raise PolicyInvalid(problems)
        # A version in force must not change under the cases that hold it.
        for name in ("levels", "starts", "routes", "grants"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        for name in ("overrides", "category_spans"):
            nested = {one: MappingProxyType(dict(of)) for one, of in getattr(self, name).items()}
            object.__setattr__(self, name, MappingProxyType(nested))


def limits_for(policy: Policy, category: Category, level: Level) -> Limits:
    """The limits of an Office of `level` for a case of `category`."""
    return policy.overrides.get(category, {}).get(level, policy.levels[level])


def start_for(policy: Policy, category: Category) -> Level:
    """The level below which a case of `category` does not start."""
    return policy.starts.get(category, Level.VILLAGE)


def route_for(policy: Policy, category: Category) -> OfficeKind | None:
    """The kind of Office that receives a case of `category` on each level where there is one.

    None: the lead Office of each level. Where a level has several of the kind, its lead Office is
    taken if it is one of them, else the oldest.
    """
    return policy.routes.get(category)


def granter_for(policy: Policy, level: Level) -> Granter:
    """Who grants an extension to an Office of `level`: the Office above, or its leader where the
    policy says so; at the county, above which there is none, its own named leader.
    """
    return policy.grants.get(level, Granter.LEADER if level is Level.COUNTY else Granter.UPPER)


def follow_up_for(policy: Policy, category: Category) -> int:
    """Days after settling until a case of `category` closes by the clock."""
    return policy.category_spans.get(category, {}).get("follow_up_days", policy.follow_up_days)


def extension_for(policy: Policy, category: Category) -> int:
    """At most by how many days the handling of a case of `category` is extended."""
    of_category = policy.category_spans.get(category, {})
    return of_category.get("extension_max_days", policy.extension_max_days)


def parse(mapping: object) -> Policy:
    """A policy from plain values in the form that `as_mapping` gives.

    All but version, date, document and levels may be left out. Raises PolicyInvalid that names
    every fault by its path, unknown keys included.
    """
    form = Form()
    top = form.table("", mapping, (*_REQUIRED, *_BY_WORD, *SPANS, *_RETIRED), _REQUIRED)
    # What is missing is noted already: a valid stand-in keeps it from being noted twice.
    version, document = (form.text(name, top.get(name, "-")) for name in ("version", "document"))
    valid_from = form.day("valid_from", top.get("valid_from", date.min))
    levels = form.limits_by_level("levels", top["levels"], tuple(Level)) if "levels" in top else {}
    rest = _by_word(form, {name: top.get(name, {}) for name in _BY_WORD})
    rest |= {name: form.count(name, top[name]) for name in SPANS if name in top}
    if form.problems:
        raise PolicyInvalid(form.problems)
    return Policy(version, valid_from, document, levels, **rest)


def as_mapping(policy: Policy) -> dict[str, object]:
    """The policy as plain values for YAML or JSON; `parse` gives the same policy back."""
    spans: dict[str, object] = {name: getattr(policy, name) for name in SPANS}
    return {
        "version": policy.version,
        "valid_from": policy.valid_from.isoformat(),
        "document": policy.document,
        "levels": _plain_limits(policy.levels),
        "overrides": {one.value: _plain_limits(of) for one, of in policy.overrides.items()},
        "starts": _plain_words(policy.starts),
        "routes": _plain_words(policy.routes),
        "grants": _plain_words(policy.grants),
        "category_spans": {one.value: dict(of) for one, of in policy.category_spans.items()},
        **spans,
    }


SPANS = (
    "warning_working_days",
    "follow_up_days",
    "silent_phone_days",
    "party_answer_working_days",
    "extension_max_days",
    "extension_answer_working_days",
    "objection_working_days",
    "confirmation_days",
    "confirmation_reminder_days",
    "term_reminder_days",
)
_RETIRED = ("code_rating_days",)  # a party may rate as long as the case rests; nothing read it
CATEGORY_SPANS = ("follow_up_days", "extension_max_days")  # those that a category may have its own
_REQUIRED = ("version", "valid_from", "document", "levels")
_BY_WORD = ("overrides", "starts", "routes", "grants", "category_spans")


def _by_word(form: Form, given: Mapping[str, object]) -> dict[str, Any]:
    overrides = form.table("overrides", given["overrides"], tuple(Category))
    spans = form.table("category_spans", given["category_spans"], tuple(Category))
    return {
        "overrides": {
            Category(slug): form.limits_by_level(f"overrides.{slug}", of)
            for slug, of in overrides.items()
        },
        "starts": form.words("starts", given["starts"], Category, Level),
        "routes": form.words("routes", given["routes"], Category, OfficeKind),
        "grants": form.words("grants", given["grants"], Level, Granter),
        "category_spans": {
            Category(slug): form.counts(f"category_spans.{slug}", of, CATEGORY_SPANS)
            for slug, of in spans.items()
        },
    }


def _at_odds(policy: Policy) -> list[str]:
    """What is wrong with numbers that are each well-formed."""
    problems = []
    if policy.grants.get(Level.COUNTY) is Granter.UPPER:
        problems.append("grants.county: 县级之上没有单位 there is no Office above the county")
    if policy.confirmation_reminder_days >= policy.confirmation_days:
        problems.append(
            "confirmation_reminder_days: 应小于 must be less than confirmation_days"
            f" ({policy.confirmation_days})"
        )
    return problems


def _plain_words(words: Mapping[Any, Word]) -> dict[str, str]:
    return {one.value: word.value for one, word in words.items()}


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
    extension_answer_working_days=3,
    objection_working_days=5,  # a wrong transfer is objected to within 5 working days (statute)
    confirmation_days=30,  # the court is asked together within 30 days of effect (statute)
    confirmation_reminder_days=10,
    term_reminder_days=3,
)
