"""What can go wrong when a person decides about what phones sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.errors import Clash, Invalid, NotFound, NotYours, halves, in_both


class NotSetAside(NotFound):
    """No such change was set aside, or none that the asker is in charge of."""

    slug = "not-set-aside"
    text = (
        "没有这条待处理记录，或不归您处理。 No such change was set aside, or none in your charge."
    )


class OwnChange(NotYours):
    """Nobody decides about what they wrote themselves; the county office does."""

    slug = "own-change"
    text = (
        "不能处理自己提交的记录，请同事或县级处理。 It is your own: ask a colleague or the county."
    )


class ReviewOver(Clash):
    """It was released or closed before, perhaps a moment ago."""

    slug = "review-over"
    text = "此记录已处理，请刷新。 It was released or closed already; reload."


class OnlyClosed(Clash):
    """A hole holds nothing, and what cannot be read cannot be applied."""

    slug = "only-closed"
    text = "此记录无法采用，请核对后关闭。 It cannot be applied: close it, enter it anew."


class WrongCorrection(Invalid):
    """A field that nobody but the author may say, or that such a change does not have."""

    slug = "wrong-correction"
    text = "更正的字段不在允许范围内。 These fields cannot be corrected; see the details."


class StillRefused(Clash):
    """Released now it would be refused again; nothing was done. `members` says why."""

    slug = "still-refused"
    text = "仍不能采用，未作改动，请按原因更正后再试。 It is refused again; correct it first."

    def __init__(self, reason: str, explained: str) -> None:
        super().__init__(in_both(self.text, *halves(explained)))
        self.members: Mapping[str, Any] = {"reason": reason}


class ReleaseFirst(Clash):
    """It leans on a row that is itself set aside. `members` names that change."""

    slug = "release-first"
    text = (
        "请先处理它所依据的记录。 It leans on a change that was set aside: release that one first."
    )

    def __init__(self, device_id: str, mid: str) -> None:
        super().__init__()
        self.members: Mapping[str, Any] = {"first": {"device_id": device_id, "mid": mid}}
