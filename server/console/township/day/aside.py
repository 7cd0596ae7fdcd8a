"""One change that a phone sent and that was not taken: why, look, release or close."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, redirect, request
from sqlalchemy.orm import Session

from server.access.door import asker, may
from server.access.schemas import RevealIn
from server.console.frame.forms import filled, loaded
from server.console.frame.pages import blueprint, shown
from server.console.township.day import content, words
from server.console.township.day.content import Field
from server.db import transaction
from server.disputes.queries.desk import map_names
from server.errors import Clash, Invalid, NotYours, WanggeError
from server.households import queries as households
from server.households.schemas import mask_name
from server.problems import status_of
from server.syncing.review import queries, service
from server.syncing.review.schemas import CloseIn, ReleaseIn

pages = blueprint("day_aside", __name__)

_HERE = "/day/aside/<uuid:device_id>/<uuid:mid>"


@pages.get(_HERE)
@pages.get(f"{_HERE}/reveal")
@may("sync.quarantine")
def show_set_aside(device_id: UUID, mid: UUID) -> Response:
    """What, from whom, about where and why; its content is sealed."""
    return _page(device_id, mid)


@pages.post(f"{_HERE}/reveal")
@may("sync.reveal")
def reveal(device_id: UUID, mid: UUID) -> Response:
    """With its content, to be put right. Who looked, when and why is kept."""
    try:
        reason = loaded(RevealIn(), filled(request.form))["reason"]
    except Invalid as error:
        return _page(device_id, mid, error)
    with transaction(asker().identity) as session:
        one = service.reveal(session, device_id, mid, reason)
        fields = content.fields_of(one["entity"], one["op"], one["set"], one["was"])
        return _shown(session, one, fields)


@pages.post(_HERE)
@may("sync.decide")
def decide(device_id: UUID, mid: UUID) -> Any:
    """Apply it after all, perhaps put right; or leave it for good. Sent twice it is done once."""
    how = "closed" if request.form.get("do") == "close" else "released"
    me = asker().identity
    try:
        asked = _asked(how)
        with transaction(me) as session:
            if how == "closed":
                service.close(session, me, device_id, mid, asked["why"])
            else:
                service.release(session, me, device_id, mid, **asked)
    except (Clash, Invalid, NotYours) as error:
        if _was_me(device_id, mid, how):
            return _done(how)
        return _page(device_id, mid, error)
    return _done(how)


def _asked(how: str) -> Any:
    if how == "closed":
        return loaded(CloseIn(), filled(request.form))
    corrections = content.corrections(request.form)
    return loaded(ReleaseIn(), {**filled(request.form), "corrections": corrections})


def _done(how: str) -> Any:
    return redirect(f"/day?done={how}", 303)


def _was_me(device_id: UUID, mid: UUID, how: str) -> bool:
    """Whether the asker has decided just so already: the button was pressed twice."""
    me = asker().identity
    with transaction(me) as session:
        kept = queries.get_set_aside(session, device_id, mid)
        return (kept.closed_how, kept.closed_by) == (how, me.user_id)


def _page(device_id: UUID, mid: UUID, trouble: WanggeError | None = None) -> Response:
    with transaction(asker().identity) as session:
        kept = queries.get_set_aside(session, device_id, mid)
        one = service.describe(session, [kept])[0]
        op = request.form.get("op", "")
        fields: list[Field] = []
        if op in words.OPS and one["closed_at"] is None:
            fields = content.typed_again(one["entity"], op, request.form)
        return _shown(session, {**one, "op": op}, fields, trouble)


def _shown(
    session: Session, one: dict[str, Any], fields: list[Field], trouble: WanggeError | None = None
) -> Response:
    return shown(
        "day/aside.html",
        status_of(type(trouble)) if trouble else 200,
        it=one,
        fields=fields,
        names=_names(session, content.named(fields)),
        trouble=trouble,
        errors=(trouble.errors or {}) if trouble else {},
        first=getattr(trouble, "members", {}).get("first") or one["waits_for"],
        typed=request.form,
        words=words,
    )


def _names(session: Session, ids: set[UUID]) -> dict[str, str]:
    """Id → what the row is called, as far as the asker may know of it; a household masked."""
    heads = households.list_sync_rows(session, ids) if ids else ()
    known = {row.id: mask_name(row.head_name) for row in heads}
    return {str(id_): name for id_, name in {**map_names(session, ids), **known}.items()}
