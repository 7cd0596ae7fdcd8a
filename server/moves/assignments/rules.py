"""Pure: spans in which people serve cells, cut, moved and filled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from server.ladder.calendar import LOCAL
from server.moves.errors import BadPlan


@dataclass(frozen=True, slots=True)
class Span:
    """Somebody serves a cell from `start` to `until` (None: for good). `id`: None if it is new."""

    id: UUID | None
    user: str  # login
    cell: str  # code
    leads: bool
    start: datetime
    until: datetime | None

    def covers(self, at: datetime) -> bool:
        """Whether it is served at this moment."""
        return self.start <= at and (self.until is None or at < self.until)

    def meets(self, start: datetime, until: datetime | None) -> bool:
        """Whether it shares a moment with another span."""
        return (until is None or self.start < until) and (self.until is None or start < self.until)


@dataclass
class Roster:
    """The spans of everybody concerned, as a plan changes them one by one.

    `withdrawn`: spans that shall never begin. None is deleted: each ends as it begins.
    """

    now: datetime
    spans: list[Span]
    touched: set[UUID] = field(default_factory=set)
    withdrawn: list[Span] = field(default_factory=list)

    @property
    def changed(self) -> list[Span]:
        """What is to be written: new spans, and those that were cut or withdrawn."""
        kept = [span for span in self.spans if span.id is None or span.id in self.touched]
        return [*kept, *self.withdrawn]

    def end(self, user: str, cell: str, at: datetime | None, where: str) -> None:
        """Cut what the user serves of the cell at a moment, and withdraw what would come later."""
        at = self._when(at, f"{where}.at")
        later = [span for span in self._of(user, cell) if span.until is None or at < span.until]
        if not later:
            said = f"{user} 此时不负责 {cell}。 {user} does not serve it then."
            raise BadPlan(errors={where: said})
        for span in later:
            if span.start < at:
                self._put(span, replace(span, until=at))
            else:
                self._withdraw(span)

    def begin(self, new: Span, where: str) -> None:
        """Add a span."""
        if any(span.meets(new.start, new.until) for span in self._of(new.user, new.cell)):
            said = f"{new.user} 已负责 {new.cell}。 {new.user} serves {new.cell} already."
            raise BadPlan(errors={where: said})
        self.spans.append(new)

    def interrupt(self, user: str, start: datetime, until: datetime) -> list[Span]:
        """Cut a time out of everything that the user serves; what was cut out."""
        cut = [span for span in self.spans if span.user == user and span.meets(start, until)]
        for span in cut:
            self._cut_out(span, start, until)
        return [
            replace(
                span,
                id=None,
                start=max(span.start, start),
                until=until if span.until is None else min(span.until, until),
            )
            for span in cut
        ]

    def _cut_out(self, span: Span, start: datetime, until: datetime) -> None:
        if span.start < start:
            self._put(span, replace(span, until=start))
        else:
            self._withdraw(span)
        if span.until is None or span.until > until:
            self.spans.append(replace(span, id=None, start=until))

    def when(self, start: datetime | None, until: datetime | None, where: str) -> datetime:
        """When a span begins: now, unless it says. Raises BadPlan for the past and for no time."""
        start = self._when(start, f"{where}.from")
        if until is not None and until <= start:
            raise BadPlan(errors={f"{where}.to": "结束应晚于开始。 It must end after it begins."})
        return start

    def _when(self, at: datetime | None, where: str) -> datetime:
        """A day that has begun counts from now: who served until now stays who served until now."""
        if at is None or (at <= self.now and _day(at) == _day(self.now)):
            return self.now
        if at < self.now:
            raise BadPlan(errors={where: "不能改过去的分工。 What is past stays as it was."})
        return at

    def _of(self, user: str, cell: str) -> Iterator[Span]:
        return (span for span in self.spans if (span.user, span.cell) == (user, cell))

    def _withdraw(self, span: Span) -> None:
        self.spans.remove(span)
        if span.id:
            self.withdrawn.append(replace(span, until=span.start + timedelta(microseconds=1)))

    def _put(self, old: Span, new: Span) -> None:
        self.spans[self.spans.index(old)] = new
        if new.id:
            self.touched.add(new.id)


def named_cells(plan: Mapping[str, Any]) -> set[str]:
    """Codes that the plan (AssignmentsIn) names."""
    cover = [cell for one in _stand_ins(plan) for cell in one["cells"]]
    return {*(one["cell"] for one in [*plan["changes"], *plan["ends"]]), *cover}


def in_present_codes(plan: Mapping[str, Any], present: Mapping[str, str]) -> Mapping[str, Any]:
    """The same plan with old codes (`present`: old → present) as they are now."""

    def renamed(one: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**one, "cell": present.get(one["cell"], one["cell"])}

    by = [{**one, "cells": [present.get(c, c) for c in one["cells"]]} for one in _stand_ins(plan)]
    return {
        "changes": [renamed(one) for one in plan["changes"]],
        "ends": [renamed(one) for one in plan["ends"]],
        "cover": {**plan["cover"], "by": by} if plan["cover"] else None,
    }


def _stand_ins(plan: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return plan["cover"]["by"] if plan["cover"] else ()


def rostered(plan: Mapping[str, Any], spans: Sequence[Span], now: datetime) -> Roster:
    """The roster once the plan (AssignmentsIn) is carried out. Raises BadPlan naming the field."""
    roster = Roster(now, list(spans))
    for k, one in enumerate(plan["ends"]):
        roster.end(one["user"], one["cell"], one["at"], f"ends.{k}")
    if plan["cover"]:
        _cover(roster, plan["cover"])
    for k, one in enumerate(plan["changes"]):
        where = f"changes.{k}"
        start = roster.when(one["start"], one["until"], where)
        new = Span(None, one["user"], one["cell"], one["leads"], start, one["until"])
        roster.begin(new, where)
    return roster


def felt_at(plan: Mapping[str, Any], roster: Roster) -> datetime:
    """When the last of it has begun: then the phones hold what the preview says."""
    times = [one["start"] for one in plan["changes"]] + [one["at"] for one in plan["ends"]]
    if plan["cover"]:
        times.append(plan["cover"]["start"])
    felt: datetime = max([roster.now, *(at for at in times if at is not None)])
    return felt


def gaps(
    before: Sequence[Span], after: Sequence[Span], cells: Iterable[str], now: datetime
) -> Iterator[tuple[str, datetime]]:
    """(cell, from when) that nobody serves although somebody would have."""
    for cell in cells:
        for at in _edges(after, cell, now):
            if _serving(before, cell, at) and not _serving(after, cell, at):
                yield cell, at


def double_leads(
    after: Sequence[Span], cells: Iterable[str], now: datetime
) -> Iterator[tuple[str, datetime]]:
    """(cell, from when) that two lead at once."""
    for cell in cells:
        for at in _edges(after, cell, now):
            if sum(span.leads for span in _serving(after, cell, at)) > 1:
                yield cell, at
                break


def _cover(roster: Roster, cover: Mapping[str, Any]) -> None:
    start = roster.when(cover["start"], cover["until"], "cover")
    cut: dict[str, list[Span]] = {}
    for span in roster.interrupt(cover["user"], start, cover["until"]):
        cut.setdefault(span.cell, []).append(span)
    if not cut:
        said = f"{cover['user']} 此期间没有网格。 {cover['user']} serves no cell in that time."
        raise BadPlan(errors={"cover.user": said})
    led = set()
    for k, one in enumerate(cover["by"]):
        for cell in one["cells"]:
            if cell not in cut or one["user"] == cover["user"]:
                said = f"{cover['user']} 此期间不负责 {cell}。 It is not served then by that user."
                raise BadPlan(errors={f"cover.by.{k}": said})
            for span in cut[cell]:
                leads = span.leads and cell not in led
                roster.begin(replace(span, user=one["user"], leads=leads), f"cover.by.{k}")
            led.add(cell)


def _edges(spans: Sequence[Span], cell: str, now: datetime) -> list[datetime]:
    of_cell = [span for span in spans if span.cell == cell]
    times = {now, *(s.start for s in of_cell), *(s.until for s in of_cell if s.until)}
    return sorted(at for at in times if at >= now)


def _serving(spans: Sequence[Span], cell: str, at: datetime) -> list[Span]:
    return [span for span in spans if span.cell == cell and span.covers(at)]


def _day(at: datetime) -> date:
    return at.astimezone(LOCAL).date()
