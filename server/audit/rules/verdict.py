"""Pure: what a verification may find, and how grave it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from server.ladder.words import Word


class Grave(IntEnum):
    """The exit code of a finding; the gravest first."""

    NOTE = 0
    BROKEN = 1
    LOOK = 2  # nothing is proved broken; a person has to look


class Wrong(Word):
    """What was found. The order is that in which it is told."""

    FRONT_CUT = "front_cut", "开头缺失且无签名记录"
    MISSING = "missing", "编号缺失"
    GONE = "gone", "记录被删除"
    ALTERED = "altered", "内容被改动或插入"
    REORDERED = "reordered", "次序被调换"
    TWICE = "twice", "重复封存"
    REWRITTEN = "rewritten", "与库外链首不符，链被重写"
    TAIL_CUT = "tail_cut", "末尾缺失"
    UNSEALED_GONE = "unsealed_gone", "封存前被删除"
    BAD_CUT = "bad_cut", "清理记录不实"
    BAD_HEAD = "bad_head", "链首签名不符"
    UNKNOWN_KEY = "unknown_key", "签名公钥未知"
    FOREIGN_HEAD = "foreign_head", "不属于本系统的链首"
    UNSEALED = "unsealed", "逾时未封存"
    RESTORED = "restored", "数据库曾恢复到较早状态"
    NO_HEADS = "no_heads", "没有可比对的链首"
    LATE = "late", "封存晚于行为时间"
    OLD_HEAD = "old_head", "链首早于保留期"
    HOLES = "holes", "编号从未使用"


GRAVE: Final = {
    **dict.fromkeys(Wrong, Grave.BROKEN),
    **dict.fromkeys(
        (
            Wrong.BAD_HEAD,
            Wrong.UNKNOWN_KEY,
            Wrong.FOREIGN_HEAD,
            Wrong.UNSEALED,
            Wrong.RESTORED,
            Wrong.NO_HEADS,
        ),
        Grave.LOOK,
    ),
    **dict.fromkeys((Wrong.LATE, Wrong.OLD_HEAD, Wrong.HOLES), Grave.NOTE),
}

OF_ACTS: Final = (Wrong.UNSEALED, Wrong.UNSEALED_GONE, Wrong.HOLES)  # found by the id of an act

ENGLISH: Final = {
    Wrong.FRONT_CUT: "the beginning is gone and no signed record says so",
    Wrong.MISSING: "numbers are missing",
    Wrong.GONE: "acts were deleted",
    Wrong.ALTERED: "altered or inserted: does not follow from what stands before it",
    Wrong.REORDERED: "acts have changed places",
    Wrong.TWICE: "sealed twice",
    Wrong.REWRITTEN: "not what a signed head says: the chain was rewritten",
    Wrong.TAIL_CUT: "the end is gone: a signed head knows more",
    Wrong.UNSEALED_GONE: "deleted before they were sealed",
    Wrong.BAD_CUT: "a record of removal is not true",
    Wrong.BAD_HEAD: "heads whose signature does not hold",
    Wrong.UNKNOWN_KEY: "signed with a key that was not given",
    Wrong.FOREIGN_HEAD: "heads of another installation",
    Wrong.UNSEALED: "not sealed in time: the worker stands still, or they were backdated",
    Wrong.RESTORED: "the database was put back; these heads are of the span that was lost",
    Wrong.NO_HEADS: "no head from outside to compare with: a new chain in its place would pass",
    Wrong.LATE: "sealed long after their own time: the worker stood still, or they were backdated",
    Wrong.OLD_HEAD: "heads of what was removed since",
    Wrong.HOLES: "ids of no act: undone, under way, or deleted within seconds, before their seal",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where it begins (a number of the chain; of an act where it has none)."""

    wrong: Wrong
    first: int
    count: int

    @property
    def grave(self) -> Grave:
        """How grave it is."""
        return GRAVE[self.wrong]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification came to. `heads`: how many agreed; `until`: the newest of these."""

    links: int
    last: int
    heads: int
    until: int
    findings: Sequence[Finding]

    @property
    def code(self) -> int:
        """0 whole, 1 broken, 2 somebody has to look."""
        found = {finding.grave for finding in self.findings}
        return next((int(g) for g in (Grave.BROKEN, Grave.LOOK) if g in found), 0)

    @property
    def first_broken(self) -> int | None:
        """The first number at which the chain is broken."""
        broken = [
            finding.first
            for finding in self.findings
            if finding.grave is Grave.BROKEN and finding.wrong not in OF_ACTS
        ]
        return min(broken, default=None)
