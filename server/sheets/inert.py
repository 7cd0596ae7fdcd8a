"""A cell of a list that no spreadsheet takes for a formula."""

from __future__ import annotations

import re

# OWASP, CSV Injection: what makes a spreadsheet read a cell as a formula, the full-width forms of
# Chinese and Japanese editions among them.
_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TELEPHONE = re.compile(r"\+[0-9]{3,20}")
# A spreadsheet set to another separator than the comma parts cells here, quotation marks or not.
# Whatever comes of it begins with a ' where it would compute.
_WITHIN = re.compile(r"([;|\t\r\n][\s\"']*)(?=[=+\-@＝＋－＠])")


def defuse(text: str) -> str:
    """The text, with a ' before it, and after a separator within it, where a spreadsheet would
    compute what follows.

    A telephone number such as +8613800000000 stays: computed, it is but its own digits.
    """
    if _TELEPHONE.fullmatch(text):
        return text
    begin = "'" if text.startswith(_BEGINS) else ""
    return begin + _WITHIN.sub(r"\1'", text)
