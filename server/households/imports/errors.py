"""What can go wrong when a list of households is loaded, as a whole and row by row."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from server.errors import Clash, Invalid


class NoPlaces(Clash):
    """Households are placed in villages and cells; there are none yet."""

    slug = "no-places"
    text = (
        "尚无行政村，请先 wangge load areas 和 load cells。 "
        "There are no villages yet: run `wangge load areas` and `load cells` first."
    )


class ListBusy(Clash):
    """Two runs at once would give the same households twice, or wait for each other for ever."""

    slug = "list-busy"
    text = "这份名单正在导入，请等它完成。 This list is being loaded already: wait for that run."


class NothingLoaded(Invalid):
    """Every row of the list was rejected."""

    slug = "nothing-loaded"
    text = "没有一行可以导入，原因见报告文件。 No row could be loaded; the report says why."


class Reason(StrEnum):
    """Why a row was rejected."""

    MISPLACED_CELLS = "misplaced_cells"
    ID_MISSING = "id_missing"
    DUPLICATE_ID = "duplicate_id"
    VILLAGE_MISSING = "village_missing"
    VILLAGE_CODE_INVALID = "village_code_invalid"
    VILLAGE_UNKNOWN = "village_unknown"
    OTHER_COUNTY = "other_county"
    HEAD_MISSING = "head_missing"
    BAD_TEXT = "bad_text"
    BAD_TELEPHONE = "bad_telephone"
    BAD_COORDINATES = "bad_coordinates"
    DEGREES_MINUTES = "degrees_minutes"
    UNKNOWN_DATUM = "unknown_datum"
    DATUM_MISSING = "datum_missing"
    PRECISION_LOST = "precision_lost"
    BECAME_DATE = "became_date"
    SPREADSHEET_ERROR = "spreadsheet_error"
    BAD_PEOPLE = "bad_people"
    UNKNOWN_KIND = "unknown_kind"


REMEDY: Mapping[Reason, str] = {
    Reason.MISPLACED_CELLS: "列数多于表头，检查多余的逗号。 "
    "More cells than the header: look for a stray separator.",
    Reason.ID_MISSING: "填写编号，可用顺序号。 Give the row an id; a running number will do.",
    Reason.DUPLICATE_ID: "编号重复，保留一行或改编号。 "
    "The id occurred before: keep one row or give it an id of its own.",
    Reason.VILLAGE_MISSING: "填写村代码，或乡镇名和村名。 "
    "Give the village's code, or its township and name.",
    Reason.VILLAGE_CODE_INVALID: "村代码应为 12 位半角数字。 The code must be 12 ASCII digits.",
    Reason.VILLAGE_UNKNOWN: "本县没有这个村，核对代码或村名。 "
    "This county has no such village: check its code or name.",
    Reason.OTHER_COUNTY: "属于其他县，请交该县。 It belongs to another county: hand it over there.",
    Reason.HEAD_MISSING: "填写户主姓名或单位名称。 Give the name of the head or of the unit.",
    Reason.BAD_TEXT: "文字过长或含不可见字符。 A text is too long or holds unprintable characters.",
    Reason.BAD_TELEPHONE: "只填一个号码，或留空。 Give one number, or none.",
    Reason.BAD_COORDINATES: "经纬度应为两个小数，或都留空。 "
    "Longitude and latitude must be two decimal numbers, or both empty.",
    Reason.DEGREES_MINUTES: "度分秒请换算为小数度，如 31°54′12″ = 31.903333。 "
    "Write degrees, minutes and seconds as decimal degrees: 31°54′12″ = 31.903333.",
    Reason.UNKNOWN_DATUM: "坐标系应为 wgs84、gcj02、bd09 或 cgcs2000。 "
    "The datum is one of wgs84, gcj02, bd09, cgcs2000.",
    Reason.DATUM_MISSING: "填写坐标系，或用 --datum 指定。 "
    "Say in which datum the coordinates are: in the row, or with --datum.",
    Reason.PRECISION_LOST: "表格软件已丢失末尾数字，请先设为文本格式，再按原件重填。 "
    "The spreadsheet lost the last digits: make the column text, then enter them from the original "
    "again.",
    Reason.BECAME_DATE: "表格软件把它改成了日期，请先设为文本格式，再重填。 "
    "The spreadsheet made it a date: make the column text, then enter it again.",
    Reason.SPREADSHEET_ERROR: "单元格公式出错（如 #N/A），请改为数值。 "
    "A formula failed (#N/A, #REF!): put the value itself.",
    Reason.BAD_PEOPLE: "人口应为 0–999 的整数，或留空。 "
    "People is a number from 0 to 999, or empty.",
    Reason.UNKNOWN_KIND: "户类型应为：家庭、商铺、企业、单位。 "
    "The kind is one of: family, shop, enterprise, institution.",
}


class RowRejected(Exception):
    """One row that cannot be taken."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason
