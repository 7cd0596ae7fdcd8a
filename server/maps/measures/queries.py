"""All SQL of measures: one statement for all cells that are asked for, under row security, with the
asker's scope besides. What one of them sees of disputes is what they could list: a case that they
step aside from is counted for them nowhere. Whom one met when is read from tallies that the worker
keeps; a cell that has changed since is counted anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import CursorResult, Row, text
from sqlalchemy.orm import Session

from server.db import Identity, run, transaction
from server.ladder.states import OPEN
from server.maps.tiles.queries.drawing import in_force
from server.visits.rules import COVERAGE

_SECONDS = 8  # a map that takes longer helps nobody


class Asked(NamedTuple):
    """Of which cells: those within `held` (buckets; None: the county) whose code begins so. Visits
    count from `since` until `until`; a household is unseen that nobody met since `unseen_since`.
    """

    held: Collection[str] | None
    under: str
    since: datetime
    until: datetime
    unseen_since: datetime


class Measured(NamedTuple):
    """Rows with the columns of CELL and VILLAGE; `mark`: the newest of the feed then; `synthetic`:
    boundaries among them were drawn for demonstration. `bounds`: west, south, east, north of all
    boundaries there are or were; nothing is drawn beyond. None: there is none.
    """

    cells: Sequence[Sequence[Any]]
    villages: Sequence[Sequence[Any]]
    mark: str | None
    synthetic: bool
    bounds: Sequence[float] | None


CELL = (
    *("id", "code", "name", "village", "lead", "lon", "lat"),
    *("households", "visited", "unseen", "open", "overdue", "unplaced"),
)
VILLAGE = ("code", "name", "township", "unplaced", "open", "overdue")


def measure(by: Identity, asked: Asked) -> Measured:
    """Present cells and villages by code, each with its measures. Raises TryLater."""
    with transaction(by, snapshot=True) as session:
        run(session, _PLAN, {})
        (found,) = run(session, STATEMENT, values_of(asked, by.now))
    return _measured(found)


def _measured(found: Any) -> Measured:
    bounds = None if None in found.bounds else found.bounds
    return Measured(found.cells or [], found.villages or [], found.mark, found.synthetic, bounds)


def values_of(asked: Asked, now: datetime) -> dict[str, Any]:
    """Parameters of STATEMENT."""
    return {
        "everywhere": asked.held is None,
        "held": sorted(asked.held or ()),
        "under": asked.under,
        "since": asked.since,
        "until": asked.until,
        "unseen_since": asked.unseen_since,
        # A tally knows when somebody was last met: nothing of a period that is over.
        "tallied": asked.until > now,
        "now": now,
        "coverage": sorted(COVERAGE),
        "open": [state.value for state in OPEN],
    }


_TALLY = text("""
    WITH changed AS MATERIALIZED (
        SELECT c.id, c.bucket, head.seq
          FROM grid_cell c
          JOIN feed_head head    ON head.bucket = c.bucket
          LEFT JOIN cell_tally t ON t.cell_id = c.id
         WHERE c.ended_at IS NULL AND t.seq IS DISTINCT FROM head.seq
         ORDER BY head.seq LIMIT :batch
    ), met AS (
        SELECT v.household_id, max(v.occurred_at) AS at
          FROM visit v
         WHERE v.bucket = ANY (ARRAY(SELECT bucket FROM changed)) AND v.recorded_at >= :since
           AND v.outcome = ANY (:coverage)
           AND NOT EXISTS (SELECT FROM visit later WHERE later.supersedes_id = v.id)
         GROUP BY v.household_id
    ), days AS (
        SELECT living.bucket, living.met_on,
               sum(count(*)) OVER (PARTITION BY living.bucket ORDER BY living.met_on) AS homes
          FROM (SELECT h.bucket, coalesce(cast(met.at AT TIME ZONE 'Asia/Shanghai' AS date),
                                          '-infinity') AS met_on
                  FROM household h LEFT JOIN met ON met.household_id = h.id
                 WHERE h.bucket = ANY (ARRAY(SELECT bucket FROM changed))
                   AND h.state = 'lived_in') living
         GROUP BY living.bucket, living.met_on
    )
    INSERT INTO cell_tally (cell_id, seq, met_on, homes)
    SELECT changed.id, changed.seq,
           coalesce(array_agg(met_on ORDER BY met_on) FILTER (WHERE homes > 0), '{}'),
           coalesce(array_agg(homes ORDER BY met_on)  FILTER (WHERE homes > 0), '{}')
      FROM changed LEFT JOIN days USING (bucket)
     GROUP BY changed.id, changed.seq
    ON CONFLICT (cell_id) DO UPDATE
       SET seq = excluded.seq, met_on = excluded.met_on, homes = excluded.homes
