"""SQL with which the worker counts months: from the views to an Area, from Areas to those above."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.figures.rules.measures import COUNTS, STEPS, TOOK
from server.figures.rules.months import later


class Month(NamedTuple):
    """A month of an Area. `at`: since when it waits; `recoded`: it lies elsewhere now."""

    area_id: UUID
    month: date
    at: datetime
    recoded: bool


# One counts at a time: of two that count the same month the earlier look could win. All by index,
# whatever the size: a few Areas of hundreds, which PostgreSQL takes for half the county.
_LOCK = text("""
    SELECT pg_try_advisory_xact_lock(511921, 19), set_config('enable_seqscan', 'off', true),
           set_config('work_mem', '64MB', true)
""")


def lock_counting(session: Session) -> bool:
    """Whether this transaction is the one that counts."""
    return bool(session.execute(_LOCK).one()[0])


# Villages first: what stands above them is counted from theirs, once. Whatever is written while
# this runs leaves a row of its own, which stays for the next time; what these rows tell of is
# committed, and so is seen by the statements that follow.
_TAKE = text("""
    WITH waiting AS (
        SELECT f.area_id FROM figure_dirty f LEFT JOIN area ON area.id = f.area_id
         GROUP BY f.area_id, area.level
         ORDER BY area.level = 'county', area.level = 'township', min(f.at), f.area_id LIMIT :areas
    ), taken AS (
        DELETE FROM figure_dirty WHERE area_id = ANY (ARRAY(SELECT area_id FROM waiting))
     RETURNING area_id, month, at, recoded
    ), told AS (
        SELECT area_id, month, min(at) AS at, bool_or(recoded) AS recoded
          FROM taken GROUP BY area_id, month
    )
    SELECT place.id, month, min(at), bool_or(recoded)
      FROM told
     CROSS JOIN LATERAL (SELECT told.area_id AS id
                          UNION SELECT gate.present_area(told.area_id)) place
     GROUP BY place.id, month
     ORDER BY place.id, month
""")


def take_dirty(session: Session, areas: int) -> Sequence[Month]:
    """The months that have to be counted anew, of so many Areas: villages first, and those
    that have waited longest.

    An Area that has ended is there beside the one that it became part of.
    """
    return [Month(*row) for row in session.execute(_TAKE, {"areas": areas})]


# What an Area stands for: itself, and what became part of it. What has ended stands for nothing.
_PAST = text("""
    SELECT area.id, past.id
      FROM area CROSS JOIN LATERAL gate.with_past(ARRAY[area.id]) past (id)
     WHERE area.id = ANY (cast(:areas AS uuid[])) AND area.ended_at IS NULL
""")
_ASKED = """
    asked AS MATERIALIZED (
        SELECT * FROM unnest(cast(:areas AS uuid[]), cast(:months AS date[])) t (area_id, month)
    )
"""
_COLUMNS = ", ".join(
    [*COUNTS, *TOOK, *(f"{step}_{what}" for step in STEPS for what in ("days", "n"))],
)
# From long to wide: sums side by side, and of each step its days with how many took so long.
_WIDE = ",\n           ".join(
    [
        *(f"coalesce(sum(n) FILTER (WHERE what = '{name}'), 0)" for name in (*COUNTS, *TOOK)),
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

# By an array of cases: PostgreSQL looks up their Holdings then. It takes conditions on what a view
# works out for rare, and would read every Holding that there is.
_LIES = """
         WHERE dispute_id = ANY (ARRAY(SELECT id FROM dispute
                                        WHERE area_id = ANY (cast(:lies_in AS uuid[]))
                                       UNION ALL
                                       SELECT dispute_id FROM figure_kept
                                        WHERE area_id = ANY (cast(:lies_in AS uuid[]))))
           AND day >= :since AND day < :until
