"""Areas renamed, merged, split and transferred: what the county previews, applies, and finds."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from server.access import queries as access
from server.db import DbRole, transaction
from server.places import queries as places
from sync.model import Op
from tests.cli.keyboard import Keyboard, environment
from tests.moves.conftest import Mover, split_of
from tests.smallcounty import CELLS, PEOPLE, TOWNSHIPS, VILLAGES, SmallCounty, id_of
from tests.syncing.test_phones import Carried, base_url, carried  # noqa: F401 (fixtures)

A, B = TOWNSHIPS["A"], TOWNSHIPS["B"]
A1, A2, B1 = VILLAGES["A1"], VILLAGES["A2"], VILLAGES["B1"]


def plan(do: str, **members: Any) -> dict[str, Any]:
    """A plan of the kind `areas`."""
    return {"kind": "areas", "do": do, **members}


MERGE = plan("merge", sources=[A2], target=A1)
RENAME = plan("rename", area=A, code="511921120", name="示例新镇")
SPLIT = plan("split", village=A1, cells=[CELLS["A1e"]], code=f"{A}299", name="示例新村")
TRANSFER = plan("transfer", village=A2, to=B)


def do(mover: Mover, asked: dict[str, Any]) -> Any:
    """The county office previews and applies."""
    mover.county.clock.pass_time(days=1)
    return mover.move(asked, "county")


def codes_of(mover: Mover, table: str = "grid_cell") -> dict[UUID, str]:
    rows = mover.ask(f"SELECT id, code FROM {table} WHERE ended_at IS NULL")
    return {row[0]: row[1] for row in rows}


def check_heads(mover: Mover) -> None:
    """Every entry of the feed is stamped, and counted in its bucket."""
    assert mover.ask("SELECT count(*) FROM feed_entry WHERE seq IS NULL") == [(0,)]
    wrong = mover.ask(
        "SELECT h.bucket FROM feed_head h WHERE n <> (SELECT count(*) FROM feed_entry e"
        " WHERE e.bucket = h.bucket AND e.put)"
    )
    assert wrong == []


def register_dispute(mover: Mover, login: str, **fields: Any) -> UUID:
    """A dispute somebody at a desk takes up."""
    asked = {
        "id": str(id_of(f"dispute {login} {len(fields)}")),
        "category": "neighbours",
        "story": "示例：为地界争执",
        "channel": "walk_in",
        "size": "individual",
        **fields,
    }
    return UUID(mover.desk(login).post("/disputes", asked)["id"])


def accept(mover: Mover, login: str, case: UUID) -> None:
    """Somebody's Office takes the case up."""
    body = {"id": str(id_of(f"accept {case}")), "event": "accept"}
    mover.desk(login).post(f"/disputes/{case}/events", body)


def unplaced(mover: Mover, village: str, group: int | None = None, name: str = "new") -> UUID:
    """A household without a point, in no cell."""
    body: dict[str, Any] = {
        "id": str(id_of(f"{village} {name}")),
        "village_id": str(id_of(village)),
        "head_name": "示某新",
    }
    mover.desk("county").post("/households", body)
    mover.run(
        "UPDATE household SET group_no = :group, unplaced = 'group_ambiguous' WHERE id = :id",
        group=group,
        id=id_of(f"{village} {name}"),
    )
    return id_of(f"{village} {name}")


# ------------------------------------------------------------------------------------------ rename


def test_a_township_becomes_a_town_and_every_code_beneath_changes(mover: Mover) -> None:
    """The real case: 杨柏乡 became 杨柏镇."""
    before = codes_of(mover)
    seen = do(mover, RENAME)
    assert seen["codes"]["count"] == 1 + 2 + 4
    assert {
        "level": "cell",
        "old": CELLS["A1w"],
        "new": "511921120201001",
        "name": "示例A1w网格",
    } in (seen["codes"]["list"])
    assert seen["households"] == {"concerned": 12, "change_village": 0, "unplaced": 0}
    after = codes_of(mover)
    assert {id_ for id_ in before if before[id_] != after[id_]} == {
        id_of(cell) for cell in CELLS if cell.startswith("A")
    }
    desk = mover.desk("county")
    assert desk.get(f"/places/areas/{A}")["name"] == "示例新镇"
    assert desk.get("/households", village=A1)["total"] == 6
    uses = desk.get(f"/places/codes/{A1}")
    assert uses["present_code"] == "511921120201"
    (history,) = desk.get("/moves", kind="areas")["items"]
    assert (history["counts"]["codes"], history["why"]) == (7, "示例：户数太多")


