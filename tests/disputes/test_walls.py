"""Who sees a dispute: its places, the Offices that hold or held it, the Areas above; no others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.access.queries import list_places
from server.db import DbRole, transaction
from tests.disputes.conftest import Ladder
from tests.disputes.offices import open_office, present
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


FORGED = text("""
    INSERT INTO dispute_event (id, dispute_id, kind, from_status, to_status, holding_id, office_id,
                               recorded_by, done_by, occurred_at, recorded_at, received_at, proof)
    SELECT gen_random_uuid(), :dispute, :kind, 'registered', 'registered', :holding, :office,
           gate.user_id(), gate.user_id(), gate.now(), :at, gate.now(), 'proved'
""")


def forge(ladder: Ladder, login: str, dispute: str, kind: str, **more: Any) -> None:
    """Write an event past every service, in one's own name."""
    with transaction(ladder.county.worker) as session:
        holding = session.scalar(
            text("SELECT id FROM holding WHERE dispute_id = :id"), {"id": dispute}
        )
    values = {"dispute": dispute, "kind": kind, "holding": holding, "office": None}
    identity = ladder.county.identity(login)
    with transaction(identity) as session:
        session.execute(FORGED, {**values, "at": identity.now, **more})


# login → what the second wall lets them write about a case of village A1, west cell
WRITES = {
    "mediator-a1": {
        "note": True,
        "accept": True,
        "register": False,
        "climb": False,
        "again": False,
        "rate": False,
        "withdraw_climb": False,
        "honour": True,
        # For the level above, which the holder is not.
        "supervise": False,
        "lift": False,
        "grant_extension": False,  # the leader of an Office, where a policy lets it
        "stay": False,
        "uphold_objection": False,
    },
    "township-a": {
        "note": True,
        "escalate": True,
        "register": False,
        "overdue": False,
        "supervise": True,
        "withdraw_climb": False,
    },
    "county": {"note": True, "escalate": True, "hand_down": True},
    "worker-a1w": {
        "note": True,
        "alert": True,
        "request": True,
        "recuse": True,
        "accept": False,
        "register": False,
        "supervise": False,
        "honour": False,
    },
    "worker-a1e": {"note": False, "accept": False, "alert": False, "go": False},
    "mediator-a2": {"note": False, "accept": False},
    "township-b": {"note": False, "escalate": False},
    "auditor": {"note": False, "accept": False},
}


@pytest.mark.parametrize("login", WRITES)
def test_an_event_is_written_by_who_may_make_that_move(
    ladder: Ladder, wall: str, login: str
) -> None:
    ladder.county.clock.pass_time(hours=1)
    for kind, may in WRITES[login].items():
        if may:
            forge(ladder, login, wall, kind)
        else:
            with pytest.raises(DBAPIError, match="row-level security"):
                forge(ladder, login, wall, kind)


def test_nobody_writes_in_the_name_of_an_office_or_a_time_that_is_not_theirs(
    ladder: Ladder, wall: str
) -> None:
    ladder.county.clock.pass_time(hours=1)
    now = ladder.county.clock.now
    wrong: list[dict[str, Any]] = [
        {"office": id_of("office A")},
        {"at": now + timedelta(hours=1)},
        {"holding": None},
    ]
    for more in wrong:
        with pytest.raises(DBAPIError, match="row-level security"):
            forge(ladder, "mediator-a1", wall, "accept", **more)
    forge(ladder, "mediator-a1", wall, "accept", office=id_of("office A1"))


def test_who_left_before_a_case_began_writes_nothing_of_it(ladder: Ladder) -> None:
    long_ago = ladder.county.clock.now - timedelta(days=10)
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("UPDATE assignment SET valid_to = :at WHERE user_id = :user"),
            {"at": long_ago, "user": id_of("user mediator-a1")},
        )
    wall = ladder.register("worker-a1w", "wall", cell_id=str(id_of("A1w")))
    for kind in ("note", "accept"):
        with pytest.raises(DBAPIError, match="row-level security"):
            forge(ladder, "mediator-a1", wall, kind, at=long_ago - timedelta(days=1))


