"""Villager groups (村民小组, 组, 社, 队): the number that a name means.

County lists write one group in many ways: 三社, 3组, 叁组, ３组, 第三组, 3 社, 村民三组.
A household is placed by this number, so where a text leaves a doubt (two groups named, a number
beyond 99, digits read two ways) the answer is None and a person decides: a household in no cell is
seen at once, one in a neighbour's cell is not.
"""

import re
import unicodedata


def group_number(text: str) -> int | None:
    """The one villager group, 1–99, that a text names; None where it names none, or several."""
    plain = _plain(text)
    numbers = {_number(match["number"]) for match in _NAMED.finditer(plain)}
    if not numbers and (trailing := _NUMBER_LAST.fullmatch(plain)):
        numbers = {_number(trailing["number"])}
    return numbers.pop() if len(numbers) == 1 else None


def group_number_in_column(text: str) -> int | None:
    """As `group_number`, for a column whose heading says group: a bare 3, 三 or 3.0 is one too."""
    bare = _BARE.fullmatch(_plain(text))
    return _number(bare["number"]) if bare else group_number(text)


def _plain(text: str) -> str:
    """Full-width, circled and bracketed forms as ordinary ones; formal numerals as everyday ones.

    Blanks stay: 2 3组 must not become 23组.
    """
    everyday = unicodedata.normalize("NFKC", text).translate(_EVERYDAY)
    return _BETWEEN.sub(r"\1", _BLANKS.sub(" ", everyday)).strip()


def _number(numeral: str) -> int | None:
    """1–99 from Arabic digits or Chinese numerals; None for all else, 一百 and 三八 included."""
    if numeral.isascii():
        value = int(numeral) if len(numeral) <= _LONGEST else 0
    elif match := _TENS.fullmatch(numeral):
        value = 10 * _DIGIT.get(match["tens"], 1) + _DIGIT.get(match["ones"], 0)
    elif match := _PLACES.fullmatch(numeral):
        value = int("".join(str(_DIGIT[digit]) for digit in numeral))
    else:
        return None
    return value if 1 <= value <= 99 else None


_LONGEST = 3  # 003 is a padded 3; longer runs are years and house numbers

_EVERYDAY = str.maketrans(
    {
        **dict(zip("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千", strict=True)),
        **dict(zip("弌貳贰弍參叄参弎陸", "一二二二三三三三六", strict=True)),
        **dict(zip("零○◯", "〇〇〇", strict=True)),
        "廿": "二十",
        "卄": "二十",
        "卅": "三十",
        "萬": "万",
    }
)
_DIGIT = {digit: value for value, digit in enumerate("〇一二三四五六七八九")}
_TENS = re.compile("(?P<tens>[一二三四五六七八九]?)十(?P<ones>[一二三四五六七八九]?)")
# Digits in places: 三, 〇三, 二〇. Not 一二: it may mean 12 or the groups 1 and 2.
_PLACES = re.compile("[一二三四五六七八九]|〇[一二三四五六七八九]|[一二三四五六七八九]〇")

# 两 百 千 万 几 数 belong to a numeral only so that 一百零三组, 两三组 and 十几组 are read whole.
_NUMERAL = "(?:[0-9]+|[〇一二三四五六七八九十百千万两几数]+)"
_KIND = r"(?:村\s*民\s*|居\s*民\s*|生\s*产\s*|农\s*业\s*)?"
# 三社区, 五社联动 and 三组织 name no group.
_GROUP = r"(?:小?\s*组(?![织建委合])|社(?![区会保团交科联工])|队(?!伍))"
# A number that ends a run (1、2组, 1-3组, 三至第五组, 2 3组, 1.5组) is not the only one meant.
_JOINS = "-~、,.;/&+至到和及与或—–"
_ALONE = rf"(?<![0-9〇一二三四五六七八九十百千万两几数])(?<![0-9〇一二三四五六七八九十][{_JOINS} ])"
_BLANKS = re.compile(r"\s+")
_BETWEEN = re.compile(f" ?([{_JOINS}]) ?第?")
_NAMED = re.compile(rf"{_ALONE}(?P<number>{_NUMERAL})\s*\)?\s*{_KIND}{_GROUP}")
_NUMBER_LAST = re.compile(rf"{_KIND}{_GROUP}\s*[:第]?\s*\(?(?P<number>{_NUMERAL})\)?")
_BARE = re.compile(rf"第?\s*\(?(?P<number>{_NUMERAL})\)?(?:\.0+)?")
