"""The one contract suite of `sync.store.Store`: every store passes it, told as stories.

A store's test module subclasses `StoreContract` and gives a fixture `county` that offers what
`County` below says. Names differ between stores (a house is a "household" where people live), so
the county tells them; the stories use nothing else. Everything that a county's methods do is
committed when they return. At the start of each story `users[0]` holds `buckets[0]` alone, and
`users[1]` both; other buckets may be held besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any, Protocol
from uuid import uuid4

import pytest

from sync.digest import EMPTY, digest
from sync.model import (
    NOTHING,
    Change,
    Conflict,
    Cursor,
    Entry,
    Head,
    Instant,
    Key,
    Op,
    Outcome,
    Page,
    Presence,
    Pull,
    Push,
    Pushed,
    Row,
    Status,
)
from sync.pull import pull
from sync.push import push
from sync.registry import Registry
from sync.store import Store

CLOCK = Instant(1_770_000_000_000, 5_000, "boot-1")


class County(Protocol):
    """What a store's test module must offer."""

    @property
    def registry(self) -> Registry:
        """With the two entities named below."""

    @property
    def house(self) -> str:
        """The name of an entity with create and patch."""

    @property
    def visit(self) -> str:
        """The name of an entity with append, whose rows lie where their house lies."""

    @property
    def plain(self) -> str:
        """A mutable text field of a house that is not sensitive, and is among its columns."""

    @property
    def sensitive(self) -> str:
        """A sensitive field of a house."""

    @property
    def places(self) -> Sequence[Any]:
        """Three good values of the sensitive field; all of them leave a house in its bucket."""

    @property
    def users(self) -> Sequence[str]:
        """Two workers."""

    @property
    def devices(self) -> Sequence[str]:
        """The device of each of them: UUIDs."""

    @property
    def buckets(self) -> Sequence[str]:
        """The buckets of two cells, empty at first."""

    def open(self, user: str, device: str) -> AbstractContextManager[Store]:
        """A transaction of this author: committed when the block ends, undone when it raises."""

    def new_house(self, bucket: str) -> Row:
        """The `set` of a good create in this bucket, with the plain and the sensitive field."""

    def new_visit(self, house_id: str) -> Row:
        """The `set` of a good append."""

    def write_house(self, bucket: str) -> str:
        """A house written by the office, as a browser or a bulk job would; its id."""

    def edit_house(self, id_: str, fields: Mapping[str, Any]) -> None:
        """The office changes mutable fields, stamped with server time."""

    def move_house(self, id_: str, bucket: str) -> None:
        """The house and its visits now lie in the other bucket alone."""

    def delete_house(self, id_: str) -> None:
        """The house is gone for good."""

    def assign(self, user: str, *buckets: str) -> None:
        """From now on the user holds exactly these of the two buckets."""

    def revoke(self, device: str) -> None:
        """The device is lost."""

    def house_row(self, id_: str) -> Row | None:
        """What stands in the database, whoever asks: by field name."""

    def visits(self, house_id: str) -> int:
        """How many visits of this house there are."""

    def conflicts(self, id_: str) -> Sequence[Conflict]:
        """What the conflict log says of this house."""

    def set_aside(self, device: str) -> Mapping[str, str]:
        """Quarantined changes of the device: mid → reason."""


class Worker:
    """One worker with a phone whose outbox the story writes by hand."""

    def __init__(self, county: County, which: int) -> None:
        self.county = county
        self.user, self.device = county.users[which], county.devices[which]
        self.numbers = count(1)

    def change(self, entity: str, op: Op, id_: str, set_: Row, was: Row = NOTHING) -> Change:
        return Change(str(uuid4()), next(self.numbers), entity, id_, op, set_, CLOCK, was)

    def create(self, bucket: str, id_: str | None = None) -> Change:
        id_ = id_ or str(uuid4())
        return self.change(self.county.house, Op.CREATE, id_, self.county.new_house(bucket))

    def patch(self, id_: str, set_: Row, was: Row = NOTHING) -> Change:
        return self.change(self.county.house, Op.PATCH, id_, set_, was)

    def visit(self, house_id: str) -> Change:
        visit = self.county.new_visit(house_id)
        return self.change(self.county.visit, Op.APPEND, str(uuid4()), visit)

    def push(self, *changes: Change) -> Pushed:
        with self.open() as store:
            return push(Push(self.device, None, CLOCK, changes), self.county.registry, store)

    def push_and_break(self, *changes: Change) -> None:
        """The transaction fails when all is done but the commit."""
        with self.open() as store:
            push(Push(self.device, None, CLOCK, changes), self.county.registry, store)
            raise ConnectionError

    def push_one(self, change: Change) -> Outcome:
        (outcome,) = self.push(change).outcomes
        return outcome

    def pull(self, page: Page | None = None, rows: int = 1000) -> Page:
        cursor, epoch = (page.cursor, page.epoch) if page else (Cursor(), None)
        with self.open() as store:
            return pull(
                Pull(self.device, epoch, cursor), self.county.registry, store, rows, 1_000_000
            )

    @contextmanager
    def open(self) -> Iterator[Store]:
        with self.county.open(self.user, self.device) as store:
            yield store


def ids_put(page: Page, bucket: str, entity: str) -> list[str]:
    """The ids of the rows that a page brings into a bucket."""
    _, rows = page.put.get(bucket, {}).get(entity, ((), ()))
    return [row[0] for row in rows]


def read_feed(store: Store, bucket: str) -> list[Entry]:
    return list(store.entries({bucket: 0}, 10_000))


