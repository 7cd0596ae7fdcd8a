"""Pure reading of a county's list of households: what a row means, or why it cannot be taken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from geo.codes import Level, parse
from geo.datum import Datum, datum_named
from geo.errors import InvalidCode, UnknownDatum
from geo.groups import group_number_in_column
from server.households.imports.errors import Reason, RowRejected
from server.households.rules import bare_name, normal_telephone, wrong_field
from server.sheets import Columns, Row

COLUMNS: Columns = {
    "external_id": ("编号", "户编号", "家庭编号", "序号", "external_id", "household_id", "id"),
    "township": ("乡镇", "乡镇街道", "镇", "乡", "街道", "township", "town"),
    "village": ("行政村", "村", "村名", "村社区", "社区", "village"),
    "village_code": ("村代码", "行政村代码", "村编码", "村级代码", "village_code"),
    "group": ("村组", "组", "社", "小组", "村民小组", "组别", "group"),
    "head": ("户主", "户主姓名", "姓名", "名称", "head", "head_name", "name"),
    "telephone": ("联系电话", "电话", "电话号码", "手机", "手机号", "telephone", "phone", "mobile"),
    "address": ("地址", "住址", "详细地址", "家庭住址", "address"),
    "kind": ("户类型", "类型", "kind", "type"),
    "lon": ("经度", "lon", "lng", "longitude"),
    "lat": ("纬度", "lat", "latitude"),
    "datum": ("坐标系", "坐标系统", "坐标类型", "datum"),
    "people": ("人口", "人口数", "人数", "people", "persons"),
}
NEEDED = (("external_id",), ("head",), ("village_code", "village"))


class Odd(StrEnum):
    """What looks like a slip in a row that was kept: said, never mended."""

    SWAPPED = "swapped"  # longitude and latitude seem exchanged
    ZERO = "zero"  # (0, 0): a program's word for "unknown"
    METRES = "metres"  # no degrees: a projected coordinate system
    OUTSIDE_CHINA = "outside_china"
    GROUP_UNREADABLE = "group_unreadable"
    OLD_CODE = "old_code"  # the village's code has changed since; it was understood


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, understood. Coordinates are as the list has them."""

    line: int
    external_id: str
    village_id: UUID
    group_no: int | None
    head_name: str
    telephone: str | None
    address: str
    kind: str
    people: int | None
    lon: float | None
    lat: float | None
    odd: Odd | None
    datum: Datum | None = None  # where the row says its own; None: the list's


class Village(NamedTuple):
    """A village of this county."""

    id: UUID
    code: str
    name: str
    township: str


class Villages:
    """The villages of this county, by code and by name within their township.

    `old`: codes that are nobody's now → the village that had it last. `old_codes` counts their use.
    """

    def __init__(self, villages: Iterable[Village], old: Mapping[str, UUID] | None = None) -> None:
        known = list(villages)
        self._old, self.old_codes = old or {}, 0
        self._by_code = {village.code: village.id for village in known}
        self._counties = {village.code[: Level.COUNTY.digits] for village in known}
        self._by_name: dict[tuple[str, str], UUID | None] = {}
        for village in known:
            key = (_place_name(village.township), _place_name(village.name))
            # Two villages of one name in one township: the name tells nothing.
            self._by_name[key] = None if key in self._by_name else village.id

    def __len__(self) -> int:
        return len(self._by_code)

    def find(self, code: str, township: str, name: str) -> UUID:
        """The village of a row; its code decides where there is one. Raises RowRejected."""
        if code:
            return self._of_code(unicodedata.normalize("NFKC", code).removesuffix(".0"))
        if not name or not township:
            raise RowRejected(Reason.VILLAGE_MISSING)
        found = self._by_name.get((_place_name(township), _place_name(name)))
        if found is None:
            raise RowRejected(Reason.VILLAGE_UNKNOWN)
        return found

    def _of_code(self, code: str) -> UUID:
        if (found := self._by_code.get(code)) is not None:
            return found
        if (found := self._old.get(code)) is not None:
            self.old_codes += 1
            return found
        if _LOST.fullmatch(code):
            raise RowRejected(Reason.PRECISION_LOST)
        try:
            level = parse(code).level
        except InvalidCode:
            raise RowRejected(Reason.VILLAGE_CODE_INVALID) from None
        if level is not Level.VILLAGE:
            raise RowRejected(Reason.VILLAGE_CODE_INVALID)
        elsewhere = code[: Level.COUNTY.digits] not in self._counties
        raise RowRejected(Reason.OTHER_COUNTY if elsewhere else Reason.VILLAGE_UNKNOWN)


