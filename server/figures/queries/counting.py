"""SQL with which the worker counts months: from the views to an Area, from Areas to those above."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.figures.rules.measures import COUNTS, STEPS


class Month(NamedTuple):
    """A month of a present Area. `recoded`: what lies above it changed as well."""

    area_id: UUID
    month: date
    recoded: bool


# One counts at a time: of two that count the same month the earlier look could win.
_LOCK = text("SELECT pg_try_advisory_xact_lock(511921, 19)")


def lock_counting(session: Session) -> bool:
    """Whether this transaction is the one that counts."""
    return bool(session.execute(_LOCK).scalar_one())


# Whatever is written while this runs leaves a row of its own, which stays for the next time; what
# these rows tell of is committed, and so is seen by the statements that follow.
_TAKE = text("""
    WITH taken AS (
        DELETE FROM figure_dirty WHERE area_id IN (
               SELECT area_id FROM figure_dirty GROUP BY area_id ORDER BY min(at) LIMIT :areas)
     RETURNING area_id, month, recoded
    ), told AS (
        SELECT area_id, month, bool_or(recoded) AS recoded FROM taken GROUP BY area_id, month
    )
    SELECT place.id, month, bool_or(recoded)
      FROM told
     CROSS JOIN LATERAL (SELECT told.area_id AS id
                          UNION SELECT gate.present_area(told.area_id)) place
     GROUP BY place.id, month
     ORDER BY place.id, month
""")


def take_dirty(session: Session, areas: int) -> Sequence[Month]:
    """The months that have to be counted anew, of so many Areas that have waited longest.

    An Area that has ended is there beside the one that it became part of.
    """
    return [Month(*row) for row in session.execute(_TAKE, {"areas": areas})]


_ASKED = """
    asked AS MATERIALIZED (
        SELECT * FROM unnest(cast(:areas AS uuid[]), cast(:months AS date[])) t (area_id, month)
    )
"""
_COLUMNS = ", ".join(
    [*COUNTS, *(f"{step}_{what}" for step in STEPS for what in ("days", "n"))],
)
# From long to wide: sums side by side, and of each step its days with how many took so long.
_WIDE = ",\n           ".join(
    [
        *(f"coalesce(sum(n) FILTER (WHERE what = '{name}'), 0)" for name in COUNTS),
        *(
            f"coalesce(array_agg({column} ORDER BY days) FILTER (WHERE what = '{step}_took'),"
            " '{}')"
            for step in STEPS
            for column in ("days", "n")
        ),
    ]
)
_INSERT = f"""
    INSERT INTO figure_month (area_id, below, category, month, level, office_id, {_COLUMNS})
    SELECT area_id, :below, category, month, level, office_id,
           {_WIDE}
      FROM told
     GROUP BY area_id, category, month, level, office_id
"""
_FORGET = text(f"""
    WITH {_ASKED}
    DELETE FROM figure_month f USING asked
     WHERE (f.area_id, f.month) = (asked.area_id, asked.month) AND f.below = :below
""")

# What became part of an Area is counted there; what has ended has nothing of its own any more.
_HERE = text(f"""
    WITH {_ASKED}, span AS (
        SELECT min(month) AS since, (max(month) + interval '1 month')::date AS until FROM asked
    ), lies AS MATERIALIZED (
        SELECT area.id AS area_id, past.id AS lies_in
          FROM area CROSS JOIN LATERAL gate.with_past(ARRAY[area.id]) past (id)
         WHERE area.id IN (SELECT area_id FROM asked) AND area.ended_at IS NULL
    ), seen AS (
        SELECT s.area_id, level, office_id, category, day, w.what, NULL::int AS days
          FROM figure_settled s
         CROSS JOIN LATERAL (VALUES ('decided', true), ('settled', s.settled)) w (what, counts)
         WHERE w.counts
        UNION ALL
        SELECT t.area_id, level, office_id, category, day, t.step || w.what, NULL
          FROM figure_on_time t
         CROSS JOIN LATERAL (VALUES ('_due', true), ('_on_time', t.on_time)) w (what, counts)
         WHERE w.counts
        UNION ALL
        SELECT area_id, level, office_id, category, day, move, NULL FROM figure_moves
        UNION ALL
        SELECT area_id, level, office_id, category, day, step || '_took', days FROM figure_times
    ), told AS (
        SELECT lies.area_id, c.category, date_trunc('month', day)::date AS month, level, office_id,
               what, days, count(*) AS n
          FROM seen
          JOIN lies ON lies.lies_in = seen.area_id
         CROSS JOIN LATERAL (VALUES (seen.category), ('')) c (category)
         WHERE seen.area_id = ANY (ARRAY(SELECT lies_in FROM lies))
           AND day >= (SELECT since FROM span) AND day < (SELECT until FROM span)
           AND (lies.area_id, date_trunc('month', day)::date)
               IN (SELECT area_id, month FROM asked)
         GROUP BY 1, 2, 3, 4, 5, 6, 7
    )
    {_INSERT}
