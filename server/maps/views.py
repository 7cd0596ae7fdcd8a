"""Places over HTTP: areas, cells, and what lies at a point."""

from __future__ import annotations

from typing import Any

from geo.datum import Datum, to_wgs84
from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.maps.schemas import (
    AreaPageOut,
    AreasIn,
    CellPageOut,
    LookupIn,
    LookupOut,
    PlacesIn,
)
from server.paging import Page, page_of
from server.places import queries as places
from server.places.models import Area, GridCell

blp = Blueprint("places", __name__, url_prefix="/places", description="区划与网格 Areas and cells")


@blp.route("/areas", methods=["GET"])
@may("place.read")
@blp.arguments(AreasIn, location="query")
@blp.response(200, AreaPageOut)
def list_areas(wanted: dict[str, Any]) -> Page:
    """Areas by level and code prefix."""
    with transaction(asker().identity) as session:
        query = places.areas_under(wanted["under"], wanted["level"])
        return page_of(session, query, Area.id, wanted["after"], wanted["limit"])


@blp.route("/cells", methods=["GET"])
@may("place.read")
@blp.arguments(PlacesIn, location="query")
@blp.response(200, CellPageOut)
def list_cells(wanted: dict[str, Any]) -> Page:
    """Present cells by code prefix."""
    with transaction(asker().identity) as session:
        query = places.cells_under(wanted["under"])
        return page_of(session, query, GridCell.id, wanted["after"], wanted["limit"])


@blp.route("/lookup", methods=["GET"])
@may("place.read")
@blp.arguments(LookupIn, location="query")
@blp.response(200, LookupOut)
def look_up(point: dict[str, Any]) -> dict[str, Any]:
    """The cell and the areas that a point lies in."""
    lon, lat = to_wgs84([point["lon"]], [point["lat"]], Datum(point["datum"]))
    with transaction(asker().identity) as session:
        found = places.locate(session, [(float(lon[0]), float(lat[0]))])
        if 0 not in found:
            return {"areas": [], "cell": None}
        cell = places.get_cell_by_id(session, found[0][0])
        return {"areas": places.list_chain(session, cell.village_id), "cell": cell}
