"""Who serves which cells: sick leave, hand-overs, and what cannot be."""

from __future__ import annotations

from typing import Any

from tests.moves.conftest import Mover
from tests.smallcounty import CELLS, id_of

W, E = CELLS["A1w"], CELLS["A1e"]


def spans(mover: Mover, login: str, cell: str = "A1w") -> list[tuple[str, str | None]]:
    """(from, to) of what a user serves of a cell, as local days."""
    rows = mover.ask(
        "SELECT to_char(valid_from AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI'),"
        "       to_char(valid_to   AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI')"
        "  FROM assignment WHERE user_id = :u AND cell_id = :c ORDER BY valid_from",
        u=id_of(f"user {login}"),
        c=id_of(cell),
    )
    return [(row[0], row[1]) for row in rows]


def plan(**members: Any) -> dict[str, Any]:
    """A plan of assignments."""
    return {"kind": "assignment", **members}


def cover(**more: Any) -> dict[str, Any]:
    """worker-a1w is away, worker-a1e stands in."""
    absence = {
        "user": "worker-a1w",
        "from": "2026-03-03",
        "to": "2026-03-23",
        "by": [{"user": "worker-a1e", "cells": [W]}],
    }
    return plan(cover={**absence, **more})


def slugs(preview: Any) -> list[str]:
    """Slugs of the warnings."""
    return [warning["slug"] for warning in preview["warnings"]]


def test_somebody_begins_today_and_serves_at_once(mover: Mover) -> None:
    mover.move(plan(changes=[{"user": "worker-a1e", "cell": W, "from": "2026-03-02"}]))
    assert spans(mover, "worker-a1e") == [("03-02 09:00", None)]
    mover.county.clock.pass_time(seconds=1)
    assert mover.desk("worker-a1e").get("/households")["total"] == 6


def test_an_end_without_a_date_is_now_and_what_is_left_alone_is_told(mover: Mover) -> None:
    seen = mover.move(plan(ends=[{"user": "worker-a1w", "cell": W}]))
    assert slugs(seen) == ["unserved"]
    assert spans(mover, "worker-a1w")[0][1] == "03-02 09:00"


def test_a_hand_over_in_one_plan_leaves_nobody_unserved(mover: Mover) -> None:
    seen = mover.move(
        plan(
            ends=[{"user": "worker-a1w", "cell": W, "at": "2026-03-05"}],
            changes=[{"user": "worker-a1e", "cell": W, "from": "2026-03-06", "leads": True}],
        )
    )
    assert slugs(seen) == []
    assert spans(mover, "worker-a1w")[0][1] == "03-06 00:00"
    assert spans(mover, "worker-a1e") == [("03-06 00:00", None)]


def test_days_away_count_whole(mover: Mover) -> None:
    mover.move(cover())
    assert spans(mover, "worker-a1w")[0][1] == "03-03 00:00"
    assert spans(mover, "worker-a1w")[1] == ("03-24 00:00", None)
    assert spans(mover, "worker-a1e") == [("03-03 00:00", "03-24 00:00")]
    ((leads,),) = mover.ask(
        "SELECT leads FROM assignment WHERE user_id = :u AND cell_id = :c",
        u=id_of("user worker-a1e"),
        c=id_of("A1w"),
    )
    assert leads  # as the one who is away did


def test_cells_of_one_who_is_away_go_to_two_others_and_what_is_forgotten_is_told(
    mover: Mover,
) -> None:
    mover.move(plan(changes=[{"user": "worker-a1w", "cell": CELLS["A2w"]}]))
    mover.county.clock.pass_time(hours=1)
    one = cover(by=[{"user": "worker-a1e", "cells": [W]}])
    assert slugs(mover.preview(one)) == ["unserved"]
    both = cover(
        by=[
            {"user": "worker-a1e", "cells": [W]},
            {"user": "worker-b1w", "cells": [CELLS["A2w"]]},
        ]
    )
    seen = mover.move(both)
    assert slugs(seen) == []
    assert seen["cells"] == [W, CELLS["A2w"]]
    assert spans(mover, "worker-b1w", "A2w") == [("03-03 00:00", "03-24 00:00")]


