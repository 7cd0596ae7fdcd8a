"""Codes of areas and cells: their form, their level, who lies under whom.

Province 2, city 4, county 6, township 9, village 12, cell 15 digits; a parent's code is a prefix
of its child's. Only the form is judged here; whether a place exists is for the area tables to say.

Form, after GB/T 2260 and GB/T 10114, checked against the statistical list of 2023-06-30 (41,352
townships, 620,573 villages): township segments 001–599; a village segment begins with 0–5.
The one exception of that list, 350527000, is a placeholder and is refused, and so is every code
padded with zeros to a longer form (511921000000): it would be taken for a village.
A county segment 00 is real: Dongguan (441900) has townships and no counties.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from geo.errors import InvalidCode, InvalidSequence, WrongLevel


class Level(StrEnum):
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"
    CELL = "cell"

    @property
    def digits(self) -> int:
        """How long a code of this level is."""
        return _DIGITS[self]


class TownshipKind(StrEnum):
    STREET_OFFICE = "street_office"  # 街道 001–099
    TOWN = "town"  # 镇 100–199
    RURAL_TOWNSHIP = "rural_township"  # 乡 200–399
    SPECIAL = "special"  # 开发区、农场等 400–599


@dataclass(frozen=True, order=True, slots=True)
class Code:
    """A code of valid form. Orders as text, which for one level is the order of the list."""

    text: str
    level: Level

    def __str__(self) -> str:
        return self.text


def parse(code: str) -> Code:
    """The code with its level. Raises InvalidCode; nothing is trimmed, mended or guessed."""
    level = _LEVEL_OF_LENGTH.get(len(code))
    if level is None or not _FORM.fullmatch(code):
        raise InvalidCode(code)
    return Code(code, level)


def level_of(code: str) -> Level:
    """Raises InvalidCode."""
    return parse(code).level


def parent_of(code: str) -> str | None:
    """The code one level up; None for a province. Raises InvalidCode."""
    above = {Level.CITY: 2, Level.COUNTY: 4, Level.TOWNSHIP: 6, Level.VILLAGE: 9, Level.CELL: 12}
    level = level_of(code)
    return code[: above[level]] if level in above else None


def is_under(code: str, ancestor: str) -> bool:
    """Whether `code` lies in `ancestor`. A place lies in itself. Raises InvalidCode for either."""
    return parse(code).text.startswith(parse(ancestor).text)


def prefix_range(code: str) -> tuple[str, str]:
    """Half-open text range [low, high) that holds exactly the codes lying under `code`.

    `code >= low AND code < high` finds them, 15-digit cells among them, with a plain b-tree and a
    leakproof comparison; LIKE is neither under row security. high is the next number of the same
    length: every longer code that begins with 511921 sorts after "511921" and before "511922".
    The column must compare by byte, COLLATE "C": other collations promise no order that an index
    of another machine shares. No carry can lengthen high, since no province begins with 9.
    Raises InvalidCode.
    """
    low = parse(code).text
    return low, str(int(low) + 1)


def cell_code(village: str, sequence: int) -> str:
    """The 15-digit code of a village's cell `sequence`, 1–999 (west to east, north to south).

    Raises InvalidCode, WrongLevel unless `village` is a village, InvalidSequence.
    """
    if level_of(village) is not Level.VILLAGE:
        raise WrongLevel(village)
    if not 1 <= sequence <= 999:
        raise InvalidSequence(sequence)
    return f"{village}{sequence:03d}"


def township_kind(code: str) -> TownshipKind:
    """What kind of township a township, village or cell belongs to, by its segment (GB/T 10114).

    Raises InvalidCode, and WrongLevel for a county or above.
    """
    if level_of(code).digits < Level.TOWNSHIP.digits:
        raise WrongLevel(code)
    return _KIND_OF_HUNDRED[code[6]]


_DIGITS = {
    Level.PROVINCE: 2,
    Level.CITY: 4,
    Level.COUNTY: 6,
    Level.TOWNSHIP: 9,
    Level.VILLAGE: 12,
    Level.CELL: 15,
}
_LEVEL_OF_LENGTH = {digits: level for level, digits in _DIGITS.items()}

# [0-9], never \d: \d also takes full-width and other scripts' digits, which compare as other text.
_FORM = re.compile(
    r"""[1-8][0-9]                        # province: 11 Beijing to 82 Macao
        (?: (?!00)[0-9]{2}                # city
        (?: [0-9]{2}                      # county; 00 where a city has no counties
        (?: (?!000)[0-5][0-9]{2}          # township
        (?: (?!000)[0-5][0-9]{2}          # village
        (?: (?!000)[0-9]{3} )?)?)?)?)?    # cell
    """,
    re.VERBOSE,
)
_KIND_OF_HUNDRED = {
    "0": TownshipKind.STREET_OFFICE,
    "1": TownshipKind.TOWN,
    "2": TownshipKind.RURAL_TOWNSHIP,
    "3": TownshipKind.RURAL_TOWNSHIP,
    "4": TownshipKind.SPECIAL,
    "5": TownshipKind.SPECIAL,
}
