"""Drafts over HTTP."""

from __future__ import annotations

from typing import Any

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.moves.door import charge_of
from server.moves.draft.rules import Asked, divide, read_lines
from server.moves.draft.schemas import DraftIn, DraftOut
from server.moves.draft.service import survey_ground

blp = Blueprint("drafts", __name__, url_prefix="/moves", description="网格初分 First divisions")


@blp.route("/draft", methods=["POST"])
@may("cell.move")
@blp.arguments(DraftIn)
@blp.response(200, DraftOut)
def draft_cells(wanted: dict[str, Any]) -> dict[str, Any]:
    """A first division of a village, as a plan to preview. Nothing is changed."""
    me = asker()
    lines = read_lines(wanted["lines"]) if wanted["lines"] is not None else ()
    with transaction(me.identity) as session:
        ground = survey_ground(session, wanted["village"], charge_of(session))
    made = divide(ground, Asked(wanted["low"], wanted["high"], lines, wanted["near_m"]))
    return {
        "plan": made.plan,
        "draft": made.as_geojson(),
        "concerns": made.concerns_as_geojson(),
        "warnings": made.warnings,
    }
