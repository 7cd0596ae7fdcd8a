"""What `wangge doctor` reports: one sign for each thing that it looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import click
from sqlalchemy.orm import Session


class State(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was looked at: how it is, what was seen, and what to do."""

    state: State
    what: str
    seen: str
    remedy: str = ""


Look = Callable[[Session, datetime], Sign]
_MARKS = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


def line_of(sign: Sign) -> str:
    """A sign as it is printed."""
    mark = click.style(f"{sign.state:4}", fg=_MARKS[sign.state])
    remedy = f" → {sign.remedy}" if sign.remedy and sign.state is not State.OK else ""
    return f"{mark} {sign.what}：{sign.seen}{remedy}"
