"""Moves as the field lives through them: phones that purge and receive, late visits, sick leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.syncing.entities import REGISTRY
from sync.model import Op
from tests.moves.conftest import Mover, split_of
from tests.smallcounty import CELLS, VILLAGES, id_of
from tests.syncing.test_phones import Carried, base_url, carried  # noqa: F401 (fixtures)

A1 = VILLAGES["A1"]
NEW = f"{A1}003"
GIVEN_AWAY = split_of(into=[{"groups": [1]}, {"groups": [2], "workers": ["worker-a1e"]}])
Give = Callable[[str], Carried]


def households(phone: Carried) -> set[str]:
    """Names of the households on a phone."""
    names = {str(id_of(f"{cell}-{k}")): f"{cell}-{k}" for cell in CELLS for k in (1, 2, 3)}
    return {names.get(id_, id_) for id_ in phone.phone.rows("household")}


def held(phone: Carried) -> int:
    """How many rows a phone holds."""
    return sum(len(phone.phone.rows(entity)) for entity in REGISTRY)


def told(preview: dict[str, Any], login: str) -> tuple[int, int]:
    """What the preview says that somebody's phone holds, now and after."""
    (phone,) = [phone for phone in preview["phones"] if phone["user"] == login]
    return phone["rows_now"], phone["rows_after"]


def test_a_cell_is_split_one_phone_purges_and_the_other_receives(
    mover: Mover,
    carried: Give,  # noqa: F811
) -> None:
    west, east = carried("worker-a1w"), carried("worker-a1e")
    west.visit("A1w-3")
    west.sync()
    east.sync()
    seen = mover.preview(GIVEN_AWAY)
    assert told(seen, "worker-a1w")[0] == held(west)
    assert told(seen, "worker-a1e")[0] == held(east)

    mover.county.clock.pass_time(minutes=1)
    mover.apply(GIVEN_AWAY, seen["token"])
    west.sync()
    east.sync()
    assert households(west) == {"A1w-1", "A1w-2"}
    assert households(east) == {"A1e-1", "A1e-2", "A1e-3", "A1w-3"}
    assert west.phone.rows("visit") == {}
    assert len(east.phone.rows("visit")) == 1
    assert {row["code"] for row in east.phone.rows("cell").values()} == {CELLS["A1e"], NEW}
    assert told(seen, "worker-a1w")[1] == held(west)
    assert told(seen, "worker-a1e")[1] == held(east)


def test_the_phones_of_a_merger_hold_what_the_preview_said(
    mover: Mover,
    carried: Give,  # noqa: F811
) -> None:
    people = ("worker-a1w", "worker-a1e", "mediator-a1")
    phones = {login: carried(login) for login in people}
    for phone in phones.values():
        phone.sync()
    merge = {"cells": [CELLS["A1w"], CELLS["A1e"]], "keep": CELLS["A1w"]}
    seen = mover.move({"kind": "redraw", "village": A1, "merge": merge})
    for login, phone in phones.items():
        phone.sync()
        assert told(seen, login)[1] == held(phone), login
        assert {row["code"] for row in phone.phone.rows("cell").values()} == {CELLS["A1w"]}
        assert len(households(phone)) == 6


def test_a_visit_that_arrives_late_is_kept_and_reaches_who_serves_the_household_now(
    mover: Mover,
    carried: Give,  # noqa: F811
) -> None:
    west, east = carried("worker-a1w"), carried("worker-a1e")
    west.sync()
    mover.county.clock.pass_time(hours=1)
    visit = west.visit("A1w-3", note="去时还是本网格")
    mover.county.clock.pass_time(hours=1)
    mover.move(GIVEN_AWAY)
    mover.county.clock.pass_time(days=2)
    west.sync()
    east.sync()
    assert west.phone.set_aside() == []
    assert west.phone.rows("visit") == {}
    assert east.phone.rows("visit")[visit]["note"] == "去时还是本网格"
    ((cell,),) = mover.ask(
        "SELECT c.code FROM visit v JOIN grid_cell c ON c.id = v.cell_id WHERE v.id = :v", v=visit
    )
    assert cell == CELLS["A1w"]  # where it was made, for statistics


def test_a_household_noted_in_a_cell_that_ended_meanwhile_waits_for_a_person(
    mover: Mover,
    carried: Give,  # noqa: F811
) -> None:
    west = carried("worker-a1w")
    west.sync()
    fields = {"village_id": str(id_of("A1")), "head_name": "示某新", "cell_id": str(id_of("A1w"))}
    west.phone.record("household", Op.CREATE, fields)
    merge = {"cells": [CELLS["A1w"], CELLS["A1e"]], "keep": CELLS["A1e"]}
    mover.move({"kind": "redraw", "village": A1, "merge": merge})
    west.sync()
    assert [reason for _, _, reason in west.phone.set_aside()] == ["bad-household"]
    assert len(mover.desk("township-a").get("/sync/quarantine")["items"]) == 1


def dispute(mover: Mover, name: str, *parties: str, **fields: Any) -> str:
    """Register a dispute in A1 among households."""
    body = {
        "id": str(id_of(name)),
        "category": "neighbours",
        "story": "示例：院墙",
        "village_id": str(id_of("A1")),
        "parties": [
            {
                "side": side,
                "kind": "household",
                "household_id": str(id_of(home)),
            }
            for side, home in zip(("applicant", "respondent"), parties, strict=False)
        ],
        **fields,
    }
    return str(mover.desk("mediator-a1").post("/disputes", body)["id"])


