"""What tells a map about the tiles: TileJSON 3.0 for each layer, and a small MapLibre style.

Colours are one hue from light to dark; what must be acted on is marked in vermilion and by size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.maps.tiles.errors import LayerNotFound
from server.maps.tiles.rules.frame import SINGLE_DISPUTES, SINGLE_HOUSEHOLDS

MAX_ZOOM = 16  # beyond it a map enlarges: nothing finer is drawn
_PAPER, _INK, _QUIET, _ACCENT = "#f7f7f5", "#1f2933", "#616e7c", "#0f5e63"
_VERMILION = "#a8200d"
_CLASSES = ("#e3eeee", "#b9d4d5", "#84b1b3", "#478689", "#0f5e63")  # light to dark, no red–green

_FIELDS: Mapping[str, Mapping[str, str]] = {
    "areas": {"id": "id", "level": "county, township, village", "code": "代码", "name": "名称"},
    "cells": {
        "id": "id",
        "code": "网格编码",
        "name": "名称",
        "village": "村",
        "lead": "网格员 lead worker",
        "synthetic": "边界为演示而画 drawn for demonstration",
        "households": "现居户数 households living there at present; own places only",
        "visited": "其中已见面或电话 of them met or by telephone in the period",
        "coverage": "走访覆盖率 visited / households, 0–1; absent where nobody lives",
        "open": "在办纠纷 open disputes",
        "overdue": "其中超期 of them past their limit",
    },
    "households": {
        "id": "id",
        "kind": "family, shop, enterprise, institution",
        "state": "lived_in, away",
        "placed_by": "point, group, hand",
        "accuracy": "定位精度（米） metres",
        "households": "聚合户数 households of a cluster; absent for a single one",
    },
    "disputes": {
        "id": "id",
        "status": "状态",
        "level": "层级",
        "category": "类别",
        "overdue": "超期 past its limit",
        "precise": "按当事人住处 where a party lives, not the middle of the cell",
        "disputes": "聚合件数 disputes of a cluster; absent for a single one",
        "late": "其中超期 of them past their limit",
    },
}
_FROM_ZOOM = {"areas": 5, "cells": 9, "households": 8, "disputes": 8}
LAYERS = tuple(_FIELDS)


def tilejson(layer: str, root: str) -> dict[str, Any]:
    """TileJSON 3.0 of a layer; `root`: where the API is. Raises LayerNotFound."""
    if layer not in _FIELDS:
        raise LayerNotFound
    zooms = {"minzoom": _FROM_ZOOM[layer], "maxzoom": MAX_ZOOM}
    return {
        "tilejson": "3.0.0",
        "name": f"wangge {layer}",
        "scheme": "xyz",
        "tiles": [f"{root}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt"],
        **zooms,
        "vector_layers": [{"id": layer, "fields": dict(_FIELDS[layer]), **zooms}],
        "wangge:datum": "wgs84",
    }


def style(root: str) -> dict[str, Any]:
    """A MapLibre style over the four layers: coverage in five classes, borders, points."""
    sources = {layer: {"type": "vector", "url": f"{root}/tiles/{layer}.json"} for layer in LAYERS}
    return {
        "version": 8,
        "name": "网格 Wangge",
        "metadata": {"wangge:datum": "wgs84"},
        "sources": sources,
        "layers": [
            {"id": "paper", "type": "background", "paint": {"background-color": _PAPER}},
            *_cells(),
            _border("village", 1.6, _QUIET),
            _border("township", 3.2, _INK),
            _border("county", 4.0, _INK),
            *_households(),
            *_disputes(),
        ],
    }


def _cells() -> list[dict[str, Any]]:
    first, *others = _CLASSES
    steps = [part for k, colour in enumerate(others, 1) for part in (k / 5, colour)]
    colour = ["case", ["has", "coverage"], ["step", ["get", "coverage"], first, *steps], _PAPER]
    return [
        _layer("cells", "cells", "fill", {"fill-color": colour, "fill-opacity": 0.9}),
        _layer("cell-borders", "cells", "line", {"line-color": "#ffffff", "line-width": 0.8}),
    ]


def _border(level: str, width: float, colour: str) -> dict[str, Any]:
    paint = {"line-color": colour, "line-width": width}
    return _layer(f"{level}-borders", "areas", "line", paint, ["==", ["get", "level"], level])


def _households() -> list[dict[str, Any]]:
    size = ["interpolate", ["linear"], ["sqrt", ["get", "households"]], 1, 4, 60, 24]
    clusters = {"circle-color": _QUIET, "circle-opacity": 0.5, "circle-radius": size}
    single = {"circle-color": _QUIET, "circle-radius": 3}
    return [
        _layer("household-clusters", "households", "circle", clusters, ["has", "households"]),
        {
            **_layer("households", "households", "circle", single, ["has", "id"]),
            "minzoom": SINGLE_HOUSEHOLDS,
        },
    ]


def _disputes() -> list[dict[str, Any]]:
    size = ["interpolate", ["linear"], ["sqrt", ["get", "disputes"]], 1, 5, 20, 20]
    some_late = ["case", [">", ["get", "late"], 0], _VERMILION, _ACCENT]
    late = ["case", ["get", "overdue"], _VERMILION, _ACCENT]
    # Never by colour alone: what is late is larger and has a dark rim.
    rim = ["case", ["get", "overdue"], 2.5, 1]
    single = {
        "circle-color": late,
        "circle-radius": ["case", ["get", "overdue"], 7, 5],
        "circle-stroke-width": rim,
        "circle-stroke-color": _INK,
    }
    clusters = {"circle-color": some_late, "circle-opacity": 0.7, "circle-radius": size}
    return [
        _layer("dispute-clusters", "disputes", "circle", clusters, ["has", "disputes"]),
        {
            **_layer("disputes", "disputes", "circle", single, ["has", "id"]),
            "minzoom": SINGLE_DISPUTES,
        },
    ]


def _layer(
    name: str, source: str, kind: str, paint: dict[str, Any], where: list[Any] | None = None
) -> dict[str, Any]:
    layer = {"id": name, "type": kind, "source": source, "source-layer": source, "paint": paint}
    return {**layer, "filter": where} if where else layer