def test_authority_follows_the_new_codes(mover: Mover) -> None:
    do(mover, RENAME)
    for login, homes in (("township-a", 12), ("mediator-a1", 6), ("township-b", 6)):
        assert mover.desk(login).get("/households", limit=1)["total"] == homes


def test_phones_keep_all_they_hold_when_their_township_is_renamed(
    mover: Mover,
    carried: Callable[[str], Carried],  # noqa: F811
) -> None:
    li = carried("worker-a1w")
    li.sync()
    before = li.phone.rows("household")
    seen = do(mover, RENAME)
    (phone,) = [one for one in seen["phones"] if one["user"] == "worker-a1w"]
    assert phone["rows_now"] == phone["rows_after"]
    li.visit("A1w-1")  # written down before the phone hears of it
    assert not li.sync().lost
    assert (li.phone.waiting(), li.phone.set_aside()) == ([], [])
    assert li.phone.rows("household") == before
    assert li.phone.rows("cell")[str(id_of("A1w"))]["code"] == "511921120201001"
    assert li.phone.rows("area")[str(id_of("A"))]["name"] == "示例新镇"


def test_a_name_alone_changes_no_code(mover: Mover) -> None:
    before = codes_of(mover), codes_of(mover, "area")
    seen = do(mover, plan("rename", area=A1, name="示例新村"))
    assert seen["codes"]["list"] == [
        {"level": "village", "old": A1, "new": A1, "name": "示例新村", "was": "示例A1村"}
    ]
    assert (codes_of(mover), codes_of(mover, "area")) == before


def test_back_to_the_former_code_is_no_stranger(mover: Mover) -> None:
    do(mover, RENAME)
    seen = do(mover, plan("rename", area="511921120", code=A, name="示例A镇"))
    assert [w["slug"] for w in seen["warnings"]] == []
    assert codes_of(mover)[id_of("A1w")] == CELLS["A1w"]


def test_a_code_of_the_past_may_be_given_to_another_and_is_said(mover: Mover) -> None:
    do(mover, RENAME)
    seen = do(mover, plan("rename", area=B, code=A, name="示例B镇"))
    assert [w["slug"] for w in seen["warnings"]] == ["code-was-used"]
    assert mover.desk("county").get(f"/places/areas/{A}")["id"] == str(id_of("B"))


# ------------------------------------------------------------------------------------------- merge


def test_two_villages_become_one_and_every_cell_is_recoded(mover: Mover) -> None:
    home = unplaced(mover, "A2")
    seen = do(mover, MERGE)
    assert [(c["old"], c["new"]) for c in seen["codes"]["list"]] == [
        (CELLS["A2w"], f"{A1}003"),
        (CELLS["A2e"], f"{A1}004"),
    ]
    assert seen["ended"] == [{"code": A2, "name": "示例A2村", "into": A1}]
    assert seen["households"] == {"concerned": 13, "change_village": 7, "unplaced": 1}
    assert [w["slug"] for w in seen["warnings"]] == ["groups-clash"]
    ((count,),) = mover.ask("SELECT count(*) FROM household WHERE village_id = :v", v=id_of("A1"))
    assert count == 13
    ((bucket,),) = mover.ask("SELECT bucket FROM household WHERE id = :id", id=home)
    assert bucket == f"v:{id_of('A1')}"
    desk = mover.desk("county")
    assert desk.get(f"/places/areas/{A2}")["present_code"] == A1
    assert desk.get(f"/places/cells/{CELLS['A2e']}")["present_code"] == f"{A1}004"
    assert desk.get("/places/lookup", lon=107.12, lat=31.95)["areas"][-1]["code"] == A1
    drawn = desk.get(f"/places/areas/{A1}/boundary")["geometry"]
    xs = [x for ring in drawn["coordinates"][0] for x, _ in ring]
    assert (min(xs), max(xs)) == (107.0, 107.2)


