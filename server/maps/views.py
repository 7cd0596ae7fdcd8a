"""Places over HTTP: areas, cells, their codes and boundaries, and what lies at a point.

`as_of=DATE` asks how things stood at the end of that day in Asia/Shanghai.
"""

from __future__ import annotations

from typing import Any

from server.access import queries as access
from server.access.door import asker, may
from server.access.models import Office
from server.bodies import Blueprint
from server.db import transaction
from server.households import queries as households
from server.households.models import Household
from server.households.schemas import HouseholdPageOut
from server.maps import service
from server.maps.schemas import (
    AreaPageOut,
    AreasIn,
    AsOfIn,
    BoundaryOut,
    CellPageOut,
    CodeOut,
    HouseholdsThenIn,
    LookupIn,
    LookupOut,
    OfficePageOut,
    OfficesIn,
    OneAreaOut,
    OneCellOut,
    PlacesIn,
)
from server.paging import Page, page_of
from server.places.rules import PRESENT, moment

blp = Blueprint("places", __name__, url_prefix="/places", description="区划与网格 Areas and cells")


@blp.route("/areas", methods=["GET"])
@may("place.read")
@blp.arguments(AreasIn, location="query")
@blp.response(200, AreaPageOut)
def list_areas(wanted: dict[str, Any]) -> Page:
    """Areas by level and code prefix, now or as of a day."""
    with transaction(asker().identity) as session:
        return service.page_areas(session, wanted)


@blp.route("/areas/<code>", methods=["GET"])
@may("place.read")
@blp.arguments(AsOfIn, location="query")
@blp.response(200, OneAreaOut)
def read_area(asked: dict[str, Any], code: str) -> dict[str, Any]:
    """One Area by its code, an old one too."""
    with transaction(asker().identity) as session:
        return service.area_of(session, code, asked["as_of"])


@blp.route("/areas/<code>/boundary", methods=["GET"])
@may("place.read")
@blp.arguments(AsOfIn, location="query")
@blp.response(200, BoundaryOut)
def draw_area(asked: dict[str, Any], code: str) -> dict[str, Any]:
    """The boundary of an Area as GeoJSON, now or as of a day."""
    with transaction(asker().identity) as session:
        area = service.area_of(session, code, asked["as_of"])
        return service.draw(session, area, asked["as_of"])


@blp.route("/cells", methods=["GET"])
@may("place.read")
@blp.arguments(PlacesIn, location="query")
@blp.response(200, CellPageOut)
def list_cells(wanted: dict[str, Any]) -> Page:
    """Cells by code prefix, now or as of a day."""
    with transaction(asker().identity) as session:
        return service.page_cells(session, wanted)


@blp.route("/cells/<code>", methods=["GET"])
@may("place.read")
@blp.arguments(AsOfIn, location="query")
@blp.response(200, OneCellOut)
def read_cell(asked: dict[str, Any], code: str) -> dict[str, Any]:
    """One cell by its code, an old one too."""
    with transaction(asker().identity) as session:
        return service.cell_of(session, code, asked["as_of"])


@blp.route("/cells/<code>/boundary", methods=["GET"])
@may("place.read")
@blp.arguments(AsOfIn, location="query")
@blp.response(200, BoundaryOut)
def draw_cell(asked: dict[str, Any], code: str) -> dict[str, Any]:
    """The boundary of a cell as GeoJSON, now or as of a day."""
    with transaction(asker().identity) as session:
        cell = service.cell_of(session, code, asked["as_of"])
        return service.draw(session, cell, asked["as_of"])


@blp.route("/cells/<code>/households", methods=["GET"])
@may("household.read")
@blp.arguments(HouseholdsThenIn, location="query")
@blp.response(200, HouseholdPageOut)
def list_households_then(wanted: dict[str, Any], code: str) -> Page:
    """Households that were in a cell as of a day, as far as one may see them now; masked."""
    with transaction(asker().identity) as session:
        at = moment(wanted["as_of"]) or PRESENT
        cell_id = service.cell_of(session, code, wanted["as_of"])["id"]
        query = households.list_households_then(asker().places(session), cell_id, at)
        return page_of(session, query, Household.id, wanted["after"], wanted["limit"])


@blp.route("/offices", methods=["GET"])
@may("place.read")
@blp.arguments(OfficesIn, location="query")
@blp.response(200, OfficePageOut)
def list_offices(wanted: dict[str, Any]) -> Page:
    """Offices by the code of their Area: who may receive a case, or help with it."""
    with transaction(asker().identity) as session:
        query = access.list_offices(wanted["under"], wanted["level"])
        return page_of(session, query, Office.id, wanted["after"], wanted["limit"])


@blp.route("/codes/<code>", methods=["GET"])
@may("place.read")
@blp.response(200, CodeOut)
def explain_code(code: str) -> dict[str, Any]:
    """What a code was, from–to, and what it is now."""
    with transaction(asker().identity) as session:
        return service.explain(session, code)


@blp.route("/lookup", methods=["GET"])
@may("place.read")
@blp.arguments(LookupIn, location="query")
@blp.response(200, LookupOut)
def look_up(point: dict[str, Any]) -> dict[str, Any]:
    """The cell and the areas that a point lies in, now or as of a day."""
    with transaction(asker().identity) as session:
        return service.look_up(session, point)
