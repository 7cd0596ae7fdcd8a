"""Devices over HTTP: one's own, and those of one's people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.accounts.devices import queries, service
from server.access.accounts.devices.schemas import DevicesOut, EnrolledOut, RevokeIn
from server.access.accounts.rules import LIVE_DEVICES, WORKERS
from server.access.accounts.users.service import get_user
from server.access.accounts.users.views import reach
from server.access.door import Asker, asker, fresh, may
from server.access.errors import UserNotFound
from server.bodies import Blueprint
from server.db import transaction

own = Blueprint("devices", __name__, url_prefix="/devices", description="终端 Own devices")
others = Blueprint(
    "user_devices",
    __name__,
    url_prefix="/users/<uuid:user_id>/devices",
    description="终端 Devices of one's people",
)


@own.route("", methods=["GET"])
@may("device.own")
@own.response(200, DevicesOut)
def list_own() -> dict[str, Any]:
    """One's own devices."""
    me = asker()
    with transaction(me.identity) as session:
        return _all_of(session, me.user_id)


@own.route("/<uuid:device_id>/revoke", methods=["POST"])
@may("device.own")
@own.arguments(RevokeIn)
@own.response(200, EnrolledOut)
def revoke_own(asked: dict[str, Any], device_id: UUID) -> Any:
    """Revoke one of one's own devices: it may only deliver what it holds."""
    me = asker()
    with transaction(me.identity) as session:
        return service.revoke(session, me.user_id, device_id, asked["reason"])


@others.route("", methods=["GET"])
@may("device.look")
@others.response(200, DevicesOut)
def list_of(user_id: UUID) -> dict[str, Any]:
    """The devices of somebody in one's charge."""
    me = asker()
    with transaction(me.identity) as session:
        _check_in_charge(session, me, user_id)
        return _all_of(session, user_id)


@others.route("/<uuid:device_id>/revoke", methods=["POST"])
@may("device.revoke")
@others.arguments(RevokeIn)
@others.response(200, EnrolledOut)
def revoke_of(asked: dict[str, Any], user_id: UUID, device_id: UUID) -> Any:
    """Revoke a device of somebody in one's charge: lost, stolen, replaced, left."""
    fresh()
    me = asker()
    with transaction(me.identity) as session:
        _check_in_charge(session, me, user_id)
        return service.revoke(session, user_id, device_id, asked["reason"])


def _check_in_charge(session: Session, me: Asker, user_id: UUID) -> None:
    get_user(session, me.identity, user_id, reach(session), WORKERS)
    if not queries.keeps_devices(session, user_id):
        raise UserNotFound


def _all_of(session: Session, user_id: UUID) -> dict[str, Any]:
    return {"items": queries.list_devices(session, user_id), "most": LIVE_DEVICES}
