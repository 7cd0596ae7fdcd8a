"""Runs of changes: the set-wise way, and what happens when one change of a run is bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from sync.memory import MemoryStore
from sync.model import Change, Instant, Key, Push, Pushed, Ready, Status
from sync.push import push
from sync.registry import Refused, Registry, TryAgain
from tests.sync.sample import NORTH, START, House, SampleCounty, Visit
from tests.sync.workers import CLOCK, Worker

APPLIED, QUARANTINED = Status.APPLIED, Status.QUARANTINED


@pytest.fixture
def li(county: SampleCounty) -> Worker:
    return Worker(county, 0)


def answers(pushed: Pushed) -> list[tuple[Status, str | None]]:
    return [(outcome.status, outcome.reason) for outcome in pushed.outcomes]


def test_a_visit_of_a_house_that_was_set_aside_is_set_aside_with_it(
    county: SampleCounty, li: Worker
) -> None:
    nowhere = replace(li.create(NORTH), set={"cell": "c:nowhere"})
    good = li.create(NORTH)
    changes = [nowhere, good, li.visit(nowhere.id), li.visit(good.id)]
    assert answers(li.push(*changes)) == [
        (QUARANTINED, "no_such_cell"),
        (APPLIED, None),
        (QUARANTINED, "waits_for_row"),
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
