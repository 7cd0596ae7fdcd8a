"""SQL that counts how things stand now: open Holdings are few, and need no sums kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.figures.queries.asking import Asked, Sums

# Digits of the codes one step below; a village has none below and is only what lies in it.
_BELOW: Final = {"county": 9, "township": 12, "village": 12}

# As the asker, under row security. A case of an Area that has ended lies where that is now.
_OPEN = text("""
    WITH mine AS MATERIALIZED (
        SELECT ARRAY(SELECT gate.my_offices()) AS offices
    ), placed AS MATERIALIZED (
        SELECT d.category, h.level, h.due_at <= :now AS overdue,
               h.office_id = ANY (mine.offices) AS own,
               CASE WHEN lies.ended_at IS NULL THEN lies.id
                    ELSE gate.present_area(lies.id) END AS area_id
          FROM mine, holding h
          JOIN dispute d ON d.id = h.dispute_id
          JOIN area lies ON lies.id = d.area_id
         WHERE h.ended_at IS NULL
           AND (cast(:category AS text) IS NULL OR d.category = :category)
           AND (cast(:level AS text) IS NULL OR h.level = :level)
    )
    SELECT CASE :by WHEN 'category' THEN placed.category
                    WHEN 'level'    THEN placed.level
                    WHEN 'area'     THEN CASE WHEN length(area.code) >= :digits
                                              THEN left(area.code, :digits) ELSE :code END
                    ELSE '' END AS key,
           own, count(*)::int, (count(*) FILTER (WHERE overdue))::int
      FROM placed JOIN area ON area.id = placed.area_id
     WHERE area.code LIKE :code || '%'
     GROUP BY 1, 2
""")


def list_open(session: Session, asked: Asked, now: datetime, month: date) -> Sequence[Sums]:
    """How many Holdings of every row are `open` now, and `overdue` among them; under `month`."""
    values = {
        "now": now,
        "by": asked.by,
        "code": asked.area.code,
        "digits": _BELOW.get(asked.area.level, 6),
        "category": asked.category,
        "level": asked.level,
    }
    return [
        Sums(key, month, own, {"open": open_, "overdue": overdue})
        for key, own, open_, overdue in session.execute(_OPEN, values)
    ]
