"""Pure reading of lists of areas and of drawn places: what a line or a feature means."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo.codes import Level, parent_of, parse
from geo.errors import GeoError
from geo.partition import Finding, Kind, check
from server.errors import halves, in_both
from server.places.imports.errors import BadPlaces
from server.sheets import Columns, Feature, Row, Unreadable, shape_of, text_of

AREA_COLUMNS: Columns = {
    "code": ("代码", "编码", "行政区划代码", "区划代码", "code"),
    "level": ("级别", "层级", "level"),
    "name": ("名称", "区划名称", "name"),
    "parent_code": ("上级代码", "上级编码", "父级代码", "parent_code", "parent"),
}
AREA_NEEDED = (("code",), ("name",))
PLACE_COLUMNS: Columns = {
    "code": (
        "code",
        "代码",
        "编码",
        "网格编码",
        "网格代码",
        "网格编号",
        "行政区划代码",
        "区划代码",
    ),
    "name": ("name", "名称", "网格名称", "区划名称"),
    "groups": ("groups", "村组", "村民小组", "小组", "组", "社"),
    "synthetic": ("synthetic", "虚构"),
}
PLACE_NEEDED = (("code",),)
LEVELS = {
    "province": "省",
    "city": "市",
    "county": "县",
    "township": "乡镇",
    "village": "村",
}


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
            faults.append(in_both(f"第 {row.line} 行： line {row.line}:", *halves(str(error))))
    for area in found.values():
        if area.parent is not None and area.parent not in found and area.parent not in known:
            faults.append(
                f"{area.code} 的上级 {area.parent} 不存在。 "
                f"the parent of {area.code} is not there: {area.parent}"
            )
    if faults:
        raise BadPlaces(faults)
    return sorted(found.values(), key=lambda area: len(area.code))


def read_features(
    features: Iterable[Feature], levels: Collection[Level], known: Collection[str]
) -> Mapping[str, Drawn]:
    """The drawn places of a map, by code; properties are by our names (PLACE_COLUMNS).

    `levels`: what may be drawn; `known`: Areas that exist, of which each must be one or have one
    as its parent. Raises BadPlaces with every fault.
    """
    faults: list[str] = []
    drawn: dict[str, Drawn] = {}
    for feature in features:
        try:
            place = _drawn(feature, levels, known)
            _check_once(place.code, drawn)
            drawn[place.code] = place
        except (_Fault, GeoError) as error:
            at = f"第 {feature.number} 个要素： feature {feature.number}:"
            faults.append(in_both(at, *halves(str(error))))
    if not drawn and not faults:
        faults.append("文件中没有要素。 the file has no features")
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
        raise _Fault(f"代码重复：{code}。 the code occurs twice: {code}")


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


def _drawn(feature: Feature, levels: Collection[Level], known: Collection[str]) -> Drawn:
    properties = feature.properties
    if properties is None:
        raise _Fault("缺少 properties。 it has no properties")
    code = parse(text_of(properties.get("code")).strip())
    if code.level not in levels:
        wanted = " / ".join(levels)
        raise _Fault(f"{code} 层级不对，应为 {wanted}。 wrong level: {wanted} wanted")
    owner = parent_of(code.text) if code.level is Level.CELL else code.text
    if owner not in known:
        raise _Fault(f"{owner} 不存在，请先 load areas。 no such Area: load areas first")
    name = text_of(properties.get("name")).strip() or code.text
    if len(name) > 100 or "\x00" in name:
        raise _Fault(f"{code} 名称过长。 the name is too long")
    return Drawn(
        code=code.text,
        name=name,
        groups=_groups(properties.get("groups") or ""),
        synthetic=text_of(properties.get("synthetic")).lower() in _YES,
        polygon=_polygon(feature.geometry),
    )


def _groups(value: Any) -> tuple[int, ...]:
    """Villager groups: "1,2,3" or [1, 2, 3]."""
    if isinstance(value, int | float):  # a single one, in a column of numbers
        value = text_of(value)
    parts = re.split(r"[,，、;；\s]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise _Fault('groups 应为 "1,2,3"。 groups must be like "1,2,3"')
    texts = [text_of(part) for part in parts if part != ""]
    if not all(re.fullmatch(r"[0-9]{1,2}", text) and int(text) for text in texts):
        raise _Fault("组号应为 1 至 99。 groups are numbers from 1 to 99")
    return tuple(sorted({int(text) for text in texts}))


_YES = frozenset({"true", "1", "是", "yes", "t", "y"})


def _polygon(geometry: Any) -> BaseGeometry:
    try:
        polygon = shape_of(geometry)
    except Unreadable as error:
        raise _Fault(str(error)) from error
    if polygon.geom_type not in ("Polygon", "MultiPolygon"):
        raise _Fault(f"几何应为面。 its geometry must be a polygon, not {polygon.geom_type}")
    # A partition of the shape with itself finds exactly what is wrong with the shape alone.
    if found := check(polygon, {}, tolerance_m2=float("inf")).found:
        raise _Fault(found[0].as_geojson()["properties"]["message"] + " " + found[0].detail)
    return polygon