def test_the_day_before_the_merger_is_still_known(mover: Mover) -> None:
    before = mover.county.clock.now.date().isoformat()
    do(mover, MERGE)
    desk = mover.desk("county")
    assert desk.get(f"/places/areas/{A2}", as_of=before)["code"] == A2
    look = desk.get("/places/lookup", lon=107.12, lat=31.95, as_of=before)
    assert (look["areas"][-1]["code"], look["cell"]["code"]) == (A2, CELLS["A2w"])
    then = desk.get(f"/places/cells/{CELLS['A2w']}/households", as_of=before)
    assert then["total"] == 3
    # Those who answer for what it became read its history too.
    mediator = mover.desk("mediator-a1")
    assert mediator.get(f"/places/cells/{CELLS['A2w']}/households", as_of=before)["total"] == 3


def test_offices_keep_their_open_cases_and_new_ones_go_to_the_lead(mover: Mover) -> None:
    case = register_dispute(mover, "mediator-a2", village_id=str(id_of("A2")))
    seen = do(mover, MERGE)
    assert seen["disputes"] == {"concerned": 1, "change_village": 1, "open": 1}
    assert seen["offices"] == [
        {
            "name": "示例A2调解委员会",
            "from": A2,
            "to": A1,
            "leads": False,
            "people": 1,
            "open_cases": 1,
        }
    ]
    held = mover.ask("SELECT office_id, village_id, area_id FROM dispute WHERE id = :id", id=case)
    assert held == [(id_of("office A2"), id_of("A1"), id_of("A1"))]
    accept(mover, "mediator-a2", case)
    later = register_dispute(mover, "mediator-a2", village_id=str(id_of("A1")), size="group")
    assert mover.ask("SELECT office_id FROM dispute WHERE id = :id", id=later) == [
        (id_of("office A1"),)
    ]


def test_a_case_between_both_villages_is_known_once(mover: Mover) -> None:
    parties = [
        {"side": "applicant", "kind": "household", "household_id": str(id_of("A1w-1"))},
        {"side": "respondent", "kind": "household", "household_id": str(id_of("A2w-1"))},
    ]
    case = register_dispute(mover, "mediator-a1", parties=parties)
    assert len(mover.ask("SELECT 1 FROM dispute_place WHERE dispute_id = :id", id=case)) == 2
    do(mover, MERGE)
    assert mover.ask("SELECT village_id FROM dispute_place WHERE dispute_id = :id", id=case) == [
        (id_of("A1"),)
    ]
    ((area,),) = mover.ask("SELECT area_id FROM dispute WHERE id = :id", id=case)
    assert area == id_of("A")  # the township took it up and keeps it
    assert mover.desk("mediator-a1").get("/disputes")["total"] == 1


def test_three_villages_at_once(mover: Mover) -> None:
    parties = [
        {"side": "applicant", "kind": "household", "household_id": str(id_of("A2w-1"))},
        {"side": "respondent", "kind": "household", "household_id": str(id_of("B1w-1"))},
    ]
    case = register_dispute(mover, "mediator-a2", parties=parties)
    seen = do(mover, plan("merge", sources=[B1, A2], target=A1, name="示例大村"))
    assert [one["new"][-3:] for one in seen["codes"]["list"]] == [
        A1[-3:],
        "003",
        "004",
        "005",
        "006",
    ]
    assert len(mover.ask("SELECT 1 FROM dispute_place WHERE dispute_id = :id", id=case)) == 1
    assert mover.desk("township-a").get("/households", limit=1)["total"] == 18
    assert mover.desk("township-b").get("/households", limit=1)["total"] == 0


