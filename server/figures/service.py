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
    STEPS,
    TIMES,
    TOOK,
    Share,
)
from server.figures.rules.months import LOCAL, later, month_of
from server.figures.rules.tables import (
    NEEDED,
    PARTS,
    Line,
    Sheet,
    added_up,
    shares_of,
    split_of,
    took_of,
)
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
    return read_figures(session, by, (name,), wanted)[name]


def read_figures(
    session: Session, by: Identity, names: Sequence[str], wanted: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Several of FIGURES over the same question, by name, as `read_figure` tells each: what is
    counted is read once for all of them.
    """
    return _read(session, by, names, wanted, names, None)[0]


def read_beside(
    session: Session,
    by: Identity,
    names: Sequence[str],
    wanted: Mapping[str, Any],
    more: Sequence[str],
    other: Mapping[str, Any],
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Figures over one question, by level, and `more` over another that tells the same in other
    rows, or one level of it: for one page, so that nothing small follows from the two together.
    """
    every = tuple({*names, *more})
    first, sheet = _read(session, by, names, wanted, every, None)
    inside = (sheet, other["level"] or TOTAL)
    return first, _read(session, by, more, other, every, inside)[0]


def _read(
    session: Session,
    by: Identity,
    names: Sequence[str],
    wanted: Mapping[str, Any],
    every: Sequence[str],
    inside: tuple[Sheet, str] | None,
) -> tuple[dict[str, dict[str, Any]], Sheet]:
    """The tables of `names`, and what was counted for `every`."""
    _check(names, wanted)
    area = _area(session, by, wanted["area"])
    asked = Asked(area, wanted["by"], wanted["category"], wanted["level"])
    period = _period(wanted["since"], wanted["until"], by)
    counted = [name for name in names if name != "open"]
    sheet = _sheet(session, asked, [name for name in every if name != "open"])
    sheet.inside = inside
    tables = {name: _table(session, asked, name, sheet, period) for name in counted}
    if "open" in names:
        present = month_of(by.now.astimezone(LOCAL).date())
        standing = _standing(session, asked, by, present)
        tables["open"] = _table(session, asked, "open", standing, Period(present, present))
    as_of = queries.find_as_of(session) if counted else by.now
    return {name: {**tables[name], "as_of": as_of} for name in names}, sheet


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
    shares = [share for name in names for share in (*SHARES.get(name, ()), *_flow(name))]
    columns = {column for share in shares for column in (share.n, share.of)} - {"otherwise"}
    columns |= set(TOOK) if "times" in names else set()
    columns |= {more for column in columns for more in NEEDED.get(column, ())}
    for sums in queries.list_sums(session, asked, columns):
        counts = {**sums.counts}
        if columns.issuperset(PARTS):
            counts["otherwise"] = counts["decided"] - sum(counts[name] for name in PARTS)
        sheet.add(sums.key, sums.month, counts, own=sums.own)
    return sheet


def _flow(name: str) -> Sequence[Share]:
    return FLOW if name == "flow" else ()


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
    if name == "flow":
        names = [share.name for share in FLOW]
        return [
            {"shares": dict(zip(names, of, strict=True))} for of in split_of(sheet, FLOW, lines)
        ]
    wanted = OPEN if name == "open" else SHARES[name]
    shares = {share.name: shares_of(sheet, share, lines) for share in wanted}
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
