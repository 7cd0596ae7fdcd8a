"""Who is a party steps aside: neither sees the case nor acts on it, by desk or by phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.db import DbRole, transaction
from server.disputes.errors import DisputeNotFound
from server.disputes.queries import cases
from server.disputes.service import verify_chain
from server.disputes.service.recusing import see_to_recusals
from server.sealed import keyring
from tests.cli.keyboard import as_admin
from tests.disputes.conftest import Ladder
from tests.disputes.test_feed import check_heads, entries
from tests.smallcounty import START, id_of

NUMBER = "00013800099"
SECRETARY = {"side": "respondent", "kind": "user", "user_id": str(id_of("user mediator-a1"))}
TABLES = (
    *("dispute", "dispute_place", "party", "holding", "dispute_event"),
    *("claim", "agreement", "term", "joint_office", "supervision", "recusal"),
)


def know(ladder: Ladder, login: str, **kin: Any) -> None:
    """What the county comes to know of a user: `household_id`, `telephone`, `active`."""
    if number := kin.pop("telephone", None):
        kin["telephone_index"] = keyring().blind("household.telephone", number)
    values = ", ".join(f"{name} = :{name}" for name in kin)
    with transaction(ladder.county.worker) as session:
        session.execute(
            text(f"UPDATE user_account SET {values} WHERE id = :id"),
            {"id": id_of(f"user {login}"), **kin},
        )


def call(ladder: Ladder, household: str, number: str) -> None:
    """The number of a household becomes known."""
    with transaction(ladder.county.worker) as session:
        index = keyring().blind("household.telephone", number)
        change = "UPDATE household SET telephone_index = :index WHERE id = :id"
        session.execute(text(change), {"index": index, "id": id_of(household)})


def assign(ladder: Ladder, login: str, role: str, leads: bool = False, **held: UUID) -> None:
    """Give somebody another assignment, from now on; an administrator's goes, as it must."""
    ((column, place),) = held.items()
    with as_admin(ladder.county.url) as cursor:
        cursor.execute(
            r"DELETE FROM assignment WHERE user_id = %s AND role LIKE '%%\_admin'",
            (str(id_of(f"user {login}")),),
        )
    with transaction(ladder.county.worker) as session:
        session.execute(
            text(f"""
                INSERT INTO assignment (id, user_id, role, {column}, leads, valid_from)
                VALUES (gen_random_uuid(), :user, :role, :place, :leads, :now)
            """),
            {
                "user": id_of(f"user {login}"),
                "role": role,
                "place": place,
                "leads": leads,
                "now": ladder.county.clock.now,
            },
        )


def end_assignments(ladder: Ladder, login: str) -> None:
    """Somebody serves nowhere any more."""
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("UPDATE assignment SET valid_to = :now WHERE user_id = :u AND valid_to IS NULL"),
            {"u": id_of(f"user {login}"), "now": ladder.county.clock.now},
        )


def go_round(ladder: Ladder) -> int:
    """The worker's round."""
    done = 0
    while True:
        with transaction(ladder.county.worker) as session:
            batch = see_to_recusals(session, ladder.county.worker)
        if not batch:
            return done
        done += batch


def recusals(ladder: Ladder, dispute: str) -> dict[UUID, str]:
    """Who steps aside, person or Office → how it was found."""
    with transaction(ladder.county.worker) as session:
        rows = session.execute(
            text("""
                SELECT coalesce(user_id, office_id) AS who, found_by FROM recusal
                 WHERE dispute_id = :id AND ended_at IS NULL
            """),
            {"id": dispute},
        )
        return {row.who: row.found_by for row in rows}


def hearers(ladder: Ladder, dispute: str) -> set[UUID]:
    """Whose personal buckets have the case."""
    with transaction(ladder.county.worker) as session:
        query = text("SELECT user_id FROM dispute_hearer WHERE dispute_id = :id")
        return set(session.scalars(query, {"id": dispute}))


