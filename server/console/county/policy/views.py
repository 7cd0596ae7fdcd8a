"""/rules: the policy in force, in words and tables; a new version, with what it would mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from flask import Response, redirect, request

from server.access.door import Asker, asker, fresh, may
from server.access.errors import ProveAgain
from server.access.permissions import scope_of
from server.access.proof import prove_anew
from server.console.county.policy import forms, words
from server.console.county.policy.differing import Difference, differences
from server.console.county.policy.reading import rows_of, to_come
from server.console.frame.language import in_language
from server.console.frame.pages import blueprint, shown
from server.db import transaction
from server.errors import Invalid, NotFound, WanggeError
from server.ladder.calendar import local_day
from server.ladder.policy import Granter, as_mapping
from server.ladder.routing import Category, Level, OfficeKind
from server.policies import service
from server.policies.errors import BadPolicyFile, PolicyMoved
from server.policies.rules.written import checked
from server.policies.schemas import MAX_REASON
from server.policies.service import InForce, Preview
from server.problems import status_of

pages = blueprint("rules", __name__)

MOST: Final = 300  # characters of a password or a code
_CHOICES: Final[dict[str, Any]] = {
    "levels": list(Level),
    "kinds": {one: words.KINDS[one] for one in OfficeKind},
    "granters": {one: words.GRANTERS[one] for one in Granter},
    "units": words.UNITS,
    "spans": words.SPANS,
}


@pages.get("/rules")
@may("policy.read")
def show_rules() -> Response:
    """What is in force, and what will be."""
    me = asker()
    today = local_day(me.identity.now)
    with transaction(me.identity) as session:
        present = service.current_policy(session, me.identity.now)
        versions = service.list_versions(session)
        unpublished = service.unpublished(session, me.identity.now)
    return shown(
        "rules/page.html",
        unpublished=unpublished,
        present=present,
        coming=to_come(versions, today),
        versions=versions[::-1],
        rows=rows_of(present.policy),
        may_edit=_may(me, "policy.edit"),
        may_edit_days=_may(me, "calendar.edit"),
        saved=request.args.get("saved"),
        today=today,
        **_CHOICES,
    )


@pages.get("/rules/versions/<version>")
@may("policy.read")
def show_version(version: str) -> Response:
    """One version, in force or not."""
    number = int(version) if version.isascii() and version.isdecimal() and len(version) < 9 else 0
    with transaction(asker().identity) as session:
        found = service.get_version(session, number)
    return shown("rules/version.html", present=found, rows=rows_of(found.policy), **_CHOICES)


@pages.get("/rules/edit/<about>")
@may("policy.edit")
def edit_rules(about: str) -> Response:
    """The form of one category, or (`all`) of what holds for all."""
    category = _category(about)
    me = asker().identity
    with transaction(me) as session:
        latest, newest = service.latest(session), service.newest(session)
    typed = forms.fields_of(latest.policy, category)
    typed |= forms.about(latest.policy, newest, local_day(me.now))
    return _form(category, newest, typed)


@pages.post("/rules/edit/<about>")
@may("policy.edit")
def change_rules(about: str) -> Any:
    """What it would mean; and once that was seen, a new version."""
    category = _category(about)
    me, typed = asker().identity, request.form.to_dict()
    with transaction(me) as session:
        base, newest = service.policy_on(session, _first_day(typed)), service.newest(session)
    preview, trouble = None, None
    try:
        preview = _previewed(category, base, typed)
        if typed.get("do") == "save" and _was_seen(preview, typed, newest):
            return _saved(preview, typed)
    except WanggeError as error:
        trouble = error
    return _form(category, newest, typed, preview, trouble)


def _first_day(typed: dict[str, str]) -> date:
    """From when the new version is to hold: what will hold then is what it changes."""
    today = local_day(asker().identity.now)
    try:
        return max(date.fromisoformat(typed.get("valid_from", "").strip()), today)
    except ValueError:
        return date.max


def _previewed(category: Category | None, base: InForce, typed: dict[str, str]) -> Preview:
    """Raises Invalid, by the fields of the form, and what service.preview_policy raises."""
    try:
        policy = checked(forms.amended(base.policy, category, typed))
        received = date.fromisoformat(typed["received"]) if typed.get("received") else None
    except BadPolicyFile as error:
        raise Invalid(errors=dict(_faults(error))) from error
    except ValueError as error:
        raise Invalid(errors={"received": str(words.NOT_A_DAY)}) from error
    with transaction(asker().identity) as session:
        of = [category or Category.OTHER]
        return service.preview_policy(session, asker().identity, policy, of, received)


def _faults(error: BadPolicyFile) -> Iterator[tuple[str, str]]:
    """By the field in which each was typed, in the reader's words."""
    for path, said in (error.errors or {}).items():
        field = forms.field_at(path)
        is_limit = field.endswith("_n") or field in words.SPANS
        yield field, str(words.NO_NUMBER) if is_limit else words.fault(said)


