"""The pull half of the contract suite: paging while the world moves, resync, versions of columns.

After every story that comes to its end, what the phone holds has the digest that the server tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from sync.digest import digest
from sync.model import Cursor, Page, Pull
from sync.pull import pull
from tests.sync.workers import County, Worker, ids_put

Held = dict[tuple[str, str], tuple[Any, ...]]  # (entity, id) → the whole line


@dataclass
class Pocket:
    """What a phone would hold that obeys every page: bucket → lines."""

    worker: Worker
    schema: int = 1
    held: dict[str, Held] = field(default_factory=dict)
    last: Page | None = None

    def fetch(self, rows: int = 1000, size: int = 10**6, resync: tuple[str, ...] = ()) -> Page:
        """One page, obeyed."""
        cursor, epoch = (self.last.cursor, self.last.epoch) if self.last else (Cursor(), None)
        asked = Pull(self.worker.device, epoch, cursor, schema=self.schema, resync=resync)
        with self.worker.open() as store:
            page = pull(asked, self.worker.county.registry, store, rows, size)
        for bucket in resync:
            self.held.pop(bucket, None)
        self._obey(page)
        self.last = page
        return page

    def fetch_all(self, rows: int = 1000) -> list[Page]:
        """Pages until there are no more; then both agree on what the phone holds."""
        pages = [self.fetch(rows)]
        while pages[-1].more:
            pages.append(self.fetch(rows))
        self.check(pages[-1])
        return pages

    def check(self, page: Page) -> None:
        """The server's digest of every bucket is that of what is held."""
        assert page.buckets is not None
        told = {bucket: (head.n, head.h) for bucket, head in page.buckets.items()}
        assert {b: digest(_live(self.held.get(b, {}))) for b in told} == told
        assert self.held.keys() <= told.keys()

    def ids(self, bucket: str, entity: str) -> set[str]:
        """What is held of an entity in a bucket."""
        return {id_ for name, id_ in self.held.get(bucket, {}) if name == entity}

    def _obey(self, page: Page) -> None:
        for bucket in page.drop:
            self.held.pop(bucket, None)
        for bucket, entities in page.gone.items():
            for entity, ids in entities.items():
                for id_ in ids:
                    self.held.get(bucket, {}).pop((entity, id_), None)
        for bucket, tables in page.put.items():
            for entity, (_, lines) in tables.items():
                for line in lines:
                    self.held.setdefault(bucket, {})[entity, line[0]] = line


def _live(held: Held) -> list[tuple[str, str, int]]:
    return [(entity, id_, line[1]) for (entity, id_), line in held.items()]