def seen(ladder: Ladder, login: str, role: DbRole = DbRole.APP) -> list[int]:
    """How many rows of each table somebody sees, behind all service checks."""
    with transaction(ladder.county.identity(login, role=role)) as session:
        return [session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in TABLES]


def pull(ladder: Ladder, login: str, **more: Any) -> dict[str, Any]:
    """What a phone is told; a fresh one, unless told what it holds."""
    desk = ladder.county.sign_in(login)
    body = {"device": desk.tokens["device_id"], **more}
    answer: dict[str, Any] = desk.post("/sync/pull", body, expect=200)
    return answer


def cases_in(page: dict[str, Any]) -> set[str]:
    """Disputes that a page puts."""
    return {
        row[0]
        for tables in page["put"].values()
        for entity, table in tables.items()
        for row in table["rows"]
        if entity == "dispute"
    }


@pytest.fixture
def complaint(ladder: Ladder) -> str:
    """Told at the township: the village secretary, in the west cell of village A1, has wronged
    somebody. A second mediator works at the village's Office.
    """
    know(ladder, "worker-b1w", active=True)
    assign(ladder, "system", "mediator", office_id=id_of("office A1"))
    household = str(id_of("A1w-1"))
    applicant = {"side": "applicant", "kind": "household", "household_id": household}
    dispute = ladder.register(
        "township-a", "complaint", cell_id=str(id_of("A1w")), parties=[applicant, SECRETARY]
    )
    ladder.county.clock.pass_time(minutes=1)
    return dispute


def test_a_complaint_against_the_village_secretary(ladder: Ladder, complaint: str) -> None:
    """From the first word to the end, and nobody could bury it."""
    assert recusals(ladder, complaint) == {
        id_of("user mediator-a1"): "account",
        id_of("office A1"): "account",
    }
    assert ladder.heights(complaint) == [("township", None)]
    for login in ("mediator-a1", "system"):
        assert cases_in(pull(ladder, login)) == set()
        assert ladder.desk(login).get("/disputes")["total"] == 0
        assert ladder.desk(login).call("GET", f"/disputes/{complaint}").status_code == 404
    told = pull(ladder, "worker-a1w")["put"][f"u:{id_of('user worker-a1w')}"]
    assert [row[0] for row in told["dispute"]["rows"]] == [complaint]
    assert len(told["dispute_event"]["rows"]) == 1
    assert ladder.desk("county").get("/disputes")["total"] == 1

    ladder.act("township-a", complaint, "accept")
    ladder.act("township-a", complaint, "settle", agreement="示例：公开道歉")
    assert go_round(ladder) == 2
    kinds = ladder.kinds(complaint)
    assert kinds == ["register", "accept", "settle", "recuse", "recuse"]
    with transaction(ladder.county.worker) as session:
        assert verify_chain(session, UUID(complaint)) == []
    assert ladder.read("county", complaint)["dispute"]["status"] == "settled"
    check_heads(ladder)


def test_whoever_steps_aside_finds_no_row_in_any_table(ladder: Ladder, complaint: str) -> None:
    for role in (DbRole.APP, DbRole.PUSH):
        for login in ("mediator-a1", "system"):
            assert seen(ladder, login, role) == [0] * len(TABLES), (login, role)
        for login in ("worker-a1w", "township-a", "county"):
            assert seen(ladder, login, role)[:5] == [1, 1, 2, 1, 1], (login, role)


def test_the_county_sees_nothing_of_what_it_steps_aside_from(
    ladder: Ladder, complaint: str
) -> None:
    know(ladder, "county", household_id=id_of("A1w-1"))
    assert seen(ladder, "county") == [0] * len(TABLES)
    assert ladder.desk("county").call("GET", f"/disputes/{complaint}").status_code == 404
    assert ladder.desk("county").get("/disputes")["total"] == 0


def test_the_shared_bucket_never_hears_even_the_id(ladder: Ladder, complaint: str) -> None:
    told = entries(ladder, complaint)
    assert told == {f"u:{id_of('user worker-a1w')}": True}
    answer = pull(ladder, "mediator-a1")
    assert complaint not in str(answer)


