"""Sync in numbers that phone and server agree on, why a record is not counted, and alarms."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.db import Identity, transaction
from server.problems import catalogue
from server.syncing.models import SyncQuarantine
from server.syncing.status import queries, rules
from server.syncing.status.rules import BYTES_A_ROW, WINDOW, Alarm
from sync.model import Page, Pull

SHOWN: Final = 100  # of an author's single changes; the numbers count all


def explain(reason: str) -> dict[str, str]:
    """`text`: why a record is not counted; `remedy`: what to do. Chinese, English beside it."""
    why = rules.REASONS.get(reason)
    if why is None:
        why = rules.OTHERWISE._replace(text=_texts().get(reason, rules.OTHERWISE.text))
    return {"text": why.text, "remedy": why.remedy}


@cache
def _texts() -> Mapping[str, str]:
    """Slug → text of whatever a noun may refuse."""
    return {slug: text for slug, _, text in catalogue()}


def my_status(session: Session, by: Identity, user_id: UUID) -> dict[str, Any]:
    """The asker's own phones in numbers, and what of theirs waits for a person or was decided."""
    since = by.now - WINDOW
    waiting = queries.list_waiting(session, user_id, SHOWN)
    decided = queries.list_decided(session, user_id, since, SHOWN)
    return {
        **of_users(session, by, [user_id])[user_id],
        "days": rules.DAYS,
        "waiting": [_one(q) for q in waiting],
        "decided": [_one(q) for q in decided],
    }


def list_workers(
    session: Session, by: Identity, after: UUID | None, limit: int
) -> tuple[list[dict[str, Any]], UUID | None, int]:
    """A page of those in the asker's charge, by area and name, with the numbers they see too.

    Returns the page, the `after` of the next one, and how many there are.
    """
    workers = queries.list_workers(session, by.now, by.now - WINDOW)
    ids = [worker.id for worker in workers]
    start = ids.index(after) + 1 if after in ids else 0
    page = workers[start : start + limit]
    numbers = of_users(session, by, [worker.id for worker in page])
    items = [{**worker._mapping, **numbers[worker.id]} for worker in page]
    return items, (page[-1].id if start + limit < len(ids) else None), len(ids)


def list_phones(session: Session, by: Identity) -> list[dict[str, Any]]:
    """Everybody in the asker's charge, by area and name, with their phones' numbers alone."""
    since = by.now - WINDOW
    workers = queries.list_workers(session, by.now, since)
    of_user: dict[UUID, list[dict[str, Any]]] = {worker.id: [] for worker in workers}
    for row in queries.list_phones(session, list(of_user), since):
        of_user[row.user_id].append(_phone(row))
    return [{**worker._mapping, "phones": of_user[worker.id]} for worker in workers]


def county_totals(session: Session, by: Identity) -> dict[str, Any]:
    """The county in numbers, for IT: no person, no content."""
    found = queries.find_totals(session, by.now - WINDOW)
    totals = dict(found._mapping) if found else {}
    return {
        **totals,
        "days": rules.DAYS,
        "reasons": _reasons(totals.get("reasons", ())),
        "alarms": [
            {"kind": kind, "phones": phones, "text": rules.ALARMS.get(kind, kind)}
            for kind, phones in sorted(queries.count_alarms(session, by.now - WINDOW).items())
        ],
    }


def raise_alarms(session: Session, by: Identity, alarms: Iterable[Alarm]) -> None:
    """Write down what happened to the phone that asks, once a day and kind."""
    rows = [
        {
            "device_id": by.device_id,
            "kind": kind,
            "day": by.now.astimezone(UTC).date(),
            "user_id": by.user_id,
            "first_at": by.now,
            "last_at": by.now,
            "times": 1,
            "details": details,
        }
        for kind, details in alarms
    ]
    if rows:
        queries.upsert_alarms(session, rows)


def watch_pull(by: Identity, asked: Pull, page: Page) -> None:
    """Raise what a pull betrays, in a transaction of its own: the pull's was a snapshot."""
    if alarms := list(rules.alarms_of_pull(asked, page)):
        with transaction(by) as session:
            raise_alarms(session, by, alarms)


def list_alarms(
    session: Session, since: datetime, users: Collection[UUID] | None = None
) -> list[dict[str, Any]]:
    """Alarms since then, the newest first, with what they mean."""
    return [
        {
            "user_id": alarm.user_id,
            "login": login,
            "name": name,
            "device_id": alarm.device_id,
            "phone": phone,
            "kind": alarm.kind,
            "text": rules.ALARMS.get(alarm.kind, alarm.kind),
            "first_at": alarm.first_at,
            "last_at": alarm.last_at,
            "times": alarm.times,
            "details": alarm.details,
        }
        for alarm, login, name, phone in session.execute(queries.list_alarms(since, users))
    ]


def of_users(session: Session, by: Identity, users: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """User → phones with their numbers and alarms, and what one should hold."""
    since = by.now - WINDOW
    loads = queries.map_loads(session, users)
    of_user: dict[UUID, dict[str, Any]] = {
        user: {
            "rows": loads.get(user, 0),
            "bytes": loads.get(user, 0) * BYTES_A_ROW,
            "phones": [],
            "alarms": [],
        }
        for user in users
    }
    for row in queries.list_phones(session, users, since):
        of_user[row.user_id]["phones"].append(_phone(row))
    for alarm in list_alarms(session, since, users):
        of_user[alarm["user_id"]]["alarms"].append(alarm)
    return of_user


def _phone(row: Row[Any]) -> dict[str, Any]:
    """`received` counts from the first change on; the others those of the last days.

    `kept`: how many rejected ones lie on it still, in its own word where it has told.
    """
    own = {n: v for n, v in row._mapping.items() if n != "user_id" and not n.startswith("unsent")}
    unsent = _unsent(row)
    return {
        **own,
        "received": row.next_n - 1,
        "reasons": _reasons(row.reasons),
        "unsent": unsent,
        "kept": unsent["rejected"] if unsent else row.rejected,
    }


def _unsent(row: Row[Any]) -> dict[str, Any] | None:
    """What the phone last said that it holds; None: it has never told."""
    if row.unsent_at is None:
        return None
    waits = row.unsent_changes or row.unsent_files
    why = rules.UNSENT if waits else None
    return {
        "changes": row.unsent_changes,
        "rejected": row.unsent_rejected,
        "files": row.unsent_files,
        "oldest_at": row.unsent_oldest_at,
        "told_at": row.unsent_at,
        "text": why and why.text,
        "remedy": why and why.remedy,
    }


def _reasons(counted: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, **explain(one["reason"] or "")} for one in counted]


def _one(kept: SyncQuarantine) -> dict[str, Any]:
    """One change as its author sees it: it is theirs, and its content is on their phone."""
    shown = ("mid", "device_id", "n", "entity", "row_id", "reason", "received_at", "closed_at")
    return {
        **{name: getattr(kept, name) for name in shown},
        "how": kept.closed_how,
        "why": kept.why,
        **explain(kept.reason),
    }
