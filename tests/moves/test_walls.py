"""Who may move what: both walls, tokens, two at once."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.db import DbRole, transaction
from server.households.service import NewHousehold, register_households
from server.moves.form import Moving
from server.moves.kinds import read_plan
from server.moves.queries import list_charge
from server.moves.service import apply, preview
from tests.moves.conftest import Mover, split_of
from tests.smallcounty import CELLS, SmallCounty, id_of

COVER = {
    "kind": "assignment",
    "changes": [{"user": "worker-a1e", "cell": CELLS["B1w"]}],
}


def test_a_supervisor_does_not_move_cells_of_another_township(mover: Mover) -> None:
    refused = mover.preview(split_of("B1w"), expect=403)
    assert refused["type"] == "/problems/not-in-charge"
    assert mover.preview(COVER, expect=403)["type"] == "/problems/not-in-charge"
    assert mover.preview(split_of("B1w"), "county")["token"]
    assert mover.preview(COVER, "county")["token"]


def test_what_phones_another_township_has_is_not_told(mover: Mover) -> None:
    """Somebody of theirs may be sent to one's own cell; on what phone, one hears when they are."""
    for login in ("worker-a1e", "worker-b1w"):
        mover.desk(login)
    changes = [{"user": one, "cell": CELLS["A1w"]} for one in ("worker-a1e", "worker-b1w")]
    plan = {"kind": "assignment", "changes": changes}
    told = {
        login: {one["user"]: one["devices"] for one in mover.preview(plan, login)["phones"]}
        for login in ("township-a", "county")
    }
    assert told["township-a"]["worker-a1e"] == told["county"]["worker-a1e"] == 1
    assert (told["township-a"]["worker-b1w"], told["county"]["worker-b1w"]) == (None, 1)


@pytest.mark.parametrize("login", ["worker-a1w", "mediator-a1", "system", "security", "auditor"])
def test_nobody_else_moves_anything(mover: Mover, login: str) -> None:
    assert mover.preview(split_of(), login, expect=403)["type"] == "/problems/not-yours"
    answer = mover.desk(login).call("GET", "/moves")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "login", ["township-a", "township-b", "county", "mediator-a1", "worker-a1w"]
)
def test_both_walls_work_out_the_same_charge(county: SmallCounty, login: str) -> None:
    me = county.identity(login)
    assert me.user_id
    with transaction(replace(me, role=DbRole.MOVER)) as session:
        first = list_charge(session, me.user_id, me.now)
        second = set(session.scalars(text("SELECT gate.my_charge()")))
    assert first == second


# What somebody would write who got past the first wall.
FOREIGN = [
    "UPDATE grid_cell SET name = 'x' WHERE id = :b1w RETURNING id",
    "UPDATE grid_cell SET ended_at = gate.now() WHERE id = :b1w RETURNING id",
    "UPDATE boundary SET valid_to = gate.now() WHERE cell_id = :b1w RETURNING id",
    "UPDATE household SET cell_id = NULL, placed_by = NULL, unplaced = 'no_place'"
    " WHERE bucket = 'c:' || :b1w RETURNING id",
    "UPDATE household_placing SET valid_to = gate.now() WHERE village_id = :b1 RETURNING id",
    "UPDATE assignment SET valid_to = gate.now() WHERE cell_id = :b1w RETURNING id",
    "UPDATE dispute_place SET cell_id = NULL WHERE village_id = :b1 RETURNING dispute_id",
    "SELECT id FROM household WHERE village_id = :b1",
    "SELECT id FROM visit WHERE household_id = :b1w_1",
    "UPDATE assignment SET valid_to = '2099-01-01' WHERE valid_to <= gate.now() RETURNING id",
]
REFUSED = [
    "INSERT INTO grid_cell (id, village_id, code, name)"
    " VALUES (gen_random_uuid(), :b1, '511921101201009', 'x')",
    "UPDATE household SET cell_id = :b1w WHERE id = :a1w_1",
    "INSERT INTO assignment (id, user_id, role, cell_id, valid_from)"
    " VALUES (gen_random_uuid(), :user, 'grid_worker', :b1w, gate.now())",
    # Who served until now, late visits are judged by.
    "INSERT INTO assignment (id, user_id, role, cell_id, valid_from)"
    " VALUES (gen_random_uuid(), :user, 'grid_worker', :a1w, '2020-01-01')",
    "UPDATE assignment SET valid_to = gate.now() - interval '1 day' WHERE cell_id = :a1w",
    "UPDATE assignment SET valid_from = '2020-01-01' WHERE cell_id = :a1w",
    "UPDATE household SET village_id = :a2 WHERE id = :a1w_1",
    "INSERT INTO assignment (id, user_id, role, area_id, valid_from)"
    " VALUES (gen_random_uuid(), :user, 'township_supervisor', :b, gate.now())",
    "INSERT INTO move (id, token, kind, plan, why, counts, area_ids, applied_by, applied_at)"
    " VALUES (gen_random_uuid(), 'x', 'redraw', '{}', 'x', '{}', ARRAY[CAST(:b1 AS uuid)], :user,"
    " gate.now())",
    "SELECT head_name FROM household",
    "SELECT telephone FROM household",
    "SELECT note FROM visit",
    "SELECT story FROM dispute",
    "SELECT name FROM party",
    "SELECT password_hash FROM credential",
    "DELETE FROM household",
]


