"""Pure: which days are asked about, what each question colours by, and where its classes begin."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from server.maps.tiles.rules.frame import Period, period_of
from server.places.rules import LOCAL, end_of_day

CLASSES: Final = 5
LONGEST_SILENCE: Final = 400  # days
USUAL_SILENCE: Final = 90
KEPT: Final = timedelta(days=LONGEST_SILENCE + 10)  # visits that tallies are counted from
# A share is told in fifths everywhere: 60 % must not look dark in one county, light in another.
_FIFTHS: Final = (0.0, 0.2, 0.4, 0.6, 0.8)
_ROUND: Final = (1, 2, 3, 4, 5, 6, 8, 10)  # and tens, hundreds of them


class Question(StrEnum):
    """What a map may be asked."""

    COVERAGE = "coverage"  # visited / households of the period
    UNSEEN = "unseen"  # households that nobody met for so many days
    OPEN = "open"  # disputes
    OVERDUE = "overdue"  # of these past their limit
    UNPLACED = "unplaced"  # households of the cell's village that have no cell


@dataclass(frozen=True, slots=True)
class Days:
    """The days that visits count of, and since when a household counts as unseen."""

    period: Period
    unseen_since: datetime


def days_of(first: date | None, last: date | None, silence: int, now: datetime) -> Days:
    """`silence`: days, today included. Raises BadPeriod."""
    today = now.astimezone(LOCAL).date()
    return Days(period_of(first, last, now), end_of_day(today - timedelta(days=silence)))


def value_of(question: Question, cell: Mapping[str, Any]) -> float | None:
    """By what a cell is coloured; None: nothing is known, or nobody lives there."""
    if question is Question.COVERAGE:
        return cell["visited"] / cell["households"] if cell["households"] else None
    found: int | None = cell[question]
    return found


def classes_of(question: Question, values: Iterable[float]) -> Sequence[float]:
    """Where each class begins, from light to dark, at most five; zero is in none of them.

    Counts: about as many cells in each class, at round numbers. A share: fifths.
    """
    if question is Question.COVERAGE:
        return _FIFTHS
    counted = sorted(value for value in values if value)
    if not counted:
        return ()
    begins = [counted[len(counted) * nth // CLASSES] for nth in range(CLASSES)]
    return sorted({1, *(round_down(value) for value in begins[1:])})


def shade_of(value: float | None, begins: Sequence[float]) -> int | None:
    """How dark a cell of this value is drawn: 0 for none of it, else 1 to 5; None: not known.

    `begins`: of classes_of. Where there are fewer than five, the darker shades are theirs.
    """
    if not value:
        return value if value is None else 0
    return CLASSES - len(begins) + max(1, bisect_right(begins, value))


def round_down(value: float) -> int:
    """The next round number that is not greater: 7 → 6, 34 → 30, 178 → 100."""
    if value < 1:
        return 1
    tens: int = 10 ** int(math.log10(value) + 1e-9)
    return max(one * tens for one in _ROUND if one * tens <= value)
