"""How a number is told to somebody outside the Offices that handled the cases: in full tens, and a
ratio of few of them in tenths or fifths.

What one's own Offices handled is told case by case. A number of the others' is told down to the ten
below it: 30 stands for 30 to 39, 0 for 0 to 9. So none from 1 to 4 is ever told; and what is left
when told numbers are taken from each other may still be anything in a span that is wider than a
small number. Whoever asks the same in a hundred ways is told the same tens, since they depend on
the cases counted alone.

A period is told as the years, quarters and months that make it up, each in tens: no choice of
periods tells more than the calendar does.

From RATIO_FROM cases on a ratio is that of the tens. Below they would make it up: it is the nearest
tenth (成) of the true numbers, or the nearest fifth where a tenth would be fewer than five cases.
The lowest stands for all below it as well, the highest for all above: else a tenth of fifty would
say that some were, or were not, and few. Why not fives, nor tenths of fewer:
docs/decisions/0016-tens.md.
"""

from __future__ import annotations

from typing import Final, NamedTuple

TEN: Final = 10
RATIO_FROM: Final = 100  # of others' cases: below it tens are too coarse for a ratio
TENTHS_FROM: Final = 50  # of others' cases
FIFTHS_FROM: Final = 30  # of others' cases: below it there is no ratio


class Number(NamedTuple):
    """What is told of a number: the own Offices' cases, and those of all others in tens."""

    own: int
    others: int
    true: int | None = None  # the others' as they are, for a ratio in tenths or fifths alone

    @property
    def told(self) -> int:
        """Both together."""
        return self.own + self.others


class Ratio(NamedTuple):
    """A ratio, and how coarse it is: None where it is that of the numbers told."""

    value: float | None
    step: float | None = None


def in_tens(n: int) -> int:
    """The greatest multiple of ten that is not above it."""
    return n - n % TEN


def ratio_of(n: Number, of: Number) -> Ratio:
    """As it follows from what is told, or in tenths or fifths; of nothing, and of too few, none."""
    if not of.told:
        return Ratio(None)
    if not 0 < of.others < RATIO_FROM:
        return Ratio(round(n.told / of.told, 4))
    if n.true is None or of.true is None or of.others < FIFTHS_FROM:
        return Ratio(None)
    step = 1 if of.others >= TENTHS_FROM else 2
    # Beside own cases the others weigh as they are told: no more of them is used than is told.
    others = nearest_tenths(n.true, of.true, step) * of.others
    tenths = nearest_tenths(10 * n.own + others, 10 * of.told, step)
    return Ratio(tenths / 10, step / 10)


def nearest_tenths(n: int, of: int, step: int) -> int:
    """In steps of so many tenths, halves up; the lowest (one step) also where it is less, the
    highest (one step from all) also where it is more.
    """
    nearest = (20 * n + step * of) // (2 * step * of) * step
    return min(10 - step, max(step, nearest))
