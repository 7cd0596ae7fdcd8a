"""After the settlement: follow-ups that are over, terms that fall due, the way to court."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import worker
from server.disputes.queries import clock as queries
from server.ladder.calendar import local_day
from server.notices.rules import Kind, Notice
from server.notices.service import owe
from server.policies import service as policies

BATCH = 2000


def close_followed_up(session: Session, at: datetime, batch: int = BATCH) -> int:
    """Close at most `batch` settled cases whose follow-up is over at `at`; how many.

    Role wangge_worker. Call it again until it returns 0: a case is closed once, by any number of
    workers, and never by the clock while somebody acts on it.
    """
    closed = queries.close_followed_up(session, at, batch)
    notices = [
        Notice(Kind.CLOSED, row.id, (row.office_id,), {"how": "follow_up_over"}) for row in closed
    ]
    owe(session, worker(at), notices)
    if closed:
        record(session, "dispute.close", count=len(closed))
    return len(closed)


def remind(session: Session, at: datetime, batch: int = BATCH) -> int:
    """Tell the Offices that settled them what falls due: agreed terms, soon and once they are late,
    and the day until which both sides may ask the court together. At most `batch` of each, each
    once; how many. Role wangge_worker. Call it again until it returns 0.
    """
    today = local_day(at)
    of = {one.id: one.policy for one in policies.list_versions(session)}
    terms = {id_: today + timedelta(days=one.term_reminder_days) for id_, one in of.items()}
    courts = {
        id_: today + timedelta(days=one.confirmation_reminder_days) for id_, one in of.items()
    }
    notices = [
        *map(_of_term, queries.remind_of_terms(session, at, today, batch, terms)),
        *map(_of_court, queries.remind_of_confirmations(session, at, today, batch, courts)),
    ]
    owe(session, worker(at), notices)
    if notices:
        record(session, "dispute.remind", count=len(notices))
    return len(notices)


def _of_term(row: Row[Any]) -> Notice:
    told = {"term_id": row.id, "due_on": row.due_on, "late": row.late}
    return Notice(Kind.TERM_DUE, row.dispute_id, (row.office_id,), told)


def _of_court(row: Row[Any]) -> Notice:
    told = {"agreement_id": row.id, "confirm_by": row.confirm_by}
    return Notice(Kind.CONFIRM_BY, row.dispute_id, (row.office_id,), told)
