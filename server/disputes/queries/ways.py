"""Which cases are due, and where they go from there: one question for all that go the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.ladder.routing import Category, Level

# All that is due, with what decides who receives it: where it lies, its level, the kind of Office
# that its category goes to, and who steps aside from it (joined by commas: hardly ever anybody).
DUE_CASES = """
      FROM holding h
      JOIN dispute d ON d.id = h.dispute_id
      LEFT JOIN unnest(cast(:routed AS text[]), cast(:kinds AS text[])) route (category, kind)
             ON route.category = d.category
     CROSS JOIN LATERAL (
           SELECT coalesce(string_agg(who, ',' ORDER BY who), '') AS aside
             FROM recusal r CROSS JOIN LATERAL (
                  SELECT coalesce(r.office_id, r.user_id)::text AS who) w
            WHERE r.dispute_id = d.id AND r.ended_at IS NULL) apart
     WHERE h.ended_at IS NULL AND h.overdue_at IS NULL AND h.due_at <= :at
"""

# One question for each way, however many cases go it.
_WAYS = text(f"""
    WITH ways AS MATERIALIZED (
        SELECT d.area_id, h.level AS from_level, coalesce(route.kind, '') AS kind, apart.aside,
               array_agg(DISTINCT d.category) AS categories
        {DUE_CASES}
         GROUP BY 1, 2, 3, 4
    )
    SELECT ways.*, up.office_id, up.level, coalesce(up.stands_in, false) AS stands_in
      FROM ways
      JOIN area lies ON lies.id = ways.area_id
      LEFT JOIN LATERAL gate.receiver(
                lies.code, gate.rung(from_level) + 1, :at, nullif(kind, ''),
                cast(string_to_array(aside, ',') AS uuid[])) up ON true
""")


class Way(NamedTuple):
    """Where cases in one Area and on one level go now, and of which categories they are.

    Without an Office they stay: at the county for good, below until there is one above.
    """

    area_id: UUID
    from_level: Level
    kind: str  # of Office that their category goes to; empty: the lead Office
    aside: str  # who is passed over; empty: nobody
    categories: tuple[Category, ...]
    office_id: UUID | None
    level: Level | None
    stands_in: bool


def list_ways(session: Session, at: datetime, routes: Mapping[Category, str]) -> list[Way]:
    """The ways of all cases that are due. `routes`: category → the kind of Office it goes to."""
    asked = {"at": at, "routed": [one.value for one in routes], "kinds": list(routes.values())}
    return [
        Way(
            row.area_id,
            Level(row.from_level),
            row.kind,
            row.aside,
            tuple(map(Category, row.categories)),
            row.office_id,
            Level(row.level) if row.level else None,
            row.stands_in,
        )
        for row in session.execute(_WAYS, asked)
    ]
