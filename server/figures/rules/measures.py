"""The figures: which number of which, by name. What each counts stands with its view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

# The columns of figure_month.
COUNTS: Final = (
    *("decided", "settled", "accept_due", "accept_on_time", "handle_due", "handle_on_time"),
    *("received", "reopened", "ended", "extended", "returned", "handed_down", "transferred"),
    *("escalated", "climbed"),
)
STEPS: Final = ("accept", "handle", "whole")
TOOK: Final = tuple(f"{step}_took" for step in STEPS)  # how many of each ended; columns as well


class Share(NamedTuple):
    """So many (`n`) of so many (`of`); both are columns of figure_month."""

    name: str
    zh: str
    n: str
    of: str


class Took(NamedTuple):
    """Days that a step took."""

    name: str
    zh: str
    step: str


SHARES: Final[Mapping[str, tuple[Share, ...]]] = {
    "settled": (Share("settled", "化解", "settled", "decided"),),
    "on-time": (
        Share("accepted", "按时受理", "accept_on_time", "accept_due"),
        Share("handled", "按时办结", "handle_on_time", "handle_due"),
    ),
    "moves": (
        Share("reopened", "重新受理", "reopened", "received"),
        Share("extended", "延期", "extended", "ended"),
        Share("returned", "退回", "returned", "ended"),
        Share("handed_down", "交办", "handed_down", "ended"),
        Share("transferred", "移交", "transferred", "ended"),
        Share("escalated", "上报", "escalated", "ended"),
        Share("climbed", "自动上报", "climbed", "ended"),
    ),
}
# Whither cases went from a level.
FLOW: Final = (
    Share("settled", "化解", "settled", "decided"),
    Share("climbed", "自动上报", "climbed", "decided"),
    Share("escalated", "人工上报", "escalated", "decided"),
    Share("otherwise", "其他了结", "otherwise", "decided"),
)
# As things stand now; counted where it is asked, and of no period.
OPEN: Final = (Share("overdue", "逾期", "overdue", "open"),)
TIMES: Final = (
    Took("to_accept", "接收到受理", "accept"),
    Took("to_end", "受理到办结或上报", "handle"),
    Took("whole_case", "登记到办结", "whole"),
)
FIGURES: Final = (*SHARES, "times", "flow", "open")
