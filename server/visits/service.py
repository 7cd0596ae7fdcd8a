"""What people do with visits: record them. A visit never changes; a later one supersedes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.households.errors import HouseholdErased
from server.households.queries import list_erased
from server.visits import queries
from server.visits.errors import BadVisit, NotServed
from server.visits.models import Visit
from server.visits.queries import Served
from server.visits.rules import wrong_fields


@dataclass(frozen=True, slots=True)
class NewVisit:
    """A visit as somebody wrote it down: `fields` are those of rules.FIELDS."""

    id: UUID
    household_id: UUID
    fields: Mapping[str, Any]
    occurred_at: datetime
    recorded_at: datetime
    proof: str = "proved"
    done_by: UUID | None = None  # None: whoever records it
    supersedes_id: UUID | None = None


def record_visits(session: Session, by: Identity, new: Sequence[NewVisit]) -> None:
    """Record visits, set-wise, and write down who did. Raises what `add_visits` raises."""
    add_visits(session, by, new)
    record(session, "visit.record", ids=[v.id for v in new][:50], count=len(new))


def add_visits(session: Session, by: Identity, new: Sequence[NewVisit]) -> None:
    """Add visits, set-wise, for whoever writes down the act: a push names all of its own in one.

    Authority is judged at the time of recording. Raises HouseholdErased, BadVisit, NotServed or
    VisitExists, with `index` of the first that is wrong. A household that does not exist and one
    that was never served are answered alike.
    """
    served = queries.find_served(session, [(v.household_id, v.recorded_at) for v in new])
    missing = {visit.household_id for index, visit in enumerate(new) if index not in served}
    erased = list_erased(session, missing)
    for index, visit in enumerate(new):
        if visit.household_id in erased:  # before all else: of such a visit nothing may be kept
            raise HouseholdErased(index=index)
        if wrong := wrong_fields(visit.fields, visit.occurred_at, visit.recorded_at):
            raise BadVisit(index=index, errors=wrong)
        if index not in served or not served[index].served:
            raise NotServed(index=index)
    _check_colleagues(session, new)
    new = _with_amended(session, new)
    recorded = _recorded(by)
    queries.insert_visits(session, [_row(v, served[i], recorded) for i, v in enumerate(new)])


def reveal_visit(session: Session, visit_id: UUID, reason: str) -> Visit:
    """One visit with its note; the look is written down with its reason."""
    visit = queries.get_visit(session, visit_id)
    record(session, "visit.reveal", reason=reason, ids=[visit_id])
    return visit


def _check_colleagues(session: Session, new: Sequence[NewVisit]) -> None:
    """Whoever did it is somebody who works here."""
    named = {v.done_by for v in new if v.done_by}
    known = queries.list_known_users(session, named) if named else set()
    for index, visit in enumerate(new):
        if visit.done_by and visit.done_by not in known:
            raise BadVisit(index=index, errors={"done_by": "unknown_user"})


def _with_amended(session: Session, new: Sequence[NewVisit]) -> Sequence[NewVisit]:
    """An amended visit must be of the same household; it may have come in the same push.

    What amends an erased visit stays by itself: it is no less true that somebody was there.
    """
    here = {(v.id, v.household_id) for v in new}
    asked = {(v.supersedes_id, v.household_id) for v in new if v.supersedes_id} - here
    missing = asked - queries.find_pairs(session, asked) if asked else set()
    erased = queries.list_erased(session, {visit for visit, _ in missing}) if missing else set()
    for index, visit in enumerate(new):
        pair = (visit.supersedes_id, visit.household_id)
        if pair in missing and visit.supersedes_id not in erased:
            raise BadVisit(index=index, errors={"supersedes_id": "other_household"})
    if not erased:
        return new
    return [replace(v, supersedes_id=None) if v.supersedes_id in erased else v for v in new]


def _recorded(by: Identity) -> Mapping[str, str | None]:
    """Who wrote them down, on what, and when they came: of all visits of a request the same."""
    return {
        "recorded_by": str(by.user_id),
        "device_id": str(by.device_id) if by.device_id else None,
        "received_at": by.now.isoformat(),
    }


def _row(visit: NewVisit, served: Served, recorded: Mapping[str, str | None]) -> dict[str, Any]:
    return {
        **recorded,
        "id": str(visit.id),
        "household_id": visit.household_id,
        "bucket": served.bucket,
        "cell_id": served.cell_id,
        "outcome": visit.fields["outcome"],
        "purpose": visit.fields.get("purpose", "service"),
        "note": visit.fields.get("note"),
        "companions": visit.fields.get("companions"),
        "done_by": visit.done_by or recorded["recorded_by"],
        "occurred_at": visit.occurred_at,
        "recorded_at": visit.recorded_at,
        "proof": visit.proof,
        "supersedes_id": visit.supersedes_id,
    }
