"""What came late is found by when it came: of many years of records, those few alone are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from server.access.queries import list_places
from server.db import db, transaction
from server.disputes.queries import duties
from server.visits import queries
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.people.letters import Sender


def way(session: Session, query: Select[Any]) -> str:
    """How PostgreSQL would go about it in a table that is too long to be read to its end."""
    session.execute(text("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"))
    said = query.compile(db.engine)
    cursor = session.connection().connection.cursor()
    cursor.execute(f"EXPLAIN {said}", said.params)
    return "\n".join(row[0] for row in cursor.fetchall())


def test_a_visit_that_waited_for_months_is_told_of_and_read_by_an_index(
    county: SmallCounty,
) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1")
    county.clock.pass_time(days=70)
    phone.send()
    since = county.clock.now - timedelta(days=1)
    me = county.identity("township-a")
    with transaction(me) as session:
        held = frozenset(list_places(session, id_of("user township-a"), me.now))
        late = queries.list_late(held, since)
        assert session.execute(select(func.count()).select_from(late.subquery())).scalar() == 1
        assert "visit_late_ix" in way(session, queries.list_late(None, since))
        assert "dispute_event_late_ix" in way(session, duties.list_late_acts(since))
