"""The collections: which columns they have, how each is called and masked, what may be asked.

A column's name is what GeoJSON and GeoPackage call it, its title what stands above it in a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from server.households.rules import KINDS, STATES, PlacedBy
from server.households.schemas import mask_name, mask_telephone
from server.visits.rules import OUTCOMES, PURPOSES

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `words`: what its slugs mean. `mask`: what is shown of it by default.

    `plain_only`: shown to nobody who has not said why.
    """

    name: str
    title: str
    kind: str = "string"  # string, integer, number, boolean, uuid or date-time
    words: Mapping[str, str] = field(default_factory=dict)
    mask: Callable[[Any], Any] | None = None
    plain_only: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """A set of features. `action`: who may read it; `filters`: columns that may be asked for."""

    id: str
    title: str
    description: str
    action: str
    geometry: str  # Point or MultiPolygon
    columns: tuple[Column, ...]
    filters: tuple[str, ...] = ()

    def shown(self, *, plain: bool = False) -> tuple[Column, ...]:
        """The columns that are shown, masked or plain."""
        return tuple(column for column in self.columns if plain or not column.plain_only)


PLACED_BY = {
    PlacedBy.POINT.value: "坐标",
    PlacedBy.GROUP.value: "村组",
    PlacedBy.HAND.value: "人工",
}
_VILLAGE = (
    Column("township", "乡镇"),
    Column("village", "行政村"),
    Column("village_code", "村代码"),
    Column("cell_code", "网格代码"),
)

COLLECTIONS: Mapping[str, Collection] = {
    "areas": Collection(
        "areas",
        "行政区划 Areas",
        "Areas with their boundary, where it is known. datetime: what held then.",
        "place.read",
        "MultiPolygon",
        (
            Column("level", "级别"),
            Column("code", "代码"),
            Column("name", "名称"),
            Column("parent_code", "上级代码"),
            Column("valid_from", "界线起", "date-time"),
        ),
        filters=("level", "code"),
    ),
    "cells": Collection(
        "cells",
        "网格 Grid cells",
        "Grid cells with their boundary. datetime: what held then.",
        "place.read",
        "MultiPolygon",
        (
            Column("code", "代码"),
            Column("name", "名称"),
            *_VILLAGE[:3],
            Column("groups", "村组"),
            Column("synthetic", "示例", "boolean"),
            Column("valid_from", "界线起", "date-time"),
        ),
        filters=("code", "village_code"),
    ),
    "households": Collection(
        "households",
        "住户 Households",
        "Households within one's places, masked. datetime: when they were first recorded.",
        "household.read",
        "Point",
        (
            *_VILLAGE,
            Column("group_no", "村组", "integer"),
            Column("head_name", "户主", mask=mask_name),
            Column("telephone", "联系电话", mask=mask_telephone),
            Column("address", "地址", plain_only=True),
            Column("kind", "户类型", words=KINDS),
            Column("state", "状态", words=STATES),
            Column("people", "人口", "integer"),
            Column("placed_by", "落格方式", words=PLACED_BY),
            Column("unplaced", "未落格原因"),
            Column("accuracy_m", "精度（米）", "number"),
            Column("external_id", "来源编号"),
            Column("created_at", "登记时间", "date-time"),
        ),
        filters=("kind", "state", "placed_by", "village_code", "cell_code"),
    ),
    "visits": Collection(
        "visits",
        "走访 Visits",
        "Visits within one's places, at their household's point, without notes. "
        "datetime: when they were recorded.",
        "visit.read",
        "Point",
        (
            *_VILLAGE,
            Column("household_id", "住户", "uuid"),
            Column("outcome", "走访结果", words=OUTCOMES),
            Column("purpose", "走访事由", words=PURPOSES),
            Column("companions", "同行人数", "integer"),
            Column("done_by", "走访人"),
            Column("occurred_at", "走访时间", "date-time"),
            Column("recorded_at", "记录时间", "date-time"),
            Column("received_at", "收到时间", "date-time"),
        ),
        filters=("outcome", "purpose", "household_id", "village_code", "cell_code"),
    ),
}


class DocumentIn(Schema):
    """Parameters of a page of metadata: the form, and there is one."""

    f = fields.String(load_default="json", validate=validate.OneOf(["json"]))


_ASKED = validate.Length(max=200)


class _ItemsIn(DocumentIn):
    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(min=1))
    after = fields.UUID(load_default=None)
    bbox = fields.String(load_default=None, validate=_ASKED)
    bbox_crs = fields.String(load_default=None, data_key="bbox-crs", validate=_ASKED)
    datetime = fields.String(load_default=None, validate=_ASKED)


def items_schema(collection: Collection) -> Schema:
    """The parameters of a collection's items; one that is not among them is refused."""
    columns = {column.name: column for column in collection.columns}
    asked = {name: _filter(columns[name]) for name in collection.filters}
    schema: type[Schema] = type(f"{collection.id.title()}ItemsIn", (_ItemsIn,), asked)
    return schema(unknown=RAISE)


def _filter(column: Column) -> fields.Field[Any]:
    if column.kind == "uuid":
        return fields.UUID()
    among = validate.OneOf(list(column.words)) if column.words else validate.Length(max=50)
    return fields.String(validate=among)
