"""What became of households, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from server.access.door import asker, may
from server.access.schemas import RevealIn
from server.bodies import Blueprint
from server.db import transaction
from server.households import queries as households
from server.households.links import queries, service
from server.households.links.models import Link
from server.households.links.schemas import (
    LinkOut,
    LinkPageOut,
    LinkPlainOut,
    LinksOut,
    MergeIn,
    MoveIn,
    SecondHomeIn,
    SplitIn,
    ToldIn,
)
from server.households.links.service import Told
from server.households.service import NewHousehold
from server.paging import Page, PageIn, page_of

blp = Blueprint("links", __name__, url_prefix="/households", description="户际关系 Links")

Made = dict[str, Any]


@blp.route("/<uuid:household_id>/links", methods=["GET"])
@may("household.read")
@blp.arguments(PageIn, location="query")
@blp.response(200, LinkPageOut)
def list_links(wanted: dict[str, Any], household_id: UUID) -> Page:
    """What a household came from, what became of it, and its second homes."""
    with transaction(asker().identity) as session:
        households.get_household(session, household_id)
        query = queries.list_links(household_id)
        return page_of(session, query, Link.id, wanted["after"], wanted["limit"])


@blp.route("/<uuid:household_id>/split", methods=["POST"])
@may("household.link")
@blp.arguments(SplitIn)
@blp.response(201, LinksOut)
def split_household(asked: dict[str, Any], household_id: UUID) -> Made:
    """分户: some of its people are households of their own from now on."""
    new = [_new(household) for household in asked.pop("households")]
    me = asker()
    with transaction(me.identity) as session:
        held = me.places(session)
        made = service.split_household(session, me.identity, held, household_id, new, Told(**asked))
        return {"items": made}


@blp.route("/<uuid:household_id>/merge", methods=["POST"])
@may("household.link")
@blp.arguments(MergeIn)
@blp.response(201, LinksOut)
def merge_households(asked: dict[str, Any], household_id: UUID) -> Made:
    """并户: this one stays; the others end, and their visits stay theirs."""
    gone = asked.pop("gone")
    me = asker()
    with transaction(me.identity) as session:
        held = me.places(session)
        made = service.merge_households(
            session, me.identity, held, household_id, gone, Told(**asked)
        )
        return {"items": made}


@blp.route("/<uuid:household_id>/move", methods=["POST"])
@may("household.link")
@blp.arguments(MoveIn)
@blp.response(201, LinksOut)
def move_household(asked: dict[str, Any], household_id: UUID) -> Made:
    """搬迁: the family lives elsewhere from now on."""
    to = _new(asked.pop("household"))
    me = asker()
    with transaction(me.identity) as session:
        held = me.places(session)
        made = service.move_household(session, me.identity, held, household_id, to, Told(**asked))
        return {"items": made}


@blp.route("/<uuid:household_id>/second-home", methods=["POST"])
@may("household.link")
@blp.arguments(SecondHomeIn)
@blp.response(201, LinksOut)
def add_second_home(asked: dict[str, Any], household_id: UUID) -> Made:
    """第二住所: the same people also live at another address."""
    other_id = asked.pop("other_id")
    me = asker().identity
    with transaction(me) as session:
        made = service.add_second_home(session, me, household_id, other_id, Told(**asked))
        return {"items": made}


@blp.route("/<uuid:household_id>/end", methods=["POST"])
@may("household.link")
@blp.arguments(ToldIn)
@blp.response(201, LinksOut)
def end_household(asked: dict[str, Any], household_id: UUID) -> Made:
    """注销: nobody lives there any more."""
    me = asker()
    with transaction(me.identity) as session:
        held = me.places(session)
        made = service.end_household(session, me.identity, held, household_id, Told(**asked))
        return {"items": made}


@blp.route("/links/<uuid:link_id>/close", methods=["POST"])
@may("household.link")
@blp.response(200, LinkOut)
def close_link(link_id: UUID) -> Link:
    """A second home was given up, or a household was ended by mistake and lives again."""
    me = asker().identity
    with transaction(me) as session:
        return service.close_link(session, me, link_id)


@blp.route("/links/<uuid:link_id>/reveal", methods=["POST"])
@may("household.reveal")
@blp.arguments(RevealIn)
@blp.response(200, LinkPlainOut)
def reveal_link(asked: dict[str, Any], link_id: UUID) -> Link:
    """A link with its note, for who sees both ends. Who looked, when and why is kept."""
    with transaction(asker().identity) as session:
        return service.reveal_link(session, link_id, asked["reason"])


def _new(asked: Mapping[str, Any]) -> NewHousehold:
    fields = dict(asked)
    keys = ("id", "village_id", "group_no", "cell_id")
    return NewHousehold(**{key: fields.pop(key) for key in keys}, fields=fields)
