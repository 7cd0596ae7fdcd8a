"""What a map begins with: TileJSON, the style, and the page that explains them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from geo.datum import Datum, from_wgs84
from server.maps.tiles.rules.documents import LAYERS, style, tilejson
from server.maps.tiles.rules.frame import LONGEST_PERIOD, MOST_FEATURES, MOST_POINTS, MOST_VERTICES
from tests.docs.blocks import PAGES, blocks_of
from tests.maps.tilereader import ask, read_all
from tests.smallcounty import SmallCounty

PAGE = "maps.md"


@pytest.mark.parametrize("layer", LAYERS)
def test_tilejson_leads_to_tiles(county: SmallCounty, layer: str) -> None:
    desk = county.sign_in("county")
    told = desk.get(f"/tiles/{layer}.json")
    assert told["tilejson"] == "3.0.0"
    (url,) = told["tiles"]
    path = url.format(z=10, x=816, y=416).split("/api/v1", 1)[1]
    assert desk.call("GET", path).status_code in {200, 204}


def test_behind_nginx_addresses_are_https(county: SmallCounty) -> None:
    headers = {"X-Forwarded-Proto": "https", "Host": "grid.example"}
    told = county.sign_in("county").call("GET", "/tiles/cells.json", headers=headers).json
    assert told["tiles"][0].startswith("https://grid.example/api/v1/tiles/cells/")


def test_tilejson_names_the_columns_that_tiles_have(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    for layer, zoom in (("areas", 12), ("cells", 11), ("households", 14)):
        (told,) = tilejson(layer, "")["vector_layers"]
        found = set[str]().union(*(one.columns for one in read_all(desk, layer, zoom)))
        assert found <= told["fields"].keys(), layer


def test_every_layer_of_the_style_has_a_source(county: SmallCounty) -> None:
    told = county.sign_in("worker-a1w").get("/tiles/style.json")
    assert told["version"] == 8
    drawn = [layer for layer in told["layers"] if layer["type"] != "background"]
    assert {layer["source"] for layer in drawn} == set(LAYERS) == told["sources"].keys()
    assert len({layer["id"] for layer in drawn}) == len(drawn)
    widths = {
        layer["id"]: layer["paint"]["line-width"] for layer in drawn if layer["type"] == "line"
    }
    assert widths["cell-borders"] < widths["village-borders"] < widths["township-borders"]


def test_the_style_asks_only_for_columns_that_there_are() -> None:
    for layer in style("")["layers"][1:]:
        (told,) = tilejson(layer["source"], "")["vector_layers"]
        asked = set(re.findall(r"\['(?:get|has)', '(\w+)'\]", str(layer)))
        assert asked <= told["fields"].keys(), layer["id"]


def test_a_stranger_gets_no_map(county: SmallCounty) -> None:
    client = county.app.test_client()
    for path in ("style.json", "cells.json", "cells/10/816/416.mvt"):
        assert client.get(f"/api/v1/tiles/{path}").status_code == 401


def test_the_page_tells_the_bounds_that_hold(county: SmallCounty) -> None:
    page = (PAGES / PAGE).read_text("utf-8")
    for bound in (MOST_FEATURES, MOST_POINTS, MOST_VERTICES):
        assert f"{bound:,}" in page
    assert f"at most {LONGEST_PERIOD} days" in page
    cache = ask(county.sign_in("county"), "areas", (10, 816, 416)).headers["Cache-Control"]
    assert f"`Cache-Control: {cache}`" in page


def gcj02_of_the_page() -> Callable[[float, float], tuple[float, float]]:
    """The page's function, its arithmetic read as Python: both write it alike."""
    (script,) = (block.text for block in blocks_of(PAGE) if block.kind == "js shift")
    head, wave, *lines, last, end = script.strip().splitlines()
    assert (head, end) == ("function gcj02(lon, lat) {", "}")
    assert wave.strip() == ("const wave = (times, degrees) => Math.sin(times * Math.PI * degrees);")
    body = [re.sub(r"^(const|let) ", "", line.strip()).rstrip(";") for line in lines]
    result = last.strip().removeprefix("return ").rstrip(";")
    known: dict[str, Any] = {
        "Math": SimpleNamespace(PI=math.pi, sin=math.sin, cos=math.cos, sqrt=math.sqrt, abs=abs),
        "wave": lambda times, degrees: math.sin(times * math.pi * degrees),
    }

    def shifted(lon: float, lat: float) -> tuple[float, float]:
        names = {**known, "lon": lon, "lat": lat}
        exec("\n".join(body), names)  # noqa: S102 (our own page, arithmetic alone)
        east, north = eval(result, names)  # noqa: S307 (likewise)
        return east, north

    return shifted


def test_the_shift_of_the_page_is_that_of_geo_datum() -> None:
    shifted, rng = gcj02_of_the_page(), np.random.default_rng(7)
    lons, lats = rng.uniform(75, 135, 200), rng.uniform(5, 53, 200)
    east, north = from_wgs84(lons, lats, Datum.GCJ02)
    for n in range(len(lons)):
        found = shifted(float(lons[n]), float(lats[n]))
        assert found == pytest.approx((east[n], north[n]), abs=1e-11)
