"""Error families, without HTTP. A noun's errors.py names its own; problems.py renders them.

The text of an error is for the person who reads it: Chinese first, English beside it, and what to
do next. It never holds personal data that the asker may not see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Final


class WanggeError(Exception):
    """Root of everything that we raise on purpose. `slug` is stable: clients may branch on it."""

    slug: ClassVar[str] = "error"
    text: ClassVar[str] = "出错了。 Something went wrong."

    def __init__(
        self,
        detail: str | None = None,
        *,
        index: int | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> None:
        self.detail = detail or self.text
        self.index = index  # which of several things it was, where a verb takes several
        self.errors = errors  # field → slug; shown beside the text
        super().__init__(self.detail)


class Malformed(WanggeError):
    """The bytes that were sent are not what they claim to be."""

    slug = "malformed"
    text = "请求格式有误。 The request is malformed."


class Invalid(WanggeError):
    """What was sent cannot be understood or breaks a rule of form."""

    slug = "invalid"
    text = "提交的内容有误，请按提示修改。 What was sent is not valid; see the details."


class NotSignedIn(WanggeError):
    """Nobody is asking, or the token is over."""

    slug = "not-signed-in"
    text = "请先登录。 Please sign in."


class NotYours(WanggeError):
    """The asker is known and may not do this."""

    slug = "not-yours"
    text = "您没有此项权限，请联系上级单位。 You may not do this; ask the Office above."


class NotFound(WanggeError):
    """It does not exist, or the asker may not know that it does: both look the same."""

    slug = "not-found"
    text = "没有找到。 Not found."


class Clash(WanggeError):
    """It is understood and permitted, and does not fit the present state."""

    slug = "clash"
    text = "与当前状态不符，请刷新后再试。 It does not fit the present state; reload and try again."


class TooLarge(WanggeError):
    """A body, also after decompression, is larger than we read."""

    slug = "too-large"
    text = "内容过大，请分批提交。 Too large; send it in parts."


class WrongKind(WanggeError):
    """What was sent is of a type that is not taken here."""

    slug = "wrong-kind"
    text = "不接受此类文件。 This type of file is not taken here."


class TryLater(WanggeError):
    """Nothing was done; the same request may succeed after `retry_after` seconds."""

    slug = "try-later"
    text = "系统繁忙，稍后自动重试即可，数据不会丢失。 Busy; try again, nothing is lost."

    def __init__(self, detail: str | None = None, *, retry_after: int = 5) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooOften(TryLater):
    """Asked more often than one may, or than all together may."""

    slug = "too-often"
    text = "请求过于频繁，请稍后再试。 Asked too often; try again a little later."


def in_both(text: str, zh: str, en: str | None = None) -> str:
    """A text of both languages with more behind each half: whoever reads one alone misses nothing.

    Left out, the English says the same as the Chinese: numbers, codes, the name of a file.
    """
    chinese, english = halves(text)
    more = [one.rstrip("。.") for one in (zh, zh if en is None else en)]
    return f"{chinese}{more[0] and f'{more[0]}。'} {english}{more[1] and f' {more[1]}.'}"


def halves(text: str) -> tuple[str, str]:
    """The Chinese and the English half of such a text, either of which may be empty.

    The Chinese half ends where a Chinese full stop is followed by a space and then by anything
    but Chinese; a name written in Chinese may follow in the English half. Several such texts in a
    row are taken apart as pairs. Where there is no such stop (names of codes, which hold nobody's
    words) the last Chinese character ends it. The same stands in static/township/asking.js and
    worker/static/app/words.js; tests/console/cut.py holds all three to one table.
    """
    first, *rest = _STOP.sub("\\1\0", text).split("\0")
    if not rest:
        last = max((n for n, one in enumerate(text) if one > "\u2e7f"), default=-1)
        return text[: last + 1].strip(), text[last + 1 :].strip()
    between = [_START.sub("\\1\0", one, count=1).partition("\0") for one in rest[:-1]]
    zh = [first, *(then for _en, _cut, then in between)]
    en = [*(said for said, _cut, _zh in between), rest[-1]]
    return " ".join(filter(None, map(str.strip, zh))), " ".join(filter(None, map(str.strip, en)))


_STOP: Final = re.compile(r"([。！？][”’）]*)\s+(?=[^\s\u2e80-\U0010ffff])")
_START: Final = re.compile(r"([.!?])\s+(?=[\u2e80-\U0010ffff])")