def test_a_guess_of_the_id_is_answered_like_any_other(ladder: Ladder, complaint: str) -> None:
    answers = []
    for dispute in (complaint, str(uuid4())):
        body = {"id": str(uuid4()), "event": "note", "why": "示例"}
        at_desk = ladder.desk("mediator-a1").call("POST", f"/disputes/{dispute}/events", json=body)
        assert at_desk.status_code == 404
        phone = ladder.phone("mediator-a1")
        for event in ("note", "accept", "recuse"):
            person = {"person": str(id_of("user mediator-a1"))} if event == "recuse" else {}
            phone.note("dispute_event", dispute_id=dispute, event=event, why="示例", **person)
        phone.note(
            "dispute", category="other", story="示例", cell_id=str(id_of("A1w")), related_id=dispute
        )
        outcomes = phone.deliver()
        kept = ladder.county.sign_in("county").get("/sync/quarantine")["items"]
        of_mine = [{k: one[k] for k in ("entity", "reason", "area", "text")} for one in kept]
        answers.append(
            (
                at_desk.json["type"],
                [{k: v for k, v in one.items() if k != "mid"} for one in outcomes],
                of_mine[: len(outcomes)],
            )
        )
        ladder.county.clock.pass_time(minutes=1)
    assert answers[0][:2] == answers[1][:2]
    assert {one["area"] for one in answers[1][2] if one["entity"] == "dispute_event"} == {None}


def test_a_grid_worker_is_found_by_telephone(ladder: Ladder) -> None:
    know(ladder, "worker-a1w", telephone=NUMBER)
    caller = {"side": "respondent", "kind": "outsider", "name": "示某", "telephone": "0001380-0099"}
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")), parties=[caller])
    assert recusals(ladder, wall) == {id_of("user worker-a1w"): "telephone"}
    assert cases_in(pull(ladder, "worker-a1w")) == set()
    assert cases_in(pull(ladder, "mediator-a1")) == {wall}
    assert entries(ladder, wall) == {f"u:{id_of('user mediator-a1')}": True}
    assert ladder.heights(wall) == [("village", None)]


@pytest.mark.parametrize(
    ("kin", "party", "how"),
    [
        ({"household_id": id_of("A2e-1")}, {"household_id": id_of("A2e-1")}, "household"),
        ({"telephone": "00013800001"}, {"household_id": id_of("A2e-1")}, "telephone"),
        ({"household_id": id_of("A2e-1")}, {"telephone": "00013800001"}, "household"),
        ({"household_id": id_of("A2e-1")}, {"user_id": id_of("user auditor")}, "household"),
        ({}, {"user_id": id_of("user worker-a1w")}, "account"),
        ({"telephone": NUMBER}, {"telephone": "00013800098"}, None),
        ({"household_id": id_of("A2e-1")}, {"household_id": id_of("A2e-2")}, None),
    ],
)
def test_ways_to_be_a_party(
    ladder: Ladder, kin: dict[str, Any], party: dict[str, Any], how: str | None
) -> None:
    """Known before the case, or only after it: the same comes of it."""
    know(ladder, "auditor", household_id=id_of("A2e-1"))
    call(ladder, "A2e-1", "00013800001")
    kinds = {"household_id": "household", "user_id": "user", "telephone": "outsider"}
    ((field, value),) = party.items()
    sent = {"side": "respondent", "kind": kinds[field], field: str(value)}
    expected = {id_of("user worker-a1w"): how} if how else {}
    if kin:
        know(ladder, "worker-a1w", **kin)
    before = ladder.register("county", "before", cell_id=str(id_of("A1w")), parties=[sent])
    found = recusals(ladder, before)
    assert {k: v for k, v in found.items() if k == id_of("user worker-a1w")} == expected
    if kin:
        know(ladder, "worker-a1w", household_id=None, telephone_index=None)
        after = ladder.register("county", "after", cell_id=str(id_of("A1w")), parties=[sent])
        assert id_of("user worker-a1w") not in recusals(ladder, after)
        know(ladder, "worker-a1w", **kin)
        found = recusals(ladder, after)
        assert {k: v for k, v in found.items() if k == id_of("user worker-a1w")} == expected
    check_heads(ladder)


