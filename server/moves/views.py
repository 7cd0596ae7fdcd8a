"""Moves over HTTP: check a drawing, preview a plan, apply it, read what was moved."""

from __future__ import annotations

from typing import Any

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.moves import queries, service
from server.moves.door import moving_by
from server.moves.kinds import read_plan
from server.moves.models import Move
from server.moves.redraw.service import check_cells
from server.moves.schemas import ApplyIn, CheckIn, MoveOut, MovePageOut, MovesIn, PreviewIn
from server.paging import Page, page_of

blp = Blueprint("moves", __name__, url_prefix="/moves", description="调整 Moves")


@blp.route("/check", methods=["POST"])
@may("move.make")
@blp.arguments(CheckIn)
@blp.response(200)
def check_drawing(drawn: dict[str, Any]) -> dict[str, Any]:
    """Do these cells tile their village: overlaps, gaps, slivers, invalid rings, as GeoJSON."""
    with transaction(asker().identity) as session:
        found = check_cells(session, drawn)
    return {"ok": found.ok, "findings": found.as_geojson()}


@blp.route("/preview", methods=["POST"])
@may("move.make")
@blp.arguments(PreviewIn)
@blp.response(200)
def preview_move(asked: dict[str, Any]) -> Any:
    """What a plan would move, what each phone would hold, and the token to apply it with."""
    plan = read_plan(asked["plan"])
    with moving_by(plan) as moving:
        return service.preview(moving, plan)


@blp.route("/apply", methods=["POST"])
@may("move.make")
@blp.arguments(ApplyIn)
@blp.response(201, MoveOut)
def apply_move(asked: dict[str, Any]) -> Move:
    """Carry a plan out as it was previewed. Asked again with the same token, it moves nothing."""
    plan = read_plan(asked["plan"])
    with moving_by(plan) as moving:
        return service.apply(moving, plan, asked["token"], asked["why"])


@blp.route("", methods=["GET"])
@may("move.read")
@blp.arguments(MovesIn, location="query")
@blp.response(200, MovePageOut)
def list_moves(wanted: dict[str, Any]) -> Page:
    """Moves within one's charge that were applied."""
    with transaction(asker().identity) as session:
        query = queries.list_moves(wanted["kind"])
        return page_of(session, query, Move.id, wanted["after"], wanted["limit"])
