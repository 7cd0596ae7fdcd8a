"""The fenced blocks of a page, in order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

PAGES = Path(__file__).parents[2] / "docs"
_FENCED = re.compile(r"^```([a-z ]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """What stands between two fences, and what the first of them calls it."""

    kind: str
    text: str


def blocks_of(page: str) -> list[Block]:
    """All fenced blocks of `docs/<page>`."""
    return [Block(*found) for found in _FENCED.findall((PAGES / page).read_text("utf-8"))]
