"""Pure: what a mapping file says, what a row becomes under it, and whether a platform knows it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

from server.exports.handover.errors import BadHandoverMapping

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")  # of a platform
FORMATS = ("xlsx", "csv")
CHANGES = ("new", "changed", "ended")
_PLACE = ("township", "village", "village_code", "cell_code")
_TIMES = ("occurred_at", "recorded_at", "received_at")

# What a column may be filled with, by entity.
FIELDS: Mapping[str, frozenset[str]] = {
    "households": frozenset(
        {"id", "their_id", "external_id", "change", *_PLACE, "group_no", "head_name"}
        | {"telephone", "address", "kind", "state", "people", "lon", "lat", "created_at"}
    ),
    "visits": frozenset(
        {"id", "their_id", "change", *_PLACE, "household_id", "household_their_id", "head_name"}
        | {"outcome", "purpose", "note", "companions", "done_by", *_TIMES}
        | {"supersedes_id", "supersedes_their_id"}
    ),
    "disputes": frozenset(
        {"id", "their_id", "change", *_PLACE, "category", "status", "level", "office"}
        | {"channel", "size", "story", "due_at", *_TIMES}
    ),
}
# What an export shows to nobody who has not said why, or not whole.
_PERSONAL = frozenset({"head_name", "telephone", "address", "note", "story"})
# What changes by our telling or by the platform's answer makes no row new to it.
_UNTOLD = frozenset({"change", "their_id", "household_their_id", "supersedes_their_id"})


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """One column of theirs: filled with a field of ours, or always with the same value."""

    title: str
    name: str | None = None  # of our field
    value: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    form: str | None = None  # of times, as strftime


@dataclass(frozen=True, slots=True)
class SheetMap:
    """One sheet: rows of one entity."""

    entity: str  # households, visits or disputes
    name: str
    columns: tuple[ColumnMap, ...]

    @property
    def tells_ends(self) -> bool:
        """Whether the platform can hear that a household has ended."""
        return any(column.name in {"state", "change"} for column in self.columns)


@dataclass(frozen=True, slots=True)
class PlatformMap:
    """How one platform wants its file."""

    platform: str
    format: str
    sheets: tuple[SheetMap, ...]

    @property
    def personal(self) -> bool:
        """Whether persons can be read in its file: that takes a second one's consent."""
        return any(column.name in _PERSONAL for sheet in self.sheets for column in sheet.columns)


def read_platform(raw: Any, words_of: Mapping[str, Mapping[str, Sequence[str]]]) -> PlatformMap:
    """A mapping as it was read from YAML. `words_of`: entity → field → the slugs it may hold.

    Everything is looked at before anything is written. Raises BadHandoverMapping, saying where.
    """
    _keys(raw, "", {"platform", "format", "sheets"}, {"title", "times"})
    platform, form = raw["platform"], raw["format"]
    if not isinstance(platform, str) or not NAME.fullmatch(platform):
        raise _wrong("platform", "a-z, 0-9, _ and -, at most 40")
    if form not in FORMATS:
        raise _wrong("format", f"one of {', '.join(FORMATS)}")
    times = _strftime(raw.get("times", "%Y-%m-%d %H:%M:%S"), "times")
    sheets = _list(raw["sheets"], "sheets", 3)
    if form == "csv" and len(sheets) > 1:
        raise _wrong("sheets", "a CSV holds one sheet")
    read = tuple(_sheet(one, f"sheets[{k}]", times, words_of) for k, one in enumerate(sheets, 1))
    if len({sheet.entity for sheet in read}) < len(read):
        raise _wrong("sheets", "each entity once")
    return PlatformMap(platform, form, read)


def told(sheet: SheetMap, row: Mapping[Any, Any], change: str, zone: tzinfo) -> list[Any]:
    """The row's cells in this sheet: texts and numbers, or None."""
    row = {**row, "change": change}
    return [_cell(column, row, zone) for column in sheet.columns]


