"""For how long what is kept. A newcomer, and the county's people, read this table first. Pure.

个人信息保护法 (2021) 第十九条: no longer than the purpose needs; 第四十七条: then it is erased.
No rule that was read says how many months that is for these records: the months of personal kinds
are proposals, switched off until the county decides (`wangge retention set`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

PROPOSAL: Final = "建议值，由县里决定 a proposal: the county decides"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record. `look`: a person reads the list before anything of it goes."""

    title: str
    counted_from: str
    months: int
    look: bool = False
    source: str = PROPOSAL


PERSONAL: Final[Mapping[str, Kind]] = {
    "visits": Kind("走访记录 visits", "记录之日 the day of recording", 36),
    "disputes": Kind(
        "已结案卷 files of cases that ended", "最后一条办理记录 the last event", 120, look=True
    ),
    "households": Kind(
        "已注销住户 ended households",
        "注销或最后一次走访 when it ended, or its last visit",
        36,
        look=True,
    ),
    "telephones": Kind(
        "户外当事人电话 telephone numbers of outsiders", "最后一条办理记录 the last event", 12
    ),
    "attachments": Kind(
        "已结案件附件 attachments of cases that ended", "最后一条办理记录 the last event", 60
    ),
    "consents": Kind("已终止的同意 consents that ended", "终止之日 the day it ended", 36),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """How long one kind is kept as things stand. `days` of a technical kind, else `months`."""

    kind: str
    title: str
    counted_from: str
    months: int | None
    days: int | None
    active: bool
    look: bool
    source: str


def months_before(now: datetime, months: int) -> datetime:
    """The same moment so many months earlier; a day that the month has not is its last."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    day = now.day
    while True:
        try:
            return now.replace(year=year, month=month + 1, day=day)
        except ValueError:
            day -= 1


def digest_of(ids: Iterable[UUID]) -> str:
    """What a second person approves: just these, in any order."""
    return hashlib.sha256("\n".join(sorted(map(str, set(ids)))).encode()).hexdigest()
