"""Which numbers are too small to be told to somebody outside the handling Office.

A number from 1 to 4 is withheld, and so is whatever would let it be worked out: the months of a
quarter are told where none of them is small, else the quarter as one; its quarters where none of
them is small, else the year as one; and so on. So is the split into rows: where a row is told
more coarsely than the total, another row is as well, so that its parts could be moved between the
two and nobody would see it. A period is told where the years, quarters and months that make it up
are, so that no choice of periods tells more than the calendar does.

Statistical offices call it complementary suppression. What of a number is the asker's own Office's
is known there anyway: only the rest counts as small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import add
from typing import Final, NamedTuple

from server.figures.rules.months import Calendar, Node, calendar_of, wider

SMALL: Final = 5  # the least number that is told
TOTAL: Final = "total"
Numbers = tuple[int, ...]  # what is told or withheld together: a number, and what it is not
# Row → month → numbers of others' Offices.
Table = Mapping[str, Mapping[date, Numbers]]


def is_small(numbers: Iterable[int]) -> bool:
    """Whether one of them is too small to be told."""
    for number in numbers:  # noqa: SIM110 (asked for every span of every row; any() takes twice)
        if 0 < number < SMALL:
            return True
    return False


class Told:
    """What of a table is told: of each row, and the total, some spans as one, others split."""

    def __init__(self, opened: Mapping[str, frozenset[Node]] | None, known: Calendar) -> None:
        self._opened = opened  # spans whose parts are told; None: all
        self._known = known

    def tells(self, row: str, span: Node) -> bool:
        """Whether the number of a row (or the TOTAL) over a span of the calendar is told."""
        return self.splits(row, wider(span))

    def splits(self, row: str, span: Node) -> bool:
        """Whether the parts of a span are told one by one. Of an empty row they are, and of a span
        in which nobody has anything where the span itself is told.
        """
        if self._opened is None or row not in self._opened:
            return True
        while span not in self._known.at:
            span = wider(span)
        return span in self._opened[row]


EVERYTHING: Final = Told(None, calendar_of(()))


class Within(NamedTuple):
    """What another table tells: of the same rows, or (`row`) of the one row that all these are."""

    told: Told
    row: str | None = None

    def splits(self, row: str, span: Node) -> bool:
        """Whether the parts of a span are told there."""
        return self.told.splits(self.row or row, span)


def told_of(rows: Table, *within: Within) -> Told:
    """What of a table can be told, and no more than any `within` tells."""
    bounds = [one for one in within if one.told is not EVERYTHING]
    small = any(is_small(numbers) for months in rows.values() for numbers in months.values())
    if not small and not bounds:
        return EVERYTHING  # a small sum has a small part
    table = _Split(rows)
    for row in table.values:
        table.open(row, _ROOT, bounds)
    while table.hide_alone() or table.hide_small_rests():
        pass
    spans = table.calendar.spans
    opened = {row: frozenset(spans[at] for at in ats) for row, ats in table.opened.items()}
    return Told(opened, table.calendar)


_ROOT: Final = 0  # where it is in a Calendar


class _Split:
    """A table while it is worked out which spans of which rows are split.

    Spans go by their place in the calendar: every row has all of them, of nothing too.
    """

    def __init__(self, rows: Table) -> None:
        months = frozenset(month for of in rows.values() for month in of)
        self.calendar = calendar_of(tuple(sorted(months)))
        self.rows = list(rows)
        self.values = _values(rows, self.calendar)
        self.small = {row: list(map(is_small, of)) for row, of in self.values.items()}
        self.opened: dict[str, set[int]] = {row: set() for row in self.values}
        self.there = []  # rows of a span, the least first
        for at in range(len(self.calendar.spans)):
            told = ((self.values[row][at], row) for row in self.rows)
            self.there.append([row for numbers, row in sorted(told) if any(numbers)])

    def open(self, row: str, span: int, within: Sequence[Within]) -> None:
        """Split a span, and its parts in turn, as long as none of them is small."""
        parts, small = self.calendar.parts[span], self.small[row]
        if not parts or any(small[part] for part in parts):
            return
        if not all(one.splits(row, self.calendar.spans[span]) for one in within):
            return
        self.opened[row].add(span)
        for part in parts:
            self.open(row, part, within)

    def close(self, row: str, span: int) -> None:
        """Tell a span of a row as one again."""
        if span in self.opened[row]:
            self.opened[row].discard(span)
            for part in self.calendar.parts[span]:
                self.close(row, part)

    def hide_alone(self) -> bool:
        """What the total splits, one row must not be alone in not splitting: the other rows would
        tell its parts. Whether anything was closed.
        """
        before = self._count()
        for row in self.rows:
            for span in self._blocks(row):
                if span not in self.opened[TOTAL] or not any(self.values[row][span]):
                    continue
                others = [r for r in self.there[span] if r != row]
                if all(span in self.opened[other] for other in others):
                    self.close(others[0] if others else TOTAL, span)
        return self._count() < before

    def hide_small_rests(self) -> bool:
        """What is left of the total beside the rows that are told must not be small either.
        Whether anything was closed.
        """
        before = self._count()
        for span, there in enumerate(self.there):
            around = self.calendar.wider[span]
            while span != _ROOT and around in self.opened[TOTAL]:
                shown = [row for row in there if around in self.opened[row]]
                rest = [self.values[row][span] for row in there if around not in self.opened[row]]
                if not shown or not rest or not is_small(map(sum, zip(*rest, strict=True))):
                    break
                self.close(shown[0], around)
        return self._count() < before

    def _blocks(self, row: str) -> Iterator[int]:
        """Spans that are told as one, though they have parts."""
        for span, parts in enumerate(self.calendar.parts):
            if not parts or span in self.opened[row]:
                continue
            if span == _ROOT or self.calendar.wider[span] in self.opened[row]:
                yield span

    def _count(self) -> int:
        return sum(map(len, self.opened.values()))


def _values(rows: Table, calendar: Calendar) -> dict[str, list[Numbers]]:
    """Every span of every row and of the total."""
    width = len(next((n for months in rows.values() for n in months.values()), ()))
    values, totals = {}, [[0] * len(calendar.spans) for _ in range(width)]
    for row, months in rows.items():
        sums = [[0] * len(calendar.spans) for _ in range(width)]
        for month, numbers in months.items():
            at = calendar.at[Node(month, 1)]
            for column, number in zip(sums, numbers, strict=True):
                column[at] = number
        for column, total in zip(sums, totals, strict=True):
            calendar.add_up(column)
            total[:] = map(add, total, column)
        values[row] = list(zip(*sums, strict=True))
    return {TOTAL: list(zip(*totals, strict=True)), **values}