def test_a_number_that_a_household_comes_to_have_tells_too(ladder: Ladder) -> None:
    know(ladder, "worker-a1w", telephone=NUMBER)
    household = str(id_of("A1w-1"))
    party = {"side": "respondent", "kind": "household", "household_id": household}
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")), parties=[party])
    assert recusals(ladder, wall) == {}
    call(ladder, "A1w-1", NUMBER)
    assert recusals(ladder, wall) == {id_of("user worker-a1w"): "telephone"}


def test_a_phone_that_has_the_case_lets_it_go_at_its_next_pull(ladder: Ladder) -> None:
    household = str(id_of("A1w-2"))
    party = {"side": "applicant", "kind": "household", "household_id": household}
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")), parties=[party])
    first = pull(ladder, "worker-a1w")
    assert cases_in(first) == {wall}
    ladder.county.clock.pass_time(hours=1)
    know(ladder, "worker-a1w", household_id=id_of("A1w-2"))
    held = {"epoch": first["epoch"], "cursor": first["cursor"]}
    then = pull(ladder, "worker-a1w", **held)
    west = f"c:{id_of('A1w')}"
    assert then["del"][west]["dispute"] == [wall]
    assert len(then["del"][west]["dispute_event"]) == 1
    assert cases_in(then) == set()
    assert cases_in(pull(ladder, "mediator-a1")) == {wall}
    check_heads(ladder)


def test_an_office_that_holds_a_case_of_its_head_passes_it_on(ladder: Ladder) -> None:
    household = str(id_of("A1w-2"))
    party = {"side": "applicant", "kind": "household", "household_id": household}
    wall = ladder.register("worker-a1w", "wall", cell_id=str(id_of("A1w")), parties=[party])
    ladder.county.clock.pass_time(hours=1)
    ladder.act("mediator-a1", wall, "accept")
    ladder.county.clock.pass_time(days=1)
    know(ladder, "mediator-a1", household_id=id_of("A1w-2"))
    assert ladder.desk("mediator-a1").call("GET", f"/disputes/{wall}").status_code == 404
    assert go_round(ladder) == 3
    assert ladder.heights(wall) == [("village", "pass_over"), ("township", None)]
    case = ladder.read("township-a", wall)
    assert (case["dispute"]["status"], case["dispute"]["level"]) == ("registered", "township")
    assert [event["kind"] for event in case["events"]][-3:].count("recuse") == 2
    assert "pass_over" in [event["kind"] for event in case["events"]]
    ladder.act("township-a", wall, "accept")
    assert go_round(ladder) == 0
    with transaction(ladder.county.worker) as session:
        assert verify_chain(session, UUID(wall)) == []
        told = session.execute(text("SELECT kind, office_ids FROM notice ORDER BY kind")).all()
    assert ("received", [id_of("office A")]) in [tuple(one) for one in told]
    check_heads(ladder)


def test_an_office_in_which_nobody_is_left_to_act_passes_it_on(ladder: Ladder) -> None:
    assign(ladder, "mediator-a1", "mediator", office_id=id_of("office A1"))
    assign(ladder, "auditor", "mediator", office_id=id_of("office A1"))
    wall = ladder.register("worker-a1w", "wall", cell_id=str(id_of("A1w")))
    for login, heights in (
        ("auditor", [("village", None)]),
        ("mediator-a1", [("village", "pass_over"), ("township", None)]),
    ):
        ladder.county.clock.pass_time(hours=1)
        ladder.act(login, wall, "recuse", person=str(id_of(f"user {login}")))
        ladder.county.clock.pass_time(minutes=1)
        go_round(ladder)
        assert ladder.heights(wall) == heights
    ladder.act("township-a", wall, "accept")