def read_entry(row: Row, villages: Villages) -> Entry:
    """What a row says. Raises RowRejected with the first thing that is wrong."""
    cell = row.cells.get
    if row.surplus:
        raise RowRejected(Reason.MISPLACED_CELLS)
    if max(map(len, row.cells.values()), default=0) > _LONGEST:
        raise RowRejected(Reason.BAD_TEXT)
    external_id = read_id(row)
    village_id = villages.find(cell("village_code", ""), cell("township", ""), cell("village", ""))
    group = cell("group", "")
    group_no = _group(group)
    lon, lat = _coordinates(cell("lon", ""), cell("lat", ""))
    datum = cell("datum", "")
    return Entry(
        line=row.line,
        external_id=external_id,
        village_id=village_id,
        group_no=group_no,
        head_name=_head(cell("head", "")),
        telephone=_telephone(cell("telephone", "")),
        address=_address(cell("address", "")),
        kind=_kind(cell("kind", "")),
        people=_people(cell("people", "")),
        lon=lon,
        lat=lat,
        odd=_odd(lon, lat, unreadable=bool(group) and group_no is None),
        datum=_datum(datum) if datum and lon is not None else None,
    )


def read_id(row: Row) -> str:
    """The id that the list gives the household. Raises RowRejected."""
    external_id = row.cells.get("external_id", "")
    if not external_id:
        raise RowRejected(Reason.ID_MISSING)
    if len(external_id) > _LONGEST_ID or not external_id.isprintable():
        raise RowRejected(Reason.BAD_TEXT)
    if "+" in external_id and _LOST.fullmatch(external_id):
        raise RowRejected(Reason.PRECISION_LOST)
    if external_id[0] in _MARKS:
        _check_spreadsheet(external_id)
    return external_id


def _head(text: str) -> str:
    if not text:
        raise RowRejected(Reason.HEAD_MISSING)
    if wrong_field("head_name", text):
        raise RowRejected(Reason.BAD_TEXT)
    if text and text[0] in _MARKS:
        _check_spreadsheet(text)
    return text


def _address(text: str) -> str:
    if wrong_field("address", text):
        raise RowRejected(Reason.BAD_TEXT)
    if text and text[0] in _MARKS:
        _check_spreadsheet(text)
    return text


def _check_spreadsheet(text: str) -> None:
    """What a spreadsheet makes of a text: 3-1 a date, a broken reference an error."""
    if text in _SPREADSHEET_ERRORS:
        raise RowRejected(Reason.SPREADSHEET_ERROR)
    if _DATE.fullmatch(text):
        raise RowRejected(Reason.BECAME_DATE)


def _telephone(text: str) -> str | None:
    if text in _NO_TELEPHONE:
        return None
    number = normal_telephone(text)
    if wrong_field("telephone", number):
        number = number.removesuffix(".0")
        if wrong_field("telephone", number):
            lost = _LOST.fullmatch(number)
            raise RowRejected(Reason.PRECISION_LOST if lost else Reason.BAD_TELEPHONE)
    return number


def _kind(text: str) -> str:
    kind = _KIND_OF_WORD.get(text.lower())
    if kind is None:
        raise RowRejected(Reason.UNKNOWN_KIND)
    return kind


def _people(text: str) -> int | None:
    if not text:
        return None
    match = _PEOPLE.fullmatch(unicodedata.normalize("NFKC", text))
    if match is None:
        raise RowRejected(Reason.BAD_PEOPLE)
    return int(match["number"])


