"""Registering a case at the desk: somebody came, rang or wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from server.access.door import Asker, asker, may
from server.console.county.desk import words
from server.console.county.desk.sent import ROWS_OF_PARTIES, Typed, dispute_in, homes_in
from server.console.frame.pages import shown
from server.db import AlreadyThere, transaction
from server.disputes import service
from server.disputes.queries import cases
from server.disputes.rules.fields import is_id
from server.errors import WanggeError
from server.households import queries as homes
from server.households.models import Household
from server.households.schemas import mask_name, mask_telephone
from server.households.search.service import find_households
from server.places import queries as places
from server.problems import status_of


@dataclass(frozen=True, slots=True)
class Home:
    """A household that may be a party, masked."""

    id: UUID
    called: str
    where: str
    side: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What the form chooses from. `homes` None: nobody was looked for."""

    villages: Mapping[str, Sequence[tuple[UUID, str]]]  # township → its villages
    only: UUID | None  # where there is no choice
    homes: Sequence[Home] | None


def expose(pages: Blueprint) -> None:
    """Add these pages to the desk's."""
    pages.add_url_rule("/disputes/new", view_func=show_new, methods=["GET"])
    pages.add_url_rule("/disputes/new", view_func=register, methods=["POST"])


@may("dispute.register")
def show_new() -> Response:
    """The form: three fields, the rest folded."""
    related = request.args.get("related_id", "")
    about = {"related_id": related, "relation": request.args.get("relation", "")}
    typed = Typed(about if is_id(related) else {})
    with transaction(asker().identity) as session:
        desk = _desk(session, asker(), typed)
    return _form(desk, typed)


@may("dispute.register")
def register() -> Any:
    """Register the case; or look for a household that is a party, and show the form again."""
    typed, me = Typed(request.form), asker()
    trouble: WanggeError | None = None
    if typed.get("do") != "find":
        try:
            new = dispute_in(typed, me.identity.now)
            with transaction(me.identity) as session:
                service.register_dispute(session, me.identity, new)
        except AlreadyThere:
            return _sent_before(typed, me)
        except WanggeError as error:
            trouble = error
        else:
            return redirect(f"/disputes/{new.id}?done=register", HTTPStatus.SEE_OTHER)
    with transaction(me.identity) as session:
        desk = _desk(session, me, typed)
    return _form(desk, typed, trouble)


def _sent_before(typed: Typed, me: Asker) -> Any:
    """The same form sent twice leads to the one case; an id that is somebody else's, nowhere."""
    id_ = UUID(typed["id"])
    with transaction(me.identity) as session:
        found = cases.get_dispute(session, id_)
        if found.recorded_by != me.user_id:
            raise AlreadyThere
    return redirect(f"/disputes/{id_}?done=register", HTTPStatus.SEE_OTHER)


def _form(desk: Desk, typed: Typed, trouble: WanggeError | None = None) -> Response:
    status = status_of(type(trouble)) if trouble else HTTPStatus.OK
    return shown(
        "desk/new.html",
        status,
        desk=desk,
        typed=typed,
        wrong=words.beside(trouble),
        trouble=words.summed_up(trouble),
        rows_of_parties=ROWS_OF_PARTIES,
    )


def _desk(session: Session, me: Asker, typed: Typed) -> Desk:
    reach = me.places(session)
    rows = [
        row
        for row in sorted(places.list_villages(session), key=lambda row: row.code)
        if reach is None or f"v:{row.id}" in reach
    ]
    villages: dict[str, list[tuple[UUID, str]]] = {}
    for row in rows:
        villages.setdefault(row.township, []).append((row.id, row.name))
    only = rows[0].id if len(rows) == 1 else None
    return Desk(villages, only, _homes(session, reach, typed))


def _homes(session: Session, reach: Any, typed: Typed) -> list[Home] | None:
    """The households that were looked for, and those that were chosen before."""
    chosen, words = homes_in(typed), typed.get("find", "").strip()
    if not chosen and len(words) < 2:
        return None
    before = homes.list_known(session, [UUID(id_) for id_ in chosen if is_id(id_)])
    found = {home.id: _called(home) for home in before}
    if len(words) > 1 and typed.get("do") == "find":
        for row in find_households(session, reach, words[:50]):
            found[row["household"].id] = _called(row["household"], row["village_name"])
    return [Home(id_, *told, chosen.get(str(id_), "")) for id_, told in found.items()]


def _called(home: Household, village: str = "") -> tuple[str, str]:
    """A household masked, and what tells it from others: village, group, end of the number."""
    group = _("%(n)s 组", n=home.group_no) if home.group_no else ""
    where = (village, group, mask_telephone(home.telephone))
    return mask_name(home.head_name), " ".join(said for said in where if said)