""")


def count_here(session: Session, months: Sequence[Month]) -> None:
    """Count these months of the cases that lie in just these Areas, from the views."""
    wanted = {
        "areas": [one.area_id for one in months],
        "months": [one.month for one in months],
        "below": False,
    }
    session.execute(_FORGET, wanted)
    session.execute(_HERE, wanted)


# The Areas above, by present codes. Where codes changed, whatever stands there for the month too.
_ABOVE = text("""
    SELECT DISTINCT above.id, t.month
      FROM unnest(cast(:areas AS uuid[]), cast(:months AS date[])) t (area_id, month)
      JOIN area here  ON here.id = t.area_id AND here.ended_at IS NULL
      JOIN area above ON above.code IN (left(here.code, 6), left(here.code, 9))
                     AND above.ended_at IS NULL AND above.level IN ('county', 'township')
     UNION
    SELECT f.area_id, f.month FROM figure_month f
     WHERE f.below AND f.category = '' AND f.month = ANY (cast(:recoded AS date[]))
""")
_EXPLODED = "\n        UNION ALL\n".join(
    [
        "        SELECT key.*, w.what, NULL::int AS days, w.n FROM key CROSS JOIN LATERAL (VALUES "
        + ", ".join(f"('{name}', {name})" for name in COUNTS)
        + ") w (what, n) WHERE w.n > 0",
        *(
            f"        SELECT key.*, '{step}_took', w.days, w.n"
            f" FROM key CROSS JOIN unnest({step}_days, {step}_n) w (days, n)"
            for step in STEPS
        ),
    ]
)
# Offices of a level below the Area's own are added together: only those of its own level and above
# ask for theirs apart.
_UPWARD = text(f"""
    WITH {_ASKED}, key AS MATERIALIZED (
        SELECT above.id AS above_id, f.month AS of_month, f.level AS of_level,
               f.category AS of_category,
               CASE WHEN gate.rung(f.level) >= gate.rung(above.level) THEN f.office_id
                    ELSE '00000000-0000-0000-0000-000000000000' END AS of_office, f.*
          FROM asked
          JOIN area above     ON above.id = asked.area_id AND above.ended_at IS NULL
          JOIN area here      ON here.code LIKE above.code || '%' AND here.ended_at IS NULL
          JOIN figure_month f ON f.area_id = here.id AND NOT f.below AND f.month = asked.month
    ), exploded AS (
{_EXPLODED.replace("key.*", "above_id, of_category, of_month, of_level, of_office")}
    ), told AS (
        SELECT above_id AS area_id, of_category AS category, of_month AS month, of_level AS level,
               of_office AS office_id, what, days, sum(n) AS n
          FROM exploded
         GROUP BY 1, 2, 3, 4, 5, 6, 7
    )
    {_INSERT}
""")


def count_upward(session: Session, months: Sequence[Month]) -> None:
    """Count the same months of the townships and the county above, from what stands below them."""
    changed = {
        "areas": [one.area_id for one in months],
        "months": [one.month for one in months],
        "recoded": sorted({one.month for one in months if one.recoded}),
    }
    above = session.execute(_ABOVE, changed).all()
    wanted = {"areas": [a for a, _ in above], "months": [m for _, m in above], "below": True}
    session.execute(_FORGET, wanted)
    session.execute(_UPWARD, wanted)
