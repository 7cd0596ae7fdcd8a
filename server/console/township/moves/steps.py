"""From a plan to its move, in two steps that a person takes: look what it would do, then do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from flask import current_app
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from geo.errors import GeoError
from server.console.frame.look import sentence
from server.console.township.moves import words
from server.errors import Clash, Invalid, Malformed, NotFound, TryLater, WanggeError
from server.moves import service
from server.moves.door import moving_by
from server.moves.errors import BadPlan
from server.moves.kinds import read_plan
from server.moves.models import Move
from server.moves.rules import canonical
from server.moves.schemas import ApplyIn
from server.problems import status_of

Form = MultiDict[str, str]
Planned = Callable[[], Mapping[str, Any]]  # the plan that a form makes of the world as it is


@dataclass(frozen=True, slots=True)
class Step:
    """Where somebody stands: nothing asked yet, a preview, trouble, or done.

    `plan`, `asked`: as it was previewed and as it was asked for then, to be sent back with the
    preview's token. `changed`: the form asked to do something else than it had previewed.
    """

    plan: str = ""
    asked: str = ""
    preview: Mapping[str, Any] | None = None
    trouble: WanggeError | None = None
    done: Move | None = None
    changed: bool = False

    @property
    def status(self) -> HTTPStatus:
        """Of the page that shows it."""
        return status_of(type(self.trouble)) if self.trouble else HTTPStatus.OK

    def wrong(self, name: str) -> str:
        """What is wrong with a field, in the reader's language."""
        return (self.trouble.errors or {}).get(name, "") if self.trouble else ""

    def in_names(self, names: Mapping[str, str]) -> Step:
        """The same, with the names of the cells of which the trouble says only codes."""
        if self.trouble:
            self.trouble.detail = words.named(self.trouble.detail, names)
        return self


def take(form: Form, planned: Planned, fields: Mapping[str, str] = {}) -> Step:
    """The step that a form asks for. `fields`: last part of a plan's field → field of the form.

    What is wrong with the plan is in `trouble`, beside what was typed; nothing is lost by it. What
    was changed in the form after its preview is previewed first; the reason is as it stands.
    """
    try:
        if form.get("step") != "apply":
            return _preview(form, planned())
        if form.get("asked") != asked_in(form):
            return replace(_preview(form, planned()), changed=True)
        return _apply(form, planned)
    except GeoError as error:
        return Step(trouble=BadPlan(str(error)))
    except (Invalid, NotFound, Clash, TryLater) as error:
        return Step(trouble=_in_form(error, fields))


def asked_in(form: Form) -> str:
    """A digest of all that was filled in and makes the plan. With a preview come more fields, of
    the cells that somebody serves: left empty they change nothing.
    """
    said = (pair for pair in form.items(multi=True) if pair[1])
    filled = [pair for pair in said if pair[0] not in _BESIDE_THE_PLAN]
    return sha256(canonical(sorted(filled)).encode()).hexdigest()


def _preview(form: Form, plan: Mapping[str, Any]) -> Step:
    read = read_plan(plan)
    with moving_by(read) as moving:
        return Step(canonical(plan), asked_in(form), service.preview(moving, read))


def _apply(form: Form, planned: Planned) -> Step:
    """Carried out; where the world has changed since, the plan as it is now, previewed again."""
    try:
        plan = _plan_in(form)
        said = _said(form)
        read = read_plan(plan)
        with moving_by(read) as moving:
            return Step(done=service.apply(moving, read, said["token"], said["why"]))
    except Clash as error:
        try:
            return replace(_preview(form, planned()), trouble=error)
        except (Invalid, NotFound, GeoError):
            return Step(trouble=error)


def _plan_in(form: Form) -> Any:
    """The plan that was previewed. Raises BadPlan."""
    try:
        return current_app.json.loads(form.get("plan", ""))
    except (ValueError, Malformed) as error:
        raise BadPlan from error


def _said(form: Form) -> dict[str, Any]:
    """Token and reason. Raises Invalid."""
    try:
        asked = {"plan": {}, "token": form.get("token", ""), "why": form.get("why", "").strip()}
        read: dict[str, Any] = ApplyIn().load(asked)
        return read
    except ValidationError as error:
        raise Invalid(errors={"why": sentence(_WHY)}) from error


def _in_form(error: WanggeError, fields: Mapping[str, str]) -> WanggeError:
    """The same, its fields named and told as the form has them."""
    if error.errors:
        error.errors = {_field(name, fields): _told(str(s)) for name, s in error.errors.items()}
    return error


def _told(said: str) -> str:
    """In the reader's language; what only a program would say, as a person would."""
    foreign = said.isascii()
    return str(_("这一项有误，请核对后再填。")) if foreign else sentence(said)


def _field(name: str, fields: Mapping[str, str]) -> str:
    last = next((part for part in reversed(name.split(".")) if not part.isdigit()), name)
    return fields.get(last, last)


_BESIDE_THE_PLAN: Final = frozenset({"asked", "plan", "step", "token", "why"})
_WHY: Final = "请写明原因（2–500 字）。 Give the reason, 2–500 characters."
