"""What goes with each kind of row, who has to hear of it, and which texts a person has to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.db import Identity
from server.erasure.queries import mentions, statements, taking
from server.erasure.queries.mentions import Said
from server.erasure.rules import names


@dataclass(frozen=True, slots=True)
class Taken:
    """What went. `erased`: entity → ids that are never taken again; `buckets`: who hears of it.

    `named`: texts that stay, and whether they say the person's name or number.
    """

    counts: Mapping[str, Any]
    erased: Mapping[str, Sequence[UUID]]
    buckets: frozenset[str]
    files: frozenset[bytes] = frozenset()
    named: Sequence[tuple[Said, bool]] = field(default_factory=tuple)


def take_household(session: Session, by: Identity, row_id: UUID) -> Taken:
    """A household with its visits and consents; in its cases the party is left unnamed."""
    bucket = taking.lock_rows(session, "household", [row_id]).get(row_id)
    persons = mentions.list_names_of_household(session, row_id)
    disputes = taking.list_disputes(session, row_id)
    visits, needs = taking.list_visits(session, row_id), taking.list_needs(session, row_id)
    ids = [row_id, *visits, *needs]
    buckets = _phones(session, ids) | ({bucket} if bucket else frozenset())
    left = {
        "disputes": [str(one) for one in disputes],
        "platforms": taking.list_platforms(session, ids),
    }
    files = taking.list_files(session, statements.FILES_OF_HOUSEHOLDS, ids)
    counts = taking.take_away(session, statements.HOUSEHOLD, ids, by.now)
    named = _still_said(session, disputes, persons)
    erased = {"household": [row_id], "visit": visits, "service_need": needs}
    return Taken({**counts, **left}, erased, buckets, frozenset(files), named)


def take_visit(session: Session, by: Identity, row_id: UUID) -> Taken:
    """One visit, with its files."""
    bucket = taking.lock_rows(session, "visit", [row_id]).get(row_id)
    buckets = _phones(session, [row_id]) | ({bucket} if bucket else frozenset())
    left = {"disputes": [], "platforms": taking.list_platforms(session, [row_id])}
    files = taking.list_files(session, statements.FILES_OF_VISITS, [row_id])
    counts = taking.take_away(session, statements.HOUSEHOLD, [row_id], by.now)
    return Taken({**counts, **left}, {"visit": [row_id]}, buckets, frozenset(files))


@dataclass(frozen=True, slots=True)
class TakenVisits:
    """Visits that went, by the bucket in which phones held them."""

    by_bucket: Mapping[str | None, Sequence[UUID]]
    files: frozenset[bytes]


def take_visits(session: Session, by: Identity, ids: Sequence[UUID]) -> TakenVisits:
    """Many visits at once, with their files; ids of what is not here are refused all the same."""
    buckets = taking.lock_rows(session, "visit", ids)
    grouped: dict[str | None, list[UUID]] = {}
    for one in ids:
        grouped.setdefault(buckets.get(one), []).append(one)
    files = taking.list_files(session, statements.FILES_OF_VISITS, ids)
    taking.take_away(session, statements.HOUSEHOLD, ids, by.now)
    return TakenVisits(grouped, frozenset(files))


def take_party(session: Session, by: Identity, row_id: UUID) -> Taken:
    """One party of a case that stays: who it is, and what it said."""
    taking.lock_rows(session, "party", [row_id])
    dispute_id, persons = mentions.list_names_of_party(session, row_id)
    disputes = [dispute_id] if dispute_id else []
    session.expire_all()  # what the ORM read is about to be something else
    files = taking.list_files(session, statements.FILES_OF_PARTIES, [row_id])
    counts = taking.take_away(session, statements.PARTY, [row_id], by.now)
    left = {
        "disputes": [str(one) for one in disputes],
        "platforms": taking.list_platforms(session, disputes),
    }
    named = _still_said(session, disputes, persons)
    return Taken({**counts, **left}, {"party": [row_id]}, frozenset(), frozenset(files), named)


def take_dispute(session: Session, by: Identity, row_id: UUID) -> Taken:
    """A case with its whole file. Of its history the number of links and the last one stay."""
    taking.lock_rows(session, "dispute", [row_id])
    events = taking.list_events(session, row_id)
    ids = [row_id, *(event for event, _ in events)]
    buckets = _phones(session, ids) | taking.list_buckets(session, row_id)
    left = {
        "disputes": [],
        "platforms": taking.list_platforms(session, [row_id]),
        "chain": {"n": len(events), "head": events[-1][1] if events else None},
    }
    files = taking.list_files(session, statements.FILES_OF_DISPUTES, [row_id])
    counts = taking.take_away(session, statements.DISPUTE, [row_id], by.now)
    erased = {"dispute": [row_id], "dispute_event": [event for event, _ in events]}
    return Taken({**counts, **left}, erased, buckets, frozenset(files))


TAKE: Mapping[str, Callable[[Session, Identity, UUID], Taken]] = {
    "household": take_household,
    "visit": take_visit,
    "party": take_party,
    "dispute": take_dispute,
}


def _phones(session: Session, ids: Sequence[UUID]) -> frozenset[str]:
    return frozenset(f"u:{author}" for author in taking.list_authors(session, ids))


def _still_said(
    session: Session, disputes: Sequence[UUID], persons: Sequence[str | None]
) -> list[tuple[Said, bool]]:
    """Texts that name the person, and what may speak of somebody without a name: the story, and
    what was agreed.
    """
    said = [
        (one, names(one.text, persons)) for one in mentions.list_said(session, disputes) if one.text
    ]
    return [(one, named) for one, named in said if named or one.field in {"story", "agreement"}]
