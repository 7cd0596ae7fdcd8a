"""What can go wrong when areas, cells and boundaries are loaded. Nothing was written then."""

from __future__ import annotations

from collections.abc import Sequence

from geo.partition import Finding
from server.errors import Clash, Invalid, halves, in_both

_SHOWN = 20


class BadPlaces(Invalid):
    """Lines or features that cannot be taken; `faults` says where and why."""

    slug = "bad-places"
    text = "文件内容有误，未写入任何内容。 The file has faults; nothing was written."

    def __init__(self, faults: Sequence[str]) -> None:
        zh, en = halves(faults[0])
        if beside := len(faults) - 1:
            zh = f"{zh.rstrip('。')}（另有 {beside} 处）"
            en = f"{en.rstrip('.')} (and {beside} more)"
        super().__init__(in_both(self.text, zh, en))
        self.faults = faults[:_SHOWN]


class OtherCounty(Clash):
    """One database is one county."""

    slug = "other-county"
    text = "一个数据库只能有一个县，文件含有其他县。 One database is one county; this is another."


class NotATiling(Clash):
    """The cells of a village overlap, leave gaps or reach beyond it."""

    slug = "not-a-tiling"
    text = "网格有重叠或空隙，未写入任何内容。 Cells overlap or leave gaps; nothing was written."

    def __init__(self, detail: str, findings: Sequence[Finding]) -> None:
        super().__init__(detail)
        self.findings = findings
