"""What is asked of figures, and how the worker keeps them counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from server.db import Identity
from server.figures import queries
from server.figures.errors import BadFigure, FigureNotYours
from server.figures.queries import Asked
from server.figures.rules.measures import FIGURES, SHARES, STEPS, TIMES, TOOK
from server.figures.rules.months import LOCAL, later, month_of
from server.figures.rules.tables import Line, Sheet, added_up, shares_of, took_of
from server.figures.rules.withholding import TOTAL
from server.ladder.routing import Category, Level
from server.places import queries as places
from server.places.models import Area

_ACROSS = {
    "county": "跨乡镇 across townships",
    "township": "跨村 across villages",
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "category": {one.value: one.zh for one in Category},
    "level": {one.value: one.zh for one in Level},
}


class Period(NamedTuple):
    """Whole months, both included."""

    since: date
    until: date


def read_figure(
    session: Session, by: Identity, name: str, wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """One of FIGURES as a table, as the asker may see it: `wanted` as schemas.FiguresIn has it.

    Raises BadFigure, AreaNotFound, FigureNotYours.
    """
    if name not in FIGURES:
        raise BadFigure(errors={"figure": "unknown"})
    period = _period(wanted["since"], wanted["until"], by)
    area = _area(session, by, wanted["area"])
    asked = Asked(area, wanted["by"], wanted["category"], wanted["level"])
    sheet = _sheet(session, asked, name)
    named = _named(session, asked, sheet, period)
    lines = [_line(asked, key, period) for key in named]
    told = _shares(name, sheet, lines) if name in SHARES else _times(session, asked, sheet, lines)
    shown = [{"key": key, "name": named[key], **one} for key, one in zip(named, told, strict=True)]
    return {
        "figure": name,
        "area": {"code": area.code, "name": area.name, "level": area.level},
        "since": period.since,
        "until": date.fromordinal(later(period.until, 1).toordinal() - 1),
        "by": asked.by,
        "category": asked.category,
        "level": asked.level,
        "as_of": queries.find_as_of(session),
        "total": shown[0],
        "rows": shown[1:],
    }


def count(session: Session, areas: int = 10) -> int:
    """Count anew what has changed, of so many Areas at most; how many months it was.

    Role wangge_worker. Call it again, each time in a transaction of its own, until it returns 0.
    Any number of workers may: one counts, the others find nothing to do.
    """
    if not queries.lock_counting(session):
        return 0
    months = queries.take_dirty(session, areas)
    if months:
        queries.count_here(session, months)
        queries.count_below(session, months)
        queries.pass_up(session, months)
    return len(months)


def _period(since: date | None, until: date | None, by: Identity) -> Period:
    """Left out: from January on, until this month."""
    present = month_of(by.now.astimezone(LOCAL).date())
    until = until or max(present, since or present)
    since = since or until.replace(month=1)
    if since > until:
        raise BadFigure(errors={"from": "after_to"})
    return Period(since, until)


def _area(session: Session, by: Identity, code: str | None) -> Area:
    """The Area that is asked about; left out: one's own, where there is just one."""
    own = queries.list_own_areas(session, by.user_id, by.now)
    if code is None:
        if len(own) != 1:
            raise BadFigure(errors={"area": "which"}) if own else FigureNotYours
        code = own[0]
    area = places.get_area(session, code)
    if not any(area.code.startswith(held) for held in own):
        raise FigureNotYours
    return area


def _sheet(session: Session, asked: Asked, name: str) -> Sheet:
    shares = SHARES.get(name, ())
    names = {column for share in shares for column in (share.n, share.of)} or set(TOOK)
    sheet = Sheet()
    for sums in queries.list_sums(session, asked, names):
        sheet.add(sums.key, sums.month, sums.counts, own=sums.own)
    return sheet


def _named(session: Session, asked: Asked, sheet: Sheet, period: Period) -> dict[str, str]:
    """Key → name of the total, then of every row; rows of nothing too: that is an answer."""
    total = {TOTAL: "合计 total"}
    if asked.by == "area":
        below = queries.list_places(session, asked.area)
        across = _ACROSS.get(asked.area.level, asked.area.name)
        return {**total, **{row.code: row.name for row in below}, asked.area.code: across}
    if asked.by == "month":
        months = [f"{month:%Y-%m}" for month in _months(sheet, period)]
        return {**total, **dict(zip(months, months, strict=True))}
    words = _WORDS[asked.by]
    only = getattr(asked, asked.by)
    return {**total, **({only: words[only]} if only else words)}


def _months(sheet: Sheet, period: Period) -> Iterator[date]:
    """Those of the period, from the first to the last in which anything was counted."""
    if sheet.months:
        month = max(period.since, sheet.months[0])
        while month <= min(period.until, sheet.months[-1]):
            yield month
            month = later(month, 1)


def _line(asked: Asked, key: str, period: Period) -> Line:
    if asked.by == "month" and key != TOTAL:
        month = date.fromisoformat(f"{key}-01")
        return Line(key, TOTAL, month, month)
    return Line(key, key, *period)


def _shares(name: str, sheet: Sheet, lines: Sequence[Line]) -> list[dict[str, Any]]:
    shares = {share.name: shares_of(sheet, share, lines) for share in SHARES[name]}
    return [{"shares": {n: told[at] for n, told in shares.items()}} for at in range(len(lines))]


def _times(
    session: Session, asked: Asked, sheet: Sheet, lines: Sequence[Line]
) -> list[dict[str, Any]]:
    since, until = lines[0].since, lines[0].until
    days: dict[str, dict[str, dict[int, int]]] = {step: {} for step in STEPS}
    for one in queries.list_days(session, asked, since, until):
        days[one.step].setdefault(one.key, {})[one.days] = one.n
    steps = {}
    for took in TIMES:
        of_step = days[took.step]
        steps[took.name] = took_of(sheet, took, lines, {**of_step, TOTAL: added_up(of_step)})
    return [{"steps": {n: told[at] for n, told in steps.items()}} for at in range(len(lines))]