class PullContract:
    """Stories of pages; `contract_feed.FeedContract` includes them."""

    @pytest.fixture
    def wangs(self, county: County) -> Pocket:
        return Pocket(Worker(county, 1))

    def test_a_house_that_changes_between_two_pages_comes_once_more_and_none_is_missed(
        self, county: County, wangs: Pocket
    ) -> None:
        north, south = county.buckets
        houses = [county.write_house(north) for _ in range(4)]
        page = wangs.fetch(rows=2)
        while not ids_put(page, north, county.house):
            page = wangs.fetch(rows=2)
        county.edit_house(houses[0], {county.plain: "改"})
        county.move_house(houses[3], south)
        county.write_house(north)
        wangs.fetch_all(rows=2)
        assert wangs.ids(south, county.house) == {houses[3]}
        assert len(wangs.ids(north, county.house)) == 4

    def test_a_page_that_ends_between_the_rows_of_one_commit_is_gone_on_with(
        self, county: County, wangs: Pocket
    ) -> None:
        house = county.write_house(county.buckets[0])
        wangs.fetch_all()
        visits = [wangs.worker.visit(house) for _ in range(5)]
        wangs.worker.push(*visits)
        pages = wangs.fetch_all(rows=2)
        sizes = [len(ids_put(page, county.buckets[0], county.visit)) for page in pages]
        assert sizes == [2, 2, 1]
        assert wangs.ids(county.buckets[0], county.visit) == {visit.id for visit in visits}

    def test_a_cell_that_is_lost_between_two_pages_is_dropped_with_what_had_come_of_it(
        self, county: County, wangs: Pocket
    ) -> None:
        north, south = county.buckets
        for bucket in [north, south] * 3:
            county.write_house(bucket)
        page = wangs.fetch(rows=2)
        while not ids_put(page, north, county.house) and not ids_put(page, south, county.house):
            page = wangs.fetch(rows=2)
        lost, kept = (north, south) if ids_put(page, north, county.house) else (south, north)
        county.assign(wangs.worker.user, kept)
        page = wangs.fetch(rows=2)
        assert page.drop == (lost,)
        wangs.fetch_all(rows=2)
        assert (wangs.ids(lost, county.house), len(wangs.ids(kept, county.house))) == (set(), 3)

    def test_a_cell_that_is_gained_between_two_pages_comes_whole(
        self, county: County, wangs: Pocket
    ) -> None:
        north, south = county.buckets
        county.assign(wangs.worker.user, north)
        for bucket in [north, south] * 3:
            county.write_house(bucket)
        wangs.fetch(rows=1)
        county.assign(wangs.worker.user, north, south)
        wangs.fetch_all(rows=1)
        assert [len(wangs.ids(b, county.house)) for b in (north, south)] == [3, 3]

    def test_a_cell_that_is_lost_and_given_back_between_two_pulls_goes_on_where_it_was(
        self, county: County, wangs: Pocket
    ) -> None:
        north, south = county.buckets
        county.write_house(north)
        wangs.fetch_all()
        county.assign(wangs.worker.user, south)
        late = county.write_house(north)
        county.assign(wangs.worker.user, north, south)
        (page,) = wangs.fetch_all()
        assert (page.drop, ids_put(page, north, county.house)) == ((), [late])

    def test_a_resync_brings_one_cell_anew_page_by_page_and_the_others_only_what_is_new(
        self, county: County, wangs: Pocket
    ) -> None:
        north, south = county.buckets
        houses = [county.write_house(south) for _ in range(3)]
        county.write_house(north)
        wangs.fetch_all()
        late = county.write_house(north)
        page = wangs.fetch(rows=2, resync=(south,))
        pages = [page, *(wangs.fetch_all(rows=2) if page.more else ())]
        wangs.check(pages[-1])
        assert sorted(id_ for p in pages for id_ in ids_put(p, south, county.house)) == sorted(
            houses
        )
        assert [id_ for p in pages for id_ in ids_put(p, north, county.house)] == [late]

    def test_a_house_that_was_deleted_is_not_brought_back_by_a_resync(
        self, county: County, wangs: Pocket
    ) -> None:
        north = county.buckets[0]
        stays, goes = county.write_house(north), county.write_house(north)
        wangs.fetch_all()
        county.delete_house(goes)
        wangs.check(wangs.fetch(resync=(north,)))
        assert wangs.ids(north, county.house) == {stays}

    def test_pages_of_few_bytes_bring_the_same_as_one_page(
        self, county: County, wangs: Pocket
    ) -> None:
        whole = Pocket(wangs.worker)
        for bucket in [*county.buckets] * 3:
            county.write_house(bucket)
        whole.fetch_all()
        page, count = wangs.fetch(size=1), 1
        while page.more:
            page, count = wangs.fetch(size=1), count + 1
        wangs.check(page)
        assert wangs.held == whole.held
        assert count >= 6

    # Versions of the columns.

    def test_an_old_phone_gets_the_columns_it_knows_and_a_new_one_all(
        self, county: County, wangs: Pocket
    ) -> None:
        newest = county.registry.schema
        assert newest > 1
        wangs.worker.push(wangs.worker.visit(county.write_house(county.buckets[0])))
        new = Pocket(wangs.worker, schema=newest)
        for phone, schema in ((wangs, 1), (new, newest)):
            (page,) = phone.fetch_all()
            columns, lines = page.put[county.buckets[0]][county.visit]
            known = tuple(county.registry[county.visit].columns(schema))
            assert (page.schema, columns) == (schema, ("id", "rev", *known))
            assert {len(line) for line in lines} == {2 + len(known)}
        old, both = (set(county.registry[county.visit].columns(s)) for s in (1, newest))
        assert old < both

    def test_a_phone_that_was_updated_gets_its_rows_anew_once_and_drops_nothing(
        self, county: County, wangs: Pocket
    ) -> None:
        houses = {county.write_house(county.buckets[0]) for _ in range(3)}
        wangs.fetch_all()
        wangs.schema = county.registry.schema
        pages = wangs.fetch_all(rows=2)
        brought = {id_ for page in pages for id_ in ids_put(page, county.buckets[0], county.house)}
        assert (brought, {page.drop for page in pages}) == (houses, {()})
        (page,) = wangs.fetch_all()
        assert page.put == {}

    def test_a_phone_that_is_newer_than_the_server_is_told_so_and_asked_nothing_twice(
        self, county: County, wangs: Pocket
    ) -> None:
        county.write_house(county.buckets[0])
        wangs.schema = county.registry.schema + 5
        (page,) = wangs.fetch_all()
        assert page.schema == county.registry.schema
        (page,) = wangs.fetch_all()
        assert (page.schema, page.put) == (county.registry.schema, {})