def _names() -> dict[str, Any]:
    names = ("A", "B", "A2", "B1", "A1w", "A1w-1", "B1w", "B1w-1")
    ids = {name.lower().replace("-", "_"): str(id_of(name)) for name in names}
    return {**ids, "user": str(id_of("user township-a"))}


def test_the_second_wall_hides_what_lies_in_another_township(county: SmallCounty) -> None:
    me = county.identity("township-a", DbRole.MOVER)
    for statement in FOREIGN:
        with transaction(me) as session:
            wanted = {k: v for k, v in _names().items() if f":{k}" in statement}
            assert session.execute(text(statement), wanted).all() == [], statement


@pytest.mark.parametrize("statement", REFUSED)
def test_the_second_wall_refuses_what_would_reach_out(county: SmallCounty, statement: str) -> None:
    me = county.identity("township-a", DbRole.MOVER)
    wanted = {k: v for k, v in _names().items() if f":{k}" in statement}
    with pytest.raises(DBAPIError) as refused, transaction(me) as session:
        session.execute(text(statement), wanted)
    assert refused.value.orig.pgcode == "42501"  # type: ignore[union-attr]


def test_a_case_is_not_put_on_the_phones_of_another_township(mover: Mover) -> None:
    case = {
        "id": str(id_of("case")),
        "category": "neighbours",
        "story": "示例",
        "village_id": str(id_of("A1")),
        "cell_id": str(id_of("A1w")),
        "parties": [
            {"side": "applicant", "kind": "household", "household_id": str(id_of("A1w-1"))}
        ],
    }
    mover.desk("mediator-a1").post("/disputes", case)
    me = mover.county.identity("township-a", DbRole.MOVER)
    for statement in (
        "UPDATE dispute_place SET cell_id = :b1w",
        "UPDATE dispute SET cell_id = :b1w",
        "UPDATE dispute SET village_id = :b1",
    ):
        wanted = {k: v for k, v in _names().items() if f":{k}" in statement}
        with pytest.raises(DBAPIError) as refused, transaction(me) as session:
            session.execute(text(statement), wanted)
        assert refused.value.orig.pgcode == "42501"  # type: ignore[union-attr]


@pytest.mark.parametrize("login", [None, "mediator-a1", "worker-a1w", "auditor"])
def test_who_has_no_charge_sees_no_household_as_a_mover(
    county: SmallCounty, login: str | None
) -> None:
    with transaction(county.identity(login, DbRole.MOVER)) as session:
        assert session.execute(text("SELECT count(id) FROM household")).scalar() == 0
        assert session.execute(text("SELECT count(id) FROM move")).scalar() == 0
        assert session.execute(text("SELECT count(id) FROM device")).scalar() == 0
        assert session.execute(text("SELECT count(n) FROM feed_head")).scalar() == 0


def test_a_token_fits_only_its_own_plan_and_the_world_it_saw(mover: Mover) -> None:
    seen = mover.preview(split_of())
    other = mover.apply(split_of(at=0.015), seen["token"], expect=409)
    assert other["type"] == "/problems/world-changed"
    body = {
        "head_name": "示某新",
        "id": str(id_of("x")),
        "village_id": str(id_of("A1")),
        "group_no": 1,
    }
    mover.desk("mediator-a1").post("/households", body)
    late = mover.apply(split_of(), seen["token"], expect=409)
    assert late["type"] == "/problems/world-changed"
    assert mover.cell_of(id_of("A1w-3")) == CELLS["A1w"]
    again = mover.preview(split_of())
    mover.apply(split_of(), again["token"])


def test_a_plan_that_fits_no_more_says_so_as_a_changed_world(mover: Mover) -> None:
    seen = mover.preview(split_of(at=0.035))
    mover.move(split_of(at=0.015))  # now the first line cuts another cell
    late = mover.apply(split_of(at=0.035), seen["token"], expect=409)
    assert late["type"] == "/problems/world-changed"


def test_what_the_preview_did_not_look_at_does_not_spoil_it(mover: Mover) -> None:
    seen = mover.preview(split_of())
    body = {
        "head_name": "示某新",
        "id": str(id_of("x")),
        "village_id": str(id_of("A2")),
        "group_no": 1,
    }
    mover.desk("mediator-a2").post("/households", body)
    mover.desk("mediator-a1").post(
        "/visits", {"id": str(id_of("v")), "household_id": str(id_of("A1w-1")), "outcome": "met"}
    )
    mover.apply(split_of(), seen["token"])


def test_a_token_that_was_made_up_is_worth_nothing(mover: Mover) -> None:
    assert mover.apply(split_of(), "0" * 64, expect=409)["type"] == "/problems/world-changed"
    assert mover.apply(split_of(), "x", expect=422)["type"] == "/problems/invalid"