def version_of(sheet: SheetMap, row: Mapping[Any, Any], zone: tzinfo) -> bytes:
    """A digest of what the platform is told of a row: another one means that it has changed."""
    columns = [column for column in sheet.columns if column.name not in _UNTOLD]
    cells = [_cell(column, row, zone) for column in columns]
    text = json.dumps(
        [cells, sheet.tells_ends and has_ended(sheet, row)],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def change_of(sheet: SheetMap, before: bytes | None, version: bytes, *, ended: bool) -> str | None:
    """What to tell a platform of a row: new, changed, ended; None: nothing.

    `before`: the version that it was told last. Whoever never heard of a household does not hear
    that it ended, nor does one whose file has no column for it.
    """
    if ended and (before is None or not sheet.tells_ends):
        return None
    if before is None:
        return "new"
    if before == version:
        return None
    return "ended" if ended else "changed"


def has_ended(sheet: SheetMap, row: Mapping[Any, Any]) -> bool:
    """Whether nobody lives there any more."""
    return sheet.entity == "households" and row["state"] == "ended"


def _sheet(
    raw: Any, at: str, times: str, words_of: Mapping[str, Mapping[str, Sequence[str]]]
) -> SheetMap:
    _keys(raw, at, {"entity", "columns"}, {"name"})
    entity = raw["entity"]
    if entity not in FIELDS:
        raise _wrong(f"{at}.entity", f"one of {', '.join(FIELDS)}")
    name = _text(raw.get("name", entity), f"{at}.name", 31)
    columns = tuple(
        _column(one, f"{at}.columns[{k}]", entity, times, words_of[entity])
        for k, one in enumerate(_list(raw["columns"], f"{at}.columns", 100), 1)
    )
    if len({column.title for column in columns}) < len(columns):
        raise _wrong(f"{at}.columns", "each title once")
    return SheetMap(entity, name, columns)


def _column(
    raw: Any, at: str, entity: str, times: str, words_of: Mapping[str, Sequence[str]]
) -> ColumnMap:
    _keys(raw, at, {"title"}, {"field", "value", "words", "times"})
    title = _text(raw["title"], f"{at}.title", 100)
    if ("field" in raw) == ("value" in raw):
        raise _wrong(at, "either a field or a value")
    if "value" in raw:
        _keys(raw, at, {"title", "value"}, set())
        return ColumnMap(title, value=_text(raw["value"], f"{at}.value", 200))
    name = raw["field"]
    if not isinstance(name, str) or name not in FIELDS[entity]:
        raise _wrong(f"{at}.field", f"one of {', '.join(sorted(FIELDS[entity]))}")
    words = _words(raw.get("words", {}), f"{at}.words", words_of.get(name, ()))
    form = _strftime(raw.get("times", times), f"{at}.times")
    return ColumnMap(title, name, words=words, form=form)


def _words(raw: Any, at: str, slugs: Sequence[str]) -> Mapping[str, str]:
    """All words of a field or none: one that was forgotten would reach the platform as ours."""
    if not isinstance(raw, dict):
        raise _wrong(at, "a mapping of our words to theirs")
    if not raw:
        return {}
    if not slugs:
        raise _wrong(at, "this field has no fixed words")
    if set(raw) != set(slugs):
        raise _wrong(at, f"exactly these: {', '.join(slugs)}")
    return {slug: _text(word, f"{at}.{slug}", 100) for slug, word in raw.items()}


def _cell(column: ColumnMap, row: Mapping[Any, Any], zone: tzinfo) -> Any:
    if column.name is None:
        return column.value
    value = row[column.name]
    if value is None or value == "":
        return None
    if column.words:
        return column.words[value]
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime(column.form or "")
    return value if isinstance(value, int | float) else str(value)


def _keys(raw: Any, at: str, needed: set[str], others: set[str]) -> None:
    if not isinstance(raw, dict):
        raise _wrong(at, "a mapping")
    if missing := sorted(needed - raw.keys()):
        raise _wrong(at, f"missing: {', '.join(missing)}")
    if strange := sorted(str(key) for key in raw.keys() - needed - others):
        raise _wrong(at, f"not known here: {', '.join(strange)}")


def _list(raw: Any, at: str, most: int) -> list[Any]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= most:
        raise _wrong(at, f"a list of 1 to {most}")
    return raw


def _text(raw: Any, at: str, most: int) -> str:
    """Only text: YAML reads an unquoted 01 as the number 1, and 是 as text but yes as true."""
    if not isinstance(raw, str) or not 1 <= len(raw) <= most:
        raise _wrong(at, f'text in quotes, such as "01", of at most {most} characters')
    return raw


def _strftime(raw: Any, at: str) -> str:
    form = _text(raw, at, 40)
    if "%" not in form or not date(2026, 3, 2).strftime(form).strip():
        raise _wrong(at, 'as "%Y-%m-%d %H:%M:%S"')
    return form


def _wrong(at: str, why: str) -> BadHandoverMapping:
    return BadHandoverMapping(
        f"映射文件 {at} 有误。 In the mapping file, {at or 'all'} must be: {why}"
    )
