"""Pure decisions about households: what a field may hold, and how one is placed in a cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from geo.datum import Datum


class PlacedBy(StrEnum):
    """落格方式: how a household got its cell."""

    POINT = "point"
    GROUP = "group"
    HAND = "hand"


class Unplaced(StrEnum):
    """Why a household has no cell (未落格原因)."""

    NO_PLACE = "no_place"  # neither coordinates nor a villager group
    OUTSIDE_COUNTY = "outside_county"  # the point lies in no cell
    OTHER_VILLAGE = (
        "other_village"  # the point lies in a cell of another village than the list says
    )
    GROUP_UNKNOWN = "group_unknown"  # no cell of the village names the group
    GROUP_AMBIGUOUS = "group_ambiguous"  # two cells name it


@dataclass(frozen=True, slots=True)
class Placement:
    """In which cell, and how; or why in none."""

    cell_id: UUID | None
    placed_by: PlacedBy | None = None
    unplaced: Unplaced | None = None


@dataclass(frozen=True, slots=True)
class Clues:
    """All that is known about where a household is."""

    village_id: UUID
    has_point: bool
    at_point: tuple[UUID, UUID] | None  # (cell, village) that has the point
    has_group: bool
    cells_of_group: int = 0
    cell_of_group: UUID | None = None


def place(clues: Clues) -> Placement:
    """A point decides; without one the villager group does; else the household stays unplaced.

    A point that contradicts the village is not believed over the list, and the list is not believed
    over the point: a person decides.
    """
    if clues.has_point:
        return _by_point(clues)
    if clues.has_group:
        return _by_group(clues)
    return Placement(None, unplaced=Unplaced.NO_PLACE)


def _by_point(clues: Clues) -> Placement:
    if clues.at_point is None:
        return Placement(None, unplaced=Unplaced.OUTSIDE_COUNTY)
    cell_id, village_id = clues.at_point
    if village_id != clues.village_id:
        return Placement(None, unplaced=Unplaced.OTHER_VILLAGE)
    return Placement(cell_id, PlacedBy.POINT)


def _by_group(clues: Clues) -> Placement:
    if clues.cells_of_group == 1:
        return Placement(clues.cell_of_group, PlacedBy.GROUP)
    reason = Unplaced.GROUP_AMBIGUOUS if clues.cells_of_group else Unplaced.GROUP_UNKNOWN
    return Placement(None, unplaced=reason)


KINDS = {"family": "家庭", "shop": "商铺", "enterprise": "企业", "institution": "单位"}
STATES = {"lived_in": "常住", "away": "外出", "ended": "已注销"}

# What a phone or a desk may change. Where it is, is sensitive: a person decides a dispute over it.
MUTABLE = frozenset({"address", "head_name", "telephone", "kind", "state", "people", "location"})
SENSITIVE = frozenset({"location"})

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and half of a surrogate pair
_TELEPHONE = re.compile(r"\+?[0-9]{3,20}")


def normal_telephone(text: str) -> str:
    """A telephone number as it is compared: ASCII digits, no blanks or dashes."""
    return re.sub(r"[\s\-()（）]", "", text.translate(_DIGITS))


def wrong_field(name: str, value: Any) -> str | None:
    """Why a field cannot hold this value (a slug), or None. For phone, desk and import alike."""
    checks: Mapping[str, Any] = {
        "head_name": lambda: _text(value, 1, 50),
        "address": lambda: _text(value, 0, 200),
        "telephone": lambda: (
            None
            if value is None or (isinstance(value, str) and _TELEPHONE.fullmatch(value))
            else "bad_telephone"
        ),
        "kind": lambda: None if value in list(KINDS) else "unknown_kind",
        "state": lambda: None if value in list(STATES) else "unknown_state",
        "people": lambda: (
            None if value is None or (type(value) is int and 0 <= value <= 999) else "bad_people"
        ),
        "location": lambda: _location(value),
        "group_no": lambda: (
            None if value is None or (type(value) is int and 1 <= value <= 99) else "bad_group"
        ),
    }
    return checks[name]() if name in checks else "unknown_field"


def _text(value: Any, low: int, high: int) -> str | None:
    ok = isinstance(value, str) and low <= len(value.strip()) and len(value) <= high
    return None if ok and not _UNSTORABLE.search(value) else "bad_text"


def _location(value: Any) -> str | None:
    """[lon, lat, datum, accuracy in metres or None], as it was read."""
    if value is None:
        return None
    if not (isinstance(value, list | tuple) and len(value) == 4):
        return "bad_location"
    lon, lat, datum, accuracy = value
    numbers = all(type(n) in (int, float) for n in (lon, lat))
    if not numbers or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return "bad_location"
    if datum not in list(Datum) or not (accuracy is None or _is_length(accuracy)):
        return "bad_location"
    return None


def _is_length(value: Any) -> bool:
    """Metres, within reason: an accuracy of more than 100 km is no reading."""
    return type(value) in (int, float) and 0 <= value <= 100_000


def bare_name(text: str) -> str:
    """A name as it is compared: no blanks, full-width characters as plain ones."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def near_address(text: str) -> str | None:
    """What two addresses near each other have in common; None where an address tells nothing.

    NEAR means: equal once township, village and villager group are left out (lists of one county
    write them or do not), with blanks, punctuation and the word for a house number. So
    "示例镇 城南村三组12号" and "城南村12" are near, "12号" and "13号" are not. Two roads may have a
    like remainder in one village; that costs a person a look, no more.
    """
    bare = _NO_WORD.sub("", unicodedata.normalize("NFKC", text))
    return _HOUSE.sub("", _GROUP.sub("", _PLACE.sub("", bare))) or None


# Up to the last township or village that is no part of a street's name.
_PLACE = re.compile(r"^.*(?:[县镇乡村]|街道|社区|居委会|村委会|委员会|办事处)(?![路街道巷民])")
_GROUP = re.compile(r"^第?[0-9一二三四五六七八九十百]{1,4}(?:村民小组|居民小组|小组|组|社)")
_HOUSE = re.compile(r"号$")
_NO_WORD = re.compile(r"[^\w-]+|_")  # 1-2号 is not 12号
_DIGITS = str.maketrans("０１２３４５６７８９－", "0123456789-")
