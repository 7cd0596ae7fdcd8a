"""Pure reading of lists of areas and of drawn places: what a line or a feature means."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geo.codes import Level, parent_of, parse
from geo.errors import GeoError
from geo.partition import Finding, Kind, check
from server.places.imports.errors import BadPlaces
from server.sheets import Columns, Row

AREA_COLUMNS: Columns = {
    "code": ("代码", "编码", "行政区划代码", "区划代码", "code"),
    "level": ("级别", "层级", "level"),
    "name": ("名称", "区划名称", "name"),
    "parent_code": ("上级代码", "上级编码", "父级代码", "parent_code", "parent"),
}
AREA_NEEDED = (("code",), ("name",))
LEVELS = {
    "province": "省",
    "city": "市",
    "county": "县",
    "township": "乡镇",
    "village": "村",
}
# A cell is drawn by a county, on whatever map it has; other systems must be converted first.
_CRS = re.compile(r"CRS84|EPSG:{1,2}(4326|4490)$")


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One Area of the official list; `parent` is the code one level up."""

    code: str
    level: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """One feature: a cell or an Area with its polygon in degrees, WGS-84."""

    code: str
    name: str
    groups: tuple[int, ...]
    synthetic: bool
    polygon: BaseGeometry


def read_areas(rows: Iterable[Row], known: Collection[str]) -> list[AreaLine]:
    """The areas of a list, parents first. `known`: codes that exist already.

    Codes are judged by form and by parent (geo.codes). Raises BadPlaces with every fault.
    """
    faults: list[str] = []
    found: dict[str, AreaLine] = {}
    for row in rows:
        try:
            area = _area(row)
            _check_once(area.code, found)
            found[area.code] = area
        except (_Fault, GeoError) as error:
            faults.append(f"第 {row.line} 行 line {row.line}：{error}")
    for area in found.values():
        if area.parent is not None and area.parent not in found and area.parent not in known:
            faults.append(f"{area.code} 的上级不存在 its parent is not there: {area.parent}")
    if faults:
        raise BadPlaces(faults)
    return sorted(found.values(), key=lambda area: len(area.code))


def read_features(
    text: str, levels: Collection[Level], known: Collection[str]
) -> Mapping[str, Drawn]:
    """The drawn places of a GeoJSON FeatureCollection, by code.

    `levels`: what may be drawn; `known`: Areas that exist, of which each must be one or have one
    as its parent. Raises BadPlaces with every fault.
    """
    faults: list[str] = []
    drawn: dict[str, Drawn] = {}
    for number, feature in enumerate(_features(text), start=1):
        try:
            place = _drawn(feature, levels, known)
            _check_once(place.code, drawn)
            drawn[place.code] = place
        except (_Fault, GeoError) as error:
            faults.append(f"第 {number} 个要素 feature {number}：{error}")
    if not drawn and not faults:
        faults.append("文件中没有要素 the file has no features")
    if faults:
        raise BadPlaces(faults)
    return drawn


def check_village(
    village: BaseGeometry | None, cells: Mapping[str, BaseGeometry], tolerance_m2: float
) -> Sequence[Finding]:
    """What keeps these cells from tiling their village; where its shape is unknown, overlaps."""
    shape = village if village is not None else shapely.union_all(list(cells.values()))
    return check(shape, cells, tolerance_m2=tolerance_m2).found


def refused(finding: Finding) -> bool:
    """Slivers (edges drawn twice) are reported; all else keeps the file out."""
    return finding.kind is not Kind.SLIVER


def counties(codes: Iterable[str]) -> set[str]:
    """The counties that codes lie in; provinces and cities lie in none."""
    return {code[: Level.COUNTY.digits] for code in codes if len(code) >= Level.COUNTY.digits}


class _Fault(ValueError):
    """What is wrong with one line or feature."""


