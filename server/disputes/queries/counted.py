"""SQL that narrows a list of disputes to those behind a figure (server/figures counts Holdings)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from server.disputes.models import Dispute, Holding
from server.ladder.calendar import LOCAL
from server.places.models import Area

# How a Holding ended, by the word of the figure that counts it; the views `figure_*` say the same.
_LEFT_OUT: Final = ("withdrawn_climb", "merge")
_UP: Final = ("climb", "escalate", "go")
_ELSEWHERE: Final = ("hand_down", "return", "transfer", "pass_over", "uphold_objection")
ENDED: Final[Mapping[str, ColumnElement[bool]]] = {
    "decided": Holding.ended_how.not_in((*_LEFT_OUT, *_ELSEWHERE)),
    "settled": Holding.ended_how == "settle",
    "climbed": Holding.ended_how == "climb",
    "escalated": Holding.ended_how.in_(("escalate", "go")),
    "otherwise": Holding.ended_how.not_in((*_LEFT_OUT, *_UP, *_ELSEWHERE, "settle")),
    "returned": Holding.ended_how == "return",
    "handed_down": Holding.ended_how == "hand_down",
    "transferred": Holding.ended_how == "transfer",
    "ended": Holding.ended_how.not_in(_LEFT_OUT),
    "accepted": Holding.accepted_at.is_not(None),
}


def narrow_to_figure(
    query: Select[tuple[Dispute]],
    *,
    area: str | None = None,
    open: bool | None = None,
    held_at: str | None = None,
    ended: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Select[tuple[Dispute]]:
    """Those among them that lie in an Area (by its code) and below, as figures place them; that an
    Office holds now (`open`); and of which some Holding of the level `held_at` ended so, one of
    ENDED (or was `accepted`), on a local day from `since` to `until`, both included.

    A case that was settled twice at a level is one here and counts as two there.
    """
    if area is not None:
        below = select(Area.id).where(Area.code.startswith(area, autoescape=True))
        within = func.gate.with_past(func.array(below.scalar_subquery()))
        query = query.where(Dispute.area_id.in_(select(within)))
    if open is not None:
        held = select(Holding.dispute_id).where(Holding.ended_at.is_(None))
        query = query.where(Dispute.id.in_(held) if open else Dispute.id.not_in(held))
    if held_at or ended or since or until:
        counted = select(Holding.dispute_id).where(*_that_ended(held_at, ended, since, until))
        query = query.where(Dispute.id.in_(counted))
    return query


class Deadlines(NamedTuple):
    """Open Holdings, and those among them whose handling ends on a day or later."""

    open: int
    from_day: int


def count_deadlines(session: Session, day: date) -> Deadlines:
    """How many cases are open, and how many have a deadline on this day or after it, of those that
    the asker sees.
    """
    later = func.count().filter(Holding.handle_by > _midnight(day))
    query = select(func.count(), later).where(Holding.ended_at.is_(None))
    return Deadlines(*session.execute(query).one())


def _that_ended(
    held_at: str | None, ended: str | None, since: date | None, until: date | None
) -> list[ColumnElement[bool]]:
    wanted = [ENDED[ended or "ended"]]
    at = Holding.accepted_at if ended == "accepted" else Holding.ended_at
    if held_at:
        wanted.append(Holding.level == held_at)
    if since:
        wanted.append(at >= _midnight(since))
    if until and until < date.max:
        wanted.append(at < _midnight(until + timedelta(days=1)))
    return wanted


def _midnight(day: date) -> datetime:
    return datetime.combine(max(day, date(1900, 1, 1)), time(), LOCAL)
