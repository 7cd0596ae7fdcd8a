"""Lists to load, as a county office would write them."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shapely import box
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

HEADER = "编号,乡镇,行政村,村代码,村组,户主,联系电话,地址,户类型,经度,纬度,人口"
COLUMNS = HEADER.split(",")
A1, A2, B1 = "511921100201", "511921100202", "511921101201"


def row(number: int, **cells: object) -> dict[str, str]:
    """A good row of village A1, group 1; `cells` say what is different about it."""
    usual = {
        "编号": f"H{number:03d}",
        "乡镇": "示例A镇",
        "行政村": "示例A1村",
        "村代码": A1,
        "村组": "一组",
        "户主": f"张某甲{number}",
        "联系电话": f"000138{number:05d}",
        "地址": f"示意路{number}号",
        "户类型": "家庭",
        "人口": "3",
    }
    return dict.fromkeys(COLUMNS, "") | usual | {k: str(v) for k, v in cells.items()}


def write(path: Path, rows: Sequence[Mapping[str, str]], encoding: str = "utf-8") -> Path:
    """Write a list."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def feature(code: str, polygon: BaseGeometry, **properties: Any) -> dict[str, Any]:
    """One GeoJSON feature."""
    named = {"code": code, "name": f"示例{code}", **properties}
    return {"type": "Feature", "properties": named, "geometry": mapping(polygon)}


def square(west: float, east: float, south: float = 31.9, north: float = 32.0) -> BaseGeometry:
    """A rectangle in degrees."""
    return box(west, south, east, north)


def write_geojson(path: Path, features: Sequence[Any], **more: Any) -> Path:
    """Write a FeatureCollection."""
    collection = {"type": "FeatureCollection", "features": list(features), **more}
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    return path
