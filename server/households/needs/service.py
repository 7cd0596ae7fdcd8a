"""Recording a need with its consent, withdrawing one, and what time alone ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.households.errors import HouseholdErased
from server.households.needs import queries
from server.households.needs.errors import BadConsent, NeedNotFound, NeedNotServed
from server.households.needs.rules import as_day, wrong_consent
from server.households.queries import list_erased
from server.ladder.calendar import local_day

BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class NewNeed:
    """A need as somebody wrote it down with its consent: `fields` are those of rules.FIELDS."""

    id: UUID
    household_id: UUID
    recorded_at: datetime
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A consent that was taken back; an empty `fields` writes nothing."""

    id: UUID
    fields: Mapping[str, Any]
    stamps: Mapping[str, Any] = field(default_factory=dict)


def record_needs(session: Session, by: Identity, new: Sequence[NewNeed]) -> None:
    """Record needs, set-wise; authority is judged at the time of recording.

    A consent for a need that is there already takes its place, unless that one was given later.
    Raises HouseholdErased, BadConsent, NeedNotServed or NeedExists, with `index` of the first wrong
    one.
    """
    served = queries.find_served(session, [(one.household_id, one.recorded_at) for one in new])
    missing = {one.household_id for index, one in enumerate(new) if index not in served}
    erased = list_erased(session, missing)
    for index, one in enumerate(new):
        if one.household_id in erased:
            raise HouseholdErased(index=index)
        if wrong := wrong_consent(one.fields, local_day(one.recorded_at)):
            raise BadConsent(index=index, errors=wrong)
        if index not in served or not served[index].served:
            raise NeedNotServed(index=index)
    queries.take_turns(session, {one.household_id for one in new})
    before = queries.list_standing(session, {one.household_id for one in new})
    rows = [_rows(one, served[index].bucket, by) for index, one in enumerate(new)]
    queries.insert_needs(session, [consent for consent, _ in rows], [need for _, need in rows])
    _replace(session, by, [*before, *queries.list_standing(session, {o.household_id for o in new})])
    record(session, "need.record", ids=[one.id for one in new][:50], count=len(new))


def withdraw_needs(session: Session, by: Identity, taken: Sequence[Withdrawal]) -> None:
    """Take consents back, set-wise; the tags are shown no more and go within a minute.

    Raises NeedNotFound (or hidden) or BadConsent, with `index`.
    """
    known = {need.id: need for need in queries.lock_needs(session, [one.id for one in taken])}
    for index, one in enumerate(taken):
        if one.id not in known:
            raise NeedNotFound(index=index)
        if one.fields.keys() - {"withdrawn"} or one.fields.get("withdrawn", True) is not True:
            raise BadConsent(index=index, errors={"withdrawn": "only_true"})
    withdrawn = [one for one in taken if one.fields]
    for one in withdrawn:
        known[one.id].withdrawn = True
        known[one.id].stamps = {**known[one.id].stamps, **one.stamps}
    session.flush()
    ids = [one.id for one in withdrawn]
    queries.end_consents(session, ids, "withdrawn", by.now, by.user_id)
    record(session, "need.withdraw", ids=ids[:50], count=len(ids))


def end_needs(session: Session, by: Identity, batch: int = BATCH) -> int:
    """Take away a batch of tags whose consent holds no longer; how many. Until it answers 0.

    As the worker: what time alone changes, phones hear from it.
    """
    gone = queries.take_over(session, local_day(by.now), by.now, batch)
    if gone:
        record(session, "need.end", ids=list(gone)[:50], count=len(gone))
    return len(gone)


def _rows(one: NewNeed, bucket: str, by: Identity) -> tuple[dict[str, Any], dict[str, Any]]:
    """A consent and its tag."""
    fields = one.fields
    shared = {
        "id": one.id,
        "household_id": one.household_id,
        **{name: fields[name] for name in ("need", "given_by", "how")},
        "given_on": as_day(fields["given_on"]),
        "until": as_day(fields["until"]),
        "recorded_by": by.user_id,
        "received_at": by.now,
    }
    giver = (fields.get("giver") or "").strip() or None
    consent = {
        **shared,
        "giver": giver,
        "device_id": by.device_id,
        "recorded_at": one.recorded_at,
    }
    return consent, {**shared, "bucket": bucket}


def _replace(session: Session, by: Identity, standing: Sequence[Any]) -> None:
    """Of several for one need of a household the one that was given last stands."""
    latest: dict[tuple[UUID, str], Any] = {}
    for need in {one.id: one for one in standing}.values():
        held = latest.get((need.household_id, need.need))
        if held is None or (held.given_on, held.until, held.id) < (
            need.given_on,
            need.until,
            need.id,
        ):
            latest[need.household_id, need.need] = need
    kept = {need.id for need in latest.values()}
    replaced = [need for need in standing if need.id not in kept and not need.withdrawn]
    for need in replaced:
        need.withdrawn = True
    session.flush()
    if replaced:
        ids = sorted({need.id for need in replaced})
        queries.end_consents(session, ids, "replaced", by.now, by.user_id)
