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
from server.figures.rules.measures import (
    FIGURES,
    FLOW,
    OPEN,
    SHARES,
    TIMES,
    TOOK,
    Share,
    Took,
)
from server.figures.rules.months import LOCAL, later, month_of
from server.figures.rules.tables import TOTAL, Lasted, Line, Sheet, added_up, share_of, took_of
from server.ladder.routing import Category, Level
from server.places import queries as places
from server.places.models import Area

_ACROSS = {
    "county": "跨乡镇 across townships",
    "township": "跨村 across villages",
}
_SHARES: Mapping[str, Sequence[Share]] = {**SHARES, "flow": FLOW, "open": OPEN}
_PARTS = ("settled", "climbed", "escalated")  # of what was decided; the rest ended otherwise
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
    return read_figures(session, by, (name,), wanted)[name]


def read_figures(
    session: Session, by: Identity, names: Sequence[str], wanted: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Several of FIGURES over the same question, by name, as `read_figure` tells each: what is
    counted is read once for all of them.
    """
    _check(names, wanted)
    area = _area(session, by, wanted["area"])
    asked = Asked(area, wanted["by"], wanted["category"], wanted["level"])
    period = _period(wanted["since"], wanted["until"], by)
    counted = [name for name in names if name != "open"]
    sheet = _sheet(session, asked, counted)
    tables = {name: _table(session, asked, name, sheet, period) for name in counted}
    if "open" in names:
        present = month_of(by.now.astimezone(LOCAL).date())
        standing = _standing(session, asked, by, present)
        tables["open"] = _table(session, asked, "open", standing, Period(present, present))
    as_of = queries.find_as_of(session) if counted else by.now
    return {name: {**tables[name], "as_of": as_of} for name in names}


def list_areas(session: Session, by: Identity) -> Sequence[Area]:
    """Areas that the asker may ask about first: the own ones, and those one step below, by code."""
    found: list[Area] = []
    for code in queries.list_own_areas(session, by.user_id, by.now):
        area = places.get_area(session, code)
        found += [area, *queries.list_below(session, area)]
    return found


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


def _check(names: Sequence[str], wanted: Mapping[str, Any]) -> None:
    """Raises BadFigure for a figure that there is not, or a period of what stands now."""
    if not set(names) <= set(FIGURES):
        raise BadFigure(errors={"figure": "unknown"})
    if tuple(names) == ("open",):
        if wanted["since"] or wanted["until"]:
            raise BadFigure(errors={"from": "has_no_period", "to": "has_no_period"})
        if wanted["by"] == "month":
            raise BadFigure(errors={"by": "has_no_period"})


def _table(
    session: Session, asked: Asked, name: str, sheet: Sheet, period: Period
) -> dict[str, Any]:
    named = _named(session, asked, sheet, period)
    lines = [_line(asked, key, period) for key in named]
    told = _times(session, asked, sheet, lines) if name == "times" else _shares(name, sheet, lines)
    shown = [{"key": key, "name": named[key], **one} for key, one in zip(named, told, strict=True)]
    return {
        "figure": name,
        "area": {"code": asked.area.code, "name": asked.area.name, "level": asked.area.level},
        "since": period.since,
        "until": date.fromordinal(later(period.until, 1).toordinal() - 1),
        "by": asked.by,
        "category": asked.category,
        "level": asked.level,
        "total": shown[0],
        "rows": shown[1:],
    }


def _sheet(session: Session, asked: Asked, names: Sequence[str]) -> Sheet:
    """What was counted, of all that these figures need."""
    sheet = Sheet()
    if not names:
        return sheet
    shares = [share for name in names for share in _SHARES.get(name, ())]
    columns = {column for share in shares for column in (share.n, share.of)} - {"otherwise"}
    columns |= set(TOOK) if "times" in names else set()
    for sums in queries.list_sums(session, asked, columns):
        counts = {**sums.counts}
        if "flow" in names:
            counts["otherwise"] = counts["decided"] - sum(counts[name] for name in _PARTS)
        sheet.add(sums.key, sums.month, counts, own=sums.own)
    return sheet


def _standing(session: Session, asked: Asked, by: Identity, present: date) -> Sheet:
    """What is open now, as if it were counted in this month."""
    sheet = Sheet()
    for sums in queries.list_open(session, asked, by.now, present):
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
    """Those of the period, from the first to the last of which anything is told."""
    if told := sheet.months():
        month = max(period.since, told[0])
        while month <= min(period.until, told[-1]):
            yield month
            month = later(month, 1)


def _line(asked: Asked, key: str, period: Period) -> Line:
    one_level = bool(asked.level) or (asked.by == "level" and key != TOTAL)
    if asked.by == "month" and key != TOTAL:
        month = date.fromisoformat(f"{key}-01")
        return Line(key, TOTAL, month, month, one_level)
    return Line(key, key, *period, one_level)


def _shares(name: str, sheet: Sheet, lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [
        {"shares": {share.name: share_of(sheet, share, line) for share in _SHARES[name]}}
        for line in lines
    ]


def _times(
    session: Session, asked: Asked, sheet: Sheet, lines: Sequence[Line]
) -> list[dict[str, Any]]:
    since, until = lines[0].since, lines[0].until
    days: dict[tuple[str, bool], dict[str, dict[int, int]]] = {}
    for one in queries.list_days(session, asked, since, until):
        of_step = days.setdefault((one.step, one.own), {})
        of_step.setdefault(one.key, {})[one.days] = one.n

    def lasted(took: Took, key: str) -> Lasted:
        both = (days.get((took.step, own), {}) for own in (True, False))
        return Lasted(*(added_up(of.values()) if key == TOTAL else of.get(key, {}) for of in both))

    return [
        {"steps": {took.name: took_of(sheet, took, line, lasted(took, line.key)) for took in TIMES}}
        for line in lines
    ]
