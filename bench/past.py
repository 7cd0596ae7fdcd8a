"""The past of a county: cases of three years and their figures, laid down past triggers, as they
would lie there after years; the figures are counted by the worker's own verb.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from psycopg2 import extensions

from bench.ground import Ground, connect, settle
from server.db import transaction, worker
from server.demo.staff import hire, plan_staff
from server.figures import service
from server.installation import Installation, opened
from server.ladder.routing import Category

YEARS = 3


def lay_down(ground: Ground, county: Installation, cases: int) -> Sequence[tuple[str, str]]:
    """Staff, so many cases, and their figures counted; (login, code) of a county and a township
    desk.
    """
    by = worker(ground.began)
    staff = plan_staff(ground.counts.busy_cells)
    with opened(county.settings("worker")):
        with transaction(by) as session:
            hire(session, by, staff)
        connection = connect(county.admin_url)
        try:
            _write(connection, cases)
            count(ground.began)
            settle(connection)
        finally:
            connection.close()
    return [("county", "511921"), (staff.supervisors[0].login, staff.supervisors[0].code)]


def count(now: datetime) -> int:
    """As the worker does, until nothing is left; how many months of an Area it was."""
    counted = 0
    while True:
        with transaction(worker(now)) as session:
            batch = service.count(session)
        if not batch:
            return counted
        counted += batch


def _write(connection: extensions.connection, cases: int) -> None:
    cursor = connection.cursor()
    cursor.execute("SET LOCAL session_replication_role = replica")
    values = {
        "cases": cases,
        "days": 365 * YEARS,
        "categories": [one.value for one in Category],
        "until": datetime.now(UTC),
    }
    cursor.execute(_CASES, values)
    for statement in (_DISPUTES, _HOLDINGS, _DIRTY):
        cursor.execute(statement)
    connection.commit()
    connection.autocommit = True
    cursor.execute("VACUUM ANALYZE dispute, holding")
    connection.autocommit = False


# Each case with its Holdings in a row: it goes up from the village four times in ten, and again
# four times in ten from the township. Months and villages get their share of everything.
_CASES = """
    CREATE TEMP TABLE laid ON COMMIT DROP AS
    WITH village AS (
        SELECT row_number() OVER (ORDER BY code) - 1 AS v, count(*) OVER () AS villages, v.id,
               (SELECT o.id FROM office o WHERE o.area_id = v.id AND o.lead) AS village_office,
               (SELECT o.id FROM office o JOIN area a ON a.id = o.area_id
                 WHERE a.code = left(v.code, 9) AND o.lead) AS township_office,
               (SELECT o.id FROM office o JOIN area a ON a.id = o.area_id
                 WHERE a.code = left(v.code, 6) AND o.lead) AS county_office
          FROM area v WHERE level = 'village'
    ), drawn AS (
        SELECT k, abs(hashint4(k)::bigint) AS chance, abs(hashint4(k + 1000000000)::bigint) AS other
          FROM generate_series(0, %(cases)s - 1) k
    )
    SELECT gen_random_uuid() AS id, village.id AS area_id, village_office, township_office,
           county_office,
           (%(categories)s)[chance / 1000 %% cardinality(%(categories)s) + 1] AS category,
           1 + (other %% 10 < 4)::int + (other %% 10 < 4 AND other / 10 %% 10 < 4)::int AS holdings,
           %(until)s - (k::float / %(cases)s * %(days)s) * interval '1 day' AS began,
           (chance / 100 %% 4) AS waited, (other / 100 %% 40) AS took, other / 10000 %% 10 AS luck
      FROM drawn JOIN village ON v = chance %% villages
"""
_DISPUTES = """
    INSERT INTO dispute (id, category, story, area_id, start_level, level, office_id,
                         first_office_id, channel, status, size, occurred_at, recorded_at,
                         received_at, proof, done_by, recorded_by)
    SELECT laid.id, category, '\\x00', area_id, 'village', 'village', village_office,
           village_office, 'visit', 'closed', 'individual', began, began, began, 'proved', u.id,
           u.id
      FROM laid, (SELECT id FROM user_account ORDER BY login LIMIT 1) u
"""
# What would end in the future is still open.
_HOLDINGS = """
    INSERT INTO holding (id, dispute_id, n, office_id, level, policy_id, begun_at, received_at,
                         accept_by, handle_by, due_at, accepted_at, ended_at, ended_how, begun_how)
    SELECT gen_random_uuid(), held.id, n, office_id, level, policy.id, began, began,
           began + interval '3 days', began + interval '30 days',
           CASE WHEN ended > now() THEN ended END, CASE WHEN taken <= now() THEN taken END,
           CASE WHEN ended <= now() THEN ended END, CASE WHEN ended <= now() THEN how END,
           CASE n WHEN 1 THEN 'register' ELSE 'climb' END
      FROM (SELECT laid.id, n, laid.began + (n - 1) * 30 * interval '1 day' AS began,
                   (ARRAY[village_office, township_office, county_office])[n] AS office_id,
                   (ARRAY['village', 'township', 'county'])[n] AS level,
                   laid.began + ((n - 1) * 30 + waited) * interval '1 day' AS taken,
                   laid.began + ((n - 1) * 30 + CASE WHEN n < holdings THEN 30
                                                     ELSE 3 + took END) * interval '1 day' AS ended,
                   CASE WHEN n < holdings THEN 'climb'
                        WHEN luck < 8 THEN 'settle' WHEN luck = 8 THEN 'fail'
                        ELSE 'refer' END AS how
              FROM laid CROSS JOIN LATERAL generate_series(1, holdings) n) held,
           (SELECT id FROM policy_version ORDER BY version LIMIT 1) policy
     WHERE began <= now()
"""
_DIRTY = """
    INSERT INTO figure_dirty (area_id, month, at)
    SELECT DISTINCT d.area_id, gate.month_of(t), now()
      FROM holding h JOIN dispute d ON d.id = h.dispute_id
     CROSS JOIN unnest(ARRAY[h.received_at, h.accepted_at, h.ended_at]) t
     WHERE t IS NOT NULL
"""
