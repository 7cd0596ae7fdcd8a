"""The resident over HTTP, by the code alone. Nothing of a letter is logged; nothing is cached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, current_app, g
from sqlalchemy.orm import Session

from server.access.door import clock, may
from server.bodies import Blueprint
from server.db import Identity, resident, transaction
from server.disputes.service.codes import digest_of
from server.limits.door import network
from server.resident import service
from server.resident.schemas import (
    AnswerIn,
    CaseOut,
    CodeIn,
    RatingIn,
    ReasonIn,
    RefuseIn,
    RequestIn,
    ToldOut,
    outcome_of,
    told_of,
)
from server.resident.service import Letter, Told

blp = Blueprint(
    "resident", __name__, url_prefix="/resident", description="当事人 Residents, by code"
)


@blp.after_request
def keep_nothing(answer: Response) -> Response:
    """An answer is for whoever has the code: no cache keeps it."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blp.route("/case", methods=["POST"])
@may("resident.read")
@blp.arguments(CodeIn)
@blp.response(200, CaseOut)
def read_case(sent: dict[str, Any]) -> dict[str, Any]:
    """Where the own case stands, level by level, and what one may do now."""
    by = come_in(sent["code"])
    with transaction(by) as session:
        return told_of(service.read(session, by))


@blp.route("/rating", methods=["POST"])
@may("resident.act")
@blp.arguments(RatingIn)
@blp.response(200, ToldOut)
def rate_case(sent: dict[str, Any]) -> dict[str, Any]:
    """Rate it. `dissatisfied` with a comment reopens it one level up, once from each level."""
    return _told("rating", sent)


@blp.route("/request", methods=["POST"])
@may("resident.act")
@blp.arguments(RequestIn)
@blp.response(200, ToldOut)
def ask_next_level(sent: dict[str, Any]) -> dict[str, Any]:
    """Ask for the next level. The Office answers in its time; then one stays or goes."""
    return _told("request", sent)


@blp.route("/answer", methods=["POST"])
@may("resident.act")
@blp.arguments(AnswerIn)
@blp.response(200, ToldOut)
def answer(sent: dict[str, Any]) -> dict[str, Any]:
    """Stay with the Office that answered, or go to the next level. Nobody can say no."""
    return _told("answer", sent)


@blp.route("/recusal", methods=["POST"])
@may("resident.act")
@blp.arguments(ReasonIn)
@blp.response(200, ToldOut)
def ask_recusal(sent: dict[str, Any]) -> dict[str, Any]:
    """Ask that somebody who handles it step aside."""
    return _told("recusal", sent)


@blp.route("/withdraw", methods=["POST"])
@may("resident.act")
@blp.arguments(ReasonIn)
@blp.response(200, ToldOut)
def withdraw(sent: dict[str, Any]) -> dict[str, Any]:
    """Withdraw it; only the applicant may."""
    return _told("withdraw", sent)


@blp.route("/refuse", methods=["POST"])
@may("resident.act")
@blp.arguments(RefuseIn)
@blp.response(200, ToldOut)
def refuse(sent: dict[str, Any]) -> dict[str, Any]:
    """Refuse mediation, having read which ways stay open."""
    return _told("refuse", sent)


def come_in(code: str) -> Identity:
    """Count the knock, then whoever has this code. Raises KnockedTooOften."""
    settings = current_app.extensions["wangge.settings"]
    by = resident(clock(), digest_of(code), g.request_id)
    service.knock(by, network(), settings.resident_knocks, settings.resident_knocks_in_all)
    return by


def send(session: Session, by: Identity, verb: str, sent: dict[str, Any]) -> Told:
    """Do what a letter asks for; `sent` has passed the verb's schema."""
    letter = Letter(sent["id"], sent.get("why") or sent.get("comment"))
    match verb:
        case "rating":
            return service.rate(session, by, letter, sent["rating"])
        case "answer":
            return service.answer(session, by, letter, goes=sent["decision"] == "go")
    return _PLAIN[verb](session, by, letter)


_PLAIN: Mapping[str, Callable[[Session, Identity, Letter], Told]] = {
    "request": service.ask_next_level,
    "recusal": service.ask_recusal,
    "withdraw": service.withdraw,
    "refuse": service.refuse,
}


def _told(verb: str, sent: dict[str, Any]) -> dict[str, Any]:
    by = come_in(sent["code"])
    with transaction(by) as session:
        told = send(session, by, verb, sent)
        return {"outcome": outcome_of(told.outcome), "case": told_of(told.case)}
