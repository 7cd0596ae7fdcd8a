"""Drawing over HTTP: what it begins with, and what would mend it."""

from __future__ import annotations

from typing import Any

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.moves.drawing import service
from server.moves.drawing.rules import ground_of
from server.moves.drawing.schemas import GroundIn, GroundOut, MendedOut
from server.moves.schemas import CheckIn

blp = Blueprint("drawings", __name__, url_prefix="/moves", description="绘制边界 Drawing")


@blp.route("/ground", methods=["GET"])
@may("move.make")
@blp.arguments(GroundIn, location="query")
@blp.response(200, GroundOut)
def read_ground(wanted: dict[str, Any]) -> dict[str, Any]:
    """A village's cells as they are, to draw on; its stamp tells whether somebody redrew it."""
    with transaction(asker().identity) as session:
        return ground_of(service.village_of(session, wanted["village"]))


@blp.route("/mend", methods=["POST"])
@may("move.make")
@blp.arguments(CheckIn)
@blp.response(200, MendedOut)
def mend_drawing(drawing: dict[str, Any]) -> dict[str, Any]:
    """The cells as they would tile, by the repairs that the check suggests. Nothing is changed."""
    with transaction(asker().identity) as session:
        return {"cells": service.mend(session, drawing)}
