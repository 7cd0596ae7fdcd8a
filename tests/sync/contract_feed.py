"""The feed half of the contract suite: heads, entries, rows, marks, and what a pull brings."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sync.digest import EMPTY, digest
from sync.model import (
    Head,
)
from tests.sync.contract_pulls import PullContract
from tests.sync.workers import County, Worker, head_of, ids_put, read_feed


class FeedContract(PullContract):
    """Stories of what phones fetch; `contract.StoreContract` includes them."""

    @pytest.fixture
    def li(self, county: County) -> Worker:
        return Worker(county, 0)

    @pytest.fixture
    def wang(self, county: County) -> Worker:
        return Worker(county, 1)

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