def test_where_nobody_at_all_is_left_the_case_stays_where_it_is(ladder: Ladder) -> None:
    household = str(id_of("A1w-2"))
    party = {"side": "applicant", "kind": "household", "household_id": household}
    ladder.register("worker-a1w", "wall", cell_id=str(id_of("A1w")), parties=[party])
    for login in ("mediator-a1", "township-a", "county"):
        know(ladder, login, household_id=id_of("A1w-2"))
    go_round(ladder)
    ladder.county.clock.pass_time(minutes=1)
    assert go_round(ladder) == 0
    with transaction(ladder.county.worker) as session:
        held = "SELECT level FROM holding WHERE ended_at IS NULL"
        assert session.scalars(text(held)).all() == ["county"]
    assert ladder.desk("county").get("/disputes")["total"] == 0


def test_the_service_leaves_out_what_row_security_would_let_through(
    ladder: Ladder, complaint: str
) -> None:
    for login, seen_by in (("mediator-a1", 0), ("township-a", 1)):
        by = ladder.county.identity(login, role=DbRole.WORKER)
        with transaction(by) as session:
            assert session.scalar(text("SELECT count(*) FROM dispute")) == 1
            listed = cases.list_disputes(None, by.user_id, by.now)
            assert len(session.scalars(listed).all()) == seen_by
            if not seen_by:
                with pytest.raises(DisputeNotFound):
                    cases.get_dispute(session, UUID(complaint))


def test_a_complaint_does_not_end_in_the_case_of_whom_it_names(ladder: Ladder) -> None:
    """The same wall again, and now against the secretary who handles it: it stands on its own."""
    wall = ladder.register("worker-a1w", "wall", cell_id=str(id_of("A1w")))
    ladder.county.clock.pass_time(minutes=10)
    said = {"category": "other", "story": "示例", "cell_id": str(id_of("A1w"))}
    phone = ladder.phone("worker-a1w")
    again = phone.note("dispute", **said, relation="same", related_id=wall, parties=[SECRETARY])
    assert [one["status"] for one in phone.deliver()] == ["applied"]
    told = ladder.read("county", again)["dispute"]
    assert (told["status"], told["level"]) == ("registered", "township")
    assert (told["relation"], told["related_id"]) == ("follows_from", wall)
    assert ladder.read("county", wall)["dispute"]["again"] == 0
    body = {"id": str(uuid4()), **said, "relation": "same", "related_id": wall}
    ladder.desk("worker-a1w").post("/disputes", {**body, "parties": [SECRETARY]}, expect=409)


def test_a_township_whose_head_is_a_party_is_passed_over_from_the_start(ladder: Ladder) -> None:
    head = {"side": "respondent", "kind": "user", "user_id": str(id_of("user township-a"))}
    secretary = [head, SECRETARY]
    case = ladder.register("worker-a1w", "both", village_id=str(id_of("A1")), parties=secretary)
    ladder.county.clock.pass_time(minutes=1)
    assert ladder.heights(case) == [("county", None)]
    assert ladder.desk("township-a").call("GET", f"/disputes/{case}").status_code == 404
    assert [event["kind"] for event in ladder.read("county", case)["events"]] == ["register"]


def test_a_climb_goes_past_an_office_that_steps_aside(ladder: Ladder) -> None:
    head = {"side": "respondent", "kind": "user", "user_id": str(id_of("user township-a"))}
    case = ladder.register("worker-a1w", "up", cell_id=str(id_of("A1w")), parties=[head])
    other = ladder.register("worker-a1w", "other", cell_id=str(id_of("A1w")))
    assert ladder.climb(START + timedelta(days=60)) == 2
    assert ladder.heights(case) == [("village", "climb"), ("county", None)]
    assert ladder.heights(other) == [("village", "climb"), ("township", None)]


