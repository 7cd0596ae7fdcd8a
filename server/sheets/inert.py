"""A cell of a list that no spreadsheet takes for a formula."""

from __future__ import annotations

import re

# OWASP, CSV Injection: what makes a spreadsheet read a cell as a formula, the full-width forms of
# Chinese and Japanese editions among them.
_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TELEPHONE = re.compile(r"\+[0-9]{3,20}")


def defuse(text: str) -> str:
    """The text, with a ' before it where a spreadsheet would compute it.

    A telephone number such as +8613800000000 stays: computed, it is but its own digits.
    """
    if not text.startswith(_BEGINS) or _TELEPHONE.fullmatch(text):
        return text
    return f"'{text}"