def test_a_supervisor_does_not_send_anybody_away_from_another_township(mover: Mover) -> None:
    """worker-b1w also serves B1w, where township A has no say: the leave is for the county."""
    mover.move(plan(changes=[{"user": "worker-b1w", "cell": W}]))
    leave = cover(user="worker-b1w")
    assert mover.preview(leave, expect=403)["type"] == "/problems/not-in-charge"
    assert mover.preview(leave, "county")["token"]


def test_two_who_lead_the_same_cell_are_told(mover: Mover) -> None:
    change = {"user": "worker-a1e", "cell": W, "from": "2026-03-09", "leads": True}
    assert slugs(mover.preview(plan(changes=[change]))) == ["two-lead"]


def test_an_assignment_that_changed_spoils_the_token(mover: Mover) -> None:
    leave = cover()
    seen = mover.preview(leave)
    mover.move(plan(changes=[{"user": "worker-a1e", "cell": CELLS["A2w"]}]))
    assert mover.apply(leave, seen["token"], expect=409)["type"] == "/problems/world-changed"


def test_a_phone_that_would_hold_too_much_is_told(mover: Mover) -> None:
    """A thousand visits to every household: what the preview counts, the feed has counted."""
    mover.run(
        "INSERT INTO visit (id, household_id, bucket, cell_id, outcome, done_by, recorded_by,"
        "                   occurred_at, recorded_at, received_at, proof)"
        " SELECT gen_random_uuid(), h.id, h.bucket, h.cell_id, 'met', :u, :u,"
        "        now(), now(), now(), 'proved'"
        "   FROM household h, generate_series(1, 2000) WHERE h.village_id = :v",
        u=id_of("user worker-a1w"),
        v=id_of("A1"),
    )
    seen = mover.preview(plan(changes=[{"user": "worker-a1e", "cell": W}]))
    assert slugs(seen) == ["phone-full"]
    (phone,) = [phone for phone in seen["phones"] if phone["user"] == "worker-a1e"]
    assert phone["rows_now"] > 6000
    assert phone["rows_after"] > 12000


def test_who_leaves_for_good_while_away_does_not_come_back(mover: Mover) -> None:
    mover.move(cover())
    mover.move(plan(ends=[{"user": "worker-a1w", "cell": W}]))
    mover.county.clock.pass_time(days=30)
    assert mover.desk("worker-a1w").call("GET", "/households").status_code == 403


def test_what_has_not_begun_is_withdrawn_and_may_be_planned_anew(mover: Mover) -> None:
    later = {"user": "worker-a1e", "cell": W, "from": "2026-03-20"}
    mover.move(plan(changes=[later]))
    mover.move(plan(ends=[{"user": "worker-a1e", "cell": W}]))
    mover.move(plan(changes=[{**later, "from": "2026-03-10", "to": "2026-03-12"}]))
    mover.county.clock.pass_time(days=9)
    assert mover.desk("worker-a1e").get("/households")["total"] == 6
    mover.county.clock.pass_time(days=20)
    assert mover.desk("worker-a1e").get("/households")["total"] == 3


def test_a_stand_in_who_falls_sick_too_is_covered_in_turn(mover: Mover) -> None:
    mover.move(cover())
    away = {"user": "worker-a1e", "from": "2026-03-03", "to": "2026-03-23"}
    seen = mover.move(plan(cover={**away, "by": [{"user": "worker-b1w", "cells": [W]}]}), "county")
    assert slugs(seen) == ["unserved"]  # the stand-in's own cell
    mover.county.clock.pass_time(days=2)
    assert mover.desk("worker-b1w").get("/households")["total"] == 6
    assert mover.desk("worker-a1e").call("GET", "/households").status_code == 403


def test_two_covers_of_one_absence_follow_upon_each_other(mover: Mover) -> None:
    mover.move(cover())
    mover.move(cover(**{"from": "2026-03-20", "to": "2026-03-30"}))
    stands_in = spans(mover, "worker-a1e")
    assert stands_in == [("03-03 00:00", "03-24 00:00"), ("03-24 00:00", "03-31 00:00")]
    mover.county.clock.pass_time(days=25)
    assert mover.desk("worker-a1w").call("GET", "/households").status_code == 403
    mover.county.clock.pass_time(days=6)
    assert mover.desk("worker-a1w").get("/households")["total"] == 3