def _coordinates(lon: str, lat: str) -> tuple[float, float] | tuple[None, None]:
    if not lon and not lat:
        return None, None
    plain = [unicodedata.normalize("NFKC", text) for text in (lon, lat)]
    if not all(map(_DECIMAL.fullmatch, plain)):
        sexagesimal = any(map(_DEGREES_MINUTES.search, (lon, lat)))
        raise RowRejected(Reason.DEGREES_MINUTES if sexagesimal else Reason.BAD_COORDINATES)
    return float(plain[0]), float(plain[1])


def _odd(lon: float | None, lat: float | None, *, unreadable: bool) -> Odd | None:
    if lon is None or lat is None:
        return Odd.GROUP_UNREADABLE if unreadable else None
    if _in_china(lon, lat):
        return None
    if lon == lat == 0:
        return Odd.ZERO
    if _in_china(lat, lon):
        return Odd.SWAPPED
    return Odd.OUTSIDE_CHINA if abs(lon) <= 180 and abs(lat) <= 90 else Odd.METRES


@lru_cache(maxsize=64)
def _datum(text: str) -> Datum:
    plain = unicodedata.normalize("NFKC", text)
    try:
        return _DATUM_OF_WORD.get(plain) or datum_named(plain)
    except UnknownDatum:
        raise RowRejected(Reason.UNKNOWN_DATUM) from None


def _in_china(lon: float, lat: float) -> bool:
    return 73 <= lon <= 136 and 3 <= lat <= 54


@lru_cache(maxsize=4096)  # a county writes its groups in a few hundred ways
def _group(text: str) -> int | None:
    return group_number_in_column(text) if text else None


@lru_cache(maxsize=4096)
def _place_name(name: str) -> str:
    """城南村, 城南村委会 and 城南村民委员会 are one village; 街道 and 街道办事处 one township."""
    return _ENDING.sub("", bare_name(name))


_LONGEST_ID = 100
_LONGEST = 1000  # of any cell: some rules take the square of its length
_ENDING = re.compile(
    r"(?<=村)(?:村民委员会|村委会|民委员会|委员会|委会)$|(?:居民委员会|居委会)$|(?<=街道)办事处$|人民政府$"
)
# How spreadsheets show, and save, a number with more digits than they keep.
_LOST = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]{1,3}")
# A date in a cell of Excel (server.sheets.table), or as it is saved as CSV: 3-1 becomes 3月1日.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+|[0-9]{1,2}月[0-9]{1,2}日")
_MARKS = frozenset("#0123456789")  # with which either begins
_SPREADSHEET_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
)
_DEGREES_MINUTES = re.compile(r"[°º˚′″'\"’”度分秒]|^\s*[0-9]+[ :：]+[0-9]+")
_DATUM_OF_WORD = {
    **dict.fromkeys(("高德", "腾讯", "火星坐标", "火星坐标系", "国测局"), Datum.GCJ02),
    **dict.fromkeys(("百度", "百度坐标"), Datum.BD09),
    **dict.fromkeys(("2000", "国家2000", "大地2000", "2000国家大地坐标系"), Datum.CGCS2000),
    **dict.fromkeys(("GPS", "WGS1984"), Datum.WGS84),
}
_DECIMAL = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{0,20})?")
_PEOPLE = re.compile(r"(?P<number>[0-9]{1,3})(?:\.0+)?\s*[人口]?")
_NO_TELEPHONE = frozenset({"", "无", "没有", "-", "—", "/", "暂无"})
_KIND_OF_WORD = {
    **dict.fromkeys(("", "家庭", "住户", "居民户", "农户", "居民", "family"), "family"),
    **dict.fromkeys(("商铺", "门店", "商户", "个体户", "个体工商户", "shop"), "shop"),
    **dict.fromkeys(("企业", "公司", "enterprise"), "enterprise"),
    **dict.fromkeys(("单位", "机构", "事业单位", "institution"), "institution"),
}
