"""Measures of cells over HTTP: all of them for a map, and one with who serves it."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.maps.measures import service
from server.maps.measures.rules import days_of
from server.maps.measures.schemas import CellLookOut, MapIn, MapOut
from server.maps.tiles.queries import find_mark
from server.maps.tiles.rules.frame import stamp_of

blp = Blueprint("measures", __name__, url_prefix="/map", description="地图 Measures of cells")

_FRESH = "private, no-cache"
_MAP = MapOut()


@blp.route("/cells", methods=["GET"])
@may("household.read")
@blp.arguments(MapIn, location="query")
@blp.response(200, MapOut)
@blp.alt_response(304, description="Unchanged")
def measure_cells(wanted: dict[str, Any]) -> Response:
    """Cells of one's own places: households, visits, disputes; what a map colours by."""
    me = asker()
    days = days_of(wanted["first"], wanted["last"], wanted["days"], me.identity.now)
    with transaction(me.identity) as session:
        held = me.places(session)
    asked = (wanted["under"], days.period, days.unseen_since, wanted["as_of"])

    def stamp(mark: str | None) -> str:
        return stamp_of(mark, me.identity.now, me.user_id, held, "map", *asked)

    if request.if_none_match:
        present = stamp(find_mark(me.identity))
        if request.if_none_match.contains_weak(present):
            return _stamped(Response(status=304), present)
    found = service.measure(me.identity, held, wanted["under"], days, wanted["as_of"])
    return _stamped(jsonify(_MAP.dump(found)), stamp(found["mark"]))


@blp.route("/cells/<code>", methods=["GET"])
@may("sync.supervise")
@blp.response(200, CellLookOut)
def look_at_cell(code: str) -> dict[str, Any]:
    """Who serves a cell, the lead first, and how their phones are."""
    me = asker()
    with transaction(me.identity) as session:
        return service.look_at_cell(session, me.identity, me.places(session), code)


def _stamped(answer: Response, stamp: str) -> Response:
    answer.set_etag(stamp, weak=True)
    answer.headers["Cache-Control"] = _FRESH
    answer.vary.update(("Authorization", "Cookie"))
    return answer