def head_of(store: Store, bucket: str) -> Head:
    heads, _ = store.heads()
    return heads[bucket]


class StoreContract:
    """Subclass as `TestMyStore(StoreContract)` in a module with a `county` fixture."""

    @pytest.fixture
    def li(self, county: County) -> Worker:
        return Worker(county, 0)

    @pytest.fixture
    def wang(self, county: County) -> Worker:
        return Worker(county, 1)

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
        changes[3] = Change(changes[3].mid, 4, *_rest(changes[3]))
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
        unknown = Change(bad.mid, 2, *_rest(bad, set_={}))
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

    # Feed, heads, rows, marks.

    def test_an_empty_bucket_has_an_empty_head(self, county: County, li: Worker) -> None:
        with li.open() as store:
            assert head_of(store, county.buckets[0]) == Head(0, 0, EMPTY)
            heads, _ = store.heads()
        assert county.buckets[1] not in heads

    def test_heads_count_and_hash_what_the_feed_says(self, county: County, wang: Worker) -> None:
        north, south = county.buckets
        houses = [county.write_house(north) for _ in range(3)]
        wang.push(*(wang.visit(house) for house in houses))
        county.edit_house(houses[0], {county.plain: "改"})
        county.move_house(houses[1], south)
        county.delete_house(houses[2])
        with wang.open() as store:
            for bucket in county.buckets:
                feed = read_feed(store, bucket)
                live = [(e.entity, e.id, e.seq) for e in feed if e.put]
                head = head_of(store, bucket)
                assert (head.n, head.h) == digest(live)
                assert head.seq == max(e.seq for e in feed)

    def test_what_is_committed_later_has_a_greater_seq(self, county: County, li: Worker) -> None:
        seqs = []
        for _ in range(4):
            county.write_house(county.buckets[0])
            with li.open() as store:
                seqs.append(head_of(store, county.buckets[0]).seq)
        assert seqs == sorted(set(seqs))

    def test_a_row_has_one_entry_however_often_it_changes(self, county: County, li: Worker) -> None:
        house = county.write_house(county.buckets[0])
        for text in "一二三":
            county.edit_house(house, {county.plain: text})
        with li.open() as store:
            feed = read_feed(store, county.buckets[0])
        assert [(e.id, e.put) for e in feed] == [(house, True)]

    def test_a_house_that_moves_takes_its_visits_along(
        self, county: County, li: Worker, wang: Worker
    ) -> None:
        north, south = county.buckets
        house = county.write_house(north)
        visit = li.visit(house)
        li.push(visit)
        before = li.pull()
        county.move_house(house, south)
        page = li.pull(before)
        assert page.gone[north] == {county.house: (house,), county.visit: (visit.id,)}
        assert ids_put(wang.pull(), south, county.visit) == [visit.id]

    def test_pages_of_one_bring_the_same_as_one_page(self, county: County, wang: Worker) -> None:
        for bucket in [*county.buckets] * 3:
            county.write_house(bucket)
        whole = wang.pull()
        page, pieces = None, 0
        got: dict[str, list[str]] = {bucket: [] for bucket in county.buckets}
        while page is None or page.more:
            page = wang.pull(page, rows=1)
            pieces += 1
            for bucket in county.buckets:
                got[bucket] += ids_put(page, bucket, county.house)
        assert got == {b: ids_put(whole, b, county.house) for b in county.buckets}
        assert pieces >= 6
        assert page.cursor.after == whole.cursor.after

    def test_entries_respect_the_cursor_and_the_limit(self, county: County, li: Worker) -> None:
        north = county.buckets[0]
        for _ in range(4):
            county.write_house(north)
        with li.open() as store:
            feed = read_feed(store, north)
            assert list(store.entries({north: feed[1].seq}, 10)) == feed[2:]
            assert list(store.entries({north: 0}, 3)) == feed[:3]

    def test_rows_come_in_the_order_of_the_columns_and_only_if_they_may_be_seen(
        self, county: County, li: Worker
    ) -> None:
        mine, theirs = (county.write_house(bucket) for bucket in county.buckets)
        columns = [county.sensitive, county.plain]
        with li.open() as store:
            rows = store.rows(county.house, [mine, theirs, str(uuid4())], columns)
        row = county.house_row(mine)
        assert row is not None
        assert {id_: list(values) for id_, values in rows.items()} == {
            mine: [row[county.sensitive], row[county.plain]]
        }

    def test_a_cell_that_is_taken_away_is_dropped_and_a_new_one_begins_at_its_first_row(
        self, county: County, li: Worker
    ) -> None:
        north, south = county.buckets
        houses = {bucket: county.write_house(bucket) for bucket in county.buckets}
        before = li.pull()
        county.assign(li.user, south)
        page = li.pull(before)
        assert page.drop == (north,)
        assert ids_put(page, south, county.house) == [houses[south]]
        assert page.buckets is not None
        assert north not in page.buckets

    def test_the_newest_mark_is_known_and_a_made_up_one_is_not(
        self, county: County, li: Worker
    ) -> None:
        county.write_house(county.buckets[0])
        first = li.pull()
        county.write_house(county.buckets[0])
        second = li.pull(first)
        assert first.cursor.mark
        assert first.cursor.mark != second.cursor.mark
        with li.open() as store:
            assert store.knows(first.cursor.mark)
            assert not store.knows(str(uuid4()))
        assert len(ids_put(second, county.buckets[0], county.house)) == 1


def _rest(change: Change, set_: Row | None = None) -> tuple[Any, ...]:
    fields = change.set if set_ is None else set_
    return change.entity, change.id, change.op, fields, change.at, change.was