def test_a_mediator_of_the_village_that_ended_goes_on_in_the_other(
    mover: Mover,
    carried: Callable[[str], Carried],  # noqa: F811
) -> None:
    """Away while the villages merged: what was written for the old one arrives."""
    chen = carried("mediator-a2")
    chen.sync()
    mover.county.clock.pass_time(hours=1)
    chen.visit("A2w-1")
    fields = {"village_id": str(id_of("A2")), "head_name": "示某迟"}
    late = chen.phone.record("household", Op.CREATE, fields)
    seen = do(mover, MERGE)
    (phone,) = [one for one in seen["phones"] if one["user"] == "mediator-a2"]
    assert not chen.sync().lost
    assert chen.phone.set_aside() == []
    held = chen.phone.rows("household")
    assert set(held) == {
        *(
            str(id_of(f"{cell}-{k}"))
            for cell in CELLS
            if cell[:2] in ("A1", "A2")
            for k in (1, 2, 3)
        ),
        late,
    }
    assert {row["village_id"] for row in held.values()} == {str(id_of("A1"))}
    assert str(id_of("A2")) not in chen.phone.rows("area")
    # What the preview foretold, and what came after it: the visit and the household.
    rows = sum(len(chen.phone.rows(e)) for e in ("household", "visit", "area", "cell"))
    assert phone["rows_after"] == rows - 2


def test_a_predecessors_late_visit_is_applied_after_the_merger(
    mover: Mover,
    carried: Callable[[str], Carried],  # noqa: F811
) -> None:
    """Held on the village itself, and ended before it merged; recorded while it was held."""
    mover.run(
        "UPDATE assignment SET office_id = NULL, area_id = :village WHERE user_id = :user",
        village=id_of("A2"),
        user=id_of("user mediator-a2"),
    )
    chen = carried("mediator-a2")
    chen.sync()
    mover.county.clock.pass_time(hours=1)
    chen.visit("A2w-1")
    fields = {"category": "neighbours", "story": "示例：为地界争执", "channel": "walk_in"}
    place = {"size": "individual", "village_id": str(id_of("A2"))}
    chen.phone.record("dispute", Op.CREATE, {**fields, **place})
    mover.county.clock.pass_time(hours=1)
    mover.run(
        "UPDATE assignment SET valid_to = :now WHERE user_id = :user",
        now=mover.county.clock.now,
        user=id_of("user mediator-a2"),
    )
    do(mover, MERGE)
    chen.sync()
    assert chen.phone.set_aside() == []
    assert mover.ask("SELECT count(*) FROM visit") == [(1,)]
    assert mover.ask("SELECT village_id FROM dispute") == [(id_of("A1"),)]


def test_a_worker_keeps_the_cell_and_hears_of_its_new_code(
    mover: Mover,
    carried: Callable[[str], Carried],  # noqa: F811
) -> None:
    wang = carried("worker-b1w")
    wang.sync()
    wang.visit("B1w-2")
    do(mover, plan("merge", sources=[B1], target=A2))
    assert not wang.sync().lost
    assert wang.phone.set_aside() == []
    assert set(wang.phone.rows("household")) == {str(id_of(f"B1w-{k}")) for k in (1, 2, 3)}
    assert len(wang.phone.rows("visit")) == 1
    cell = wang.phone.rows("cell")[str(id_of("B1w"))]
    assert (cell["code"], cell["village_id"]) == (f"{A2}003", str(id_of("A2")))


def test_townships_become_one_and_their_villages_are_transferred(mover: Mover) -> None:
    seen = do(mover, plan("merge", sources=[B], target=A, name="示例大镇"))
    codes = codes_of(mover, "area")
    assert codes[id_of("B1")] == f"{A}203"  # 201 and 202 are taken
    assert id_of("B") not in codes
    assert [office["name"] for office in seen["offices"]] == ["示例B调解中心"]
    for login in ("township-a", "township-b"):
        assert mover.desk(login).get("/households", limit=1)["total"] == 18
    ((parent,),) = mover.ask("SELECT parent_id FROM area WHERE id = :id", id=id_of("B1"))
    assert parent == id_of("A")
    assert mover.desk("county").get(f"/places/areas/{B1}")["present_code"] == f"{A}203"


def test_an_ended_township_leaves_every_phone(
    mover: Mover,
    carried: Callable[[str], Carried],  # noqa: F811
) -> None:
    li = carried("worker-a1w")
    li.sync()
    assert str(id_of("B")) in li.phone.rows("area")
    do(mover, plan("merge", sources=[B], target=A))
    li.sync()
    assert str(id_of("B")) not in li.phone.rows("area")


def test_the_new_codes_of_villages_may_be_given(mover: Mover) -> None:
    do(mover, plan("merge", sources=[B], target=A, codes={B1: f"{A}250"}))
    assert codes_of(mover)[id_of("B1w")] == f"{A}250001"


