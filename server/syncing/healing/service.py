"""Epochs: when the database is another one than phones knew, and what came back since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.ids import new_id
from server.syncing import queries as syncing
from server.syncing.healing import queries
from server.syncing.healing.rules import FIRST, WENT_BACK, why_new
from server.syncing.healing.witness import Stand, Witness

MONTH: Final = timedelta(days=30)  # for so long phones keep what they have sent


def ensure_epoch(session: Session, by: Identity, why: str | None = None) -> bool:
    """Begin a new epoch where the database is another one (or `why` says so); ends every session.

    Returns whether one began.
    """
    present, fingerprint = syncing.find_epoch(session), queries.get_fingerprint(session)
    if present and present.fingerprint == fingerprint and why is None:
        return False
    reason = why or (why_new(present.fingerprint, fingerprint) if present else FIRST)
    queries.insert_epoch(
        session,
        id=new_id(by.now),
        began_at=by.now,
        why=reason,
        fingerprint=fingerprint,
        known_until=queries.find_last_act(session) if present else None,
    )
    queries.end_all_logins(session, by.now)
    record(session, "sync.epoch", why=reason)
    return True


def look_at_epoch(session: Session, by: Identity, witness: Witness, why: str | None = None) -> bool:
    """Whether a new epoch began: `why`, or for the fingerprint, or for what the witness remembers.

    The witness is told where the feed stands now.
    """
    began = ensure_epoch(session, by, why or _went_back(session, witness))
    mark = queries.find_newest_mark(session)
    if mark:
        witness.keep(Stand(queries.get_fingerprint(session), mark))
    return began


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that was alive when the epoch began; `heard`: it has signed in again since."""

    device_id: UUID
    login: str
    name: str
    heard: bool


@dataclass(frozen=True, slots=True)
class Hole:
    """Numbers of one phone that nobody can fill any more."""

    login: str
    name: str
    count: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Healing:
    """What is known of the present epoch. `known_until` → `began_at` is the span that was lost."""

    number: int
    why: str
    began_at: datetime
    known_until: datetime | None
    lost: Mapping[str, int] | None  # action → acts of that span; None: nobody could be asked
    phones: Sequence[Phone]
    came_back: Mapping[str, int]  # status → changes written before, received since
    holes: Sequence[Hole]
    started_anew: int  # phones whose mark is unknown here: a copy that nobody told of


def report(session: Session) -> Healing | None:
    """How far the county has healed since its present epoch began; None before the first."""
    epoch = syncing.find_epoch(session)
    if epoch is None:
        return None
    began = epoch.began_at
    phones = queries.list_phones(session, began, MONTH)
    return Healing(
        number=epoch.number,
        why=epoch.why,
        began_at=began,
        known_until=epoch.known_until,
        lost=epoch.lost,
        phones=[Phone(*row) for row in phones],
        came_back=queries.count_came_back(session, began),
        holes=[Hole(*row) for row in queries.list_holes(session, began)],
        started_anew=queries.count_started_anew(session, began),
    )


def _went_back(session: Session, witness: Witness) -> str | None:
    """WENT_BACK where the same database no longer knows the mark that the witness saw."""
    stand = witness.read()
    if stand is None or stand.fingerprint != queries.get_fingerprint(session):
        return None
    return None if queries.has_mark(session, stand.mark) else WENT_BACK
