"""How it came out that somebody has to step aside. Pure."""

from __future__ import annotations

from typing import Final

FOUND_BY: Final = {
    "account": "本人为当事人",
    "household": "本户为当事人",
    "telephone": "电话与当事人相同",
    "declared": "本人申请",
    "asked": "当事人申请",
}
"""Slug → in words. The first three the database finds by itself; the others people say."""
