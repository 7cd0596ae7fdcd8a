"""Pure: what a notice is, of which kind, and what it may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from server.ladder.words import Word


class Kind(Word):
    """What happened. A receiver may ask for some kinds only."""

    RECEIVED = "received", "案件到达"
    WARNING = "warning", "临近时限"
    CLIMBED = "climbed", "自动上报"
    OVERDUE = "overdue", "超期"
    HANDED_DOWN = "handed_down", "交办"
    RETURNED = "returned", "退回"
    OBJECTION = "objection", "对退回提出异议"
    OBJECTION_DECIDED = "objection_decided", "异议已处理"
    TRANSFERRED = "transferred", "移送"
    JOINED = "joined", "协同办理"
    SUPERVISED = "supervised", "督办"
    LIFTED = "lifted", "解除督办"
    EXTENSION_ASKED = "extension_asked", "申请延期"
    EXTENSION_ANSWERED = "extension_answered", "延期已答复"
    PARTY_REQUEST = "party_request", "当事人请求上报"
    REQUEST_ANSWERED = "request_answered", "当事人请求已答复"
    RECUSED = "recused", "回避"
    ALERT = "alert", "紧急情况"
    REOPENED = "reopened", "重新办理"
    SETTLED = "settled", "已化解"
    CLOSED = "closed", "办结"
    TERM_DUE = "term_due", "约定事项到期"
    CONFIRM_BY = "confirm_by", "司法确认期限"
    AGAIN = "again", "同一事项再次反映"
    LATE_RECORD = "late_record", "迟到的记录待决定"
    CALENDAR_PROVISIONAL = "calendar_provisional", "工作日历待补"
    AUDIT_HEAD = "audit_head", "审计链首"
    TEST = "test", "测试"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that is owed to whoever asked to hear of it.

    `office_ids`: the Offices it concerns, whose own addresses hear of it. `body`: ids, slugs,
    codes, numbers, times, or lists of them; a name, a telephone number or a story is a TypeError.
    `once`: a key ("warning:<holding>") under which there can be only one, for good.
    """

    kind: Kind
    dispute_id: UUID | None
    office_ids: tuple[UUID, ...]
    body: Mapping[str, object] = field(default_factory=dict)
    once: str | None = None

    def __post_init__(self) -> None:
        if self.once is not None and not _ONCE.fullmatch(self.once):
            raise TypeError("a notice's key is made of slugs, ids and times, 200 letters at most")
        if not all(map(_SLUG.fullmatch, self.body)):
            raise TypeError("a notice's body has slugs for keys")
        for value in self.body.values():
            plain(value)


def plain(value: object) -> Any:
    """A value as the body keeps it. Raises TypeError for whatever might speak of a person."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str) and _SAID.fullmatch(value) and not _NUMBER.fullmatch(value):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    raise TypeError("a notice holds ids, slugs, codes and times, never what was said")


_SLUG: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_ONCE: Final = re.compile(r"[\x21-\x7e]{1,200}")
_SAID: Final = re.compile(r"[A-Za-z0-9_.:+-]{1,80}")
# No code of ours has 11 digits or 18 places; telephone numbers and identity numbers do.
_NUMBER: Final = re.compile(r"\+?(86)?1\d{10}|\d{17}[\dXx]")
