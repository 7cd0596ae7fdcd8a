"""What a person does with changes that were set aside: look, release, close.

A release is applied exactly as a push would have been: judged, merged by its own stamp, applied
through the registry, read back. It is in the releaser's name: they answer for it (`recorded_by`),
as of now; the author remains who did it (`done_by`), at the times that the phone had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.disputes.service.recusing import concerns_asker
from server.errors import TryLater
from server.syncing.entities import REGISTRY
from server.syncing.models import SyncQuarantine
from server.syncing.queries import insert_conflicts
from server.syncing.review import queries, rules
from server.syncing.review.errors import (
    NotSetAside,
    OnlyClosed,
    OwnChange,
    ReleaseFirst,
    ReviewOver,
    StillRefused,
    WrongCorrection,
)
from server.syncing.status.service import explain
from server.syncing.store import PostgresStore, conflict_row
from sync.clock import stamp
from sync.judge import judge_form
from sync.model import Change, Proof, Times
from sync.push import EFFECTIVE
from sync.registry import TryAgain
from sync.runs import Fresh, Verdict, set_aside, settle


def reveal(session: Session, device_id: UUID, mid: UUID, reason: str) -> dict[str, Any]:
    """A change with its content; the look is written down with its reason. Raises NotSetAside."""
    kept = queries.get_set_aside(session, device_id, mid)
    _check_not_aside(session, kept)
    change = rules.read_change(kept.change)
    record(session, "sync.reveal", reason=reason, ids=[kept.mid], author=kept.author_id)
    said, was = rules.without_codes(change.set), rules.without_codes(change.was)
    content = {"op": change.op.value, "set": said, "was": was}
    return {**describe(session, [kept])[0], **content}


def release(
    session: Session,
    by: Identity,
    device_id: UUID,
    mid: UUID,
    corrections: Mapping[str, Any],
    why: str | None,
) -> dict[str, Any]:
    """Apply a change that was set aside, perhaps with fields put right; null leaves one out.

    Raises NotSetAside, OwnChange, ReviewOver, OnlyClosed, WrongCorrection, ReleaseFirst, or
    StillRefused with the reason of today: then nothing was done.
    """
    kept = _take(session, device_id, mid)
    change = rules.read_change(kept.change)
    if not rules.can_be_released(kept.entity):
        raise OnlyClosed
    if wrong := rules.wrong_corrections(change, corrections):
        raise WrongCorrection(errors=wrong)
    _decide(by, kept, "released", why)
    kept.corrected = sorted(corrections) or None
    session.flush()
    change = replace(change, set=_said(change, kept.author_id, corrections))
    verdict = _apply(session, by, kept, change)
    # Why is sealed beside the change: it may speak of a resident; the audit is in plain.
    record(
        session,
        "sync.release",
        ids=[kept.row_id],
        mid=kept.mid,
        author=kept.author_id,
        was=kept.reason,
        corrected=sorted(corrections),
        status=verdict.status,
    )
    waits = [{"device_id": q.device_id, "mid": q.mid} for q in queries.list_leaning(session, kept)]
    return {**describe(session, [kept])[0], "status": verdict.status.value, "waited_for": waits}


def close(session: Session, by: Identity, device_id: UUID, mid: UUID, why: str) -> dict[str, Any]:
    """Leave a change unapplied for good; it is kept for 180 days. Raises as `release` does."""
    kept = _take(session, device_id, mid)
    _decide(by, kept, "closed", why)
    session.flush()
    record(
        session,
        "sync.close",
        ids=[kept.row_id],
        mid=kept.mid,
        author=kept.author_id,
        was=kept.reason,
    )
    return describe(session, [kept])[0]


def describe(session: Session, kept: Sequence[SyncQuarantine]) -> list[dict[str, Any]]:
    """Changes that were set aside, with names of people and places, and why; not the content."""
    names = queries.map_names(session, {id_ for q in kept for id_ in (q.author_id, q.closed_by)})
    areas = queries.map_area_names(session, {q.place for q in kept if q.place})
    firsts = queries.map_firsts(session, [q for q in kept if q.closed_at is None])
    return [
        {
            **{name: getattr(q, name) for name in _SHOWN},
            "author": names.get(q.author_id),
            "closed_by": q.closed_by and names.get(q.closed_by),
            "area": q.place and areas.get(q.place),
            "can_be_released": q.closed_at is None and rules.can_be_released(q.entity),
            "waits_for": firsts.get((q.device_id, q.mid)),
            **explain(q.reason),
        }
        for q in kept
    ]


_SHOWN = (
    "mid",
    "device_id",
    "author_id",
    "n",
    "entity",
    "row_id",
    "reason",
    "received_at",
    "recorded_at",
    "proof",
    "closed_at",
    "closed_how",
    "corrected",
    "why",
)


def _take(session: Session, device_id: UUID, mid: UUID) -> SyncQuarantine:
    """Lock a change that waits; of two who decide at once the second hears of the first."""
    kept = queries.lock_set_aside(session, device_id, mid)
    if kept is not None:
        _check_not_aside(session, kept)
        return kept
    seen = queries.get_set_aside(session, device_id, mid)
    raise OwnChange if seen.closed_at is None else ReviewOver


def _check_not_aside(session: Session, kept: SyncQuarantine) -> None:
    """Raises NotSetAside where the asker is a party of the dispute, or stands by one, that a change
    makes or leans on. Row security knows the parties of those that are registered.
    """
    making: SyncQuarantine | None = kept
    if kept.entity == "dispute_event" and kept.needs_id:
        making = queries.find_first(session, kept, kept.needs_id)
    if making is None or making.entity != "dispute":
        return
    parties = rules.read_change(making.change).set.get("parties")
    if concerns_asker(session, making.row_id, parties):
        raise NotSetAside


def _decide(by: Identity, kept: SyncQuarantine, how: str, why: str | None) -> None:
    kept.closed_at, kept.closed_by, kept.closed_how, kept.why = by.now, by.user_id, how, why


def _said(change: Change, author: UUID, corrections: Mapping[str, Any]) -> dict[str, Any]:
    said = rules.corrected(change.set, corrections)
    if change.entity in rules.HAS_DONE_BY and said.get("done_by") is None:
        said["done_by"] = str(author)
    return said


def _apply(session: Session, by: Identity, kept: SyncQuarantine, change: Change) -> Verdict:
    """As a push applies it, in the open transaction. Raises ReleaseFirst or StillRefused."""
    queries.judge_as_of(session, by.now)
    recorded_at, proof = kept.recorded_at or kept.received_at, kept.proof or Proof.CLAIMED
    times = Times(recorded_at, Proof(proof), by.now)
    fresh = Fresh(change, times, stamp(times, str(kept.device_id), change.n, 0), reset=False)
    verdict = _settle(session, by, fresh)
    if verdict.status not in EFFECTIVE:
        _refuse(session, kept, change, verdict.reason or "")
    if verdict.conflicts:
        rows = [conflict_row(c, kept.device_id, by.now) for c in verdict.conflicts]
        place = {"bucket": kept.place}
        insert_conflicts(session, [row | place for row in rows])
    return verdict


def _settle(session: Session, by: Identity, fresh: Fresh) -> Verdict:
    if reason := judge_form(fresh.change, REGISTRY):
        return set_aside(reason)
    try:
        return settle([fresh], REGISTRY, PostgresStore(session, by))[fresh.change.mid]
    except TryAgain as error:
        raise TryLater from error


def _refuse(session: Session, kept: SyncQuarantine, change: Change, reason: str) -> None:
    needs = rules.about(change).needs_id
    first = queries.find_first(session, kept, needs) if needs else None
    if first is not None:
        raise ReleaseFirst(str(first.device_id), str(first.mid))
    raise StillRefused(reason, explain(reason)["text"])