def test_at_the_county_another_office_takes_it_else_the_head_alone_steps_aside(
    ladder: Ladder,
) -> None:
    head = {"side": "respondent", "kind": "user", "user_id": str(id_of("user county"))}
    alone = ladder.register(
        "worker-a1w", "alone", village_id=str(id_of("A1")), parties=[head, SECRETARY]
    )
    assert id_of("office county") not in recusals(ladder, alone)
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("""
                INSERT INTO office (id, area_id, level, kind, name)
                VALUES (:id, :area, 'county', 'bureau', '示例司法局')
            """),
            {"id": id_of("office bureau"), "area": id_of("county")},
        )
    assign(ladder, "security", "county_office", office_id=id_of("office bureau"))
    ladder.county.clock.pass_time(minutes=1)
    parties = [
        head,
        SECRETARY,
        {"side": "respondent", "kind": "user", "user_id": str(id_of("user township-a"))},
    ]
    case = ladder.register("worker-a1w", "case", village_id=str(id_of("A1")), parties=parties)
    assert id_of("office county") in recusals(ladder, case)
    with transaction(ladder.county.worker) as session:
        held = session.scalar(text("SELECT office_id FROM dispute WHERE id = :id"), {"id": case})
    assert held == id_of("office bureau")
    ladder.county.clock.pass_time(minutes=1)
    assert ladder.desk("county").call("GET", f"/disputes/{case}").status_code == 404
    assert ladder.read("security", case)["dispute"]["level"] == "county"


def test_an_office_that_is_itself_complained_of_does_not_handle_it(ladder: Ladder) -> None:
    office = {"side": "respondent", "kind": "office", "office_id": str(id_of("office A1"))}
    case = ladder.register("worker-a1w", "case", cell_id=str(id_of("A1w")), parties=[office])
    assert ladder.heights(case) == [("township", None)]
    witness = {**office, "side": "third"}
    other = ladder.register("worker-a1w", "other", cell_id=str(id_of("A1w")), parties=[witness])
    assert ladder.heights(other) == [("village", None)]


def test_whoever_must_step_aside_may_still_register_it(ladder: Ladder) -> None:
    """And hears that it was taken; nothing more, ever."""
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")), parties=[SECRETARY])
    phone = ladder.phone("mediator-a1")
    told = phone.note(
        "dispute",
        category="other",
        story="示例",
        cell_id=str(id_of("A1w")),
        parties=[SECRETARY],
    )
    assert [one["status"] for one in phone.deliver()] == ["applied"]
    ladder.county.clock.pass_time(seconds=1)
    for dispute in (wall, told):
        assert ladder.desk("mediator-a1").call("GET", f"/disputes/{dispute}").status_code == 404
        assert ladder.heights(dispute) == [("township", None)]
    assert cases_in(pull(ladder, "mediator-a1")) == set()


def test_somebody_declares_it_and_is_out(ladder: Ladder) -> None:
    wall = ladder.register("worker-a1w", "wall", cell_id=str(id_of("A1w")))
    ladder.county.clock.pass_time(hours=1)
    own = str(id_of("user worker-a1w"))
    phone = ladder.phone("worker-a1w")
    phone.note("dispute_event", dispute_id=wall, event="recuse", person=own, why="示例：亲戚")
    assert [one["status"] for one in phone.deliver()] == ["applied"]
    assert recusals(ladder, wall) == {id_of("user worker-a1w"): "declared"}
    ladder.county.clock.pass_time(minutes=1)
    assert ladder.desk("worker-a1w").call("GET", f"/disputes/{wall}").status_code == 404
    assert ladder.kinds(wall) == ["register", "recuse"]
    assert go_round(ladder) == 0
    assert ladder.heights(wall) == [("village", None)]


def test_a_party_asks_and_the_office_above_decides(ladder: Ladder) -> None:
    household = str(id_of("A1w-2"))
    party = {"side": "applicant", "kind": "household", "household_id": household}
    wall = ladder.register("worker-a1w", "wall", cell_id=str(id_of("A1w")), parties=[party])
    ladder.county.clock.pass_time(hours=1)
    (row,) = ladder.read("county", wall)["parties"]
    ladder.act("mediator-a1", wall, "ask_recusal", party_id=row["id"], why="示例：同族")
    person = str(id_of("user mediator-a1"))
    ladder.act("township-a", wall, "recuse", person=person, why="示例：同意")
    ladder.county.clock.pass_time(minutes=1)
    assert recusals(ladder, wall) == {id_of("user mediator-a1"): "asked"}
    assert ladder.desk("mediator-a1").call("GET", f"/disputes/{wall}").status_code == 404


