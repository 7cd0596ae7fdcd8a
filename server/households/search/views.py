"""The search over HTTP. A POST: a name has no business in an address, which logs keep."""

from __future__ import annotations

from typing import Any

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.households.search import service
from server.households.search.schemas import SearchIn, SearchOut

blp = Blueprint("search", __name__, url_prefix="/households", description="查找 Search")


@blp.route("/search", methods=["POST"])
@may("household.reveal")
@blp.arguments(SearchIn)
@blp.response(200, SearchOut)
def find_households(asked: dict[str, Any]) -> dict[str, Any]:
    """Households by the head's whole name or words of the address, masked. The look is kept."""
    with transaction(asker().identity) as session:
        held = asker().places(session)
        return {"items": service.find_households(session, held, asked["words"].strip())}
