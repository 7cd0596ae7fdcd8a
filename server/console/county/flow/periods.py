"""Quarters and years that one may ask about, by their keys: 2026-Q1, 2026. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

_KEY: Final = re.compile(r"(20[0-9]{2})(?:-Q([1-4]))?")
_QUARTERS, _YEARS = 8, 3  # offered; older ones by their address


class Period(NamedTuple):
    """Whole months: the first day of the first, and that of the last."""

    key: str
    since: date
    until: date

    @property
    def zh(self) -> str:
        quarter = f"第{self.key[-1]}季度" if "Q" in self.key else ""
        return f"{self.since.year}年{quarter}"

    @property
    def en(self) -> str:
        return f"{self.key[-2:]} {self.since.year}" if "Q" in self.key else str(self.since.year)

    @property
    def last_day(self) -> date:
        """The day with which it ends."""
        after = date(self.until.year + self.until.month // 12, self.until.month % 12 + 1, 1)
        return date.fromordinal(after.toordinal() - 1)


def period_of(key: str) -> Period | None:
    """The period of a key; None: it is none."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    year, quarter = int(found[1]), found[2]
    first, months = (int(quarter) * 3 - 2, 3) if quarter else (1, 12)
    return Period(key, date(year, first, 1), date(year, first + months - 1, 1))


def present(today: date) -> Period:
    """The quarter of this day."""
    return _quarter(today.year * 4 + (today.month - 1) // 3)


def offered(today: date, asked: Period) -> Sequence[Period]:
    """This quarter and those before, this year and those before, and what is asked for."""
    now = today.year * 4 + (today.month - 1) // 3
    quarters = [_quarter(now - n) for n in range(_QUARTERS)]
    years = [Period(str(y), date(y, 1, 1), date(y, 12, 1)) for y in _last_years(today)]
    found = [*quarters, *years]
    return found if asked in found else [*found, asked]


def _quarter(n: int) -> Period:
    year, quarter = divmod(n, 4)
    first = quarter * 3 + 1
    return Period(f"{year}-Q{quarter + 1}", date(year, first, 1), date(year, first + 2, 1))


def _last_years(today: date) -> range:
    return range(today.year, today.year - _YEARS, -1)