def _saved(preview: Preview, typed: dict[str, str]) -> Any:
    """Raises Invalid, ProveAgain, WrongProof, PolicyMoved and its like."""
    why = typed.get("reason", "").strip()
    if not 0 < len(why) <= MAX_REASON:
        raise Invalid(errors={"reason": str(words.NO_REASON)})
    _prove(typed)
    base = typed.get("base", "")
    number = int(base) if base.isascii() and base.isdecimal() and len(base) < 9 else 0
    me = asker().identity
    with transaction(me) as session:
        revision = service.propose(session, me, preview.revision.policy, number, why)
    return redirect(f"/rules?saved={revision.policy.valid_from}", HTTPStatus.SEE_OTHER)


def _prove(typed: dict[str, str]) -> None:
    """By the password in the form, where the last proof is too old."""
    try:
        fresh()
    except ProveAgain:
        if not typed.get("password"):
            raise
        prove_anew(asker(), typed["password"][:MOST], typed.get("code", "")[:MOST] or None)


def _was_seen(preview: Preview, typed: dict[str, str], newest: int) -> bool:
    """Whether this is what the asker was shown; or it was saved already: sent twice it is one.

    Raises PolicyMoved where it is not since somebody else added a version.
    """
    if preview.revision.known:
        return True
    if typed.get("base") != str(newest):
        raise PolicyMoved
    return typed.get("seen") == _seen(preview)


def _seen(preview: Preview) -> str:
    """What the asker was shown, in short: what was typed since then, or saved by somebody else that
    it would now take the place of, has to be looked at first.
    """
    revision = preview.revision
    before = revision.replaced and revision.replaced.version
    shown = [as_mapping(revision.policy), str(preview.received), before, str(revision.until)]
    return sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]


def _form(
    category: Category | None,
    newest: int,
    typed: dict[str, str],
    preview: Preview | None = None,
    trouble: WanggeError | None = None,
) -> Response:
    """The form again, all that was typed in it; passwords are typed anew."""
    return shown(
        "rules/edit.html",
        status_of(type(trouble)) if trouble else HTTPStatus.OK,
        category=category,
        newest=newest,
        typed={name: value for name, value in typed.items() if name not in ("password", "code")},
        preview=preview,
        differences=_differences(preview, category),
        seen=_seen(preview) if preview else "",
        trouble=trouble,
        wrong=(trouble.errors or {}) if trouble else {},
        starts=[(one.value, in_language(one.zh, one.en)) for one in Level],
        prove=isinstance(trouble, ProveAgain) or bool(typed.get("password")),
        **_CHOICES,
    )


def _differences(preview: Preview | None, category: Category | None) -> list[Difference]:
    if preview is None or preview.revision.replaced is None:
        return []
    return differences(preview.revision.replaced.policy, preview.revision.policy, category)


def _category(about: str) -> Category | None:
    """Raises NotFound."""
    if about == "all":
        return None
    if about not in list(Category):
        raise NotFound
    return Category(about)


def _may(me: Asker, action: str) -> bool:
    return scope_of(action, me.roles) is not None
