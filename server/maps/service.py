"""What is asked of places: where a point lies, what a code is, how a place was drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from geo.codes import Level, parse
from geo.datum import Datum, to_wgs84
from server.paging import Page, old_codes, page_of
from server.places import queries as places
from server.places.errors import AreaNotFound, CellNotFound, CodeNotFound, SeveralSuccessors
from server.places.models import Area, AreaLabel, CellLabel, GridCell
from server.places.rules import PRESENT, area_then, cell_then, moment

_SAID = {
    "cell": "在网格内。 It lies in a cell.",
    "village": "在村界内，但不在任何网格内。 It lies in this village and in none of its cells.",
    "township": "在乡镇界内，但不在任何网格内。 It lies in this township and in no cell.",
    "county": "在本县内，但不在任何网格内。 It lies in this county and in no cell.",
    "outside": "在本县已知边界之外。 It lies outside every known boundary of this county.",
}


def page_areas(session: Session, wanted: Mapping[str, Any]) -> Page:
    """Areas by level and prefix, now or as of a day (by the codes of that day)."""
    at, page = moment(wanted["as_of"]), (wanted["after"], wanted["limit"])
    if at is None:
        under = places.present_prefix(session, wanted["under"])
        return page_of(session, places.areas_under(under, wanted["level"]), Area.id, *page)
    query = places.areas_as_of(wanted["under"], wanted["level"], at)
    found = page_of(session, query, AreaLabel.area_id, *page)
    return replace(found, items=[area_then(label) for label in found.items])


def page_cells(session: Session, wanted: Mapping[str, Any]) -> Page:
    """Cells by prefix, now or as of a day (by the codes of that day)."""
    at, page = moment(wanted["as_of"]), (wanted["after"], wanted["limit"])
    if at is None:
        under = places.present_prefix(session, wanted["under"])
        return page_of(session, places.cells_under(under), GridCell.id, *page)
    query = places.cells_as_of(wanted["under"], at)
    found = page_of(session, query, CellLabel.cell_id, *page)
    return replace(found, items=[cell_then(label) for label in found.items])


def look_up(session: Session, point: Mapping[str, Any]) -> dict[str, Any]:
    """What a point lies in, now or as of a day; what is nearest where it lies in no cell."""
    lons, lats = to_wgs84([point["lon"]], [point["lat"]], Datum(point["datum"]))
    at = moment(point["as_of"])
    found = places.look_up(session, (float(lons[0]), float(lats[0])), at)
    where = "cell" if found.cell_id else _level(found.area_code)
    return {
        "found": where,
        "message": _SAID.get(where, _SAID["county"]),
        "areas": _chain(session, found.area_code, at),
        "cell": _cell(session, found.cell_id, at),
        "nearest": _nearest(found),
    }


def _level(code: str | None) -> str:
    return parse(code).level.value if code else "outside"


def _chain(session: Session, code: str | None, at: datetime | None) -> list[Any]:
    if code is None:
        return []
    if at is None:
        return list(places.list_chain(session, places.get_area(session, code).id))
    return [area_then(label) for label in places.list_chain_as_of(session, code, at)]


def _cell(session: Session, cell_id: UUID | None, at: datetime | None) -> Any:
    if cell_id is None:
        return None
    if at is None:
        return places.get_cell_by_id(session, cell_id)
    return cell_then(places.get_cell_label(session, cell_id, at))


def _nearest(found: places.Found) -> dict[str, Any] | None:
    if found.nearest_id is None or found.metres is None:
        return None
    metres = round(found.metres, 1)
    return {"id": found.nearest_id, "code": found.nearest_code, "metres": metres}


def area_of(session: Session, code: str, as_of: date | None) -> dict[str, Any]:
    """An Area by its code, now or as of a day; an old code is said to be one."""
    at = moment(as_of)
    if at is None:
        area = places.get_area(session, code)
        names = ("id", "level", "code", "name", "parent_id")
        shape = {name: getattr(area, name) for name in names}
    else:
        shape = area_then(places.get_area_as_of(session, code, at))
    return shape | _said_of(session, code)


def cell_of(session: Session, code: str, as_of: date | None) -> dict[str, Any]:
    """A cell by its code, now or as of a day; an old code is said to be one."""
    at = moment(as_of)
    if at is None:
        cell = places.get_cell(session, code)
        names = ("id", "village_id", "code", "name", "groups", "synthetic")
        shape = {name: getattr(cell, name) for name in names}
    else:
        shape = cell_then(places.get_cell_as_of(session, code, at))
    return shape | _said_of(session, code)


def _said_of(session: Session, code: str) -> dict[str, str]:
    """That a code which was asked for is an old one, where it is."""
    return next((old._asdict() for old in old_codes(session) if old.asked_code == code), {})


def draw(session: Session, place: Mapping[str, Any], as_of: date | None) -> dict[str, Any]:
    """The boundary of an Area or a cell as a GeoJSON Feature. Raises BoundaryNotFound."""
    drawn = places.get_boundary(session, place["id"], moment(as_of) or PRESENT)
    told = ("code", "name", "synthetic", "asked_code", "present_code")
    return {
        "type": "Feature",
        "id": place["id"],
        "geometry": json.loads(drawn.geometry),
        "properties": {
            **{name: place[name] for name in told if name in place},
            "valid_from": drawn.valid_from.isoformat(),
            "valid_to": drawn.valid_to and drawn.valid_to.isoformat(),
        },
    }


def explain(session: Session, code: str) -> dict[str, Any]:
    """What a code was, from–to, and what it is now. Raises CodeNotFound."""
    uses = places.list_uses(session, parse(code).text)
    if not uses:
        raise CodeNotFound
    became: dict[UUID, list[dict[str, Any]]] = {}
    for row in places.list_successors(session, {use.id for use in uses}):
        became.setdefault(row.from_id, []).append(row._asdict())
    told = [
        {**use._asdict(), "level": parse(code).level.value, "became": became.get(use.id, [])}
        for use in uses
    ]
    return {"code": code, "present_code": _present(session, code), "uses": told}


def _present(session: Session, code: str) -> str | None:
    try:
        if len(code) == Level.CELL.digits:
            return places.get_cell(session, code).code
        return places.get_area(session, code).code
    except (AreaNotFound, CellNotFound, SeveralSuccessors):
        return None
