"""What becomes of an outbox: numbers, bad changes, refusals, and what may be acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from sync import judge
from sync.memory import MemoryStore
from sync.model import Change, DeviceState, Instant, Key, Op, Push, Pushed, Ready, Status
from sync.push import push
from sync.registry import Refused, Registry, TryAgain
from tests.sync.contract import CLOCK, Worker
from tests.sync.sample import NORTH, START, House, SampleCounty, Visit

APPLIED, QUARANTINED = Status.APPLIED, Status.QUARANTINED


@pytest.fixture
def county() -> SampleCounty:
    return SampleCounty()


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


# What the entity says.


def test_a_visit_of_a_house_that_was_set_aside_is_set_aside_with_it(
    county: SampleCounty, li: Worker
) -> None:
    nowhere = replace(li.create(NORTH), set={"cell": "c:nowhere"})
    good = li.create(NORTH)
    changes = [nowhere, good, li.visit(nowhere.id), li.visit(good.id)]
    assert answers(li.push(*changes)) == [
        (QUARANTINED, "no_such_cell"),
        (APPLIED, None),
        (QUARANTINED, "no_such_house"),
        (APPLIED, None),
    ]


def test_a_fault_that_no_rule_foresaw_sets_one_change_aside(
    county: SampleCounty, li: Worker
) -> None:
    changes = [li.create(NORTH) for _ in range(9)]
    changes[6] = replace(changes[6], set={"cell": NORTH, "note": "ill-formed"})
    wanted = [(QUARANTINED, "not_applied") if i == 6 else (APPLIED, None) for i in range(9)]
    assert answers(li.push(*changes)) == wanted
    assert len([key for key in county.db.state.records if key.entity == "house"]) == 8
    assert sum(isinstance(note, str) for note in county.db.state.journal.values()) == 8


class CountedVisit(Visit):
    """Counts how often the set-wise way was taken, and for how many visits."""

    def __init__(self) -> None:
        self.runs: list[int] = []

    def apply(self, handle: MemoryStore, run: Sequence[Ready]) -> None:
        self.runs.append(len(run))
        super().apply(handle, run)


def push_with(li: Worker, entity: Any, *changes: Change) -> Pushed:
    registry = Registry([House(), entity])
    with li.open() as store:
        return push(Push(li.device, None, CLOCK, changes), registry, store)


def test_a_good_run_is_applied_in_one_go_and_a_bad_change_costs_few_more(
    county: SampleCounty, li: Worker
) -> None:
    house, visits = county.write_house(NORTH), CountedVisit()
    push_with(li, visits, *(li.visit(house) for _ in range(100)))
    assert visits.runs == [100]
    visits.runs.clear()
    run = [li.visit(house if i != 40 else str(uuid4())) for i in range(100)]
    push_with(li, visits, *run)
    assert visits.runs == [100, 40, 29, 30]
    assert county.visits(house) == 199


def test_nothing_but_bad_changes_costs_n_log_n(li: Worker) -> None:
    visits = CountedVisit()
    pushed = push_with(li, visits, *(li.visit(str(uuid4())) for _ in range(128)))
    assert set(answers(pushed)) == {(QUARANTINED, "no_such_house")}
    assert sum(visits.runs) <= 128 * 8


class LostLine(Visit):
    def apply(self, handle: MemoryStore, run: Sequence[Ready]) -> None:
        super().apply(handle, run)
        raise TryAgain("deadlock")


def test_a_lost_transaction_is_no_fault_of_the_change(county: SampleCounty, li: Worker) -> None:
    house = county.write_house(NORTH)
    visit = li.visit(house)
    with pytest.raises(TryAgain):
        push_with(li, LostLine(), visit)
    assert county.visits(house) == 0
    assert li.push_one(visit).status is APPLIED


class Vanishing(Visit):
    """Its rows end where their author cannot read them."""

    def apply(self, handle: MemoryStore, run: Sequence[Ready]) -> None:
        for ready in run:
            if ready.change.set["outcome"] == "met":
                handle.note(ready.change.mid)
            else:
                Visit.apply(self, handle, [ready])


def test_what_cannot_be_read_back_is_not_acknowledged_and_left_no_trace(
    county: SampleCounty, li: Worker
) -> None:
    house = county.write_house(NORTH)
    lost = li.visit(house)
    kept = replace(li.visit(house), set={"house": house, "outcome": "declined"})
    pushed = push_with(li, Vanishing(), lost, kept)
    assert answers(pushed) == [(QUARANTINED, "not_read_back"), (APPLIED, None)]
    assert [n for n in county.db.state.journal.values() if isinstance(n, str)] == [kept.mid]


class Lying(Visit):
    """Blames a change that was not in the run."""

    def apply(self, handle: MemoryStore, run: Sequence[Ready]) -> None:
        raise Refused(99, "somebody_else")


def test_a_refusal_of_a_change_that_was_not_given_still_ends(
    county: SampleCounty, li: Worker
) -> None:
    house = county.write_house(NORTH)
    pushed = push_with(li, Lying(), li.visit(house), li.visit(house))
    assert answers(pushed) == [(QUARANTINED, "not_applied")] * 2


def test_a_patch_that_lost_every_field_is_still_put_before_its_entity(
    county: SampleCounty, li: Worker
) -> None:
    house = county.write_house(NORTH)
    long_ago = Instant(CLOCK.wall - 7_200_000, 1, "boot-0")
    late = replace(li.patch(house, {"note": "late"}), at=long_ago)
    outcome = li.push_one(late)
    assert outcome.status is Status.MERGED
    assert outcome.row == county.house_row(house)
    assert late.mid in county.db.state.journal.values()


def test_two_patches_of_one_house_in_one_push_meet_each_other_not_the_old_row(
    county: SampleCounty, li: Worker
) -> None:
    house = county.write_house(NORTH)
    old = county.db.state.records[Key("house", house)].row["note"]
    one = li.patch(house, {"note": "one"}, {"note": old})
    two = li.patch(house, {"note": "two"}, {"note": "one"})
    assert answers(li.push(one, two)) == [(APPLIED, None)] * 2
    assert county.conflicts(house) == []


def test_times_are_corrected_by_the_clock_that_the_push_brings(
    county: SampleCounty, li: Worker
) -> None:
    li.push(replace(li.create(NORTH), at=CLOCK._replace(elapsed=CLOCK.elapsed - 3_000)))
    (state,) = county.db.state.devices.values()
    assert state.last_time == int(START.timestamp() * 1000) + 7 - 3_000