def test_a_note_alone_moves_nothing(ladder: Ladder, wall: str) -> None:
    ladder.county.clock.pass_time(hours=1)
    forge(ladder, "worker-a1w", wall, "note")
    moves = (
        "UPDATE dispute SET status = 'closed' RETURNING id",
        "UPDATE holding SET due_at = due_at + interval '30 days' RETURNING id",
    )
    for move in moves:
        with transaction(ladder.county.identity("worker-a1w")) as session:
            assert session.execute(text(move)).all() == [], move


REGISTERED = text("""
    INSERT INTO dispute (id, category, story, area_id, start_level, level, office_id,
                         first_office_id, channel, status, size, occurred_at, recorded_at,
                         received_at, proof, done_by, recorded_by)
    SELECT :id, 'other', 'x', cast(:area AS uuid), 'village', 'village', office.id, office.id,
           'visit', 'registered', 'individual', gate.now(), gate.now(), gate.now(), 'proved',
           gate.user_id(), gate.user_id()
      FROM office WHERE id = :office
""")


def test_a_dispute_is_made_where_one_serves_and_nowhere_else(ladder: Ladder) -> None:
    def make(login: str, area: str, *places: str) -> None:
        made = {"id": uuid4(), "area": id_of(area), "office": id_of("office A")}
        with transaction(ladder.county.identity(login)) as session:
            session.execute(REGISTERED, made)
            for place in places:
                session.execute(
                    text("INSERT INTO dispute_place (dispute_id, village_id) VALUES (:id, :place)"),
                    {"id": made["id"], "place": id_of(place)},
                )

    make("mediator-a1", "A1", "A1")
    make("worker-a1w", "A", "A1", "A2")
    make("township-a", "A2", "A2")
    make("county", "B1", "B1")
    for login, area, *places in (
        ("mediator-a1", "B1"),
        ("mediator-a1", "A2"),
        ("township-a", "B"),
        ("auditor", "A1"),
        ("mediator-a1", "county", "B1"),
        ("worker-a1w", "A", "A2", "A1"),
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            make(login, area, *places)


def test_who_sent_a_case_decides_on_objections_and_does_not_handle_it(
    ladder: Ladder, wall: str
) -> None:
    """A sender of the same level has no reach but that."""
    other = open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    ladder.act("mediator-a1", wall, "transfer", why="示例", to_office=other)
    ladder.county.clock.pass_time(hours=1)
    holding = str(present(ladder, wall).id)
    for kind in ("uphold_objection", "dismiss_objection"):
        forge(ladder, "mediator-a1", wall, kind, holding=holding)
    for kind in ("accept", "settle", "hand_down", "mediate", "supervise"):
        with pytest.raises(DBAPIError, match="row-level security"):
            forge(ladder, "mediator-a1", wall, kind, holding=holding)


def test_who_helps_mediates_and_does_not_decide(ladder: Ladder, wall: str) -> None:
    bureau = open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    for kind in ("mediate", "settle"):
        with pytest.raises(DBAPIError, match="row-level security"):
            forge(ladder, "clerk-a1", wall, kind)
    ladder.act("mediator-a1", wall, "join", why="示例", to_office=bureau)
    ladder.county.clock.pass_time(hours=1)
    forge(ladder, "clerk-a1", wall, "mediate")
    for kind in ("settle", "accept", "escalate", "join"):
        with pytest.raises(DBAPIError, match="row-level security"):
            forge(ladder, "clerk-a1", wall, kind)


def climb_it(ladder: Ladder, wall: str) -> tuple[str, str, datetime]:
    """(Holding below, Holding above, a moment before the bar) of a case that has climbed."""
    lower = present(ladder, wall)
    ladder.county.clock.now = lower.due_at
    assert ladder.climb() == 1
    ladder.county.clock.pass_time(hours=1)
    return str(lower.id), str(present(ladder, wall).id), lower.due_at - timedelta(hours=1)


def test_a_late_record_is_written_for_the_office_below_before_the_climb_and_no_other(
    ladder: Ladder, wall: str
) -> None:
    lower, upper, in_time = climb_it(ladder, wall)
    mine = {"holding": lower, "office": id_of("office A1"), "at": in_time}
    wrong: list[tuple[str, str, dict[str, Any]]] = [
        ("mediator-a1", "mediate", {}),  # stops no clock
        ("mediator-a1", "settle", {"at": ladder.county.clock.now}),
        ("mediator-a1", "settle", {"holding": upper}),
        ("mediator-a1", "settle", {"office": None}),
        ("worker-a1w", "settle", {}),
        ("mediator-a2", "settle", {}),
    ]
    for login, kind, more in wrong:
        with pytest.raises(DBAPIError, match="row-level security"):
            forge(ladder, login, wall, kind, **{**mine, **more})
    forge(ladder, "mediator-a1", wall, "settle", **mine)


def test_nobody_takes_back_a_climb_on_which_somebody_has_acted(ladder: Ladder, wall: str) -> None:
    lower, _, in_time = climb_it(ladder, wall)
    ladder.act("township-a", wall, "accept")
    mine = {"holding": lower, "office": id_of("office A1"), "at": in_time}
    with pytest.raises(DBAPIError, match="row-level security"):
        forge(ladder, "mediator-a1", wall, "settle", **mine)


BY_ITSELF = text("""
    INSERT INTO dispute_event (id, dispute_id, kind, from_status, to_status, holding_id,
                               occurred_at, recorded_at, received_at, proof)
    VALUES (gen_random_uuid(), :dispute, :kind, 'registered', 'registered', :holding,
            gate.now(), gate.now(), gate.now(), 'proved')
""")


def test_what_comes_by_itself_comes_beside_ones_own_move(ladder: Ladder, wall: str) -> None:
    lower, upper, _ = climb_it(ladder, wall)
    tries = [
        *((login, kind, upper) for login in ("township-a", "county") for kind in ("note", "close")),
        ("township-a", "withdraw_climb", upper),  # never served the village
        ("mediator-a1", "withdraw_climb", lower),
        ("mediator-a2", "withdraw_climb", upper),
        *(("mediator-a1", kind, upper) for kind in ("climb", "merge", "pass_over", "settle")),
    ]
    for login, kind, holding in tries:
        values = {"dispute": wall, "kind": kind, "holding": holding}
        with (
            pytest.raises(DBAPIError, match="row-level security"),
            transaction(ladder.county.identity(login)) as session,
        ):
            session.execute(BY_ITSELF, values)


def test_what_belongs_to_a_case_is_hidden_like_the_case(ladder: Ladder, wall: str) -> None:
    other = open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    ladder.act("mediator-a1", wall, "join", why="示例", to_office=other)
    until = {"kind": "listed", "until": "2026-05-01"}
    ladder.act("township-a", wall, "supervise", why="示例", **until)
    ladder.act("mediator-a1", wall, "settle", terms=[{"what": "示例"}])
    ladder.county.clock.pass_time(hours=1)
    tables = ("agreement", "term", "joint_office", "supervision")
    for login, rows in (("township-a", 1), ("clerk-a1", 1), ("mediator-b1", 0), ("auditor", 0)):
        with transaction(ladder.county.identity(login)) as session:
            counts = [session.scalar(text(f"SELECT count(*) FROM {name}")) for name in tables]
        assert counts == [rows] * 4, login
    changes = (
        "UPDATE term SET done_at = gate.now() RETURNING id",
        "UPDATE supervision SET lifted_at = gate.now() RETURNING kind",
        "UPDATE joint_office SET ended_at = gate.now() RETURNING since",
    )
    for change in changes:
        with transaction(ladder.county.identity("mediator-a1")) as session:
            assert session.execute(text(change)).all() == [], change