def test_what_was_written_before_is_kept_as_a_note_and_moves_nothing(ladder: Ladder) -> None:
    household = str(id_of("A1w-2"))
    party = {"side": "applicant", "kind": "household", "household_id": household}
    wall = ladder.register("worker-a1w", "wall", cell_id=str(id_of("A1w")), parties=[party])
    ladder.county.clock.pass_time(hours=1)
    phone = ladder.phone("mediator-a1")
    phone.note("dispute_event", dispute_id=wall, event="accept")
    phone.note("dispute_event", dispute_id=wall, event="note", why="示例：去过")
    ladder.county.clock.pass_time(hours=1)
    know(ladder, "mediator-a1", household_id=id_of("A1w-2"))
    ladder.county.clock.pass_time(hours=1)
    phone.note("dispute_event", dispute_id=wall, event="note", why="示例：事后")
    outcomes = phone.deliver()
    assert [one["status"] for one in outcomes] == ["applied", "applied", "quarantined"]
    assert outcomes[2]["reason"] == "dispute-not-found"
    case = ladder.read("township-a", wall)
    assert [e["kind"] for e in case["events"]] == ["register", "note", "note"]
    assert case["events"][1]["intended"] == "accept"
    assert case["dispute"]["status"] == "registered"
    assert cases_in(pull(ladder, "mediator-a1")) == set()


def test_hearers_come_and_go_with_their_cells(ladder: Ladder, complaint: str) -> None:
    """The neighbouring worker leaves, another comes; the cell is redrawn; the case ends apart."""
    own = f"u:{id_of('user worker-a1w')}"
    new = f"u:{id_of('user worker-b1w')}"
    end_assignments(ladder, "worker-a1w")
    assert entries(ladder, complaint) == {own: False}
    assign(ladder, "worker-b1w", "grid_worker", cell_id=id_of("A1w"))
    assert entries(ladder, complaint) == {own: False, new: True}
    assert cases_in(pull(ladder, "worker-b1w")) == {complaint}
    with transaction(ladder.county.worker) as session:
        session.execute(text("UPDATE dispute_place SET cell_id = :c"), {"c": id_of("A1e")})
    assert hearers(ladder, complaint) == {id_of("user worker-a1e")}
    assert not [bucket for bucket in entries(ladder, complaint) if bucket.startswith("c:")]
    with transaction(ladder.county.worker) as session:
        session.execute(text("UPDATE dispute_place SET cell_id = NULL"))
    assert hearers(ladder, complaint) == {
        id_of("user worker-a1e"),
        id_of("user worker-b1w"),
    }
    with transaction(ladder.county.worker) as session:
        session.execute(text("UPDATE recusal SET ended_at = gate.now()"))
    assert hearers(ladder, complaint) == set()
    assert entries(ladder, complaint)[f"v:{id_of('A1')}"] is True
    check_heads(ladder)


def test_what_time_alone_changes_the_worker_sees_within_a_round(
    ladder: Ladder, complaint: str
) -> None:
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("UPDATE assignment SET valid_to = :then WHERE user_id = :u"),
            {
                "u": id_of("user worker-a1w"),
                "then": ladder.county.clock.now + timedelta(minutes=5),
            },
        )
    assert hearers(ladder, complaint) == {id_of("user worker-a1w")}
    ladder.county.clock.pass_time(minutes=6)
    go_round(ladder)
    assert hearers(ladder, complaint) == set()
    assert entries(ladder, complaint) == {f"u:{id_of('user worker-a1w')}": False}


