"""Why a database is another one than phones knew, and what phones can give back to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FIRST: Final = "first"
RESTORE: Final = "restore"  # `wangge restore` says so itself
WENT_BACK: Final = "went_back"

# Parts of the fingerprint in their order; the first that differs is the reason.
_PARTS: Final = ("another_cluster", "timeline", "another_database", "feed_made_anew")

WORDS: Final[Mapping[str, str]] = {
    FIRST: "新建 the first one",
    RESTORE: "由备份恢复 restored from a backup",
    WENT_BACK: "回到了较早的状态（冷备份或快照） it went back in time: a cold copy or a snapshot",
    "another_cluster": "换了数据库集群 it is in another cluster",
    "timeline": "时间点恢复或备库升主 a point in time was restored, or a standby promoted",
    "another_database": "复制或改建的数据库 it is another database of the same cluster",
    "feed_made_anew": "同步表重建 the feed was made anew",
}

# What no phone keeps, and what therefore has to be done again by whoever did it.
NOT_HEALED: Final = (
    "网页上录入和修改的内容 what was entered or changed in a browser",
    "对搁置、冲突、疑似重复的处理 releases and decisions: set-aside changes, conflicts, duplicates",
    "分工、账号、终端停用 assignments, logins, phones that were revoked (revoke them again)",
    "网格调整、区划变更、导入 redraws, mergers, loaded lists",
)


def why_new(before: str, now: str) -> str:
    """The slug of what makes this fingerprint another one than that."""
    pairs = zip(before.split("/"), now.split("/"), strict=False)
    changed = [part for part, (old, new) in zip(_PARTS, pairs, strict=False) if old != new]
    return changed[0] if changed else WENT_BACK
