"""What it costs to ask at every statement from which cases the asker steps aside."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from bench.decisions.compare import Way, compare, timed
from server.cluster import temporary_cluster
from server.db import Identity, tell
from server.installation import open_installation

CASES, PERSONS, OFFICES = 5000, 120, 60
NOW = datetime(2026, 3, 2, tzinfo=UTC)
VILLAGE, OFFICE, OTHER, CASE = (UUID(int=k) for k in range(1, 5))
LOGINS = {"mediator": UUID(int=11), "county_office": UUID(int=12)}
ASKED = {
    "count all": "SELECT count(*) FROM dispute",
    "a page of 50": """SELECT d.id FROM dispute d
                         LEFT JOIN holding h ON h.dispute_id = d.id AND h.ended_at IS NULL
                        ORDER BY d.id LIMIT 50""",
    "one by id": f"SELECT * FROM dispute WHERE id = '{CASE}'",
    "what waits of phones": "SELECT count(*) FROM sync_quarantine",
}


def main() -> None:
    """Measure and show."""
    with temporary_cluster() as cluster, tempfile.TemporaryDirectory() as directory:
        county = open_installation(Path(directory), cluster.admin_url("county"), private=True)
        county.migrate()
        admin, app = create_engine(county.admin_url), create_engine(county.settings().database_url)
        with admin.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in _COUNTY.split(";"):
                connection.execute(text(statement), {**_VALUES})
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        for role, user in LOGINS.items():
            for name, asked in ASKED.items():
                ways = {f"{one} recusals": _way(admin, app, user, asked, one) for one in _POLICIES}
                compare(f"{role}: {name}", "ms a statement", ways, rounds=15)


# The tables that the questions above read; and what the policy says of each, with and without.
_TABLES = {
    "dispute": "id NOT IN (SELECT gate.my_recusals())",
    "holding": "dispute_id NOT IN (SELECT gate.my_recusals())",
    "sync_quarantine": "coalesce(needs_id, row_id) NOT IN (SELECT gate.my_recusals())",
}
_POLICIES = ("without", "with")


def _way(admin: Engine, app: Engine, user: UUID, asked: str, which: str) -> Way:
    def take() -> float:
        with admin.begin() as connection:
            for table, rule in _TABLES.items():
                said = rule if which == "with" else "true"
                connection.execute(text(f"ALTER POLICY not_aside ON {table} USING ({said})"))
        with Session(app) as session, session.begin():
            tell(session, Identity(NOW, user))
            ask: Callable[[], object] = lambda: session.execute(text(asked)).all()  # noqa: E731
            ask()
            return min(timed(ask) for _ in range(5))

    return take


_VALUES = {
    "now": NOW,
    "village": VILLAGE,
    "office": OFFICE,
    "other": OTHER,
    "case": CASE,
    "mediator": LOGINS["mediator"],
    "county_officer": LOGINS["county_office"],
    "cases": CASES,
    "persons": PERSONS,
    "offices": OFFICES,
}
_COUNTY = """
    INSERT INTO area (id, level, code, name) VALUES (:village, 'village', '511921100201', 'v'),
           (:other, 'county', '511921', 'c');
    INSERT INTO office (id, area_id, level, kind, name, lead)
    VALUES (:office, :village, 'village', 'mediation_committee', 'o', true);
    INSERT INTO user_account (id, login, name, created_at)
    VALUES (:mediator, 'm', 'm', :now), (:county_officer, 'c', 'c', :now);
    INSERT INTO assignment (id, user_id, role, area_id, valid_from)
    VALUES (gen_random_uuid(), :mediator, 'mediator', :village, :now),
           (gen_random_uuid(), :county_officer, 'county_office', :other, :now);
    INSERT INTO dispute (id, category, story, area_id, start_level, level, office_id,
                         first_office_id, channel, status, size, occurred_at, recorded_at,
                         received_at, proof, done_by, recorded_by)
    SELECT CASE k WHEN 1 THEN :case ELSE gen_random_uuid() END, 'other', 'x', :village, 'village',
           'village', :office, :office, 'visit', 'registered', 'individual', :now, :now, :now,
           'proved', :county_officer, :county_officer
      FROM generate_series(1, :cases) k;
    INSERT INTO dispute_place (dispute_id, village_id) SELECT id, :village FROM dispute;
    INSERT INTO recusal (id, dispute_id, user_id, found_by, since)
    SELECT gen_random_uuid(), id, CASE WHEN k <= 20 THEN :mediator ELSE gen_random_uuid() END,
           'declared', :now
      FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS k FROM dispute) d
     WHERE k <= :persons;
    INSERT INTO recusal (id, dispute_id, office_id, found_by, since)
    SELECT gen_random_uuid(), id, gen_random_uuid(), 'account', :now
      FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS k FROM dispute) d
     WHERE k <= :offices
"""


if __name__ == "__main__":
    main()
