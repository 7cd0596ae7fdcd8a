"""Erasures over HTTP: asked for here, carried out by the worker."""

from __future__ import annotations

from typing import Any

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.erasure import queries, service
from server.erasure.models import Erasure
from server.erasure.schemas import ErasureIn, ErasureOut, ErasurePageOut
from server.paging import Page, PageIn, page_of

blp = Blueprint("erasures", __name__, url_prefix="/erasures", description="删除个人信息 Erasures")


@blp.route("", methods=["POST"])
@may("erasure.ask")
@blp.arguments(ErasureIn)
@blp.response(202, ErasureOut)
def ask_erasure(asked: dict[str, Any]) -> Erasure:
    """Have a household (with its visits) or one visit erased for good, within a minute."""
    me = asker().identity
    with transaction(me) as session:
        return service.ask_erasure(session, me, asked["entity"], asked["id"], asked["reason"])


@blp.route("", methods=["GET"])
@may("erasure.read")
@blp.arguments(PageIn, location="query")
@blp.response(200, ErasurePageOut)
def list_erasures(wanted: dict[str, Any]) -> Page:
    """What was asked for and what is done."""
    with transaction(asker().identity) as session:
        query = queries.list_erasures()
        return page_of(session, query, Erasure.id, wanted["after"], wanted["limit"])
