"""The forms of what travels: a JSON value read as what it must be, or `Malformed` with its path."""

from __future__ import annotations

import math
import re
from typing import Any

from sync.errors import SyncError
from sync.ids import UUID_FORM
from sync.model import Instant

MAX_NAME = 100
MAX_BOOT = 64
MAX_N = 2**53 - 1  # what every JSON reader can tell apart

# What PostgreSQL can hold in no text: NUL, and halves of a surrogate pair.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Malformed(SyncError):
    """The request cannot be read: `path` says where, `what` says what was wanted."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path = path
        self.what = what


def read_object(value: Any, path: str) -> dict[str, Any]:
    """An object. Raises `Malformed`, like all of these."""
    if not isinstance(value, dict):
        raise Malformed(path, "an object")
    return value


def read_list(value: Any, path: str, most: int) -> list[Any]:
    """A list of at most so many."""
    if not isinstance(value, list) or len(value) > most:
        raise Malformed(path, f"a list of at most {most}")
    return value


def read_integer(value: Any, path: str, least: int, most: int) -> int:
    """An integer within these, written without a fraction."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Malformed(path, f"an integer from {least} to {most}")
    return value


def read_instant(value: Any, path: str) -> Instant:
    """What a phone's clocks read."""
    reading = read_object(value, path)
    return Instant(
        read_integer(reading.get("wall"), f"{path}.wall", -MAX_N, MAX_N),
        read_integer(reading.get("elapsed"), f"{path}.elapsed", 0, MAX_N),
        read_text(reading.get("boot"), f"{path}.boot", MAX_BOOT),
    )


def read_uuid(value: Any, path: str) -> str:
    """A UUID as text."""
    return read_matching(value, path, UUID_FORM, "a UUID in lower case")


def read_matching(value: Any, path: str, form: re.Pattern[str], wanted: str) -> str:
    """Text of this form."""
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Malformed(path, wanted)
    return value


def read_text(value: Any, path: str, most: int) -> str:
    """Text that a database can keep."""
    if not isinstance(value, str) or len(value) > most or UNSTORABLE.search(value):
        raise Malformed(path, f"text of at most {most} characters")
    return value


def read_name(value: Any, path: str) -> str | None:
    """A short text, or null."""
    return None if value is None else read_text(value, path, MAX_NAME)


def check_json(value: Any, path: str, depth: int) -> None:
    """Refuse what JSON text may say and a database cannot keep."""
    if depth < 0:
        raise Malformed(path, "nested too deep")
    if isinstance(value, float) and not math.isfinite(value):
        raise Malformed(path, "a finite number")
    if isinstance(value, str) and UNSTORABLE.search(value):
        raise Malformed(path, "text without NUL or half characters")
    if isinstance(value, dict):
        for name, inner in value.items():
            check_json(name, f"{path}.*", depth)
            check_json(inner, f"{path}.{name}", depth - 1)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            check_json(inner, f"{path}[{i}]", depth - 1)
