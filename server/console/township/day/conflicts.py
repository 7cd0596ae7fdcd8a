"""One field about which two people differ: look at both values, and say which stays."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, redirect, request
from sqlalchemy.orm import Session

from server.access.door import asker, may
from server.access.schemas import RevealIn
from server.console.frame.forms import filled, loaded
from server.console.frame.pages import blueprint, shown
from server.console.township.day import words
from server.db import transaction
from server.errors import Clash, Invalid, WanggeError
from server.households import queries as households
from server.households.schemas import mask_name
from server.problems import status_of
from server.syncing.review import queries as people
from server.syncing.review.conflicts import queries, service
from server.syncing.review.conflicts.schemas import DecideIn

pages = blueprint("day_conflicts", __name__)


@pages.get("/day/conflicts/<uuid:conflict_id>")
@pages.get("/day/conflicts/<uuid:conflict_id>/reveal")
@may("sync.quarantine")
def show_conflict(conflict_id: UUID) -> Response:
    """Both values side by side, masked as lists are."""
    return _page(conflict_id)


@pages.post("/day/conflicts/<uuid:conflict_id>/reveal")
@may("sync.reveal")
def reveal(conflict_id: UUID) -> Response:
    """Both values whole. Who looked, when and why is kept."""
    try:
        reason = loaded(RevealIn(), filled(request.form))["reason"]
    except Invalid as error:
        return _page(conflict_id, error)
    with transaction(asker().identity) as session:
        one = service.reveal(session, conflict_id, reason)
        return _shown(session, one)


@pages.post("/day/conflicts/<uuid:conflict_id>")
@may("sync.decide")
def decide(conflict_id: UUID) -> Any:
    """Keep what stands, or set what the phone says; once, however often it is sent."""
    me = asker()
    try:
        said = loaded(DecideIn(), filled(request.form))
        with transaction(me.identity) as session:
            service.decide(session, me.identity, me.places(session), conflict_id, **said)
    except Clash as error:
        if _was_me(conflict_id, said["keep"]):
            return _done(said["keep"])
        return _page(conflict_id, error)
    except Invalid as error:
        return _page(conflict_id, error)
    return _done(said["keep"])


def _done(keep: str) -> Any:
    return redirect(f"/day?done={keep}", 303)


def _was_me(conflict_id: UUID, keep: str) -> bool:
    """Whether the asker has decided just so already: the button was pressed twice."""
    me = asker()
    with transaction(me.identity) as session:
        one = queries.get_conflict(session, conflict_id)
        return (one.decided, one.decided_by) == (keep, me.user_id)


def _page(conflict_id: UUID, trouble: WanggeError | None = None) -> Response:
    with transaction(asker().identity) as session:
        one = service.describe(session, [queries.get_conflict(session, conflict_id)])[0]
        return _shown(session, one, trouble)


def _shown(session: Session, one: dict[str, Any], trouble: WanggeError | None = None) -> Response:
    rows = households.list_sync_rows(session, [one["row_id"]])
    return shown(
        "day/conflict.html",
        status_of(type(trouble)) if trouble else 200,
        it=one,
        household=next((mask_name(row.head_name) for row in rows), None),
        decider=people.map_names(session, [one["decided_by"]]).get(one["decided_by"]),
        trouble=trouble,
        words=words,
    )