""")


def tally(session: Session, since: datetime, batch: int) -> int:
    """Count so many cells that have changed anew, by the visits recorded `since`; how many. One
    statement sees a cell's head and what lies in it at the same moment.
    """
    done = session.execute(_TALLY, {"since": since, "batch": batch, "coverage": sorted(COVERAGE)})
    return cast(CursorResult[Any], done).rowcount


def recall(by: Identity, asked: Asked, at: datetime) -> Measured:
    """Cells and villages as of `at`, called and led as then; no measures."""
    with transaction(by, snapshot=True) as session:
        values = {"held": sorted(asked.held or ()), "under": asked.under, "at": at}
        (found,) = run(session, _PAST, {"everywhere": asked.held is None, **values})
    return _measured(found)


_WORKERS = text("""
    SELECT u.id, u.login, u.name, a.leads, a.valid_to AS until
      FROM assignment a JOIN user_account u ON u.id = a.user_id
     WHERE a.cell_id = :cell AND a.role = 'grid_worker' AND u.active
       AND a.valid_from <= :at AND (a.valid_to IS NULL OR a.valid_to > :at)
     ORDER BY a.leads DESC, u.name, u.id
""")


def list_workers(session: Session, cell_id: UUID, at: datetime) -> Sequence[Row[Any]]:
    """(id, login, name, leads, until) of those who serve a cell, the lead first."""
    return session.execute(_WORKERS, {"cell": cell_id, "at": at}).all()


_WORKERS_THEN = text(f"""
    SELECT u.name, bool_or(a.leads) AS leads
      FROM assignment a JOIN user_account u ON u.id = a.user_id
     WHERE a.cell_id = :cell AND a.role = 'grid_worker' AND {in_force("a", past=True)}
     GROUP BY u.id, u.name
     ORDER BY leads DESC, u.name, u.id
""")


def list_workers_then(session: Session, cell_id: UUID, at: datetime) -> Sequence[Row[Any]]:
    """(name, leads) of those who served a cell as of `at`, the lead first."""
    return session.execute(_WORKERS_THEN, {"cell": cell_id, "at": at}).all()


# Of a period that is over visits are read. Under row security PostgreSQL takes a county's for five
# hundred and sorts them on disk: 200,000 households took 1.7 s so, and 0.7 s by hashing.
_PLAN = f"""
    SET LOCAL enable_mergejoin = off; SET LOCAL enable_sort = off;
    SET LOCAL work_mem = '48MB'; SET LOCAL statement_timeout = '{_SECONDS}s'
