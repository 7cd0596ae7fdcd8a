"""The resident's page: plain forms, no cookie, no script needed, nothing kept by a browser.

The code is in the form and nowhere else, so nobody can send a letter in another's name from another
site: there is no cookie and no session that a forged form could borrow, hence no token against it.
What another site could still do is make its visitors guess codes, each from a network of their own,
past the limits: so a form that another site sent is refused by what the browser says of it.
A letter's id is drawn with the form, so that sending it twice does it once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, render_template, request
from marshmallow import EXCLUDE, Schema, ValidationError
from werkzeug.exceptions import HTTPException

from server.access.browsers import ForeignForm, is_foreign
from server.access.door import clock, may
from server.bodies import Unstorable
from server.db import transaction
from server.errors import Invalid, TooLarge, TryLater, WanggeError
from server.ids import new_id
from server.ladder.routing import Level
from server.problems import status_of
from server.resident import service, words
from server.resident.schemas import (
    AnswerIn,
    CodeIn,
    RatingIn,
    ReasonIn,
    RefuseIn,
    RequestIn,
    outcome_of,
    told_of,
)
from server.resident.views import come_in, send

HERE: Final = Path(__file__).parent
Form = Mapping[str, str]

MAX_FORM: Final = 32 << 10  # bytes
LOOK: Final = "look"
FORMS: Final[dict[str, type[Schema]]] = {
    LOOK: CodeIn,
    "rating": RatingIn,
    "request": RequestIn,
    "answer": AnswerIn,
    "recusal": ReasonIn,
    "withdraw": ReasonIn,
    "refuse": RefuseIn,
}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)

page = Blueprint("resident_page", __name__, template_folder="templates")


@page.after_request
def harden(answer: Response) -> Response:
    """Nothing is kept, framed, indexed, or told to another site."""
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@page.get("/r")
@may("resident.page")
def show_form() -> Response:
    """The form for a code; script, where there is one, fills in what a QR brought."""
    return _shown({}, {})


@page.post("/r")
@may("resident.page")
def take_form() -> Response:
    """Look, or do what a form asks for; what goes wrong is said on the page."""
    request.max_content_length = MAX_FORM
    if is_foreign(request):
        return _trouble(ForeignForm(), {})
    try:
        form = request.form
    except HTTPException:  # larger than any form of ours
        return _trouble(TooLarge(), {})
    try:
        return _do(form)
    except WanggeError as error:
        return _trouble(error, form)


@page.get("/r.css")
@may("resident.page")
def style() -> Response:
    """How it looks."""
    return _file("r.css", "text/css")


@page.get("/r.js")
@may("resident.page")
def script() -> Response:
    """What puts a QR's code into the form."""
    return _file("r.js", "text/javascript")


def _do(form: Form) -> Response:
    verb, sent = form.get("do", LOOK), _checked(form)
    by = come_in(sent["code"])
    with transaction(by) as session:
        if verb == LOOK:
            return _shown({"case": told_of(service.read(session, by)), "code": sent["code"]}, form)
        told = send(session, by, verb, sent)
        shown = {"case": told_of(told.case), "outcome": outcome_of(told.outcome)}
        return _shown({**shown, "code": sent["code"]}, form)


def _checked(form: Form) -> dict[str, Any]:
    """The fields of a form as its schema has them. Raises Invalid, Unstorable."""
    schema = FORMS.get(form.get("do", LOOK))
    if schema is None:
        raise Invalid
    # A browser sends each end of a line as two characters, and counts it as one.
    plain = {name: value.replace("\r\n", "\n").strip() for name, value in form.items()}
    filled = {name: value for name, value in plain.items() if value}
    if any("\0" in value for value in filled.values()):
        raise Unstorable
    try:
        loaded: dict[str, Any] = schema(unknown=EXCLUDE).load(filled)
    except ValidationError as error:
        raise Invalid(_wrong(error.messages_dict)) from error
    return loaded


def _wrong(fields: Collection[str]) -> str | None:
    """Which fields of the page are wrong, by what stands above them."""
    named = [words.PAGE[name] for name in fields if name in words.PAGE]
    if not named:
        return None
    zh, en = "、".join(one.zh for one in named), "; ".join(one.en for one in named)
    return f"请填写或更正：{zh}。 Please fill in or correct: {en}."


def _trouble(error: WanggeError, form: Form) -> Response:
    typed = {name: form.get(name, "") for name in ("code", "why", "comment")}
    kept = {"code": typed["code"], "written": typed["why"] or typed["comment"]}
    answer = _shown({"trouble": error.detail, **kept}, form, status_of(type(error)))
    if isinstance(error, TryLater):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _shown(shown: dict[str, Any], form: Form, status: HTTPStatus = HTTPStatus.OK) -> Response:
    case = shown.get("case")
    text = render_template(
        "resident.html",
        lang=_language(form),
        words=words.PAGE,
        ratings=words.RATINGS,
        ways=words.WAYS,
        ladder=_ladder(case["steps"]) if case else (),
        can={act["slug"]: act for act in case["can"]} if case else {},
        new_id=lambda: new_id(clock()),
        **shown,
    )
    return Response(text, status=status, mimetype="text/html")


def _ladder(steps: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Three dots: where it has been, who holds it now, where it never was."""
    dots = {step["level"]["slug"]: "●" for step in steps}
    if steps[-1]["ended_on"] is None:
        dots[steps[-1]["level"]["slug"]] = "◉"
    return [{**words.LEVEL[one]._asdict(), "dot": dots.get(one.value, "○")} for one in Level]


def _language(form: Form) -> str:
    """As it was asked for, else as the browser prefers; Chinese where it says nothing."""
    asked = form.get("lang") or request.args.get("lang")
    if asked in ("zh", "en"):
        return asked
    return request.accept_languages.best_match(["zh", "en"], "zh") or "zh"


def _file(name: str, kind: str) -> Response:
    answer = Response((HERE / name).read_bytes(), mimetype=kind)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
