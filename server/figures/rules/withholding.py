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

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from server.figures.rules.months import ROOT, Node, spans_of, wider

SMALL: Final = 5  # the least number that is told
TOTAL: Final = "total"
Numbers = tuple[int, ...]  # what is told or withheld together: a number, and what it is not
# Row → month → numbers of others' Offices.
Table = Mapping[str, Mapping[date, Numbers]]


def is_small(numbers: Iterable[int]) -> bool:
    """Whether one of them is too small to be told."""
    return any(0 < number < SMALL for number in numbers)


class Told:
    """What of a table is told: of each row, and the total, some spans as one, others split."""

    def __init__(self, opened: Mapping[str, frozenset[Node]] | None) -> None:
        self._opened = opened  # spans whose parts are told; None: all

    def tells(self, row: str, span: Node) -> bool:
        """Whether the number of a row (or the TOTAL) over a span of the calendar is told."""
        return self.splits(row, wider(span))

    def splits(self, row: str, span: Node) -> bool:
        """Whether the parts of a span are told one by one. Of an empty row they are."""
        return self._opened is None or row not in self._opened or span in self._opened[row]


EVERYTHING: Final = Told(None)


def told_of(rows: Table, within: Told = EVERYTHING) -> Told:
    """What of a table can be told, and no more than `within` tells."""
    small = any(is_small(numbers) for months in rows.values() for numbers in months.values())
    if not small and within is EVERYTHING:
        return EVERYTHING  # a small sum has a small part
    table = _Split(_values(rows))
    for row in table.values:
        table.open(row, ROOT, within)
    while table.hide_alone() or table.hide_small_rests():
        pass
    return Told({row: frozenset(spans) for row, spans in table.opened.items()})


@dataclass
class _Split:
    """A table while it is worked out which spans of which rows are split."""

    values: Mapping[str, Mapping[Node, Numbers]]
    opened: dict[str, set[Node]] = field(default_factory=dict)
    parts: dict[tuple[str, Node], list[Node]] = field(default_factory=dict)
    there: dict[Node, list[str]] = field(default_factory=dict)  # rows of a span, the least first

    def __post_init__(self) -> None:
        for span in self.values[TOTAL]:
            told = ((self.values[row].get(span, ()), row) for row in self._rows())
            self.there[span] = [row for numbers, row in sorted(told) if any(numbers)]
        for row, spans in self.values.items():
            self.opened[row] = set()
            for span in spans:
                if span != ROOT:
                    self.parts.setdefault((row, wider(span)), []).append(span)

    def open(self, row: str, span: Node, within: Told) -> None:
        """Split a span, and its parts in turn, as long as none of them is small."""
        parts = self.parts.get((row, span), ())
        if not parts or not within.splits(row, span):
            return
        if any(is_small(self.values[row][part]) for part in parts):
            return
        self.opened[row].add(span)
        for part in parts:
            self.open(row, part, within)

    def close(self, row: str, span: Node) -> None:
        """Tell a span of a row as one again."""
        self.opened[row].discard(span)
        for part in self.parts.get((row, span), ()):
            self.close(row, part)

    def hide_alone(self) -> bool:
        """What the total splits, one row must not be alone in not splitting: the other rows would
        tell its parts. Whether anything was closed.
        """
        before = self._count()
        for row in self._rows():
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
        for span in self.values[TOTAL]:
            while span != ROOT and wider(span) in self.opened[TOTAL]:
                there = self.there[span]
                shown = [row for row in there if wider(span) in self.opened[row]]
                rest = [self.values[row][span] for row in there if row not in shown]
                if not shown or not rest or not is_small(_sum(rest)):
                    break
                self.close(shown[0], wider(span))
        return self._count() < before

    def _rows(self) -> list[str]:
        return [row for row in self.values if row != TOTAL]

    def _blocks(self, row: str) -> Iterator[Node]:
        """Spans that are told as one, though they have parts."""
        for span in self.values[row]:
            is_whole = (row, span) in self.parts and span not in self.opened[row]
            if is_whole and (span == ROOT or wider(span) in self.opened[row]):
                yield span

    def _count(self) -> int:
        return sum(map(len, self.opened.values()))


def _sum(many: Iterable[Numbers]) -> Numbers:
    return tuple(map(sum, zip(*many, strict=True)))


def _values(rows: Table) -> dict[str, dict[Node, Numbers]]:
    """Every span of every row and of the total."""
    parts: dict[str, dict[Node, list[Numbers]]] = {TOTAL: {}}
    for row, months in rows.items():
        for month, numbers in months.items():
            for span in spans_of(month):
                parts.setdefault(row, {}).setdefault(span, []).append(numbers)
                parts[TOTAL].setdefault(span, []).append(numbers)
    return {
        row: {span: _sum(numbers) for span, numbers in spans.items()}
        for row, spans in parts.items()
    }