def test_a_new_head_may_be_a_party(ladder: Ladder) -> None:
    party = {"side": "respondent", "kind": "user", "user_id": str(id_of("user auditor"))}
    case = ladder.register("worker-a1w", "case", cell_id=str(id_of("A1w")), parties=[party])
    assert ladder.heights(case) == [("village", None)]
    ladder.county.clock.pass_time(days=1)
    assign(ladder, "auditor", "mediator", leads=True, office_id=id_of("office A1"))
    go_round(ladder)
    assert ladder.heights(case) == [("village", "pass_over"), ("township", None)]


def test_what_waits_of_a_case_is_not_shown_to_who_steps_aside(
    ladder: Ladder, complaint: str
) -> None:
    """A worker's event that was set aside: the township sees it, until it must step aside."""
    phone = ladder.phone("worker-a1e")
    phone.note("dispute_event", dispute_id=complaint, event="note", why="示例")
    assert [one["status"] for one in phone.deliver()] == ["quarantined"]
    assert ladder.desk("county").get("/sync/quarantine")["total"] == 1
    know(ladder, "county", household_id=id_of("A1w-1"))
    ladder.county.clock.pass_time(minutes=1)
    assert ladder.desk("county").get("/sync/quarantine")["total"] == 0


@pytest.mark.parametrize("how", ["user", "telephone", "neither"])
def test_a_complaint_that_was_set_aside_is_not_opened_nor_buried_by_whom_it_names(
    ladder: Ladder, how: str
) -> None:
    """It is not registered yet: its parties stand in what the phone sent alone."""
    know(ladder, "county", telephone=NUMBER)
    named = {
        "user": {"side": "respondent", "kind": "user", "user_id": str(id_of("user county"))},
        "telephone": {"side": "respondent", "kind": "outsider", "telephone": NUMBER},
        "neither": {"side": "respondent", "kind": "outsider", "telephone": "00013800098"},
    }[how]
    phone = ladder.phone("worker-a1w")
    other = {"side": 7, "kind": "nonsense", "household_id": [], "telephone": {}}  # why it waits
    told = phone.note(
        "dispute", category="other", story="示例", cell_id=str(id_of("A1w")), parties=[other, named]
    )
    phone.note("dispute_event", dispute_id=told, event="note", why="示例")
    assert [one["status"] for one in phone.deliver()] == ["quarantined"] * 2
    county, expect = ladder.desk("county"), 200 if how == "neither" else 404
    waiting = county.get("/sync/quarantine")["items"]
    assert len(waiting) == 2
    for one in waiting:
        path = f"/sync/quarantine/{one['device_id']}/{one['mid']}"
        county.post(f"{path}/reveal", {"reason": "核对"}, expect=expect)
        county.post(f"{path}/close", {"why": "示例"}, expect=expect)


def test_nobody_reads_what_makes_a_colleague_step_aside(ladder: Ladder) -> None:
    for column in ("telephone_index", "household_id"):
        with (
            pytest.raises(DBAPIError, match="permission denied"),
            transaction(ladder.county.identity("township-a")) as session,
        ):
            session.execute(text(f"SELECT {column} FROM user_account"))


def forged(
    change: str,
) -> Callable[[Ladder, str], None]:
    def attempt(ladder: Ladder, dispute: str) -> None:
        with transaction(ladder.county.identity("township-a")) as session:
            session.execute(text(change), {"dispute": dispute, "user": id_of("user worker-a1w")})

    return attempt


def test_nobody_makes_others_step_aside_without_an_event(ladder: Ladder, complaint: str) -> None:
    insert = """
        INSERT INTO recusal (id, dispute_id, user_id, found_by, since)
        VALUES (gen_random_uuid(), :dispute, :user, '{}', gate.now())
    """
    for found_by in ("asked", "account"):
        with pytest.raises(DBAPIError, match="row-level security"):
            forged(insert.format(found_by))(ladder, complaint)
    for change in (
        "UPDATE recusal SET ended_at = gate.now() WHERE dispute_id = :dispute",
        "DELETE FROM dispute_hearer WHERE dispute_id = :dispute AND user_id = :user",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            forged(change)(ladder, complaint)
