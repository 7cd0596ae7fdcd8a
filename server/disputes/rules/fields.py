"""What a single value may be: text, a word, an id, a day, a number. Pure.

What arrives over HTTP was read by a schema, what a phone sends is as JSON had it: an id is a UUID
or its text, a day a date or its ISO form. None stands for what was left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

MAX_TEXT = 4000

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and half of a surrogate pair


def as_id(value: Any) -> UUID | None:
    """An id that is known to be one, or nothing."""
    return value if value is None or isinstance(value, UUID) else UUID(value)


def as_day(value: Any) -> date | None:
    """A day that is known to be one, or nothing."""
    return value if value is None or isinstance(value, date) else date.fromisoformat(value)


def is_text(value: Any, low: int = 1, high: int = MAX_TEXT) -> bool:
    """Text of `low` to `high` characters, blanks around it aside."""
    return (
        isinstance(value, str)
        and low <= len(value.strip())
        and len(value) <= high
        and not _UNSTORABLE.search(value)
    )


def is_one_of(value: Any, slugs: Collection[str]) -> bool:
    """One of these words."""
    return isinstance(value, str) and value in slugs


def is_id(value: Any) -> bool:
    """A UUID or its text."""
    if isinstance(value, UUID):
        return True
    try:
        UUID(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def is_number(value: Any, low: int, high: int) -> bool:
    """A whole number in these bounds; true and false are none."""
    return type(value) is int and low <= value <= high


def is_day(value: Any, first: date) -> bool:
    """A day from `first` on and before the year 2200: what is later was mistyped."""
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return False
    return type(value) is date and first <= value < _MISTYPED


def is_list(value: Any, most: int, is_good: Callable[[Any], bool]) -> bool:
    """A list of at most `most`, each of them good."""
    return (
        isinstance(value, list | tuple)
        and len(value) <= most
        and all(is_good(one) for one in value)
    )


def is_form(
    value: Any, fields: Mapping[str, Callable[[Any], bool]], needs: Collection[str]
) -> bool:
    """A mapping of these fields alone, the needed ones there, and each of them good or None."""
    return (
        isinstance(value, Mapping)
        and value.keys() <= fields.keys()
        and all(value.get(name) is not None for name in needs)
        and all(one is None or fields[name](one) for name, one in value.items())
    )


_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MISTYPED = date(2200, 1, 1)