def test_where_the_target_has_no_office_one_that_comes_leads(mover: Mover) -> None:
    mover.run("DELETE FROM assignment WHERE office_id = :o", o=id_of("office A1"))
    mover.run("DELETE FROM office WHERE id = :o", o=id_of("office A1"))
    seen = do(mover, MERGE)
    assert [office["leads"] for office in seen["offices"]] == [True]
    assert "lead-office" in [w["slug"] for w in seen["warnings"]]
    assert mover.ask("SELECT lead FROM office WHERE area_id = :a", a=id_of("A1")) == [(True,)]


def test_county_it_merges_from_a_file(mover: Mover, tmp_path: Path) -> None:
    file = tmp_path / "merge.json"
    file.write_text(json.dumps(MERGE), encoding="utf-8")
    keyboard = Keyboard(environment(mover.county.url, tmp_path))
    said = keyboard.type("move", "preview", file)
    assert "调解委员会" in said
    assert "groups-clash" not in said  # the text is for people
    token = said.rpartition("token: ")[2].strip()
    assert "applied" in keyboard.type("move", "apply", file, "--token", token, "--why", "示例")
    assert codes_of(mover)[id_of("A2w")] == f"{A1}003"


# ------------------------------------------------------------------------------------------- split


def test_cells_of_a_village_become_a_new_one(mover: Mover) -> None:
    of_leaving, of_both = unplaced(mover, "A1", 4, "g4"), unplaced(mover, "A1", 2, "g2")
    case = register_dispute(
        mover, "mediator-a1", village_id=str(id_of("A1")), cell_id=str(id_of("A1e"))
    )
    seen = do(mover, SPLIT)
    assert seen["new"] == [{"code": f"{A}299", "name": "示例新村"}]
    assert [w["slug"] for w in seen["warnings"]] == ["no-office"]
    assert seen["households"] == {"concerned": 8, "change_village": 4, "unplaced": 1}
    ((new,),) = mover.ask("SELECT id FROM area WHERE code = :c", c=f"{A}299")
    homes = dict(mover.ask("SELECT id, village_id FROM household"))
    assert {homes[id_of(f"A1e-{k}")] for k in (1, 2, 3)} == {new}
    assert {homes[id_of(f"A1w-{k}")] for k in (1, 2, 3)} == {id_of("A1")}
    assert (homes[of_leaving], homes[of_both]) == (new, id_of("A1"))
    assert codes_of(mover)[id_of("A1e")] == f"{A}299001"
    placed = mover.ask("SELECT village_id, area_id, office_id FROM dispute WHERE id = :i", i=case)
    assert placed == [(new, new, id_of("office A1"))]
    desk = mover.desk("county")
    for code, west, east in ((A1, 107.0, 107.05), (f"{A}299", 107.05, 107.1)):
        ring = desk.get(f"/places/areas/{code}/boundary")["geometry"]["coordinates"][0][0]
        assert (min(x for x, _ in ring), max(x for x, _ in ring)) == (west, east)
    # The Office that holds the case still acts on it; the new village's cases go to the township.
    accept(mover, "mediator-a1", case)
    later = register_dispute(mover, "township-a", village_id=str(new), size="group")
    assert mover.ask("SELECT office_id FROM dispute WHERE id = :id", id=later) == [
        (id_of("office A"),)
    ]


def test_a_case_between_both_parts_is_known_in_both(mover: Mover) -> None:
    """Known in the whole village before; the worker of a leaving cell must not lose it."""
    parties = [
        {"side": "applicant", "kind": "household", "household_id": str(id_of("A1w-1"))},
        {"side": "respondent", "kind": "household", "household_id": str(id_of("A1e-1"))},
    ]
    case = register_dispute(mover, "mediator-a1", parties=parties)
    seen = do(mover, SPLIT)
    assert [w["slug"] for w in seen["warnings"]] == ["no-office", "cases-in-both"]
    for login in ("worker-a1w", "worker-a1e", "mediator-a1", "township-a"):
        assert mover.desk(login).get("/disputes")["total"] == 1, login
    ((new,),) = mover.ask("SELECT id FROM area WHERE code = :c", c=f"{A}299")
    known = mover.ask("SELECT village_id FROM dispute_place WHERE dispute_id = :id", id=case)
    assert {village for (village,) in known} == {id_of("A1"), new}
    check_heads(mover)


