"""Vector tiles over HTTP, and the documents that a map begins with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from flask import Response, jsonify, request

from server.access.door import asker, may
from server.access.permissions import Scope, scope_of
from server.access.queries import find_places
from server.bodies import Blueprint
from server.db import Identity
from server.maps.tiles import queries
from server.maps.tiles.queries import Drawn
from server.maps.tiles.rules import documents
from server.maps.tiles.rules.frame import Tile, period_of, stamp_of, tile_named
from server.maps.tiles.schemas import AreasIn, CellsIn
from server.places.rules import end_of_day

blp = Blueprint("tiles", __name__, url_prefix="/tiles", description="矢量瓦片 Vector tiles")

_MVT = "application/vnd.mapbox-vector-tile"
_FRESH = "private, max-age=60, must-revalidate"
Held = frozenset[str] | None  # buckets of the asker's places; None: the county


@blp.route("/areas/<z>/<x>/<y>.mvt", methods=["GET"])
@may("place.read")
@blp.arguments(AreasIn, location="query")
@blp.response(200, content_type=_MVT)
@blp.alt_response(204, description="Nothing there")
@blp.alt_response(304, description="Unchanged")
def draw_areas(asked: dict[str, Any], z: str, x: str, y: str) -> Response:
    """Villages with their townships, townships, or the county, by zoom."""
    tile, at = tile_named(z, x, y), _end_of(asked["as_of"])
    return _answer("areas", tile, None, (at,), partial(queries.draw_areas, tile=tile, at=at))


@blp.route("/cells/<z>/<x>/<y>.mvt", methods=["GET"])
@may("place.read")
@blp.arguments(CellsIn, location="query")
@blp.response(200, content_type=_MVT)
@blp.alt_response(204, description="Nothing there")
@blp.alt_response(304, description="Unchanged")
def draw_cells(asked: dict[str, Any], z: str, x: str, y: str) -> Response:
    """Cells; those of the asker's places with visit coverage and disputes."""
    tile, at, held = tile_named(z, x, y), _end_of(asked["as_of"]), _held()
    period = period_of(asked["first"], asked["last"], asker().identity.now)
    if asked["measures"] == "no":
        held = frozenset()

    def draw(by: Identity) -> Drawn:
        if at is not None:
            return queries.draw_past_cells(by, tile, at)
        if not held and held is not None:
            return queries.draw_bare_cells(by, tile)
        return queries.draw_cells(by, tile, held, period.span)

    return _answer("cells", tile, held, (at, period), draw)


@blp.route("/households/<z>/<x>/<y>.mvt", methods=["GET"])
@may("household.read")
@blp.response(200, content_type=_MVT)
@blp.alt_response(204, description="Nothing there")
@blp.alt_response(304, description="Unchanged")
def draw_households(z: str, x: str, y: str) -> Response:
    """Households of the asker's places; clusters from afar."""
    tile, held = tile_named(z, x, y), _held()
    draw = partial(queries.draw_households, tile=tile, held=held)
    return _answer("households", tile, held, (), draw)


@blp.route("/disputes/<z>/<x>/<y>.mvt", methods=["GET"])
@may("dispute.read")
@blp.response(200, content_type=_MVT)
@blp.alt_response(204, description="Nothing there")
@blp.alt_response(304, description="Unchanged")
def draw_disputes(z: str, x: str, y: str) -> Response:
    """Open disputes of the asker's places; clusters from afar."""
    tile, held = tile_named(z, x, y), _held()
    draw = partial(queries.draw_disputes, tile=tile, held=held)
    return _answer("disputes", tile, held, (), draw)


@blp.route("/style.json", methods=["GET"])
@may("place.read")
@blp.response(200)
def read_style() -> Response:
    """A small MapLibre style over the four layers; no base map."""
    return jsonify(documents.style(_root()))


@blp.route("/<layer>.json", methods=["GET"])
@may("place.read")
@blp.response(200)
def read_tilejson(layer: str) -> Response:
    """TileJSON 3.0 of a layer."""
    return jsonify(documents.tilejson(layer, _root()))


def _answer(
    layer: str,
    tile: Tile,
    held: Held,
    asked: tuple[object, ...],
    draw: Callable[[Identity], Drawn],
) -> Response:
    """The tile; or 304, without a look at any row, where the client's copy is still good."""
    me = asker()
    by = me.identity

    def stamp(mark: str | None) -> str:
        return stamp_of(mark, by.now, me.user_id, held, layer, tile, *asked)

    if kept := request.if_none_match:
        present = stamp(queries.find_mark(by))
        if kept.contains_weak(present):
            return _stamped(Response(status=304), present)
    drawn = draw(by)
    return _stamped(_shown(drawn), stamp(drawn.mark))


def _held() -> Held:
    """Where the asker may look at households: measures reach no further than lists do."""
    scope = scope_of("household.read", asker().roles)
    if scope is None:
        return frozenset()
    return None if scope is Scope.COUNTY else frozenset(find_places(asker().identity))


def _shown(drawn: Drawn) -> Response:
    """What is left out is said, never silently."""
    answer = Response(drawn.mvt, 200 if drawn.features else 204, content_type=_MVT)
    answer.headers["Wangge-Features"] = str(drawn.features)
    if drawn.clustered:
        answer.headers["Wangge-Cut"] = f"clustered; there={drawn.there}"
    elif drawn.cut:
        answer.headers["Wangge-Cut"] = f"left-out; there={drawn.there}"
    return answer


def _stamped(answer: Response, stamp: str) -> Response:
    answer.set_etag(stamp, weak=True)
    answer.headers["Cache-Control"] = _FRESH
    answer.vary.update(("Authorization", "Cookie"))  # who comes next to a shared browser
    return answer


def _root() -> str:
    """Where the API is, as the client sees it; nginx tells what it took off."""
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    return f"{'https' if scheme == 'https' else 'http'}://{request.host}/api/v1"


def _end_of(day: date | None) -> datetime | None:
    return end_of_day(day) if day else None
