"""What of a text may be given to one person where it speaks of several. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

WITHHELD: Final = "（他人信息已隐去 withheld）"


def withhold(text: str | None, others: Iterable[str | None], own: Iterable[str | None]) -> str:
    """The text without the names and numbers of others, however they are spaced or written.

    A name that is the person's own too stays. What is said of others without a name cannot be found
    this way: the package says so.
    """
    left = text or ""
    mine = {_bare(one) for one in own if one}
    found = {_bare(one) for one in others if one} - mine
    for name in sorted((one for one in found if len(one) >= 2), key=len, reverse=True):
        left = _without(left, name)
    return left


def _without(text: str, name: str) -> str:
    """The text with each place that says this bare name replaced; all else stays as it was."""
    letters = [(at, bare) for at, char in enumerate(text) for bare in _bare(char)]
    said = "".join(bare for _, bare in letters)
    pieces, done, start = [], 0, said.find(name)
    while start >= 0:
        end = start + len(name)
        pieces += [text[done : letters[start][0]], WITHHELD]
        done = letters[end - 1][0] + 1
        start = said.find(name, end)
    return "".join([*pieces, text[done:]])


def _bare(text: str) -> str:
    """As names are compared: no blanks or dashes, full-width characters as plain ones."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if not c.isspace() and c != "-")
