"""Reading plain values that people wrote (YAML, JSON): every fault is named by its path."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import TypeVar

from server.ladder.calendar import Limit
from server.ladder.clocks import Limits
from server.ladder.errors import LimitInvalid
from server.ladder.routing import Level
from server.ladder.words import Word

W = TypeVar("W", bound=Word)
K = TypeVar("K", bound=Word)
_LONGEST_TEXT = 1000  # characters
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # but for tabs and new lines
_MOST = 3660  # days: the bound of a limit


class Form:
    """Reads values and notes what is wrong in `problems`.

    After a fault the reader returns an empty or plain stand-in and goes on, so that all faults are
    named at once: use what was read only while `problems` is empty.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []

    def table(
        self, path: str, value: object, allowed: Collection[str], required: Collection[str] = ()
    ) -> dict[str, object]:
        """A mapping with only `allowed` keys, all `required` ones among them."""
        if not isinstance(value, Mapping):
            self.note(path, "应为键值表 must be a mapping")
            return {}
        for key in value:
            if key not in allowed:
                self.note(_join(path, key), "未知项 unknown key")
        for key in required:
            if key not in value:
                self.note(_join(path, key), "缺少 missing")
        return {key: of for key, of in value.items() if key in allowed}

    def text(self, path: str, value: object) -> str:
        """Text of 1–1000 characters that can be printed."""
        if isinstance(value, str) and value.strip() and not _UNPRINTABLE.search(value):
            if len(value) <= _LONGEST_TEXT:
                return value
            self.note(path, f"最多 {_LONGEST_TEXT} 字 at most {_LONGEST_TEXT} characters")
            return ""
        self.note(path, "应为文字 must be text")
        return ""

    def day(self, path: str, value: object) -> date:
        """A date, or its ISO form."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.note(path, "应为日期，如 2026-01-01 must be a date such as 2026-01-01")
            return date.min

    def count(self, path: str, value: object) -> int:
        """A whole number from 1 to 3660."""
        if type(value) is int and 1 <= value <= _MOST:
            return value
        self.note(path, f"应为 1–{_MOST} 的整数 must be a whole number from 1 to {_MOST}")
        return 1

    def word(self, path: str, value: object, of: type[W]) -> W | None:
        """A word by its slug."""
        words = {one.value: one for one in of}
        if isinstance(value, str) and value in words:
            return words[value]
        self.note(path, f"应为其一 must be one of {', '.join(words)}")
        return None

    def words(self, path: str, value: object, keys: type[K], of: type[W]) -> dict[K, W]:
        """A mapping from words to words."""
        given = self.table(path, value, tuple(keys))
        read = {keys(slug): self.word(_join(path, slug), one, of) for slug, one in given.items()}
        return {key: word for key, word in read.items() if word is not None}

    def counts(self, path: str, value: object, allowed: Collection[str]) -> dict[str, int]:
        """A mapping from some of `allowed` to whole numbers from 1."""
        given = self.table(path, value, allowed)
        return {name: self.count(_join(path, name), of) for name, of in given.items()}

    def limit(self, path: str, value: object) -> Limit | None:
        try:
            return Limit.parse(value)
        except LimitInvalid as fault:
            self.note(path, str(fault))
            return None

    def limits(self, path: str, value: object) -> Limits | None:
        both = ("accept", "handle")
        given = self.table(path, value, both, required=both)
        accept, handle = (
            self.limit(_join(path, name), given[name]) if name in given else None for name in both
        )
        return Limits(accept, handle) if accept and handle else None

    def limits_by_level(
        self, path: str, value: object, required: Collection[Level] = ()
    ) -> dict[Level, Limits]:
        given = self.table(path, value, tuple(Level), required)
        read = {Level(slug): self.limits(_join(path, slug), of) for slug, of in given.items()}
        return {level: limits for level, limits in read.items() if limits is not None}

    def note(self, path: str, fault: str) -> None:
        """Name a fault, Chinese first."""
        self.problems.append(f"{path or 'policy'}: {fault}")


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)
