"""What becomes of an outbox: numbers, bad changes, refusals, and what may be acknowledged."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from sync import judge
from sync.model import DeviceState, Instant, Op, Pushed, Status
from tests.sync.sample import NORTH, SampleCounty
from tests.sync.workers import CLOCK, Worker

APPLIED, QUARANTINED = Status.APPLIED, Status.QUARANTINED


@pytest.fixture
def li(county: SampleCounty) -> Worker:
    return Worker(county, 0)


def answers(pushed: Pushed) -> list[tuple[Status, str | None]]:
    return [(outcome.status, outcome.reason) for outcome in pushed.outcomes]


# Numbers.


def test_changes_are_taken_in_the_order_of_n_however_they_were_packed(li: Worker) -> None:
    made = li.create(NORTH)
    visit = li.visit(made.id)
    pushed = li.push(visit, made)
    assert [o.mid for o in pushed.outcomes] == [made.mid, visit.mid]
    assert [o.status for o in pushed.outcomes] == [APPLIED, APPLIED]


def test_behind_a_hole_nothing_is_answered(county: SampleCounty, li: Worker) -> None:
    first, lost, third = (li.create(NORTH) for _ in range(3))
    pushed = li.push(first, third)
    assert ([o.mid for o in pushed.outcomes], pushed.next_n) == ([first.mid], 2)
    assert county.house_row(third.id) is None
    again = li.push(lost, third)
    assert ([o.status for o in again.outcomes], again.next_n) == ([APPLIED, APPLIED], 4)


def test_a_hole_that_the_phone_cannot_fill_is_declared_and_recorded(
    county: SampleCounty, li: Worker
) -> None:
    hole = li.change(judge.HOLE, Op.APPEND, str(uuid4()), {})
    made = li.create(NORTH)
    assert answers(li.push(hole, made)) == [(QUARANTINED, "hole"), (APPLIED, None)]
    assert county.set_aside(li.device) == {hole.mid: "hole"}


def test_a_device_that_was_reset_counts_again_and_is_believed(
    county: SampleCounty, li: Worker
) -> None:
    li.push(*(li.create(NORTH) for _ in range(3)))
    reset = Worker(county, 0)
    fresh = reset.create(NORTH)
    pushed = reset.push(fresh)
    assert answers(pushed) == [(APPLIED, "device_reset")]
    assert pushed.next_n == 4
    assert answers(reset.push(fresh)) == [(Status.DUPLICATE, "device_reset")]


def test_what_a_reset_device_writes_later_wins_over_what_it_wrote_before(
    county: SampleCounty, li: Worker
) -> None:
    house = county.write_house(NORTH)
    li.push(li.create(NORTH), li.patch(house, {"note": "before"}))
    reset = Worker(county, 0)
    reset.push(reset.patch(house, {"note": "after"}, {"note": "before"}))
    row = county.house_row(house)
    assert row is not None
    assert row["note"] == "after"


def test_the_same_change_twice_in_one_push_takes_effect_once(
    county: SampleCounty, li: Worker
) -> None:
    house = county.write_house(NORTH)
    visit = li.visit(house)
    pushed = li.push(visit, visit)
    assert [o.status for o in pushed.outcomes] == [APPLIED, Status.DUPLICATE]
    assert (county.visits(house), pushed.next_n) == (1, 2)


def test_stamps_never_go_back_though_the_phone_was_restarted(
    county: SampleCounty, li: Worker
) -> None:
    house = county.write_house(NORTH)
    first = li.patch(house, {"note": "first"}, {"note": "三组 1 号"})
    second = li.patch(house, {"note": "second"}, {"note": "first"})
    hours_ago = Instant(CLOCK.wall - 7_200_000, 1, "boot-0")
    li.push(first, replace(second, at=hours_ago))
    row = county.house_row(house)
    assert row is not None
    assert row["note"] == "second"
    assert county.conflicts(house) == []


def test_an_empty_push_changes_nothing_and_tells_the_number(
    county: SampleCounty, li: Worker
) -> None:
    before = county.db.state
    assert (li.push().next_n, li.push().outcomes) == (1, ())
    assert county.db.state == before


# What is judged before anything is touched.


def test_bad_changes_are_kept_with_a_reason_and_good_ones_pass_between_them(
    county: SampleCounty, li: Worker
) -> None:
    house = county.write_house(NORTH)
    changes = [
        li.change("spell", Op.CREATE, str(uuid4()), {}),
        li.visit(house),
        li.change("visit", Op.PATCH, house, {}),
        li.patch(house, {"cell": "c:elsewhere"}),
        li.create(NORTH, house),
        li.patch(str(uuid4()), {"note": "x"}),
        li.visit(house),
    ]
    assert answers(li.push(*changes)) == [
        (QUARANTINED, "unknown_entity"),
        (APPLIED, None),
        (QUARANTINED, "op_not_allowed"),
        (QUARANTINED, "field_not_mutable"),
        (QUARANTINED, "id_taken"),
        (QUARANTINED, "no_such_row"),
        (APPLIED, None),
    ]
    assert len(county.set_aside(li.device)) == 5


def test_an_outsider_cannot_tell_a_house_of_others_from_none(
    county: SampleCounty, li: Worker
) -> None:
    theirs = county.write_house("c:south")
    patches = [li.patch(id_, {"note": "x"}) for id_ in (theirs, str(uuid4()))]
    assert len(set(answers(li.push(*patches)))) == 1


def test_a_change_over_64_kb_stays_on_the_phone(county: SampleCounty, li: Worker) -> None:
    long = li.change("house", Op.CREATE, str(uuid4()), {"cell": NORTH, "note": "网" * 22_000})
    made = li.create(NORTH)
    assert answers(li.push(long, made)) == [(Status.REJECTED, "too_large"), (APPLIED, None)]
    assert answers(li.push(long)) == [(Status.REJECTED, "too_large")]
    assert county.set_aside(li.device) == {}


def test_a_full_quarantine_takes_no_more_but_good_changes_go_on(
    county: SampleCounty, li: Worker
) -> None:
    county.db.state.devices[li.device] = DeviceState(1, 0, judge.MAX_OPEN_QUARANTINED - 1)
    bad = [li.change("spell", Op.APPEND, str(uuid4()), {}) for _ in range(2)]
    assert answers(li.push(*bad, li.create(NORTH))) == [
        (QUARANTINED, "unknown_entity"),
        (Status.REJECTED, "quarantine_full"),
        (APPLIED, None),
    ]
    assert county.db.state.devices[li.device].open_quarantined == judge.MAX_OPEN_QUARANTINED


def test_a_lost_phone_gets_no_row_even_for_what_it_had_sent_before(
    county: SampleCounty, li: Worker
) -> None:
    patch = li.patch(county.write_house(NORTH), {"note": "x"})
    li.push(patch)
    county.revoke(li.device)
    made = li.create(NORTH)
    old, new = li.push(patch, made).outcomes
    assert (old.status, old.row) == (Status.DUPLICATE, None)
    assert (new.status, new.reason) == (QUARANTINED, "device_revoked")
    assert county.house_row(made.id) is None
