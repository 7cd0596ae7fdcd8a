"""Signing in and out, and who one is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from server.access import queries, service
from server.access.door import asker, clock, may, stranger
from server.access.errors import SessionOver, WrongLogin
from server.access.factors import service as factors
from server.access.factors.errors import CodeNeeded, WrongCode, WrongProof
from server.access.queries import Proof
from server.access.schemas import MeOut, ProofIn, RefreshIn, SecondStepIn, SessionIn, SessionOut
from server.access.service import Spans, Tokens, digest
from server.access.signing import service as signing
from server.access.signing.rules import Comer
from server.bodies import Blueprint
from server.db import Identity, transaction
from server.limits import service as limits
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
    found = _find(comer)
    try:
        user_id = signing.prove_counted(stranger(), comer, found, asked["password"])
    except WrongLogin:
        _refuse()
        raise
    identity = replace(stranger(), user_id=user_id, device_id=comer.device_id)
    with transaction(identity) as session:
        if not factors.standing(session, user_id).on:
            return _open(session, identity, comer)
    assert found  # noqa: S101 (who is nobody has not proved a password)
    if asked["code"] is None:
        raise CodeNeeded(signing.challenge(comer, found, clock()))
    return _open_with(asked["code"], identity, comer, own=found.on_own_device)


@blp.route("/code", methods=["POST"])
@may("session.open")
@blp.arguments(SecondStepIn)
@blp.response(201, SessionOut)
def answer_challenge(asked: dict[str, Any]) -> Tokens:
    """The second step of signing in: the code, within five minutes of the password."""
    said = signing.read_challenge(asked["challenge"])
    if said is None:
        raise WrongCode
    comer, until = said
    found = _find(comer)
    if found is None or clock() >= until or not signing.stands(asked["challenge"], found):
        raise WrongCode
    identity = replace(stranger(), user_id=found.user_id, device_id=comer.device_id)
    return _open_with(asked["code"], identity, comer, own=found.on_own_device)


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
    me = asker()
    with transaction(me.identity) as session:
        login = queries.get_user(session, me.user_id).login
        found = queries.find_credential(session, login, me.device_id)
    taken = signing.count_proof(me.identity, me.user_id, me.device_id)
    try:
        service.prove(found, asked["password"])
    except WrongLogin as error:
        _refuse()
        raise WrongProof from error
    with transaction(me.identity) as session:
        factor = factors.standing(session, me.user_id).on
        if factor and not factors.spend(session, me.identity, asked["code"] or ""):
            raise WrongProof
        service.prove_anew(session, me.identity, me.login_id)
    limits.give_back(taken, me.identity)


@blp.route("/current", methods=["DELETE"])
@may("session.close")
@blp.response(204)
def close_session() -> None:
    """Sign this device out."""
    with transaction(asker().identity) as session:
        service.close_session(session, asker().identity)


def _find(comer: Comer) -> Proof | None:
    with transaction(stranger()) as session:
        return queries.find_credential(session, comer.login, comer.device_id)


def _open_with(code: str, identity: Identity, comer: Comer, *, own: bool) -> Tokens:
    """Open the session of somebody whose password was proved, if this code is good."""
    assert identity.user_id  # noqa: S101 (the caller has just proved it)
    taken = signing.count_code(identity, identity.user_id, comer.device_id, own=own)
    with transaction(identity) as session:
        good = factors.spend(session, identity, code)
        if good:
            tokens = _open(session, identity, comer)
    if not good:
        _refuse()
        raise WrongCode
    limits.give_back(taken, identity)
    return tokens


def _open(session: Session, identity: Identity, comer: Comer) -> Tokens:
    return service.open_session(session, identity, comer.device_name, _spans(), comer.instead_of)


def _refuse() -> None:
    with transaction(stranger()) as session:
        service.record_refusal(session)


def _spans() -> Spans:
    settings = current_app.extensions["wangge.settings"]
    return Spans(
        access=timedelta(minutes=settings.access_minutes),
        refresh=timedelta(days=settings.refresh_days),
        session=timedelta(days=settings.session_days),
    )
