"""Open cases by the hundred thousand, over all villages, levels and categories of the county.

They are written past triggers and policies, as they would lie there after years: whoever measures
what is done with them does not measure how they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.ground import Ground, connect, settle
from server.db import transaction, worker
from server.demo.staff import hire, plan_staff
from server.installation import Installation, opened
from server.ladder.routing import Category
from server.sealed import keyring

ROUND = timedelta(hours=1)
RUN = 100  # cases: what is due together came in together


@dataclass(frozen=True, slots=True)
class Pile:
    """So many open cases; of them `due` at `first`, as many again a ROUND later, `rounds` times."""

    cases: int
    due: int
    rounds: int
    first: datetime

    def due_at(self, number: int) -> datetime:
        """When the cases of a round are due; the first is 0."""
        return self.first + number * ROUND


def pile(ground: Ground, county: Installation, wanted: Pile) -> None:
    """Hire the demo's staff and lay the cases down, with their places, Holdings and history."""
    by = worker(ground.began)
    with opened(county.settings("worker")):
        with transaction(by) as session:
            hire(session, by, plan_staff(ground.counts.busy_cells))
        # One for all of them, so of no row: the climb and the figures open no story.
        story = keyring().seal("dispute.story", bytes(16), "与邻居为排水沟位置有争议（合成示例）")
    connection = connect(county.admin_url)
    try:
        cursor = connection.cursor()
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_CASES, _values(wanted, ground.began, story))
        for statement in (_STAFF, _DISPUTES, _PLACES, _HOLDINGS, _EVENTS, _ENTRIES, _HEADS):
            cursor.execute(statement)
        settle(connection)
    finally:
        connection.close()


def _values(wanted: Pile, began: datetime, story: bytes) -> dict[str, object]:
    return {
        "cases": wanted.cases,
        "every": max(1, wanted.cases // (wanted.due * wanted.rounds)),
        "due": wanted.due,
        "rounds": wanted.rounds,
        "run": min(RUN, wanted.due),
        "first": wanted.first,
        "hour": ROUND,
        "began": began,
        "categories": [one.value for one in Category],
        "story": story,
    }


# One row a case with all that the tables take from it. What is due lies in runs, spread evenly over
# the pile; everything else is due a hundred days later, over a month. Ids ascend as time does.
_CASES = """
    CREATE TEMP TABLE laid ON COMMIT DROP AS
    WITH village AS (
        SELECT row_number() OVER (ORDER BY code) - 1 AS v, count(*) OVER () AS villages, id, code,
               (SELECT c.id FROM grid_cell c WHERE c.village_id = area.id ORDER BY c.code LIMIT 1)
                   AS cell_id
          FROM area WHERE level = 'village'
    ), drawn AS (
        SELECT k, abs(hashint4(k)::bigint) AS chance,
               CASE WHEN k / %(run)s %% %(every)s = 0
                     AND k < %(every)s::bigint * %(due)s * %(rounds)s
                    THEN %(first)s + (k / %(run)s / %(every)s %% %(rounds)s) * %(hour)s
                    ELSE %(first)s + interval '100 days' + (k %% 2592000) * interval '1 second'
               END AS due_at
          FROM generate_series(0, %(cases)s - 1) k
    ), placed AS (
        SELECT drawn.*, village.id AS village_id, village.code, village.cell_id,
               CASE WHEN chance / 1000 %% 100 < 80 THEN 'village'
                    WHEN chance / 1000 %% 100 < 98 THEN 'township' ELSE 'county' END AS level
          FROM drawn JOIN village ON v = chance %% villages
    )
    SELECT k, chance, due_at, village_id, cell_id, p.level, lies.id AS area_id, o.id AS office_id,
           (%(categories)s)[chance / 100000 %% cardinality(%(categories)s) + 1] AS category,
           CASE chance / 7 %% 2 WHEN 0 THEN 'registered' ELSE 'accepted' END AS status,
           %(began)s::timestamptz AS began, %(story)s::bytea AS story,
           (lpad(to_hex(1760000000000 + k), 12, '0') || '7001' || substr(md5(k::text), 1, 16))::uuid
               AS id
      FROM placed p
      JOIN area lies ON lies.code = left(p.code, CASE p.level WHEN 'village' THEN 12
                                                              WHEN 'township' THEN 9 ELSE 6 END)
      JOIN office o  ON o.area_id = lies.id AND o.lead
     ORDER BY k
"""
# The demo leaves most townships empty; a county does not.
_STAFF = """
    INSERT INTO assignment (id, user_id, role, office_id, valid_from)
    SELECT gen_random_uuid(), someone.user_id, someone.role, o.id, someone.valid_from
      FROM office o,
           (SELECT * FROM assignment WHERE role = 'township_supervisor' LIMIT 1) someone
     WHERE o.level = 'township'
       AND NOT EXISTS (SELECT FROM assignment a WHERE a.office_id = o.id)
"""
_DISPUTES = """
    INSERT INTO dispute (id, category, story, village_id, cell_id, area_id, start_level, level,
                         office_id, first_office_id, channel, status, size, occurred_at,
                         recorded_at, received_at, proof, done_by, recorded_by)
    SELECT laid.id, category, story, village_id, cell_id, area_id, level, level, office_id,
           office_id, 'visit', status, 'individual', began, began, began, 'proved', u.id, u.id
      FROM laid, (SELECT id FROM user_account ORDER BY login LIMIT 1) u
"""
_PLACES = """
    INSERT INTO dispute_place (dispute_id, village_id, cell_id)
    SELECT id, village_id, cell_id FROM laid
"""
_HOLDINGS = """
    INSERT INTO holding (id, dispute_id, n, office_id, level, policy_id, begun_at, received_at,
                         accept_by, handle_by, due_at, accepted_at)
    SELECT laid.id, laid.id, 1, office_id, level, policy.id, began, began,
           CASE status WHEN 'registered' THEN due_at ELSE began END,
           CASE status WHEN 'registered' THEN due_at + interval '27 days' ELSE due_at END,
           due_at, CASE status WHEN 'accepted' THEN began END
      FROM laid, (SELECT id FROM policy_version ORDER BY version LIMIT 1) policy
"""
_EVENTS = """
    INSERT INTO dispute_event (id, dispute_id, n, kind, to_status, holding_id, done_by, recorded_by,
                               occurred_at, recorded_at, received_at, proof, hash)
    SELECT laid.id, laid.id, 1, 'register', 'registered', laid.id, u.id, u.id,
           began, began, began, 'proved', sha256(laid.id::text::bytea)
      FROM laid, (SELECT id FROM user_account ORDER BY login LIMIT 1) u
"""
_ENTRIES = """
    INSERT INTO feed_entry (bucket, entity, row_id, put, seq, stamped, was_put)
    SELECT bucket, entity, id, true, seq, seq, true
      FROM (SELECT p.bucket, e.entity, laid.id, nextval('feed_seq') AS seq
              FROM laid
              JOIN dispute_place p ON p.dispute_id = laid.id
             CROSS JOIN (VALUES ('dispute'), ('dispute_event')) e (entity)) entry
"""
_HEADS = """
    INSERT INTO feed_head (bucket, seq, n, h)
    SELECT bucket, max(seq), count(*), bit_xor(feed.digest(entity, row_id, seq))
      FROM feed_entry GROUP BY bucket
    ON CONFLICT (bucket) DO UPDATE SET seq = excluded.seq, n = excluded.n, h = excluded.h
"""
