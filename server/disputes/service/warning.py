"""Warnings before a bar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import worker
from server.disputes.queries import clock as queries
from server.ladder.calendar import local_day
from server.ladder.errors import CalendarGap
from server.ladder.warning import windows
from server.notices.rules import Kind, Notice
from server.notices.service import owe
from server.policies import service as policies
from server.policies.errors import CalendarMissing

BATCH = 2000
# So far back the days are read for each working day of warning: the longest break, and more.
_LOOK_BACK, _EACH = timedelta(days=30), timedelta(days=2)


def warn(session: Session, at: datetime, batch: int = BATCH) -> int:
    """Tell the Offices of at most `batch` cases that a bar is near, each bar once; how many.

    The holder hears of it, the Office above and the one that sent the case here, by the policy
    under which the Holding began; a bar that has moved since is warned of anew. Role
    wangge_worker. Call it again until it returns 0. Raises CalendarMissing.
    """
    found = {one.id: one.policy.warning_working_days for one in policies.list_versions(session)}
    if not found:
        return 0
    since = local_day(at - _LOOK_BACK - max(found.values()) * _EACH)
    calendar = policies.calendar(session, since)
    try:
        near = {id_: list(windows(at, days, calendar)) for id_, days in found.items()}
    except CalendarGap as gap:
        raise CalendarMissing(str(gap)) from gap
    warned = queries.warn(session, at, batch, near)
    owe(session, worker(at), [_notice(row) for row in warned])
    if warned:
        record(session, "dispute.warn", count=len(warned))
    return len(warned)


def _notice(row: Row[Any]) -> Notice:
    told = {"bar": row.bar, "due_at": row.due_at, "level": row.level}
    return Notice(Kind.WARNING, row.dispute_id, tuple(dict.fromkeys(row.office_ids)), told)
