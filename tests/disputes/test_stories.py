"""What becomes of a quarrel: in the village, over its borders, and up the ladder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text

from server.db import transaction
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of


def local(month: int, day: int) -> datetime:
    """The midnight in 2026 after which a last day is over, as an instant."""
    return datetime(2026, month, day, tzinfo=UTC) + timedelta(hours=16)


def party(household: str, side: str = "applicant") -> dict[str, str]:
    return {"side": side, "kind": "household", "household_id": str(id_of(household))}


def test_two_neighbours_and_a_wall_are_settled_in_the_village(ladder: Ladder) -> None:
    wall = ladder.register(
        "worker-a1w",
        "wall",
        cell_id=str(id_of("A1w")),
        parties=[
            {**party("A1w-1"), "name": "示某甲", "telephone": "000 1380-0001"},
            party("A1w-2", "respondent"),
        ],
    )
    ladder.county.clock.pass_time(hours=3)
    assert ladder.act("mediator-a1", wall, "accept")["due_at"].startswith("2026-04-01T16:00:00")
    ladder.act("mediator-a1", wall, "mediate", why="双方到场")
    assert ladder.refusal("mediator-a1", wall, "settle") == "needs-agreement"
    assert ladder.act("mediator-a1", wall, "settle", agreement="各退半尺")["due_at"] is None
    ladder.county.clock.pass_time(days=300)
    assert ladder.climb() == 0
    told = ladder.read("mediator-a1", wall)
    assert told["dispute"]["status"] == "settled"
    assert told["dispute"]["office"] == "示例A1调解委员会"
    assert [e["kind"] for e in told["events"]] == ["register", "accept", "mediate", "settle"]
    assert told["events"][3]["agreement"] == "各退半尺"
    assert {(p["name"], p["telephone"]) for p in told["parties"]} == {
        ("示**", "*********01"),
        (None, None),
    }
    assert ladder.heights(wall) == [("village", "settle")]


def test_unpaid_wages_climb_to_the_county_each_office_with_its_own_clock(ladder: Ladder) -> None:
    wages = ladder.register(
        "mediator-a1", "wages", category="unpaid_wages", village_id=str(id_of("A1"))
    )
    # One working day to accept: Monday's case is due when Tuesday is over.
    assert ladder.climb(local(3, 3) - timedelta(microseconds=1)) == 0
    assert ladder.climb(local(3, 3)) == 1
    ladder.county.clock.now = local(3, 3)  # Wednesday 00:00: the township receives it
    ladder.county.clock.pass_time(hours=9)
    assert ladder.act("township-a", wages, "accept")["level"] == "township"
    # Ten days from the 4th end on Saturday the 14th: Monday the 16th is the last day.
    assert ladder.climb(local(3, 16) - timedelta(microseconds=1)) == 0
    assert ladder.climb(local(3, 16)) == 1
    ladder.county.clock.now = local(3, 16)
    told = ladder.read("county", wages)
    assert told["dispute"]["level"] == "county"
    assert told["dispute"]["status"] == "registered"
    assert ladder.heights(wages) == [("village", "climb"), ("township", "climb"), ("county", None)]
    assert [h["received_at"][:16] for h in told["holdings"]] == [
        "2026-03-02T01:00",
        "2026-03-03T16:00",
        "2026-03-16T16:00",
    ]
    assert [h["climbed_from"] for h in told["holdings"]] == [
        None,
        told["holdings"][0]["id"],
        told["holdings"][1]["id"],
    ]
    assert [e["recorded_by"] for e in told["events"] if e["kind"] == "climb"] == [None, None]


def test_a_quarrel_across_two_villages_starts_at_the_township(ladder: Ladder) -> None:
    water = ladder.register(
        "mediator-a1",
        "water",
        village_id=str(id_of("A1")),
        parties=[party("A1w-1"), party("A2e-1", "respondent")],
    )
    told = ladder.read("township-a", water)["dispute"]
    assert (told["level"], told["office"]) == ("township", "示例A调解中心")
    assert ladder.read("mediator-a2", water)["dispute"]["id"] == water


def test_a_quarrel_across_two_townships_starts_at_the_county(ladder: Ladder) -> None:
    forest = ladder.register(
        "mediator-a1",
        "forest",
        category="forest_and_land",
        village_id=str(id_of("A1")),
        parties=[party("A1w-1"), party("B1e-1", "respondent")],
    )
    for supervisor in ("township-a", "township-b", "county"):
        assert ladder.read(supervisor, forest)["dispute"]["level"] == "county"


def test_an_illegal_move_from_a_phone_is_kept_as_a_note(ladder: Ladder) -> None:
    phone = ladder.phone("worker-a1w")
    dispute = phone.note(
        "dispute", category="neighbours", story="示例：水沟", village_id=str(id_of("A1"))
    )
    phone.note("dispute_event", dispute_id=dispute, event="accept", why="我来受理")
    phone.note("dispute_event", dispute_id=dispute, event="note", why="已看过现场")
    assert [o["status"] for o in phone.deliver()] == ["applied"] * 3
    events = ladder.read("mediator-a1", dispute)["events"]
    assert [(e["kind"], e["intended"], e["refused"]) for e in events] == [
        ("register", None, None),
        ("note", "accept", "not-yours"),
        ("note", None, None),
    ]
    assert events[1]["why"] == "我来受理"
    assert ladder.read("mediator-a1", dispute)["dispute"]["status"] == "registered"


def test_a_whole_day_of_a_mediators_phone_is_taken_in_its_order(ladder: Ladder) -> None:
    phone = ladder.phone("mediator-a1")
    dispute = phone.note(
        "dispute", category="neighbours", story="示例：水沟", village_id=str(id_of("A1"))
    )
    for event, given in [
        ("accept", {}),
        ("mediate", {"why": "到场"}),
        ("settle", {"agreement": "共用"}),
        ("reopen", {"why": "未履行"}),
        ("accept", {}),
        ("escalate", {"why": "村里办不了"}),
    ]:
        ladder.county.clock.pass_time(hours=1)
        phone.note("dispute_event", dispute_id=dispute, event=event, **given)
    ladder.county.clock.pass_time(days=2)
    assert [o["status"] for o in phone.deliver()] == ["applied"] * 7
    assert ladder.heights(dispute) == [
        ("village", "settle"),
        ("village", "escalate"),
        ("township", None),
    ]
    accept = ladder.read("county", dispute)["events"][1]
    assert accept["recorded_at"].startswith("2026-03-02T02:00")
    assert accept["received_at"].startswith("2026-03-04T07:00")
    assert accept["proof"] == "proved"


def test_work_done_while_it_was_still_yours_counts_though_it_arrives_later(ladder: Ladder) -> None:
    dispute = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    phone = ladder.phone("mediator-a1")
    ladder.county.clock.pass_time(hours=1)
    phone.note("dispute_event", dispute_id=dispute, event="accept")
    with transaction(ladder.county.worker) as session:
        moved = {"at": START + timedelta(hours=2), "id": id_of("assignment mediator-a1")}
        session.execute(text("UPDATE assignment SET valid_to = :at WHERE id = :id"), moved)
        session.execute(
            text("""
                INSERT INTO assignment (id, user_id, role, office_id, valid_from)
                SELECT gen_random_uuid(), user_id, role, cast(:office AS uuid), valid_to
                  FROM assignment WHERE id = :id
            """),
            {"office": id_of("office B1"), "id": id_of("assignment mediator-a1")},
        )
    ladder.county.clock.pass_time(hours=5)
    late = phone.note("dispute_event", dispute_id=dispute, event="mediate")
    outcomes = phone.deliver()
    assert [(o["status"], o.get("reason")) for o in outcomes] == [
        ("applied", None),
        ("quarantined", "dispute-not-found"),
    ]
    assert ladder.read("county", dispute)["dispute"]["status"] == "accepted"
    assert late not in [e["id"] for e in ladder.read("county", dispute)["events"]]


def test_somebody_without_any_relation_is_told_nothing(ladder: Ladder) -> None:
    dispute = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    stranger = ladder.desk("mediator-b1")
    body = {"id": str(uuid4()), "event": "note", "why": "示例"}
    known = stranger.post(f"/disputes/{dispute}/events", body, expect=404)
    unknown = stranger.post(f"/disputes/{uuid4()}/events", body, expect=404)
    assert known["type"] == unknown["type"] == "/problems/dispute-not-found"


def test_a_village_without_anybody_leaves_its_case_to_the_township(ladder: Ladder) -> None:
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("UPDATE assignment SET valid_to = :at WHERE office_id = :office"),
            {"at": START, "office": id_of("office A1")},
        )
    dispute = ladder.register("worker-a1w", "wall", village_id=str(id_of("A1")))
    told = ladder.read("township-a", dispute)
    assert (told["dispute"]["level"], told["dispute"]["start_level"]) == ("township", "village")
    assert [(e["kind"], e["recorded_by"] is None) for e in told["events"]] == [
        ("register", False),
        ("note", True),
    ]


def test_an_extension_is_asked_below_and_granted_above_once(ladder: Ladder) -> None:
    dispute = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    before = ladder.act("mediator-a1", dispute, "accept")["due_at"]
    assert ladder.refusal("township-a", dispute, "grant_extension") == "needs-extension-asked"
    ladder.act("mediator-a1", dispute, "extend", why="当事人外出")
    assert ladder.refusal("mediator-a1", dispute, "grant_extension") == "not-yours"
    after = ladder.act("township-a", dispute, "grant_extension")["due_at"]
    assert (before[:10], after[:10]) == ("2026-04-01", "2026-05-06")  # over Labour Day
    assert ladder.refusal("mediator-a1", dispute, "extend", why="再延") == "needs-first-extension"
    assert ladder.refusal("township-a", dispute, "grant_extension") == "needs-extension-asked"


def test_a_case_that_failed_may_be_referred_or_reopened(ladder: Ladder) -> None:
    dispute = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    for event in ("accept", "mediate"):
        ladder.act("mediator-a1", dispute, event)
    ladder.act("mediator-a1", dispute, "fail", why="各执一词", rights_told=True)
    assert ladder.act("township-a", dispute, "reopen", why="再试一次")["status"] == "registered"
    told = ladder.act("mediator-a1", dispute, "refer", why="须由法院裁判", referred_to="court")
    assert told["status"] == "referred"
    assert ladder.heights(dispute) == [("village", "fail"), ("village", "refer")]


def test_the_ledger_is_filtered_and_counted(ladder: Ladder) -> None:
    for name in ("one", "two", "three"):
        ladder.register("mediator-a1", name, village_id=str(id_of("A1")))
    ladder.act("mediator-a1", str(id_of("one")), "accept")
    ladder.register("mediator-b1", "other", village_id=str(id_of("B1")))
    ladder.county.clock.pass_time(days=10)
    desk = ladder.desk("township-a")
    assert desk.get("/disputes")["total"] == 3
    assert desk.get("/disputes", status="accepted")["total"] == 1
    assert desk.get("/disputes", overdue="true")["total"] == 2
    assert desk.get("/disputes", level="township")["total"] == 0
    county = ladder.desk("county")
    assert county.get("/disputes", village="511921101201")["total"] == 1
    page = county.get("/disputes", limit=3)
    assert (len(page["items"]), page["total"]) == (3, 4)
    assert len(county.get("/disputes", limit=3, after=page["next"])["items"]) == 1


def test_a_bad_form_is_named_field_by_field(ladder: Ladder) -> None:
    desk = ladder.desk("mediator-a1")
    good = {"id": str(uuid4()), "category": "neighbours", "story": "示例"}
    for wrong in (
        {"category": "feud"},
        {},  # no place at all
        {"village_id": str(id_of("A1")), "cell_id": str(id_of("A2w"))},
        {"village_id": str(id_of("A1")), "parties": [{"side": "applicant", "kind": "household"}]},
        {"village_id": str(id_of("A1")), "related_id": str(uuid4())},
        {"village_id": str(id_of("A1")), "occurred_at": "2026-03-03T01:00:00+00:00"},
    ):
        answer = desk.post("/disputes", {**good, **wrong}, expect=422)
        assert answer["errors"], wrong
    for village in (id_of("B1"), uuid4()):
        foreign = desk.post("/disputes", {**good, "village_id": str(village)}, expect=403)
        assert foreign["type"] == "/problems/place-not-yours"
