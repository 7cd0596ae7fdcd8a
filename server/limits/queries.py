"""SQL of limits. Each is a transaction of its own: it counts, whatever follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.db import Identity, ask
from server.limits.rules import Bucket


def knock(by: Identity, buckets: Sequence[Bucket]) -> int:
    """0: come in; else the seconds to wait."""
    statement = "SELECT gate.knock(:kinds, :sources, :rates, :bursts)"
    row = ask(statement, _columns(buckets), by, read_only=False, seconds=5)
    return int(row[0]) if row else 0


def give_back(by: Identity, buckets: Sequence[Bucket]) -> None:
    """One try more in each of them, never above what it holds."""
    asked = _columns(buckets)
    del asked["rates"]
    ask("SELECT gate.knock_back(:kinds, :sources, :bursts)", asked, by, read_only=False, seconds=5)


def _columns(buckets: Sequence[Bucket]) -> dict[str, list[str] | list[bytes] | list[float]]:
    return {
        "kinds": [one.kind for one in buckets],
        "sources": [one.source for one in buckets],
        "rates": [float(one.rate) for one in buckets],
        "bursts": [float(one.holds) for one in buckets],
    }


def forget(session: Session, day: datetime, batch: int) -> int:
    """Delete buckets that nobody touched since `day`; how many."""
    asked = {"day": day, "batch": batch}
    return int(session.execute(text("SELECT gate.forget_knocks(:day, :batch)"), asked).scalar_one())
