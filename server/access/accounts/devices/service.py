"""Devices: enrolled at the first sign-in, listed, revoked for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from server.access import queries as access
from server.access.accounts.devices import queries
from server.access.accounts.errors import DeviceNotFound, TooManyDevices
from server.access.accounts.rules import LIVE_DEVICES
from server.access.errors import DeviceTaken
from server.audit.service import record
from server.db import Identity


def enrol(session: Session, by: Identity, name: str, instead_of: UUID | None = None) -> None:
    """Enrol the device that `by` signs in on, unless it is; one of the own may go for it.

    Called when all is proved: the error names the devices. Raises DeviceTaken, TooManyDevices.
    """
    assert by.user_id  # noqa: S101 (the view has just proved both)
    assert by.device_id  # noqa: S101
    if access.find_device(session, by.device_id):
        return
    queries.take_turn(session, by.user_id)
    if instead_of is not None:
        revoke(session, by.user_id, instead_of, "replaced")
    live = [one for one in queries.list_devices(session, by.user_id) if one.revoked_at is None]
    if len(live) >= LIVE_DEVICES:
        raise TooManyDevices([_told(one) for one in live])
    access.insert_device(session, by.device_id, by.user_id, name, by.now)
    if access.find_device(session, by.device_id) is None:
        raise DeviceTaken


def revoke(session: Session, user_id: UUID, device_id: UUID, why: str) -> Row[Any]:
    """Revoke a user's device: from now on it may only deliver what it holds.

    Again, nothing changes. Raises DeviceNotFound, also where the asker may not know of it.
    """
    revoked = queries.revoke_devices(session, user_id, [device_id], why)
    if revoked:
        record(session, "device.revoke", reason=why, user=user_id, device=device_id)
        return revoked[0]  # after that, whoever sits at it is told nothing any more
    found = [one for one in queries.list_devices(session, user_id) if one.id == device_id]
    if not found:
        raise DeviceNotFound
    return found[0]


def revoke_all(session: Session, user_id: UUID, why: str) -> Sequence[Row[Any]]:
    """Revoke all of a user's devices; which they were. The caller records the act."""
    return queries.revoke_devices(session, user_id, None, why)


def _told(one: Row[Any]) -> dict[str, Any]:
    seen = one.seen_at.isoformat() if one.seen_at else None
    return {"id": str(one.id), "name": one.name, "seen_at": seen}
