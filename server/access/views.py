"""Signing in and out, and who one is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import current_app

from server.access import proof, queries, service
from server.access.door import asker, may, stranger
from server.access.errors import SessionOver
from server.access.factors import service as factors
from server.access.schemas import MeOut, ProofIn, RefreshIn, SecondStepIn, SessionIn, SessionOut
from server.access.service import Spans, Tokens, digest
from server.access.signing import entry
from server.access.signing.rules import Comer
from server.bodies import Blueprint
from server.db import transaction
from server.limits.door import network

blp = Blueprint("sessions", __name__, url_prefix="/sessions", description="登录 Signing in")


@blp.route("", methods=["POST"])
@may("session.open")
@blp.arguments(SessionIn)
@blp.response(201, SessionOut)
def open_session(asked: dict[str, Any]) -> Tokens:
    """Sign in on a device. Whoever has a second factor sends its `code` too, or answers the
    `challenge` of a 401 `code-needed` at /sessions/code.
    """
    device = asked["device"]
    comer = Comer(asked["login"], device["id"], device["name"], network(), device["instead_of"])
    return entry.come_in(stranger(), comer, asked["password"], asked["code"], _spans())


@blp.route("/code", methods=["POST"])
@may("session.open")
@blp.arguments(SecondStepIn)
@blp.response(201, SessionOut)
def answer_challenge(asked: dict[str, Any]) -> Tokens:
    """The second step of signing in: the code, within five minutes of the password."""
    return entry.answer(stranger(), asked["challenge"], asked["code"], _spans())


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
        second = factors.standing(session, me.user_id)
        about = {"id": user.id, "login": user.login, "name": user.name}
        return {**about, "assignments": held, "second_factor": second}


@blp.route("/current/proof", methods=["POST"])
@may("session.prove")
@blp.arguments(ProofIn)
@blp.response(204)
def prove_anew(asked: dict[str, Any]) -> None:
    """Prove once more who I am, before a sensitive act (403 `prove-again`): for ten minutes."""
    proof.prove_anew(asker(), asked["password"], asked["code"])


@blp.route("/current", methods=["DELETE"])
@may("session.close")
@blp.response(204)
def close_session() -> None:
    """Sign this device out."""
    with transaction(asker().identity) as session:
        service.close_session(session, asker().identity)


def _spans() -> Spans:
    settings = current_app.extensions["wangge.settings"]
    return Spans(
        access=timedelta(minutes=settings.access_minutes),
        refresh=timedelta(days=settings.refresh_days),
        session=timedelta(days=settings.session_days),
    )
