"""The catalogue of exports: the collections of the maps, and disputes; and their formats."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from server.disputes.rules.words import CHANNELS, SIZES
from server.ladder.kinds import State
from server.ladder.routing import Category, Level
from server.maps.features.schemas import COLLECTIONS, Collection, Column


class Format(StrEnum):
    """A file's form, by the end of its name."""

    GEOJSON = "geojson"
    GPKG = "gpkg"
    XLSX = "xlsx"
    CSV = "csv"


MEDIA: Mapping[Format, str] = {
    Format.GEOJSON: "application/geo+json",
    Format.GPKG: "application/geopackage+sqlite3",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
}
TIMED = frozenset({"households", "visits", "disputes"})  # those that a span of time may bar

DISPUTES = Collection(
    "disputes",
    "矛盾纠纷 Disputes",
    "Disputes that the asker knows of, at a point of their cell.",
    "dispute.read",
    "Point",
    (
        Column("township", "乡镇"),
        Column("village", "行政村"),
        Column("village_code", "村代码"),
        Column("cell_code", "网格代码"),
        Column("category", "类别", words={word.value: word.zh for word in Category}),
        Column("status", "状态", words={word.value: word.zh for word in State}),
        Column("level", "层级", words={word.value: word.zh for word in Level}),
        Column("office", "承办单位"),
        Column("channel", "来源", words=CHANNELS),
        Column("size", "规模", words=SIZES),
        Column("story", "经过", plain_only=True),
        Column("due_at", "办理期限", "date-time"),
        Column("overdue", "超期", "boolean"),
        Column("occurred_at", "发生时间", "date-time"),
        Column("recorded_at", "记录时间", "date-time"),
        Column("received_at", "收到时间", "date-time"),
    ),
)
EXPORTS: Mapping[str, Collection] = {**COLLECTIONS, DISPUTES.id: DISPUTES}
