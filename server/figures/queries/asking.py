"""SQL with which figures are asked: sums of months, small enough to be added up outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from server.figures.rules.measures import STEPS
from server.places.models import Area


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which Area and below, by what, of which category and level only."""

    area: Area
    by: str
    category: str | None = None
    level: str | None = None


class Sums(NamedTuple):
    """What was counted of one row in one month; `own`: held by the asker's Offices."""

    key: str
    month: date
    own: bool
    counts: Mapping[str, int]  # by name; `<step>_took`: how many steps ended


class Days(NamedTuple):
    """How many steps of one row took so many days; `own`: of the asker's Offices."""

    key: str
    own: bool
    step: str
    days: int
    n: int


# A row of what is asked. By Area: its children with all below them and, together, what lies across
# several of them; else the Area as a whole. A village has none below and is only what lies in it.
_ROWS = """
    WITH mine AS MATERIALIZED (
        SELECT ARRAY(SELECT gate.my_offices()) AS offices
    ), rows AS MATERIALIZED (
        SELECT id AS area_id, code, CASE WHEN :by = 'area' THEN id <> :area AND level <> 'village'
                                   ELSE level <> 'village' END AS below
          FROM area
         WHERE id = :area
            OR :by = 'area' AND code LIKE :code || '%' AND ended_at IS NULL
               AND level = CASE :area_level WHEN 'county'   THEN 'township'
                                            WHEN 'township' THEN 'village' END
    ), wanted AS (
        SELECT CASE :by WHEN 'area'     THEN rows.code
                        WHEN 'category' THEN f.category
                        WHEN 'level'    THEN f.level
                        ELSE ''         END AS key,
               f.*, f.office_id = ANY (mine.offices) AS own
          FROM mine, rows JOIN figure_month f USING (area_id, below)
         WHERE CASE WHEN cast(:category AS text) IS NOT NULL THEN f.category = :category
                    WHEN :by = 'category' THEN f.category <> ''
                    ELSE f.category = '' END
           AND (cast(:level AS text) IS NULL OR f.level = :level)
    )
"""
# Hundreds of thousands of numbers for a county by Area: taken apart side by side in the list of
# columns they are not written down in between, and what they are added up by is worked out before.
_KEPT = f"""{_ROWS}
    , kept AS MATERIALIZED (
        SELECT CASE :by WHEN 'month' THEN to_char(month, 'YYYY-MM') ELSE key END AS line,
               own, {", ".join(f"{step}_days, {step}_n" for step in STEPS)}
          FROM wanted WHERE month BETWEEN :since AND :until
    )
"""
_APART = " UNION ALL ".join(
    f"SELECT line, own, '{step}' AS step, unnest({step}_days) AS days, unnest({step}_n) AS n"
    " FROM kept"
    for step in STEPS
)
_DAYS = text(
    f"{_KEPT} SELECT line, own, step, days, sum(n)::int FROM ({_APART}) took GROUP BY 1, 2, 3, 4"
)


def list_sums(session: Session, asked: Asked, names: Collection[str]) -> Sequence[Sums]:
    """All months of every row, the asker's own Offices apart: of these COUNTS or TOOK."""
    ordered = sorted(names)
    summed = ", ".join(f"sum({name})::int" for name in ordered)
    query = text(f"{_ROWS} SELECT key, month, own, {summed} FROM wanted GROUP BY 1, 2, 3")
    found = session.execute(query, _values(asked))
    return [
        Sums(key, month, own, dict(zip(ordered, counted, strict=True)))
        for key, month, own, *counted in found
    ]


def list_days(session: Session, asked: Asked, since: date, until: date) -> Sequence[Days]:
    """How long steps took, from the first day of one month to that of another, both included.

    Asked by month, the key is the month: 2026-03.
    """
    span = {"since": since, "until": until}
    return [Days(*row) for row in session.execute(_DAYS, {**_values(asked), **span})]


def _values(asked: Asked) -> dict[str, Any]:
    return {
        "area": asked.area.id,
        "area_level": asked.area.level,
        "code": asked.area.code,
        "by": asked.by,
        "category": asked.category,
        "level": asked.level,
    }


_PLACES = text("""
    SELECT id, code, name FROM area
     WHERE code LIKE :code || '%' AND ended_at IS NULL
       AND level = CASE :area_level WHEN 'county'   THEN 'township'
                                    WHEN 'township' THEN 'village' END
     ORDER BY code
""")


def list_places(session: Session, area: Area) -> Sequence[Row[Any]]:
    """(id, code, name) of an Area's children, by code."""
    return session.execute(_PLACES, {"code": area.code, "area_level": area.level}).all()


def list_below(session: Session, area: Area) -> Sequence[Area]:
    """An Area's children, by code."""
    query = select(Area).where(Area.parent_id == area.id, Area.ended_at.is_(None))
    return session.scalars(
        query.where(Area.level.in_(("township", "village"))).order_by(Area.code)
    ).all()


# The first wall: where one's roles are held, worked out apart from the gate.
_OWN = text("""
    SELECT DISTINCT top.code
      FROM assignment a
      LEFT JOIN office o ON o.id = a.office_id
      JOIN area top      ON top.id = coalesce(a.area_id, o.area_id) AND top.ended_at IS NULL
     WHERE a.user_id = :user AND a.valid_from <= :at AND (a.valid_to IS NULL OR a.valid_to > :at)
       AND (a.role, top.level) IN (('mediator', 'village'), ('township_supervisor', 'township'),
                                   ('county_office', 'county'))
     ORDER BY top.code
""")


def list_own_areas(session: Session, user_id: UUID | None, at: datetime) -> Sequence[str]:
    """Codes of the Areas of the asker's Offices."""
    return session.scalars(_OWN, {"user": user_id, "at": at}).all()


_AS_OF = text("SELECT gate.figures_as_of()")


def find_as_of(session: Session) -> datetime:
    """As of when the figures are right."""
    at: datetime = session.execute(_AS_OF).scalar_one()
    return at