def known_in(mover: Mover, dispute_id: str) -> str | None:
    """The code of the cell in which a dispute is known; None: in its village."""
    ((code,),) = mover.ask(
        "SELECT c.code FROM dispute_place p LEFT JOIN grid_cell c ON c.id = p.cell_id"
        " WHERE p.dispute_id = :d",
        d=dispute_id,
    )
    return None if code is None else str(code)


def test_a_dispute_follows_its_households(mover: Mover, carried: Give) -> None:  # noqa: F811
    west, east = carried("worker-a1w"), carried("worker-a1e")
    cell = {"cell_id": str(id_of("A1w"))}
    follows = dispute(mover, "one home", "A1w-3", **cell)
    stays = dispute(mover, "another", "A1w-1", "A1w-2", **cell)
    torn = dispute(mover, "torn", "A1w-2", "A1w-3", **cell)
    nobodys = dispute(mover, "of no home", **cell)
    west.sync()
    east.sync()
    assert set(west.phone.rows("dispute")) == {follows, stays, torn, nobodys}

    mover.county.clock.pass_time(minutes=1)
    seen = mover.move(GIVEN_AWAY)
    assert seen["disputes"]["moved"] == seen["disputes"]["open"] == 2
    assert seen["disputes"]["to_village"] == 1
    assert seen["holdings"] == {"moved": 2}
    assert [known_in(mover, d) for d in (follows, stays, torn, nobodys)] == [
        NEW,
        CELLS["A1w"],
        None,
        CELLS["A1w"],
    ]
    west.sync()
    east.sync()
    assert set(west.phone.rows("dispute")) == {stays, torn, nobodys}
    assert set(east.phone.rows("dispute")) == {follows, torn}
    assert told(seen, "worker-a1w")[1] == held(west)
    assert told(seen, "worker-a1e")[1] == held(east)


def test_a_dispute_of_no_household_goes_with_its_cell_or_to_the_village(mover: Mover) -> None:
    nobodys = dispute(mover, "of no home", cell_id=str(id_of("A1e")))
    merge = {"cells": [CELLS["A1w"], CELLS["A1e"]], "keep": CELLS["A1w"]}
    mover.move({"kind": "redraw", "village": A1, "merge": merge})
    assert known_in(mover, nobodys) == CELLS["A1w"]


def test_a_dispute_that_is_over_follows_too_and_is_not_counted_as_open(mover: Mover) -> None:
    over = dispute(mover, "over", "A1w-3", cell_id=str(id_of("A1w")))
    mover.run(
        "UPDATE holding SET ended_at = now(), ended_how = 'settle', due_at = NULL"
        " WHERE dispute_id = :d",
        d=over,
    )
    seen = mover.move(GIVEN_AWAY)
    assert (seen["disputes"]["moved"], seen["disputes"]["open"]) == (1, 0)
    assert seen["holdings"] == {"moved": 0}
    assert known_in(mover, over) == NEW


def test_a_dispute_noted_offline_in_a_cell_that_ended_is_known_in_the_village(mover: Mover) -> None:
    merge = {"cells": [CELLS["A1w"], CELLS["A1e"]], "keep": CELLS["A1w"]}
    mover.move({"kind": "redraw", "village": A1, "merge": merge})
    assert known_in(mover, dispute(mover, "late", cell_id=str(id_of("A1e")))) is None


SICK = {
    "kind": "assignment",
    "cover": {
        "user": "worker-a1w",
        "from": "2026-03-03",
        "to": "2026-03-23",
        "by": [{"user": "worker-a1e", "cells": [CELLS["A1w"]]}],
    },
}


def test_a_sick_workers_cell_is_served_by_another_for_three_weeks_and_then_comes_back(
    mover: Mover,
    carried: Give,  # noqa: F811
) -> None:
    sick, other = carried("worker-a1w"), carried("worker-a1e")
    sick.sync()
    other.sync()
    seen = mover.move(SICK)
    assert seen["warnings"] == []
    sick.sync()
    assert len(households(sick)) == 3  # it begins tomorrow

    mover.county.clock.pass_time(days=2)
    sick.sync()
    other.sync()
    assert households(sick) == set()
    assert len(households(other)) == 6
    assert told(seen, "worker-a1w")[1] == held(sick)
    assert told(seen, "worker-a1e")[1] == held(other)

    mover.county.clock.pass_time(days=19)  # the last day
    other.sync()
    assert len(households(other)) == 6
    mover.county.clock.pass_time(days=1)
    sick.sync()
    other.sync()
    assert len(households(sick)) == len(households(other)) == 3


def test_who_is_away_while_the_cell_is_merged_comes_back_to_what_it_became(
    mover: Mover,
    carried: Give,  # noqa: F811
) -> None:
    mover.move(SICK)
    mover.county.clock.pass_time(days=7)
    merge = {"cells": [CELLS["A1w"], CELLS["A1e"]], "keep": CELLS["A1e"]}
    mover.move({"kind": "redraw", "village": A1, "merge": merge})
    sick, other = carried("worker-a1w"), carried("worker-a1e")
    mover.county.clock.pass_time(days=1)
    sick.sync()
    other.sync()
    assert (len(households(sick)), len(households(other))) == (0, 6)
    mover.county.clock.pass_time(days=14)
    sick.sync()
    assert len(households(sick)) == 6