def _check_once(code: str, found: Collection[str]) -> None:
    if code in found:
        raise _Fault(f"代码重复 the code occurs twice: {code}")


def _area(row: Row) -> AreaLine:
    code = parse(row.cells.get("code", ""))
    name, level = row.cells.get("name", ""), row.cells.get("level", "")
    if code.level is Level.CELL:
        raise _Fault("这是网格编码，请用 load cells。 this is a cell's code: use load cells")
    if not name or len(name) > 100 or "\x00" in name:
        raise _Fault("名称为空或过长。 the name is empty or too long")
    if level and level not in (code.level, LEVELS[code.level]):
        raise _Fault(
            f"级别“{level}”与代码不符，应为 {LEVELS[code.level]}。 "
            f"the code says {code.level}, the column says {level}"
        )
    parent, given = parent_of(code.text), row.cells.get("parent_code", "")
    if given and given != parent:
        raise _Fault(f"上级代码应为 {parent}。 the parent's code must be {parent}, not {given}")
    return AreaLine(code.text, code.level, name, parent)


def _features(text: str) -> Iterator[Any]:
    try:
        collection = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadPlaces([f"不是 GeoJSON。 this is not GeoJSON: {error}"]) from error
    if not isinstance(collection, dict) or not isinstance(collection.get("features"), list):
        raise BadPlaces(["应为 FeatureCollection。 a FeatureCollection is wanted"])
    crs = str(collection.get("crs", "CRS84"))
    if not _CRS.search(re.sub(r"[^\w:]+$", "", crs)):
        raise BadPlaces([f"请先转换为 WGS-84 坐标。 convert it to WGS-84 first: {crs[:80]}"])
    yield from collection["features"]


def _drawn(feature: Any, levels: Collection[Level], known: Collection[str]) -> Drawn:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise _Fault("缺少 properties。 it has no properties")
    code = parse(str(properties.get("code", "")))
    if code.level not in levels:
        wanted = " / ".join(levels)
        raise _Fault(f"{code} 层级不对，应为 {wanted}。 wrong level: {wanted} wanted")
    owner = parent_of(code.text) if code.level is Level.CELL else code.text
    if owner not in known:
        raise _Fault(f"{owner} 不存在，请先 load areas。 no such Area: load areas first")
    name = str(properties.get("name") or code)
    if len(name) > 100 or "\x00" in name:
        raise _Fault(f"{code} 名称过长。 the name is too long")
    return Drawn(
        code=code.text,
        name=name,
        groups=_groups(properties.get("groups", "")),
        synthetic=bool(properties.get("synthetic", False)),
        polygon=_polygon(feature.get("geometry")),
    )


def _groups(value: Any) -> tuple[int, ...]:
    """Villager groups: "1,2,3" or [1, 2, 3]."""
    parts = re.split(r"[,，、;；\s]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise _Fault('groups 应为 "1,2,3"。 groups must be like "1,2,3"')
    texts = [str(part) for part in parts if part != ""]
    if not all(re.fullmatch(r"[0-9]{1,2}", text) and int(text) for text in texts):
        raise _Fault("组号应为 1 至 99。 groups are numbers from 1 to 99")
    return tuple(sorted({int(text) for text in texts}))


def _polygon(geometry: Any) -> BaseGeometry:
    try:
        polygon = shapely.force_2d(shape(geometry))
    except Exception as error:  # shapely raises whatever its parts raise
        raise _Fault(f"几何无法读取。 its geometry cannot be read: {error}") from error
    if polygon.geom_type not in ("Polygon", "MultiPolygon"):
        raise _Fault(f"几何应为面。 its geometry must be a polygon, not {polygon.geom_type}")
    # A partition of the shape with itself finds exactly what is wrong with the shape alone.
    if found := check(polygon, {}, tolerance_m2=float("inf")).found:
        raise _Fault(found[0].as_geojson()["properties"]["message"] + " " + found[0].detail)
    return polygon