def test_a_lost_answer_is_asked_for_again_and_nothing_moves_twice(mover: Mover) -> None:
    seen = mover.preview(split_of())
    first = mover.apply(split_of(), seen["token"])
    mover.county.clock.pass_time(minutes=5)
    again = mover.apply(split_of(), seen["token"])
    assert again == first
    assert len(mover.desk("county").get("/moves")["items"]) == 1
    assert mover.ask("SELECT count(*) FROM grid_cell WHERE village_id = :v", v=id_of("A1")) == [
        (3,)
    ]


def test_a_supervisor_of_another_township_learns_nothing_from_a_token(mover: Mover) -> None:
    seen = mover.preview(split_of())
    mover.apply(split_of(), seen["token"])
    refused = mover.apply(split_of(), seen["token"], "township-b", expect=403)
    assert refused["type"] == "/problems/not-in-charge"


def test_of_two_supervisors_at_once_one_finds_the_world_changed(mover: Mover) -> None:
    mover.run(
        "INSERT INTO user_account (id, login, name, created_at)"
        " VALUES (:id, 'township-a-2', '示例', now())",
        id=id_of("user township-a-2"),
    )
    mover.run(
        "INSERT INTO credential SELECT :id, password_hash FROM credential LIMIT 1",
        id=id_of("user township-a-2"),
    )
    mover.run(
        "INSERT INTO assignment (id, user_id, role, office_id, valid_from)"
        " SELECT gen_random_uuid(), :id, role, office_id, valid_from FROM assignment"
        "  WHERE user_id = :other",
        id=id_of("user township-a-2"),
        other=id_of("user township-a"),
    )
    plans = {"township-a": split_of(at=0.015), "township-a-2": split_of(at=0.035)}
    desks = {login: mover.desk(login) for login in plans}
    tokens = {login: mover.preview(plan, login)["token"] for login, plan in plans.items()}
    start, answers = Barrier(2), {}

    def apply(login: str) -> None:
        body = {"plan": plans[login], "token": tokens[login], "why": "示例"}
        start.wait()
        answers[login] = desks[login].call("POST", "/moves/apply", json=body).status_code

    threads = [Thread(target=apply, args=(login,)) for login in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [201, 409]
    assert mover.ask("SELECT count(*) FROM grid_cell WHERE village_id = :v", v=id_of("A1")) == [
        (3,)
    ]


def test_nothing_half_done_is_kept(mover: Mover) -> None:
    """What fails at its very end, after everything was written, leaves the world as it was."""
    seen = mover.preview(split_of())
    mover.run("ALTER TABLE move ADD CONSTRAINT never CHECK (why <> '示例：户数太多')")
    answer = mover.desk("township-a").call(
        "POST",
        "/moves/apply",
        json={"plan": split_of(), "token": seen["token"], "why": "示例：户数太多"},
    )
    assert answer.status_code == 500
    assert mover.cell_of(id_of("A1w-3")) == CELLS["A1w"]
    assert mover.ask("SELECT count(*) FROM grid_cell WHERE village_id = :v", v=id_of("A1")) == [
        (2,)
    ]
    mover.run("ALTER TABLE move DROP CONSTRAINT never")
    mover.apply(split_of(), seen["token"])


def test_who_registers_a_household_and_who_moves_its_cell_wait_for_each_other(
    mover: Mover,
) -> None:
    """A household that was being registered when the plan was applied: the world has changed."""
    seen = mover.preview(split_of())
    answers: list[int] = []
    desk = mover.desk("township-a")
    body = {"plan": split_of(), "token": seen["token"], "why": "示例"}
    me = mover.county.worker
    with transaction(me) as session:
        register_households(session, me, None, [_new_at("slow", 107.045)])
        session.flush()
        thread = Thread(
            target=lambda: answers.append(desk.call("POST", "/moves/apply", json=body).status_code)
        )
        thread.start()
        mover.await_waiting(thread)
    thread.join()
    assert answers == [409]
    assert mover.cell_of(id_of("slow")) == CELLS["A1w"]


def test_a_household_registered_while_its_cell_moves_is_placed_in_the_new_one(mover: Mover) -> None:
    plan = read_plan(split_of())
    me = mover.county.worker

    def register() -> None:
        with mover.county.app.app_context(), transaction(me) as session:
            register_households(session, me, None, [_new_at("late", 107.045)])

    with transaction(me) as session:
        moving = Moving(session, me, None, 10_000)
        apply(moving, plan, preview(moving, plan)["token"], "示例")
        thread = Thread(target=register)
        thread.start()
        mover.await_waiting(thread)
    thread.join()
    assert mover.cell_of(id_of("late")) == "511921100201003"


def _new_at(name: str, lon: float) -> NewHousehold:
    fields = {"head_name": "示某新", "location": [lon, 31.95, "wgs84", None]}
    return NewHousehold(id_of(name), id_of("A1"), fields)