# ---------------------------------------------------------------------------------------- transfer


def test_a_village_goes_to_another_township(mover: Mover) -> None:
    seen = do(mover, TRANSFER)
    assert seen["codes"]["list"][0]["new"] == f"{B}202"
    assert mover.desk("township-a").get("/households", limit=1)["total"] == 6
    assert mover.desk("township-b").get("/households", limit=1)["total"] == 12
    assert mover.desk("mediator-a2").get("/households", limit=1)["total"] == 6
    assert mover.desk("county").get(f"/places/areas/{A2}")["present_code"] == f"{B}202"


def test_the_old_townships_late_visit_is_applied(
    mover: Mover,
    carried: Callable[[str], Carried],  # noqa: F811
) -> None:
    """Recorded while the village was still theirs, received after it was transferred."""
    supervisor = carried("township-a")
    supervisor.sync()
    mover.county.clock.pass_time(minutes=5)
    supervisor.visit("A2w-1")
    do(mover, TRANSFER)
    supervisor.sync()
    assert supervisor.phone.set_aside() == []
    assert mover.ask("SELECT count(*) FROM visit") == [(1,)]


# --------------------------------------------------------------------------------- what is refused


SENSELESS: list[tuple[dict[str, Any], str]] = [
    ({"do": "unite"}, "do"),
    (plan("rename", area=A), "name"),
    (plan("rename", area=A, name="示例A镇"), "name"),
    (plan("rename", area=A, code="511921000"), "code"),
    (plan("rename", area=A, code="511922100"), "code"),
    (plan("rename", area=A1, code=f"{B}205"), "code"),
    (plan("rename", area=A1, code=A2), "code"),
    (plan("rename", area=A1, name="\x01"), "name"),
    (plan("rename", area=A1, name="　 "), "name"),
    (plan("rename", area=A1, name="新村\u202e"), "name"),
    (plan("rename", area="511921", name="示例县"), "area"),
    (plan("rename", area=A, name="新", target=B), "target"),
    (plan("merge", sources=[A1], target=A1), "sources"),
    (plan("merge", sources=[A2, A2], target=A1), "sources"),
    (plan("merge", sources=[B], target=A1), "sources"),
    (plan("merge", sources=[], target=A1), "sources"),
    (plan("merge", sources=[A2], target=A1, codes={A2: A1}), "codes"),
    (plan("merge", sources=[B], target=A, codes={A1: f"{A}250"}), "codes"),
    (plan("merge", sources=[B], target=A, codes={B1: A1}), "code"),
    (plan("split", village=A1, cells=[CELLS["A1w"]], code=A2, name="新"), "code"),
    (plan("split", village=A1, cells=[CELLS["A2w"]], code=f"{A}299", name="新"), "cells"),
    (
        plan("split", village=A1, cells=[CELLS["A1w"], CELLS["A1e"]], code=f"{A}299", name="新"),
        "cells",
    ),
    (plan("transfer", village=A1, to=A), "to"),
    (plan("transfer", village=A1, to=B, code=f"{A}205"), "code"),
]


def test_a_plan_that_makes_no_sense_names_the_field(mover: Mover) -> None:
    for asked, field in SENSELESS:
        answer = mover.preview({"kind": "areas", **asked}, "county", expect=422)
        assert answer["type"] == "/problems/bad-plan"
        assert field in {name.split(".")[0] for name in answer["errors"]}, (asked, answer["errors"])


def test_areas_are_the_countys_alone(mover: Mover) -> None:
    for login in ("township-a", "mediator-a1", "worker-a1w", "system"):
        for asked in (RENAME, MERGE, SPLIT, TRANSFER):
            assert mover.preview(asked, login, expect=403)["type"] == "/problems/not-yours"


PAST_THE_FIRST_WALL = [
    "UPDATE area SET name = '夺' WHERE id = :a1",
    "UPDATE office SET area_id = :a1 WHERE area_id = :b1",
    "UPDATE assignment SET area_id = :a1 WHERE area_id IS NOT NULL",
    "UPDATE household SET village_id = :b1 WHERE village_id = :a1",
    "UPDATE boundary SET valid_to = now() WHERE area_id = :a1",
    "INSERT INTO area_successor VALUES (:a1, :b1, now(), 'merged')",
]


