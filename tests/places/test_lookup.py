"""Where a point lies, now or as of a day; how a place was drawn; who lived in a cell."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from shapely import box
from shapely.geometry import shape
from sqlalchemy import text

from geo.datum import Datum, from_wgs84
from server.db import transaction
from server.households import queries as households
from server.places import queries as places
from tests.smallcounty import CELLS, TOWNSHIPS, VILLAGES, SmallCounty, id_of

NORTH = 31.95


def redraw(county: SmallCounty, name: str, *bounds: float, cells: bool = True) -> None:
    """Give a cell or a village another rectangle, now."""
    with transaction(county.worker) as session:
        west, south, east, north = bounds
        wkb = box(west, south, east, north).wkb
        places.set_boundaries(session, [id_of(name)], [wkb], county.clock.now, cells=cells)


def look(county: SmallCounty, lon: float, lat: float, **more: Any) -> Any:
    return county.sign_in("worker-b1w").get("/places/lookup", lon=lon, lat=lat, **more)


def test_a_point_in_a_cell_has_its_chain(county: SmallCounty) -> None:
    found = look(county, 107.02, NORTH)
    assert (found["found"], found["nearest"]) == ("cell", None)
    assert found["cell"]["code"] == CELLS["A1w"]
    assert [area["level"] for area in found["areas"]] == [
        "province",
        "city",
        "county",
        "township",
        "village",
    ]


def test_on_a_border_the_lowest_code_has_it(county: SmallCounty) -> None:
    assert look(county, 107.05, NORTH)["cell"]["code"] == CELLS["A1w"]
    assert look(county, 107.1, NORTH)["cell"]["code"] == CELLS["A1e"]


def test_a_chinese_map_is_read_in_its_own_datum(county: SmallCounty) -> None:
    """Just east of a border: read as WGS-84 the same numbers lie some 500 m further on."""
    lon, lat = from_wgs84([107.0505], [NORTH], Datum.GCJ02)
    found = look(county, lon[0], lat[0], datum="gcj02")
    assert found["cell"]["code"] == CELLS["A1e"]
    lon, lat = from_wgs84([107.0495], [NORTH], Datum.GCJ02)
    assert look(county, lon[0], lat[0], datum="gcj02")["cell"]["code"] == CELLS["A1w"]
    assert look(county, lon[0], lat[0])["cell"]["code"] == CELLS["A1e"]


def test_in_a_village_and_in_none_of_its_cells(county: SmallCounty) -> None:
    redraw(county, "A1w", 107.0, 31.9, 107.04, 32.0)
    found = look(county, 107.043, NORTH)
    assert (found["found"], found["cell"]) == ("village", None)
    assert found["areas"][-1]["code"] == VILLAGES["A1"]
    assert found["nearest"]["code"] == CELLS["A1w"]
    assert found["nearest"]["metres"] == pytest.approx(0.003 * 94_600, rel=0.01)


def test_in_a_township_and_in_no_village(county: SmallCounty) -> None:
    redraw(county, "A", 107.0, 31.9, 107.2, 32.1, cells=False)
    found = look(county, 107.01, 32.05)
    assert found["found"] == "township"
    assert found["areas"][-1]["code"] == "511921100"
    assert found["nearest"]["code"] == CELLS["A1w"]


def test_outside_the_county_is_said_plainly(county: SmallCounty) -> None:
    for lon, lat in [(0, 0), (106.9, NORTH), (-180, 90), (180, -90)]:
        found = look(county, lon, lat)
        assert (found["found"], found["areas"], found["cell"]) == ("outside", [], None)
        assert "outside" in found["message"]
        assert found["nearest"]["metres"] > 9_000


def test_the_nearest_is_nearest_in_metres_and_not_in_degrees(county: SmallCounty) -> None:
    """A degree north is longer than one east: 0.011° west is nearer than 0.010° south."""
    redraw(county, "A1w", 107.0, 31.9, 107.04, 32.0)
    redraw(county, "A2e", 107.011, 32.010, 107.012, 32.011)
    point = (107.0, 32.010)
    found = look(county, *point)
    assert found["nearest"]["code"] == CELLS["A2e"]
    assert found["nearest"]["metres"] < 0.010 * 110_800


NO_POINT: list[dict[str, Any]] = [
    {"lon": 181, "lat": 0},
    {"lon": "nan", "lat": 0},
    {"lon": "107°03'", "lat": "31°57'"},
    {"lon": 107},
    {"lon": 107, "lat": 32, "datum": "mars"},
    {"lon": 107, "lat": 32, "as_of": "yesterday"},
]


def test_what_is_no_point_is_refused(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    for query in NO_POINT:
        answer = desk.call("GET", "/places/lookup", query_string=query)
        assert (answer.status_code, answer.json["type"]) == (422, "/problems/invalid"), query


def test_a_point_as_of_a_day_before_the_redraw(county: SmallCounty) -> None:
    before = county.clock.now.date()
    county.clock.pass_time(days=3)
    redraw(county, "A1w", 107.0, 31.9, 107.03, 32.0)
    redraw(county, "A1e", 107.03, 31.9, 107.1, 32.0)
    with transaction(county.worker) as session:
        session.execute(
            text("UPDATE grid_cell SET name = '东扩' WHERE id = :id"), {"id": id_of("A1e")}
        )
    assert look(county, 107.04, NORTH)["cell"]["name"] == "东扩"
    then = look(county, 107.04, NORTH, as_of=before.isoformat())
    assert (then["cell"]["code"], then["cell"]["name"]) == (CELLS["A1w"], "示例A1w网格")
    assert then["areas"][-1]["valid_from"]
    earlier = look(county, 107.04, NORTH, as_of=(before - timedelta(days=1)).isoformat())
    assert (earlier["found"], earlier["nearest"]) == ("outside", None)


def test_a_boundary_as_it_was_on_a_day(county: SmallCounty) -> None:
    first = county.clock.now.date()
    county.clock.pass_time(days=3)
    redraw(county, "A1w", 107.0, 31.9, 107.03, 32.0)
    desk = county.sign_in("county")
    path = f"/places/cells/{CELLS['A1w']}/boundary"
    now, then = desk.get(path), desk.get(path, as_of=first.isoformat())
    assert shape(now["geometry"]).bounds == (107.0, 31.9, 107.03, 32.0)
    assert shape(then["geometry"]).bounds == (107.0, 31.9, 107.05, 32.0)
    assert then["properties"]["valid_to"] == now["properties"]["valid_from"]
    assert (now["type"], now["properties"]["code"]) == ("Feature", CELLS["A1w"])
    village = desk.get(f"/places/areas/{VILLAGES['A1']}/boundary")
    assert shape(village["geometry"]).area == pytest.approx(0.01)


def move_home(county: SmallCounty, name: str, cell: str) -> None:
    with transaction(county.worker) as session:
        session.execute(
            text("UPDATE household SET cell_id = :cell WHERE id = :id"),
            {"cell": id_of(cell), "id": id_of(name)},
        )
        households.move_placings(session, [id_of(name)], county.clock.now)


def lived_in(county: SmallCounty, login: str, cell: str, as_of: date | None = None) -> set[str]:
    query = {"as_of": as_of.isoformat()} if as_of else {}
    page = county.sign_in(login).get(f"/places/cells/{CELLS[cell]}/households", **query)
    names = {str(id_of(f"{c}-{k}")): f"{c}-{k}" for c in CELLS for k in (1, 2, 3)}
    return {names[home["id"]] for home in page["items"]}


def test_who_lived_in_a_cell_on_a_day_under_present_authority(county: SmallCounty) -> None:
    first = county.clock.now.date()
    county.clock.pass_time(days=2)
    move_home(county, "A1w-1", "A1e")
    assert lived_in(county, "mediator-a1", "A1w") == {"A1w-2", "A1w-3"}
    assert lived_in(county, "mediator-a1", "A1w", first) == {"A1w-1", "A1w-2", "A1w-3"}
    assert lived_in(county, "mediator-a1", "A1e", county.clock.now.date()) >= {"A1w-1"}
    # It has left this worker's cell since: what it was then is nothing of theirs now.
    assert lived_in(county, "worker-a1w", "A1w", first) == {"A1w-2", "A1w-3"}
    assert lived_in(county, "township-b", "A1w", first) == set()
    masked = county.sign_in("mediator-a1").get(f"/places/cells/{CELLS['A1e']}/households")
    assert all("*" in home["head_name"] for home in masked["items"])


def test_administrators_read_no_household_of_any_day(county: SmallCounty) -> None:
    answer = county.sign_in("auditor").call("GET", f"/places/cells/{CELLS['A1e']}/households")
    assert answer.status_code == 403


def test_offices_are_found_by_the_code_of_their_area(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    found = desk.get("/places/offices", under=TOWNSHIPS["A"], level="village")
    assert {office["name"][:4] for office in found["items"]} == {"示例A1", "示例A2"}
    assert all(office["lead"] and office["public_telephone"] for office in found["items"])
    assert desk.get("/places/offices", under=TOWNSHIPS["A"])["total"] == 3
    first = desk.get("/places/offices", limit=2)
    rest = desk.get("/places/offices", limit=9, after=first["next"])
    assert len(first["items"]) + len(rest["items"]) == first["total"] == 6
    for query in ({"under": "x"}, {"level": "cell"}, {"limit": 0}):
        assert desk.call("GET", "/places/offices", query_string=query).status_code == 422
