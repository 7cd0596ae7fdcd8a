"""Unsent: what a phone says that it still holds, and which of its counts is kept.

One is kept of each device, the last. A phone may be silent, so it is shown with its time; a phone
that never told is not one that holds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sync.clock import correct
from sync.forms import Malformed, read_instant, read_integer, read_object
from sync.model import Instant, Report, Unsent

MAX_UNSENT = 1_000_000  # of each number; a phone that holds more says this
AGAIN = timedelta(minutes=10)  # so long the same is not written down anew
JITTER = timedelta(minutes=1)  # by which one time may differ when it is worked out twice


def heed(told: Unsent | None, kept: Report | None, now: datetime) -> Report | None:
    """What is to be kept of a device that told this `now`; `kept` itself where that stays.

    It stays where nothing was told, where the telling was overtaken by a later one (which the
    phone's own clock says, within one boot), and where the same was told a moment ago.
    """
    if told is None or (kept and _overtaken(told, kept)):
        return kept
    report = _dated(told, now)
    if kept and _same(report, kept) and timedelta(0) <= now - kept.told_at < AGAIN:
        return kept
    return report


def decode_unsent(value: Any, path: str) -> Unsent | None:
    """From its JSON object; None where the phone told nothing. Raises `Malformed`."""
    if value is None:
        return None
    told = read_object(value, path)
    files = told.get("files")
    return Unsent(
        changes=read_integer(told.get("changes"), f"{path}.changes", 0, MAX_UNSENT),
        rejected=read_integer(told.get("rejected"), f"{path}.rejected", 0, MAX_UNSENT),
        at=read_instant(told.get("at"), f"{path}.at"),
        files=None if files is None else read_integer(files, f"{path}.files", 0, MAX_UNSENT),
        oldest=_read_oldest(told.get("oldest"), f"{path}.oldest"),
    )


def encode_unsent(told: Unsent | None) -> Mapping[str, Any] | None:
    """As its JSON object."""
    if told is None:
        return None
    return {
        "changes": told.changes,
        "rejected": told.rejected,
        "files": told.files,
        "oldest": told.oldest and told.oldest._asdict(),
        "at": told.at._asdict(),
    }


def _read_oldest(value: Any, path: str) -> Instant | None:
    """The `at` of a change that waits: one bad change never blocks an outbox, and no pull."""
    try:
        return read_instant(value, path)
    except Malformed:
        return None


def _overtaken(told: Unsent, kept: Report) -> bool:
    return told.at.boot == kept.boot != "" and told.at.elapsed < kept.elapsed


def _dated(told: Unsent, now: datetime) -> Report:
    oldest = told.oldest if told.changes else None
    return Report(
        changes=told.changes,
        rejected=told.rejected,
        files=told.files,
        oldest_at=oldest and correct(oldest, told.at, now).recorded_at,
        told_at=now,
        boot=told.at.boot,
        elapsed=told.at.elapsed,
    )


def _same(one: Report, other: Report) -> bool:
    if (one.changes, one.rejected, one.files) != (other.changes, other.rejected, other.files):
        return False
    if one.oldest_at is None or other.oldest_at is None:
        return one.oldest_at is other.oldest_at
    return abs(one.oldest_at - other.oldest_at) < JITTER
