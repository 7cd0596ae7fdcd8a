"""The county as layers: OGC API – Features, within what each asker may see."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from geo.tiles import quadkey
from server.db import transaction
from server.maps.features.errors import BadQuery
from server.maps.features.rules import MOST_TILES, Box, cover, read_bbox, read_datetime
from server.maps.features.schemas import COLLECTIONS
from server.places import queries as places
from tests.smallcounty import CELLS, START, Desk, SmallCounty, id_of


def items(desk: Desk, collection: str, **query: Any) -> dict[str, Any]:
    """A page of features."""
    found: dict[str, Any] = desk.get(f"/ogc/collections/{collection}/items", **query)
    return found


def walk(desk: Desk, collection: str, **query: Any) -> list[dict[str, Any]]:
    """All features, by following `next` as GDAL and QGIS do."""
    page = items(desk, collection, **query)
    features = list(page["features"])
    while following := [one["href"] for one in page["links"] if one["rel"] == "next"]:
        page = items(desk, collection, **dict(parse_qsl(urlsplit(following[0]).query)))
        assert page["numberReturned"] == len(page["features"])
        features += page["features"]
    return features


def visit(county: SmallCounty, household: str, login: str = "worker-a1w") -> None:
    """Somebody met a household."""
    said = {"outcome": "met", "note": "示例：说起水渠"}
    new = {"id": str(uuid4()), "household_id": str(id_of(household)), **said}
    county.sign_in(login).post("/visits", new)


def test_everything_is_found_from_the_landing_page(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    landing = desk.get("/ogc/")
    linked = {one["rel"]: one for one in landing["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= linked.keys()
    for one in linked.values():
        answer = desk.call("GET", urlsplit(one["href"]).path.removeprefix("/api/v1"))
        assert answer.status_code == 200
        assert answer.content_type.replace(" ", "") == one["type"].replace(" ", "")
    core = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"
    assert core in desk.get("/ogc/conformance")["conformsTo"]
    for collection in desk.get("/ogc/collections")["collections"]:
        there = {one["rel"]: one["href"] for one in collection["links"]}
        assert desk.get(urlsplit(there["self"]).path.removeprefix("/api/v1")) == collection
        answer = desk.call("GET", urlsplit(there["items"]).path.removeprefix("/api/v1"))
        assert answer.content_type == "application/geo+json"
        columns = desk.get(urlsplit(there["describedby"]).path.removeprefix("/api/v1"))
        named = columns["properties"]["properties"]["properties"].keys()
        for feature in answer.get_json(force=True)["features"]:
            assert feature["properties"].keys() == named


def test_the_definition_names_every_parameter_that_is_taken(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    api = desk.get("/ogc/api")
    assert api["servers"] == [{"url": "http://localhost/api/v1/ogc"}]
    for collection in COLLECTIONS.values():
        taken = api["paths"][f"/collections/{collection.id}/items"]["get"]["parameters"]
        named = {p.get("name") or p["$ref"].rpartition("/")[2] for p in taken}
        assert named == {"limit", "bbox", "bbox-crs", "datetime", "after", *collection.filters}


def test_links_speak_https_where_the_proxy_does(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    page = desk.call("GET", "/ogc/", headers={"X-Forwarded-Proto": "https"}).json
    assert all(one["href"].startswith("https://localhost/api/v1/ogc") for one in page["links"])


def test_a_worker_has_the_households_of_their_cell_and_a_supervisor_those_below(
    county: SmallCounty,
) -> None:
    mine = walk(county.sign_in("worker-a1w"), "households")
    assert {f["id"] for f in mine} == {str(id_of(f"A1w-{k}")) for k in (1, 2, 3)}
    theirs = walk(county.sign_in("township-a"), "households", limit=5)
    assert {f["properties"]["cell_code"][:12] for f in theirs} == {"511921100201", "511921100202"}
    assert len(theirs) == 12


def test_names_and_numbers_are_masked_and_the_address_is_not_there(county: SmallCounty) -> None:
    (feature, *_) = walk(county.sign_in("worker-a1w"), "households")
    assert feature["properties"]["head_name"] == "示*****"
    assert feature["properties"]["telephone"].startswith("*********")
    assert "address" not in feature["properties"]
    assert feature["geometry"]["type"] == "Point"


def test_a_visit_lies_where_its_household_does_and_says_nothing_of_its_note(
    county: SmallCounty,
) -> None:
    visit(county, "A1w-1")
    (found,) = walk(county.sign_in("worker-a1w"), "visits")
    assert found["geometry"]["coordinates"] == pytest.approx([107.02, 31.95])
    assert found["properties"]["outcome"] == "met"
    assert "note" not in found["properties"]
    assert walk(county.sign_in("worker-a1e"), "visits") == []


@pytest.mark.parametrize("login", ["system", "security", "auditor"])
def test_an_administrator_has_the_places_and_no_household(county: SmallCounty, login: str) -> None:
    desk = county.sign_in(login)
    listed = {c["id"] for c in desk.get("/ogc/collections")["collections"]}
    assert listed == {"areas", "cells"}
    for path in ("", "/schema", "/items", f"/items/{id_of('A1w-1')}"):
        answer = desk.call("GET", f"/ogc/collections/households{path}")
        assert (answer.status_code, answer.json["type"]) == (403, "/problems/not-yours")


def test_one_feature_by_its_id_and_a_neighbours_as_if_it_were_not_there(
    county: SmallCounty,
) -> None:
    desk = county.sign_in("worker-a1w")
    mine = desk.call("GET", f"/ogc/collections/households/items/{id_of('A1w-1')}")
    assert mine.content_type == "application/geo+json"
    assert {one["rel"] for one in mine.get_json(force=True)["links"]} == {"self", "collection"}
    for stranger in (id_of("A1e-1"), uuid4()):
        answer = desk.call("GET", f"/ogc/collections/households/items/{stranger}")
        assert (answer.status_code, answer.json["type"]) == (404, "/problems/feature-not-found")


def test_pages_are_whole_whatever_their_size_and_counted_once(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    whole = [f["id"] for f in walk(desk, "households")]
    for limit in (1, 7, 18, 19, 100_000):
        assert [f["id"] for f in walk(desk, "households", limit=limit)] == whole
    first = items(desk, "households", limit=7)
    assert (first["numberMatched"], first["numberReturned"]) == (18, 7)
    assert first["timeStamp"].endswith("Z")


def test_a_box_has_what_lies_in_it_its_edge_included(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    seen = {f["id"] for f in walk(desk, "households", bbox="107.02,31.95,107.03,31.95")}
    assert seen == {str(id_of("A1w-1")), str(id_of("A1w-2"))}
    assert walk(desk, "households", bbox="107.021,31.9,107.029,32") == []
    cells = walk(desk, "cells", bbox="107.06,31.9,107.09,32", limit=2)
    assert {f["properties"]["code"] for f in cells} == {CELLS["A1e"]}
    crs = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    heights = "107.02,31.95,-10,107.03,31.95,900"
    assert {f["id"] for f in walk(desk, "households", bbox=heights, **{"bbox-crs": crs})} == seen


def test_a_box_over_the_antimeridian_goes_round_the_other_side(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    assert len(walk(desk, "households", bbox="107.2,-90,107.1,90")) == 12
    assert len(walk(desk, "cells", bbox="170,-90,-170,90")) == 0


def test_columns_can_be_asked_for(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    found = walk(desk, "households", cell_code=CELLS["B1w"], kind="family", limit=2)
    assert {f["id"] for f in found} == {str(id_of(f"B1w-{k}")) for k in (1, 2, 3)}
    assert walk(desk, "households", state="ended") == []
    assert len(walk(desk, "areas", level="village")) == 3
    visit(county, "A1w-1")
    assert len(walk(desk, "visits", household_id=str(id_of("A1w-1")), outcome="met")) == 1


def test_of_a_redrawn_cell_each_day_has_its_own_boundary(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    (before,) = walk(desk, "cells", code=CELLS["A1w"])
    county.clock.pass_time(days=10)
    smaller = shape(before["geometry"]).buffer(-0.01)
    with transaction(county.worker) as session:
        places.set_boundaries(session, [id_of("A1w")], [smaller.wkb], county.clock.now, cells=True)
    (now,) = walk(county.sign_in("county"), "cells", code=CELLS["A1w"])
    assert shape(now["geometry"]).area < shape(before["geometry"]).area
    desk = county.sign_in("county")
    then = (START + timedelta(days=1)).isoformat()
    assert walk(desk, "cells", code=CELLS["A1w"], datetime=then) == [before]
    assert walk(desk, "cells", code=CELLS["A1w"], datetime="../2020-01-01") == []
    (last,) = walk(desk, "cells", code=CELLS["A1w"], datetime="2026-01-01/..")
    assert last == now


def test_visits_of_a_day(county: SmallCounty) -> None:
    visit(county, "A1w-1")
    desk = county.sign_in("worker-a1w")
    assert len(walk(desk, "visits", datetime="2026-03-02")) == 1
    assert walk(desk, "visits", datetime="2026-03-03/2026-03-04") == []


WRONG = [
    {"bbox": ""},
    {"bbox": "1,2,3"},
    {"bbox": "a,b,c,d"},
    {"bbox": "nan,0,1,1"},
    {"bbox": "107,32,108,31"},
    {"bbox": "181,0,182,1"},
    {"bbox": ",".join(["1"] * 5000)},
    {"bbox-crs": "http://www.opengis.net/def/crs/EPSG/0/3857"},
    {"datetime": "yesterday"},
    {"datetime": ""},
    {"datetime": ".."},
    {"datetime": "2026-03-04/2026-03-03"},
    {"datetime": "2026-03-03/2026-03-04/2026-03-05"},
    {"limit": "0"},
    {"limit": "-1"},
    {"limit": "many"},
    {"limit": "9" * 400},
    {"after": "7"},
    {"kind": "castle"},
    {"outcome": "met"},
    {"surprise": "1"},
    {"f": "html"},
]


def test_a_parameter_that_is_wrong_or_unknown_is_a_400_as_the_standard_wants(
    county: SmallCounty,
) -> None:
    desk = county.sign_in("county")
    for query in WRONG:
        answer = desk.call("GET", "/ogc/collections/households/items", query_string=query)
        (wrong,) = query
        if query == {"limit": "9" * 400}:
            assert answer.status_code in {200, 400}
        elif len(str(query)) > 8192:  # no server in between would take such an address
            assert answer.status_code == 414
        else:
            assert answer.status_code == 400, (query, answer.text)
            assert answer.content_type == "application/problem+json", query
            assert wrong in str(answer.json["errors"]), query


def test_the_documents_too_take_no_parameter_that_is_not_theirs(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    for path in ("/", "/api", "/conformance", "/collections", "/collections/cells"):
        assert desk.call("GET", f"/ogc{path}?surprise=1").status_code == 400
        assert desk.call("GET", f"/ogc{path}?f=json").status_code == 200
    assert desk.call("GET", "/ogc/collections/disputes/items").status_code == 404


_LON, _LAT = st.floats(-180, 180), st.floats(-85, 85)


@given(st.tuples(_LON, _LON), st.tuples(_LAT, _LAT), st.floats(0, 1), st.floats(0, 1))
def test_the_quadkeys_of_a_box_hold_every_point_of_it(
    lons: tuple[float, float], lats: tuple[float, float], across: float, up: float
) -> None:
    box = Box(min(lons), min(lats), max(lons), max(lats))
    lon = min(box.west + across * (box.east - box.west), box.east)
    lat = min(box.south + up * (box.north - box.south), box.north)
    ranges = cover(box)
    assert len(ranges) <= MOST_TILES
    assert any(low <= int(quadkey(lon, lat)) < high for low, high in ranges)


@given(st.text(max_size=40))
def test_no_text_is_too_strange_to_be_refused(text: str) -> None:
    for read in (read_bbox, read_datetime):
        with suppress(BadQuery):
            read(text)