"""


_NEWEST = "(SELECT cast(mark AS text) FROM feed_mark ORDER BY seq DESC LIMIT 1) AS mark"
_LED = """        SELECT DISTINCT ON (a.cell_id) a.cell_id, left(u.name, 60) AS lead
          FROM assignment a JOIN user_account u ON u.id = a.user_id
         WHERE a.cell_id = ANY (ARRAY(SELECT id FROM {0})) AND a.role = 'grid_worker'
           AND a.leads AND {1}
         ORDER BY a.cell_id, a.valid_from DESC, a.id"""  # who leads each of the cells {0}, when {1}
_NOW = "a.valid_from <= :now AND (a.valid_to IS NULL OR a.valid_to > :now)"
_SYNTHETIC = """EXISTS (SELECT FROM grid_cell g JOIN {0} asked ON asked.id = g.id
                         WHERE g.synthetic) AS synthetic"""


_BOUNDS = """(SELECT ARRAY[min(west), min(south), max(east), max(north)]
                    FROM boundary) AS bounds"""  # past ones too: a map turns to other days


# An amended visit counts as its amendment says. One look at the visits serves both spans: of each
# household only when it was last met matters for the one, and whether it was for the other.
STATEMENT = f"""
    WITH mine AS MATERIALIZED (
        SELECT c.id, c.code, left(c.name, 60) AS name, c.village_id, 'c:' || c.id AS bucket
          FROM grid_cell c
         WHERE c.ended_at IS NULL AND c.code LIKE :under || '%'
           AND (:everywhere OR 'c:' || c.id = ANY (cast(:held AS text[])))
    ), villages AS MATERIALIZED (
        SELECT v.id, v.code, left(v.name, 60) AS name, left(t.name, 60) AS township,
               'v:' || v.id AS bucket
          FROM area v LEFT JOIN area t ON t.id = v.parent_id
         WHERE v.id = ANY (ARRAY(SELECT village_id FROM mine))
    ), tallied AS MATERIALIZED (
        SELECT * FROM gate.tallied(:since, :unseen_since) WHERE :tallied
    ), anew AS MATERIALIZED (
        SELECT bucket FROM mine LEFT JOIN tallied t ON t.cell_id = mine.id WHERE t.cell_id IS NULL
    ), met AS (
        SELECT v.household_id,
               bool_or(v.occurred_at >= :since AND v.occurred_at < :until) AS visited,
               bool_or(v.occurred_at >= :unseen_since)                     AS seen
          FROM visit v
         WHERE v.bucket = ANY (ARRAY(SELECT bucket FROM anew))
           -- A visit is written down when it is over, give or take a clock: an index knows when.
           AND v.recorded_at >= least(cast(:since AS timestamptz), :unseen_since)
                                - interval '1 hour'
           AND v.outcome = ANY (:coverage)
           AND NOT EXISTS (SELECT FROM visit later WHERE later.supersedes_id = v.id)
         GROUP BY v.household_id
    ), living AS (
        SELECT h.cell_id, count(*) AS households,
               count(*) FILTER (WHERE met.visited)                AS visited,
               count(*) FILTER (WHERE met.seen IS DISTINCT FROM true) AS unseen
          FROM household h LEFT JOIN met ON met.household_id = h.id
         WHERE h.bucket = ANY (ARRAY(SELECT bucket FROM anew)) AND h.state = 'lived_in'
         GROUP BY h.cell_id
         UNION ALL
        SELECT * FROM tallied
    ), lost AS (
        SELECT h.village_id, count(*) AS unplaced
          FROM household h
         WHERE h.cell_id IS NULL AND h.state <> 'ended'
           AND h.bucket = ANY (ARRAY(SELECT bucket FROM villages))
         GROUP BY h.village_id
    ), cases AS (
        SELECT p.bucket, count(*) AS open,
               count(*) FILTER (WHERE held.due_at <= :now) AS overdue
          FROM dispute_place p
          JOIN dispute d         ON d.id = p.dispute_id AND d.status = ANY (:open)
          LEFT JOIN holding held ON held.dispute_id = d.id AND held.ended_at IS NULL
         WHERE p.bucket = ANY (ARRAY(SELECT bucket FROM mine UNION ALL
                                     SELECT bucket FROM villages))
         GROUP BY p.bucket
    ), led AS (
{_LED.format("mine", _NOW)}
    )
    SELECT (SELECT json_agg(json_build_array(
                       c.id, c.code, c.name, v.code, led.lead,
                       round(ST_X(b.middle)::numeric, 5), round(ST_Y(b.middle)::numeric, 5),
                       coalesce(living.households, 0), coalesce(living.visited, 0),
                       coalesce(living.unseen, 0), coalesce(cases.open, 0),
                       coalesce(cases.overdue, 0), coalesce(lost.unplaced, 0))
                   ORDER BY c.code)
              FROM mine c
              JOIN villages v      ON v.id = c.village_id
              LEFT JOIN boundary b ON b.cell_id = c.id AND b.valid_to IS NULL
              LEFT JOIN living     ON living.cell_id = c.id
              LEFT JOIN cases      ON cases.bucket = c.bucket
              LEFT JOIN lost       ON lost.village_id = c.village_id
              LEFT JOIN led        ON led.cell_id = c.id) AS cells,
           (SELECT json_agg(json_build_array(
                       v.code, v.name, v.township, coalesce(lost.unplaced, 0),
                       coalesce(cases.open, 0), coalesce(cases.overdue, 0))
                   ORDER BY v.code)
              FROM villages v
              LEFT JOIN lost  ON lost.village_id = v.id
              LEFT JOIN cases ON cases.bucket = v.bucket) AS villages,
           {_NEWEST}, {_SYNTHETIC.format("mine")}, {_BOUNDS}
"""


_PAST = f"""
    WITH cells AS MATERIALIZED (
        SELECT l.cell_id AS id, l.code, left(l.name, 60) AS name, l.village_id
          FROM cell_label l
         WHERE {in_force("l", past=True)} AND l.code LIKE :under || '%'
           AND (:everywhere OR 'c:' || l.cell_id = ANY (cast(:held AS text[])))
    ), villages AS MATERIALIZED (
        SELECT l.area_id AS id, l.code, left(l.name, 60) AS name, left(t.name, 60) AS township
          FROM area_label l
          LEFT JOIN area_label t ON t.area_id = l.parent_id AND {in_force("t", past=True)}
         WHERE l.area_id = ANY (ARRAY(SELECT village_id FROM cells)) AND {in_force("l", past=True)}
    ), led AS (
{_LED.format("cells", in_force("a", past=True))}
    )
    SELECT (SELECT json_agg(json_build_array(
                       c.id, c.code, c.name, v.code, led.lead,
                       round(ST_X(b.middle)::numeric, 5), round(ST_Y(b.middle)::numeric, 5),
                       NULL, NULL, NULL, NULL, NULL, NULL) ORDER BY c.code)
              FROM cells c
              JOIN villages v      ON v.id = c.village_id
              LEFT JOIN boundary b ON b.cell_id = c.id AND {in_force("b", past=True)}
              LEFT JOIN led        ON led.cell_id = c.id) AS cells,
           (SELECT json_agg(json_build_array(v.code, v.name, v.township, NULL, NULL, NULL)
                            ORDER BY v.code)
              FROM villages v) AS villages,
           {_NEWEST}, {_SYNTHETIC.format("cells")}, {_BOUNDS}
"""