def test_an_absence_around_another_one_is_covered_before_and_after_it(mover: Mover) -> None:
    mover.move(cover())
    seen = mover.move(cover(**{"from": None, "to": "2026-03-30"}))
    assert slugs(seen) == []
    assert spans(mover, "worker-a1e") == [
        ("03-02 09:00", "03-03 00:00"),
        ("03-03 00:00", "03-24 00:00"),
        ("03-24 00:00", "03-31 00:00"),
    ]


def test_a_closed_account_is_recalled_and_an_administrator_never_sent(mover: Mover) -> None:
    mover.run("UPDATE user_account SET active = false WHERE login = 'worker-a1e'")
    refused = mover.preview(plan(changes=[{"user": "worker-a1e", "cell": W}]), expect=422)
    assert "worker-a1e" in refused["errors"]["plan"]
    mover.move(plan(ends=[{"user": "worker-a1e", "cell": E}]))
    for login in ("auditor", "system", "security"):
        mover.preview(plan(changes=[{"user": login, "cell": W}]), expect=422)
        named = {"code": W, "workers": [login]}
        redraw = {"kind": "redraw", "village": W[:12], "cells": [named]}
        mover.preview(redraw, expect=422)


def test_a_far_offset_is_a_time_like_any_other(mover: Mover) -> None:
    change = {"user": "worker-a1e", "cell": W, "from": "2026-03-09T00:00:00+23:59"}
    mover.move(plan(changes=[change]))
    assert spans(mover, "worker-a1e") == [("03-08 08:01", None)]


NONSENSE: list[dict[str, Any]] = [
    plan(),
    plan(changes=[]),
    plan(changes=[{"user": "worker-a1e"}]),
    plan(changes=[{"user": "ghost", "cell": W}]),
    plan(changes=[{"user": "worker-a1e", "cell": f"{W[:12]}999"}]),
    plan(changes=[{"user": "worker-a1w", "cell": W}]),  # serves it already
    plan(changes=[{"user": "worker-a1e", "cell": W, "from": "2026-02-01"}]),  # the past
    plan(changes=[{"user": "worker-a1e", "cell": W, "from": "2026-04-01", "to": "2026-03-20"}]),
    plan(changes=[{"user": "worker-a1e", "cell": W, "from": "soon"}]),
    plan(changes=[{"user": "worker-a1e", "cell": W, "from": "2026-03-05T09:00:00"}]),
    plan(changes=[{"user": "worker-a1e", "cell": W, "from": "9999-12-31", "to": "9999-12-31"}]),
    plan(changes=[{"user": "worker-a1e", "cell": W, "from": 5}]),
    plan(changes=[{"user": "worker-a1e", "cell": W, "from": "5026-03-02"}]),
    plan(changes=[{"user": "worker-a1e", "cell": W, "from": "0001-01-01"}]),
    plan(changes=[{"user": "worker-a1e", "cell": W}] * 2),
    plan(ends=[{"user": "worker-a1e", "cell": W}]),  # does not serve it
    plan(ends=[{"user": "worker-a1w", "cell": W, "at": "2020-01-01"}]),
    cover(user="worker-b1w"),  # serves no cell that is named
    cover(by=[{"user": "worker-a1w", "cells": [W]}]),  # stands in for oneself
    cover(by=[{"user": "worker-a1e", "cells": [E]}]),
    cover(by=[]),
    cover(to=None),
    cover(**{"from": "2026-03-24"}),
]


def test_what_cannot_be_is_named(mover: Mover) -> None:
    for wrong in NONSENSE:
        answer = mover.desk("county").call("POST", "/moves/preview", json={"plan": wrong})
        assert answer.status_code == 422, (wrong, answer.text)
        assert answer.json["type"] == "/problems/bad-plan"
        assert answer.json["errors"]


def test_the_history_of_assignments_is_never_rewritten(mover: Mover) -> None:
    """What somebody served until now, a visit that comes late is still judged by."""
    before = mover.ask("SELECT id, valid_from FROM assignment ORDER BY id")
    mover.move(cover(**{"from": None, "to": "2026-03-10"}))
    after = mover.ask("SELECT id, valid_from FROM assignment ORDER BY id")
    assert set(before) <= set(after)
