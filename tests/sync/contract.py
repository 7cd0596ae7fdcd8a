"""The one contract suite of `sync.store.Store`: every store passes it, told as stories.

A store's test module subclasses `StoreContract` and gives a fixture `county` that offers what
`County` in `tests.sync.workers` says. Names differ between stores (a house is a "household" where
people live), so the county tells them; the stories use nothing else. Everything that a county's
methods do is committed when they return. At the start of each story `users[0]` holds `buckets[0]`
alone, and `users[1]` both; other buckets may be held besides.
"""

from __future__ import annotations

from uuid import uuid4

import pytest

from sync.model import (
    Change,
    Key,
    Presence,
    Status,
)
from tests.sync.contract_feed import FeedContract
from tests.sync.workers import County, Worker, rest


class StoreContract(FeedContract):
    """Subclass as `TestMyStore(StoreContract)` in a module with a `county` fixture."""

    # Push: what a change becomes.

    def test_a_visit_sent_twice_because_the_answer_was_lost_takes_effect_once(
        self, county: County, li: Worker
    ) -> None:
        house = county.write_house(county.buckets[0])
        visit = li.visit(house)
        assert li.push_one(visit).status is Status.APPLIED
        again = li.push_one(visit)
        assert again.status is Status.DUPLICATE
        assert again.row is not None
        assert county.visits(house) == 1

    def test_a_house_is_made_visited_and_corrected_in_one_push(
        self, county: County, li: Worker
    ) -> None:
        made = li.create(county.buckets[0])
        old = made.set[county.plain]
        corrected = li.patch(made.id, {county.plain: "五组 9 号"}, {county.plain: old})
        pushed = li.push(made, li.visit(made.id), corrected)
        assert [o.status for o in pushed.outcomes] == [Status.APPLIED] * 3
        assert pushed.next_n == 4
        row = county.house_row(made.id)
        assert row is not None
        assert row[county.plain] == "五组 9 号"
        assert county.conflicts(made.id) == []

    def test_two_corrections_of_one_house_in_one_push_follow_each_other(
        self, county: County, li: Worker
    ) -> None:
        house = county.write_house(county.buckets[0])
        row = county.house_row(house)
        assert row is not None
        one = li.patch(house, {county.plain: "一"}, {county.plain: row[county.plain]})
        two = li.patch(house, {county.plain: "二"}, {county.plain: "一"})
        assert [o.status for o in li.push(one, two).outcomes] == [Status.APPLIED] * 2
        end = county.house_row(house)
        assert end is not None
        assert end[county.plain] == "二"
        assert county.conflicts(house) == []

    def test_one_bad_visit_among_many_blocks_none(self, county: County, li: Worker) -> None:
        house = county.write_house(county.buckets[0])
        changes = [li.visit(house) for _ in range(6)]
        changes[3] = li.visit(str(uuid4()))
        changes[3] = Change(changes[3].mid, 4, *rest(changes[3]))
        pushed = li.push(*changes)
        assert [o.status is Status.QUARANTINED for o in pushed.outcomes] == [
            i == 3 for i in range(6)
        ]
        assert county.visits(house) == 5
        assert pushed.outcomes[3].reason
        assert county.set_aside(li.device) == {changes[3].mid: pushed.outcomes[3].reason}

    def test_the_quarantine_of_a_device_is_counted_and_a_replay_answers_the_same(
        self, county: County, li: Worker
    ) -> None:
        lost = li.patch(str(uuid4()), {county.plain: "x"})
        first = li.push_one(lost)
        assert (first.status, first.reason) == (Status.QUARANTINED, "no_such_row")
        assert li.push_one(lost) == first
        with li.open() as store:
            state = store.device(li.device, lock=False)
        assert (state.next_n, state.open_quarantined) == (2, 1)

    def test_two_workers_change_one_field_and_both_values_are_kept(
        self, county: County, li: Worker, wang: Worker
    ) -> None:
        house = county.write_house(county.buckets[0])
        row = county.house_row(house)
        assert row is not None
        was = {county.plain: row[county.plain]}
        clean = wang.push_one(wang.patch(house, {county.plain: "王记"}, was))
        assert clean.status is Status.APPLIED
        met = li.push_one(li.patch(house, {county.plain: "李记"}, was))
        assert met.status is Status.MERGED
        assert met.row is not None
        (conflict,) = county.conflicts(house)
        assert (conflict.ours, conflict.theirs, conflict.open) == ("王记", "李记", False)
        now = county.house_row(house)
        assert now is not None
        assert met.row[county.plain] == now[county.plain]

    def test_a_place_that_the_office_moved_meanwhile_waits_for_a_person(
        self, county: County, li: Worker
    ) -> None:
        house = county.write_house(county.buckets[0])
        first, second, third = county.places
        county.edit_house(house, {county.sensitive: second})
        patch = li.patch(house, {county.sensitive: third}, {county.sensitive: first})
        assert li.push_one(patch).status is Status.CONFLICT
        row = county.house_row(house)
        assert row is not None
        assert row[county.sensitive] == second
        assert [c.open for c in county.conflicts(house)] == [True]

    def test_an_edit_of_a_deleted_house_is_kept_and_does_not_bring_it_back(
        self, county: County, li: Worker
    ) -> None:
        house = county.write_house(county.buckets[0])
        county.delete_house(house)
        outcome = li.push_one(li.patch(house, {county.plain: "x"}))
        assert (outcome.status, outcome.reason) == (Status.QUARANTINED, "deleted")
        assert county.house_row(house) is None

    def test_after_the_cell_was_taken_away_a_replay_tells_no_row(
        self, county: County, li: Worker
    ) -> None:
        house = county.write_house(county.buckets[0])
        patch = li.patch(house, {county.plain: "x"})
        li.push(patch)
        county.assign(li.user)
        again = li.push_one(patch)
        assert (again.status, again.row) == (Status.DUPLICATE, None)

    def test_a_lost_phone_may_only_deliver(self, county: County, li: Worker) -> None:
        house = county.write_house(county.buckets[0])
        before = li.pull()
        county.revoke(li.device)
        outcome = li.push_one(li.visit(house))
        assert (outcome.status, outcome.reason) == (Status.QUARANTINED, "device_revoked")
        page = li.pull(before)
        assert (page.put, page.more, page.buckets) == ({}, False, {})
        assert county.buckets[0] in page.drop
        assert county.visits(house) == 0

    # Locks, attempts, transactions.

    def test_absent_hidden_deleted_and_present_are_told_apart(
        self, county: County, li: Worker
    ) -> None:
        mine, theirs = (county.write_house(bucket) for bucket in county.buckets)
        gone = county.write_house(county.buckets[0])
        county.delete_house(gone)
        keys = [Key(county.house, id_) for id_ in (mine, theirs, gone, str(uuid4()))]
        with li.open() as store:
            locked = store.lock(keys)
            told = [locked[key].presence if key in locked else Presence.ABSENT for key in keys]
            seen = store.seen(keys)
        assert told == [Presence.PRESENT, Presence.HIDDEN, Presence.DELETED, Presence.ABSENT]
        assert set(seen) == {keys[0]}
        assert locked[keys[0]].row[county.plain] == seen[keys[0]][county.plain]
        assert not locked[keys[1]].row

    def test_a_patch_leaves_its_stamp_on_its_field(self, county: County, li: Worker) -> None:
        house = county.write_house(county.buckets[0])
        li.push(li.patch(house, {county.plain: "新"}))
        key = Key(county.house, house)
        with li.open() as store:
            stamp = store.lock([key])[key].stamps[county.plain]
            state = store.device(li.device, lock=False)
        assert (stamp.device, stamp.n) == (li.device, 1)
        assert stamp.time == state.last_time

    def test_what_an_attempt_did_is_undone_and_the_rest_is_not(
        self, county: County, li: Worker
    ) -> None:
        good, bad = li.create(county.buckets[0]), li.create(county.buckets[0])
        unknown = Change(bad.mid, 2, *rest(bad, set_={}))
        pushed = li.push(good, unknown)
        assert [o.status for o in pushed.outcomes] == [Status.APPLIED, Status.QUARANTINED]
        assert county.house_row(good.id) is not None
        assert county.house_row(bad.id) is None

    def test_a_transaction_that_fails_leaves_no_receipt_and_no_row(
        self, county: County, li: Worker
    ) -> None:
        made = li.create(county.buckets[0])
        with pytest.raises(ConnectionError):
            li.push_and_break(made)
        assert county.house_row(made.id) is None
        assert li.push_one(made).status is Status.APPLIED
