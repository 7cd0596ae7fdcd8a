"""Which needs there are, and what a consent must say. Pure.

A need says what somebody wants from us, never what kind of person they are. 个人信息保护法 (2021)
第十四、十五、二十九、三十一条: a consent is given freely and for a purpose, may be withdrawn as
easily, and for a child under fourteen it is the guardian's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from server.households.needs.words import GIVEN_BY, HOW, NEEDS

GUARDIANS_ALONE: Final = frozenset({"child_care"})
LONGEST: Final = timedelta(days=731)  # our own bound, no rule was read: two years, then ask again
REMIND: Final = timedelta(days=30)
MAX_GIVER: Final = 50  # characters

FIELDS: Final = frozenset({"need", "given_by", "giver", "how", "given_on", "until"})
MUTABLE: Final = frozenset({"withdrawn"})
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def wrong_consent(fields: Mapping[str, Any], recorded_on: date) -> dict[str, str]:
    """What is wrong with a consent as it was recorded on that day, by field; empty: nothing."""
    wrong = dict.fromkeys(fields.keys() - FIELDS, "unknown_field")
    for name, words in (("need", NEEDS), ("given_by", GIVEN_BY), ("how", HOW)):
        if fields.get(name) is None:
            wrong[name] = "missing"
        elif fields[name] not in list(words):
            wrong[name] = f"unknown_{name}"
    if not _is_giver(fields.get("giver")):
        wrong["giver"] = "bad_text"
    wrong |= _wrong_days(fields.get("given_on"), fields.get("until"), recorded_on)
    if not wrong and fields["need"] in GUARDIANS_ALONE and fields["given_by"] != "guardian":
        wrong["given_by"] = "guardian_alone"
    return wrong


def as_day(value: Any) -> date | None:
    """A day as phones write it (2026-03-02); None: it is none."""
    if type(value) is date:
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def is_over(until: date, today: date) -> bool:
    """It holds to the end of its last day, 24:00 local."""
    return today > until


def _wrong_days(given_on: Any, until: Any, recorded_on: date) -> dict[str, str]:
    given, last = as_day(given_on), as_day(until)
    wrong = dict(_not_days(("given_on", given_on, given), ("until", until, last)))
    if given and last:
        if given > recorded_on:
            wrong["given_on"] = "in_the_future"
        elif recorded_on - given > LONGEST:
            wrong["given_on"] = "too_long_ago"
        if last < given:
            wrong["until"] = "before_it_was_given"
        elif last - given > LONGEST:
            wrong["until"] = "too_long"
    return wrong


def _not_days(*asked: tuple[str, Any, date | None]) -> Iterator[tuple[str, str]]:
    for name, value, day in asked:
        if day is None:
            yield name, "missing" if value is None else "bad_day"


def _is_giver(value: Any) -> bool:
    if value is None:
        return True
    is_short = isinstance(value, str) and 0 < len(value.strip()) <= MAX_GIVER
    return is_short and not _UNSTORABLE.search(value)
