"""Who sees a dispute: its places, the Offices that hold or held it, the Areas above; no others."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.access.queries import list_places
from server.db import DbRole, transaction
from tests.disputes.conftest import Ladder
from tests.smallcounty import id_of

TABLES = ("dispute", "dispute_place", "party", "holding", "dispute_event")


@pytest.fixture
def wall(ladder: Ladder) -> str:
    """A dispute in the west cell of village A1, with a party."""
    household = str(id_of("A1w-1"))
    return ladder.register(
        "mediator-a1",
        "wall",
        cell_id=str(id_of("A1w")),
        parties=[{"side": "applicant", "kind": "household", "household_id": household}],
    )


def seen(ladder: Ladder, login: str | None, role: DbRole = DbRole.APP) -> list[int]:
    """How many rows of each table somebody sees, behind all service checks."""
    with transaction(ladder.county.identity(login, role=role)) as session:
        return [session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in TABLES]


def test_those_of_its_place_and_above_see_it(ladder: Ladder, wall: str) -> None:
    for login in ("mediator-a1", "worker-a1w", "township-a", "county"):
        assert seen(ladder, login) == [1, 1, 1, 1, 1], login
        assert ladder.desk(login).get("/disputes")["total"] == 1, login


def test_all_others_see_nothing(ladder: Ladder, wall: str) -> None:
    others = ("worker-a1e", "mediator-a2", "worker-b1w", "mediator-b1", "township-b")
    for login in (*others, "system", "security", "auditor", None):
        for role in (DbRole.APP, DbRole.PUSH):
            assert seen(ladder, login, role) == [0, 0, 0, 0, 0], (login, role)


def test_the_first_wall_gives_the_same_answer_as_the_second(ladder: Ladder, wall: str) -> None:
    other = ladder.desk("mediator-b1")
    assert other.get("/disputes")["total"] == 0
    assert other.call("GET", f"/disputes/{wall}").status_code == 404
    with transaction(ladder.county.identity("mediator-b1")) as session:
        held = list_places(session, id_of("user mediator-b1"), ladder.county.clock.now)
        assert f"c:{id_of('A1w')}" not in held


def test_a_case_changes_only_beside_an_event_of_ones_own(ladder: Ladder, wall: str) -> None:
    ladder.county.clock.pass_time(hours=1)
    changes = (
        "UPDATE dispute SET status = 'closed' RETURNING id",
        "UPDATE holding SET due_at = due_at + interval '30 days' RETURNING id",
    )
    for role in (DbRole.APP, DbRole.PUSH):
        for change in changes:
            with transaction(ladder.county.identity("mediator-a1", role=role)) as session:
                assert session.execute(text(change)).all() == [], (role, change)


def test_nobody_writes_an_event_in_another_name(ladder: Ladder, wall: str) -> None:
    forged = text("""
        INSERT INTO dispute_event (id, dispute_id, kind, to_status, recorded_by,
                                   occurred_at, recorded_at, received_at, proof)
        VALUES (gen_random_uuid(), :dispute, 'note', 'registered', :author,
                gate.now(), gate.now(), gate.now(), 'proved')
    """)
    for author in (id_of("user mediator-a1"), None):
        values = {"dispute": wall, "author": author}
        with (
            pytest.raises(DBAPIError, match="row-level security"),
            transaction(ladder.county.identity("worker-a1w")) as session,
        ):
            session.execute(forged, values)


def test_reading_a_case_is_written_down(ladder: Ladder, wall: str) -> None:
    ladder.read("township-a", wall)
    with transaction(ladder.county.worker) as session:
        looks = session.execute(
            text("SELECT user_id, what->'ids'->>0 FROM audit_act WHERE action = 'dispute.read'")
        ).all()
    assert [tuple(look) for look in looks] == [(id_of("user township-a"), wall)]


def test_what_is_said_is_sealed_at_rest(ladder: Ladder, wall: str) -> None:
    ladder.act("mediator-a1", wall, "settle", agreement="示例：各退半尺", why="示例：院墙")
    with transaction(ladder.county.worker) as session:
        row = session.execute(
            text("""
                SELECT d.story, e.why, e.agreement FROM dispute d
                  JOIN dispute_event e ON e.dispute_id = d.id AND e.n = 2
            """)
        ).one()
    assert not any("示例".encode() in bytes(value) for value in row)
