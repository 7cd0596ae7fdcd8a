"""One event as a row: what was done, by whom, and what the chain vouches for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from server.db import Identity
from server.ids import new_id
from server.ladder.kinds import Event, State
from server.sealed import keyring

# 承办单位无人: the Office that should receive the case has nobody; the next one above holds it.
STANDS_IN = (
    "应受理单位暂无人员，由上级单位承办。"
    " The Office that should receive it has nobody: the Office above holds it."
)


def event_row(
    by: Identity,
    dispute_id: UUID,
    kind: str,
    before: State | None,
    after: State,
    holding_id: UUID,
    **more: Any,
) -> dict[str, Any]:
    """A row of dispute_event, with every column but those the database gives."""
    why, agreement = more.pop("why", None) or None, more.pop("agreement", None) or None
    row: dict[str, Any] = {
        "id": new_id(by.now),
        "dispute_id": dispute_id,
        "kind": kind,
        "from_status": before and before.value,
        "to_status": after.value,
        "holding_id": holding_id,
        "office_id": None,
        "done_by": by.user_id,
        "recorded_by": by.user_id,
        "device_id": by.device_id,
        "why": why,
        "why_mac": mac("why", why),
        "agreement": agreement,
        "agreement_mac": mac("agreement", agreement),
        "referred_to": None,
        "rights_told": False,
        "party_id": None,
        "details": None,
        "refused": None,
        "intended": None,
        **times(by.now, by.now, by.now),
    }
    return {**row, **more}


def stands_in_row(by: Identity, dispute_id: UUID, holding_id: UUID) -> dict[str, Any]:
    """The note that a higher Office received a case because the right one has nobody."""
    nobody = {"done_by": None, "recorded_by": None, "device_id": None}
    registered = State.REGISTERED
    return event_row(
        by,
        dispute_id,
        Event.NOTE.value,
        registered,
        registered,
        holding_id,
        why=STANDS_IN,
        **nobody,
    )


def times(
    occurred_at: datetime, recorded_at: datetime, received_at: datetime, proof: str = "proved"
) -> Mapping[str, Any]:
    """The three times of a record, and how well the middle one is known."""
    return {
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
        "received_at": received_at,
        "proof": proof,
    }


def mac(column: str, plain: str | None) -> bytes | None:
    """The keyed digest of a sealed text."""
    return keyring().blind(f"dispute_event.{column}", plain) if plain else None
