"""Pure decisions about visits: the outcomes, and what a field may hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

# 走访结果. Only the first two are coverage; none is a fault (domain.md: no minimum counts).
OUTCOMES = {
    "met": "见面",
    "by_telephone": "电话",
    "nobody_home": "无人在家",
    "declined": "谢绝",
    "moved_away": "已搬走",
}
COVERAGE = frozenset({"met", "by_telephone"})

# 走访事由. No inspection: a visit is service (四个不准).
PURPOSES = {"service": "走访服务", "need": "办理需求", "dispute": "矛盾纠纷", "other": "其他"}

FIELDS = frozenset({"outcome", "purpose", "note", "companions"})
MAX_NOTE = 2000


def wrong_fields(
    fields: Mapping[str, Any], occurred_at: datetime, recorded_at: datetime
) -> dict[str, str]:
    """Field → slug of what is wrong; empty when the visit may be kept."""
    wrong = dict.fromkeys(fields.keys() - FIELDS, "unknown_field")
    if fields.get("outcome") not in list(OUTCOMES):
        wrong["outcome"] = "unknown_outcome"
    if fields.get("purpose", "service") not in list(PURPOSES):
        wrong["purpose"] = "unknown_purpose"
    note = fields.get("note")
    if note is not None and (not isinstance(note, str) or len(note) > MAX_NOTE or "\x00" in note):
        wrong["note"] = "bad_text"
    companions = fields.get("companions")
    if companions is not None and not (type(companions) is int and 0 <= companions <= 50):
        wrong["companions"] = "bad_number"
    if slug := wrong_time(occurred_at, recorded_at):
        wrong["occurred_at"] = slug
    return wrong


def wrong_time(occurred_at: datetime, recorded_at: datetime) -> str | None:
    """What is wrong with a time that was typed: it lies between 1970 and when it was written down.

    PostgreSQL keeps times that Python cannot read back: the tables have the same bounds.
    """
    if not _EARLIEST <= occurred_at < _LATEST:
        return "bad_time"
    # Hardly after it was written down: clocks differ a little.
    return "in_the_future" if occurred_at > recorded_at + timedelta(minutes=10) else None


_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
