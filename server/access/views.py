"""Signing in and out, and who one is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import current_app

from server.access import queries, service
from server.access.door import asker, may, stranger
from server.access.errors import SessionOver, WrongLogin
from server.access.schemas import MeOut, RefreshIn, SessionIn, SessionOut
from server.access.service import Spans, Tokens, digest
from server.bodies import Blueprint
from server.db import transaction

blp = Blueprint("sessions", __name__, url_prefix="/sessions", description="登录 Signing in")


@blp.route("", methods=["POST"])
@may("session.open")
@blp.arguments(SessionIn)
@blp.response(201, SessionOut)
def open_session(asked: dict[str, Any]) -> Tokens:
    """Sign in on a device."""
    with transaction(stranger()) as session:
        found = queries.find_credential(session, asked["login"])
    try:
        user_id = service.prove(found, asked["password"])
    except WrongLogin:
        with transaction(stranger()) as session:
            service.record_refusal(session)
        raise
    identity = replace(stranger(), user_id=user_id, device_id=asked["device"]["id"])
    with transaction(identity) as session:
        return service.open_session(session, identity, asked["device"]["name"], _spans())


@blp.route("/refresh", methods=["POST"])
@may("session.refresh")
@blp.arguments(RefreshIn)
@blp.response(201, SessionOut)
def refresh_session(asked: dict[str, Any]) -> Tokens:
    """Get the next pair of tokens; the previous one works again while the answer may be lost."""
    with transaction(stranger()) as session:
        found = queries.find_refresh(session, digest(asked["refresh"]))
    if found is None:
        raise SessionOver
    identity = replace(stranger(), user_id=found.user_id, device_id=found.device_id)
    with transaction(identity) as session:
        tokens = service.refresh_session(session, identity, asked["refresh"], _spans())
    if tokens is None:
        raise SessionOver
    return tokens


@blp.route("/current", methods=["GET"])
@may("session.read")
@blp.response(200, MeOut)
def read_session() -> dict[str, Any]:
    """Who I am and what I hold now."""
    me = asker()
    with transaction(me.identity) as session:
        user = queries.get_user(session, me.user_id)
        held = queries.list_assignments(session, me.user_id, me.identity.now)
        return {"id": user.id, "login": user.login, "name": user.name, "assignments": held}


@blp.route("/current", methods=["DELETE"])
@may("session.close")
@blp.response(204)
def close_session() -> None:
    """Sign this device out."""
    with transaction(asker().identity) as session:
        service.close_session(session, asker().identity)


def _spans() -> Spans:
    settings = current_app.extensions["wangge.settings"]
    return Spans(timedelta(minutes=settings.access_minutes), timedelta(days=settings.refresh_days))