def test_the_second_wall_holds_without_the_first(county: SmallCounty) -> None:
    """A supervisor's transaction as a mover, past every check of ours."""
    ids = {"a1": id_of("A1"), "b1": id_of("B1")}
    mover = county.identity("township-a", DbRole.MOVER)
    for statement in PAST_THE_FIRST_WALL:
        with suppress(ProgrammingError), transaction(mover) as session:
            assert session.connection().execute(text(statement), ids).rowcount == 0, statement


def test_whoever_gets_an_old_code_gets_none_of_its_history(mover: Mover) -> None:
    """Villages of township A merged; A took another code, and B the one that A had."""
    do(mover, MERGE)
    do(mover, RENAME)
    do(mover, plan("rename", area=B, code=A, name="示例B镇"))
    read = {
        login: mover.desk(login).get("/moves")["total"] for login in ("township-a", "township-b")
    }
    assert read == {"township-a": 2, "township-b": 1}
    a2 = id_of("A2")
    for login, charged in (("township-a", True), ("township-b", False)):
        with transaction(mover.county.identity(login, DbRole.MOVER)) as session:
            charge = set(session.scalars(text("SELECT gate.my_charge()")))
            seen = session.scalar(
                text("SELECT count(*) FROM household_placing WHERE village_id = :v"), {"v": a2}
            )
        assert (a2 in charge, bool(seen)) == (charged, charged), login


def test_both_walls_agree_on_what_has_ended(mover: Mover) -> None:
    """B1 became part of A2, and that of A1: who serves the last reads the history of all three."""
    do(mover, plan("merge", sources=[B1], target=A2))
    do(mover, MERGE)
    for login in PEOPLE:
        identity = mover.county.identity(login)
        with transaction(identity) as session:
            first = set(access.list_places(session, id_of(f"user {login}"), identity.now))
            second = set(session.scalars(text("SELECT gate.my_places()")))
        assert first == second, login
        heirs = login in ("mediator-a1", "mediator-a2", "mediator-b1", "township-a")
        assert (f"v:{id_of('B1')}" in second) == heirs, login


def test_a_token_is_good_until_the_world_changes(mover: Mover) -> None:
    seen = mover.preview(MERGE, "county")
    unplaced(mover, "A2")
    refused = mover.apply(MERGE, seen["token"], "county", expect=409)
    assert refused["type"] == "/problems/world-changed"
    assert codes_of(mover)[id_of("A2w")] == CELLS["A2w"]


def test_a_lost_answer_merges_nothing_twice(mover: Mover) -> None:
    seen = mover.preview(MERGE, "county")
    first = mover.apply(MERGE, seen["token"], "county")
    assert mover.apply(MERGE, seen["token"], "county")["id"] == first["id"]
    # Previewed once more, the source is what it became: the target itself.
    assert "sources" in mover.preview(MERGE, "county", expect=422)["errors"]


def test_a_redraw_that_was_previewed_before_the_merger_is_refused(mover: Mover) -> None:
    redraw = split_of()
    seen = mover.preview(redraw, "county")
    do(mover, plan("rename", area=A1, name="示例新村"))
    refused = mover.apply(redraw, seen["token"], "county", expect=409)
    assert refused["type"] == "/problems/world-changed"


def test_after_a_merger_no_feed_entry_is_unstamped_and_heads_are_right(mover: Mover) -> None:
    unplaced(mover, "A2")
    do(mover, MERGE)
    check_heads(mover)
    left = mover.ask(
        "SELECT count(*) FROM feed_entry WHERE bucket = :b AND put", b=f"v:{id_of('A2')}"
    )
    assert left == [(0,)]


def test_the_next_household_of_the_old_code_goes_to_the_new_village(mover: Mover) -> None:
    do(mover, MERGE)
    with transaction(mover.county.worker) as session:
        assert places.map_old_villages(session)[A2] == id_of("A1")
    body = {"id": str(id_of("late")), "village_id": str(id_of("A2")), "head_name": "示某迟"}
    made = mover.desk("mediator-a2").post("/households", body)
    assert made["village_id"] == str(id_of("A1"))
