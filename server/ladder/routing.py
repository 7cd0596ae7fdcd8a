"""At which level a dispute starts: the lowest that covers its place and all its parties."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from server.ladder.errors import NoCommonArea, PlaceInvalid
from server.ladder.words import Word


class Level(Word):
    """A rung of the ladder, lowest first."""

    VILLAGE = "village", "村级"
    TOWNSHIP = "township", "乡镇级"
    COUNTY = "county", "县级"

    @property
    def digits(self) -> int:
        """Length of the code of an Area of this level."""
        return _DIGITS[self]


class Category(Word):
    """Kinds of dispute, as people's mediation registers them."""

    MARRIAGE_FAMILY = "marriage_family", "婚姻家庭"
    NEIGHBOURS = "neighbours", "邻里"
    HOUSE_SITES = "house_sites", "房屋宅基地"
    CONTRACT = "contract", "合同"
    BUSINESS = "business", "生产经营"
    DAMAGES = "damages", "损害赔偿"
    FOREST_AND_LAND = "forest_and_land", "山林土地"
    EXPROPRIATION = "expropriation", "征地拆迁"
    POLLUTION = "pollution", "环境污染"
    UNPAID_WAGES = "unpaid_wages", "拖欠农民工工资"
    OTHER_LABOUR = "other_labour", "其他劳动"
    TOURISM = "tourism", "旅游"
    E_COMMERCE = "e_commerce", "电子商务"
    OTHER_CONSUMER = "other_consumer", "其他消费"
    MEDICAL = "medical", "医疗"
    TRAFFIC = "traffic", "道路交通"
    PROPERTY_MANAGEMENT = "property_management", "物业"
    OTHER = "other", "其他"


class OfficeKind(Word):
    """Kinds of Office; a policy may send a category to one of them (see server/access/rules.py)."""

    VILLAGE_COMMITTEE = "village_committee", "村民委员会"
    MEDIATION_COMMITTEE = "mediation_committee", "调解委员会"
    TOWNSHIP_CENTRE = "township_centre", "乡镇综治中心"
    BUREAU = "bureau", "县级部门"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a dispute starts: a level, and the code of its Area (12, 9 or 6 digits)."""

    level: Level
    area_code: str


def starting_level(category_level: Level, place_codes: Collection[str]) -> Start:
    """The lowest level that covers all `place_codes`, but not below `category_level`.

    `place_codes` are present codes of the place and of every party, of any of 6, 9, 12 or 15
    digits; two villages meet in their township, two townships in the county. Raises PlaceInvalid
    for a code of another form, NoCommonArea where there is no code or the codes share no county.
    """
    for code in place_codes:
        _check_form(code)
    for level in Level:
        areas = {code[: level.digits] for code in place_codes}
        common = areas.pop() if len(areas) == 1 else ""
        if len(common) == level.digits and not_below(level, category_level):
            return Start(level, common)
    raise NoCommonArea


def not_below(level: Level, other: Level) -> bool:
    """Whether `level` is at `other` or above it."""
    return level.digits <= other.digits


_DIGITS = {Level.VILLAGE: 12, Level.TOWNSHIP: 9, Level.COUNTY: 6}
_CELL_DIGITS = 15


def _check_form(code: str) -> None:
    digits_only = code.isascii() and code.isdigit()
    if not digits_only or len(code) not in (*_DIGITS.values(), _CELL_DIGITS):
        raise PlaceInvalid(code)