"""
# Each view is added up before anything else is done with its rows: there are a dozen a Holding.
_SEEN = "        UNION ALL".join(
    f"""
        SELECT area_id, level, office_id, category, month, {what}
          FROM (SELECT area_id, level, office_id, category, date_trunc('month', day)::date AS month,
                       {sums}
                  FROM {view} {_LIES} GROUP BY 1, 2, 3, 4, 5{by}) summed
               {apart}
    """
    for view, sums, by, what, apart in (
        (
            "figure_settled",
            "count(*) AS decided, count(*) FILTER (WHERE settled) AS settled",
            "",
            "what, NULL::int AS days, n",
            "CROSS JOIN LATERAL (VALUES ('decided', decided), ('settled', settled)) w (what, n)",
        ),
        (
            "figure_on_time",
            "step, count(*) AS due, count(*) FILTER (WHERE on_time) AS on_time",
            ", step",
            "step || what, NULL, n",
            "CROSS JOIN LATERAL (VALUES ('_due', due), ('_on_time', on_time)) w (what, n)",
        ),
        ("figure_moves", "move, count(*) AS n", ", move", "move, NULL, n", ""),
        (
            "figure_times",
            "step, days, count(*) AS n",
            ", step, days",
            "step || '_took', days, n",
            "",
        ),
    )
)
_HERE = text(f"""
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(cast(:areas AS uuid[]), cast(:lies_in AS uuid[]),
                             cast(:months AS date[])) t (area_id, lies_in, month)
    ), seen AS (
{_SEEN}
    ), told AS (
        SELECT asked.area_id, c.category, asked.month, level, office_id, what, days, sum(n) AS n
          FROM seen
          JOIN asked ON (asked.lies_in, asked.month) = (seen.area_id, seen.month)
         CROSS JOIN LATERAL (VALUES (seen.category), ('')) c (category)
         WHERE n > 0
         GROUP BY 1, 2, 3, 4, 5, 6, 7
    )
    {_INSERT}
""")


def count_here(session: Session, months: Sequence[Month]) -> None:
    """Count these months of the cases that lie in just these Areas, from the views."""
    session.execute(_FORGET, {**_asked(months), "below": False})
    past: dict[UUID, list[UUID]] = {}
    for area, lies_in in session.execute(_PAST, {"areas": [one.area_id for one in months]}):
        past.setdefault(area, []).append(lies_in)
    wanted = [(one.area_id, was, one.month) for one in months for was in past.get(one.area_id, ())]
    if wanted:
        areas, lies_in, of = map(list, zip(*wanted, strict=True))
        span = {"since": min(of), "until": later(max(of), 1)}
        session.execute(
            _HERE, {"areas": areas, "lies_in": lies_in, "months": of, "below": False, **span}
        )


def _asked(months: Sequence[Month]) -> dict[str, object]:
    return {"areas": [one.area_id for one in months], "months": [one.month for one in months]}


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
# ask for theirs apart. A county is counted from its townships.
_BELOW = text(f"""
    WITH {_ASKED}, key AS MATERIALIZED (
        SELECT above.id AS above_id, f.month AS of_month, f.level AS of_level,
               f.category AS of_category,
               CASE WHEN gate.rung(f.level) >= gate.rung(above.level) THEN f.office_id
                    ELSE '00000000-0000-0000-0000-000000000000' END AS of_office, f.*
          FROM asked
          JOIN area above     ON above.id = asked.area_id AND above.ended_at IS NULL
          JOIN area here      ON here.code LIKE above.code || '%' AND here.ended_at IS NULL
          JOIN figure_month f ON f.area_id = here.id AND f.month = asked.month
                             AND f.below = (above.level = 'county' AND here.level = 'township')
         WHERE above.level = 'township' OR above.level = 'county' AND here.level <> 'village'
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


def count_below(session: Session, months: Sequence[Month]) -> None:
    """Count the same months of townships and the county with all below them."""
    wanted = {**_asked(months), "below": True}
    session.execute(_FORGET, wanted)
    session.execute(_BELOW, wanted)


# Where codes changed, whatever else stands for that month too: what lay there may be gone.
_PASS_UP = text("""
    INSERT INTO figure_dirty (area_id, month, at)
    SELECT above.id, t.month, min(t.at)
      FROM unnest(cast(:areas AS uuid[]), cast(:months AS date[]), cast(:at AS timestamptz[]))
           t (area_id, month, at)
      JOIN area here  ON here.id = t.area_id AND here.ended_at IS NULL
      JOIN area above ON above.code = left(here.code, CASE here.level WHEN 'village' THEN 9
                                                                      WHEN 'township' THEN 6 END)
                     AND above.ended_at IS NULL
     GROUP BY 1, 2
     UNION
    SELECT f.area_id, f.month, min(t.at)
      FROM unnest(cast(:months AS date[]), cast(:at AS timestamptz[]), cast(:recoded AS bool[]))
           t (month, at, recoded)
      JOIN figure_month f ON f.month = t.month
     WHERE t.recoded AND f.below
     GROUP BY 1, 2
""")


def pass_up(session: Session, months: Sequence[Month]) -> None:
    """The Areas above have to be counted anew too; they wait as long as these have."""
    at, recoded = [one.at for one in months], [one.recoded for one in months]
    session.execute(_PASS_UP, {**_asked(months), "at": at, "recoded": recoded})
