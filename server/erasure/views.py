"""Erasures over HTTP: asked for here, carried out by the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from server.access.door import asker, fresh, may
from server.bodies import Blueprint
from server.db import transaction
from server.erasure import queries, service
from server.erasure.models import Erasure, Mention
from server.erasure.queries import mentions
from server.erasure.schemas import (
    ErasureIn,
    ErasureOut,
    ErasurePageOut,
    MentionDecisionIn,
    MentionOut,
    MentionPageOut,
    MentionsIn,
    MentionTextOut,
)
from server.paging import Page, PageIn, page_of

blp = Blueprint("erasures", __name__, url_prefix="/erasures", description="删除个人信息 Erasures")


@blp.route("", methods=["POST"])
@may("erasure.ask")
@blp.arguments(ErasureIn)
@blp.response(202, ErasureOut)
def ask_erasure(asked: dict[str, Any]) -> Erasure:
    """Have a household (with its visits), a visit, a party of a case or a whole case erased for
    good, within a minute. A case needs a second person's approval.
    """
    fresh()
    me = asker().identity
    with transaction(me) as session:
        return service.ask_erasure(
            session, me, asked["entity"], asked["id"], asked["reason"], asked["approval"]
        )


@blp.route("", methods=["GET"])
@may("erasure.read")
@blp.arguments(PageIn, location="query")
@blp.response(200, ErasurePageOut)
def list_erasures(wanted: dict[str, Any]) -> Page:
    """What was asked for and what is done."""
    with transaction(asker().identity) as session:
        query = queries.list_erasures()
        return page_of(session, query, Erasure.id, wanted["after"], wanted["limit"])


@blp.route("/mentions", methods=["GET"])
@may("erasure.read")
@blp.arguments(MentionsIn, location="query")
@blp.response(200, MentionPageOut)
def list_mentions(wanted: dict[str, Any]) -> Page:
    """Texts that may still speak of somebody who was erased: for a person to read."""
    with transaction(asker().identity) as session:
        query = mentions.list_mentions(open_only=not wanted["all"])
        return page_of(session, query, Mention.id, wanted["after"], wanted["limit"])


@blp.route("/mentions/<uuid:mention_id>", methods=["GET"])
@may("erasure.read")
@blp.response(200, MentionTextOut)
def read_mention(mention_id: UUID) -> dict[str, Any]:
    """One of them, with what it says. Who looked is kept."""
    with transaction(asker().identity) as session:
        mention, said = service.read_mention(session, mention_id)
        return {**{name: getattr(mention, name) for name in MentionOut().fields}, "text": said}


@blp.route("/mentions/<uuid:mention_id>", methods=["POST"])
@may("erasure.decide")
@blp.arguments(MentionDecisionIn)
@blp.response(200, MentionOut)
def decide_mention(said: dict[str, Any], mention_id: UUID) -> Mention:
    """Reword it, remove it, or say that it stays; carried out within a minute."""
    me = asker().identity
    with transaction(me) as session:
        return service.decide_mention(session, me, mention_id, said["decided"], said["wording"])
