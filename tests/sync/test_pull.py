"""What a phone fetches: no more than moved, never less than it may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from sync.memory import MemoryStore, State
from sync.model import Cursor, DeviceState, Entry, Head, Key, Page, Pull
from sync.pull import SLICE, json_size, pull
from tests.sync.sample import NORTH, REGISTRY, SOUTH, SampleCounty
from tests.sync.workers import Worker, ids_put


@pytest.fixture
def li(county: SampleCounty) -> Worker:
    return Worker(county, 0)


class CountingStore(MemoryStore):
    """Remembers which verbs were used."""

    def __init__(self, state: State, user: str, now: datetime) -> None:
        super().__init__(state, user, now)
        self.used: list[str] = []

    def device(self, device: str, *, lock: bool) -> DeviceState:
        self.used.append("device")
        return super().device(device, lock=lock)

    def heads(self) -> tuple[Mapping[str, Head], str | None]:
        self.used.append("heads")
        return super().heads()

    def entries(self, after: Mapping[str, int], limit: int) -> Sequence[Entry]:
        self.used.append(f"entries of {','.join(after)}")
        return super().entries(after, limit)

    def rows(
        self, entity: str, ids: Collection[str], columns: Sequence[str]
    ) -> Mapping[str, Sequence[Any]]:
        self.used.append(f"rows of {len(ids)} {entity}")
        return super().rows(entity, ids, columns)

    def knows(self, mark: str) -> bool:
        self.used.append("knows")
        return super().knows(mark)


def verbs_used(county: SampleCounty, worker: Worker, before: Page) -> list[str]:
    store = CountingStore(county.db.state, worker.user, county.time)
    request = Pull(worker.device, before.epoch, before.cursor)
    pull(request, REGISTRY, store, 1000, 1_000_000)
    return store.used


def ask(county: SampleCounty, worker: Worker, request: Pull, size: int = 10**6) -> Page:
    with worker.open() as store:
        return pull(request, REGISTRY, store, 1000, size)


def test_an_empty_pull_reads_heads_and_nothing_else(county: SampleCounty, li: Worker) -> None:
    county.write_house(NORTH)
    before = li.pull()
    assert verbs_used(county, li, before) == ["device", "heads"]


def test_what_moved_in_other_cells_costs_one_look_at_the_mark(
    county: SampleCounty, li: Worker
) -> None:
    county.write_house(NORTH)
    before = li.pull()
    county.write_house(SOUTH)
    assert verbs_used(county, li, before) == ["device", "heads", "knows"]


def test_only_cells_that_moved_are_read_and_each_entity_once(county: SampleCounty) -> None:
    wang = Worker(county, 1)
    houses = [county.write_house(bucket) for bucket in (NORTH, SOUTH, SOUTH)]
    before = wang.pull()
    wang.push(*(wang.visit(house) for house in houses[1:]))
    county.edit_house(houses[1], {"note": "x"})
    used = verbs_used(county, wang, before)
    assert used[:4] == ["device", "heads", "knows", f"entries of {SOUTH}"]
    assert sorted(used[4:]) == ["rows of 1 house", "rows of 2 visit"]


def test_a_row_carries_its_id_its_rev_and_its_columns(county: SampleCounty, li: Worker) -> None:
    house = county.write_house(NORTH)
    page = li.pull()
    columns, rows = page.put[NORTH]["house"]
    assert columns == ("id", "rev", "cell", "note", "place")
    assert rows == ((house, 1, NORTH, "三组 1 号", [107.1, 31.9]),)
    assert (page.more, page.cursor.after, page.next_n) == (False, {NORTH: 1}, 1)


def test_a_page_is_bounded_in_bytes_and_moves_by_one_row_at_least(
    county: SampleCounty, li: Worker
) -> None:
    houses = [county.write_house(NORTH) for _ in range(5)]
    one = ask(county, li, Pull(li.device), size=1)
    assert (ids_put(one, NORTH, "house"), one.more, one.buckets) == (houses[:1], True, None)
    two = ask(county, li, Pull(li.device, one.epoch, one.cursor), size=250)
    assert 1 <= len(ids_put(two, NORTH, "house")) < 4


def rows_read(county: SampleCounty, worker: Worker, size: int) -> tuple[list[int], Page]:
    """How many rows each read of a page of so many bytes asked for, and the page."""
    store = CountingStore(county.db.state, worker.user, county.time)
    page = pull(Pull(worker.device, limit=2000), REGISTRY, store, 2000, size)
    return [int(used.split()[2]) for used in store.used if used.startswith("rows of")], page


def test_rows_are_read_in_slices_until_the_bytes_are_used(county: SampleCounty, li: Worker) -> None:
    """Nobody knows how large rows are before they are read: 2,000 of the largest never are."""
    with county.open("user-office", "") as office:
        for _ in range(1000):
            office.write(Key("house", county.new_id()), county.new_house(NORTH), {NORTH})
    read, page = rows_read(county, li, 10_000)
    assert read == [SLICE]
    assert 9_800 < json_size(page.put[NORTH]["house"][1]) <= 10_000
    read, page = rows_read(county, li, 60_000)
    assert (len(read), read[0]) == (2, SLICE)
    assert 0 <= sum(read) - len(ids_put(page, NORTH, "house")) < 25
    assert 59_000 < json_size(page.put[NORTH]["house"][1]) <= 60_000


def test_what_has_gone_takes_its_bytes_too(county: SampleCounty, li: Worker) -> None:
    houses = [county.write_house(NORTH) for _ in range(40)]
    before = li.pull()
    for house in houses:
        county.delete_house(house)
    page = ask(county, li, Pull(li.device, before.epoch, before.cursor), size=400)
    assert page.more
    assert 1 <= len(page.gone[NORTH]["house"]) <= 10


def test_a_row_in_two_cells_is_read_once_and_told_in_both(county: SampleCounty) -> None:
    wang = Worker(county, 1)
    house = county.write_house(NORTH)
    key = Key("house", house)
    with county.open("user-office", "") as office:
        office.write(key, county.db.state.records[key].row, {NORTH, SOUTH})
    store = CountingStore(county.db.state, wang.user, county.time)
    page = pull(Pull(wang.device), REGISTRY, store, 1000, 10**6)
    assert "rows of 1 house" in store.used
    assert ids_put(page, NORTH, "house") == ids_put(page, SOUTH, "house") == [house]


def test_the_phone_may_ask_for_fewer_rows_but_not_for_more(
    county: SampleCounty, li: Worker
) -> None:
    for _ in range(5):
        county.write_house(NORTH)
    few = ask(county, li, Pull(li.device, limit=2))
    assert len(ids_put(few, NORTH, "house")) == 2
    with li.open() as store:
        many = pull(Pull(li.device, limit=1000), REGISTRY, store, 3, 10**6)
    assert len(ids_put(many, NORTH, "house")) == 3


def test_a_row_that_cannot_be_read_is_delivered_as_gone(county: SampleCounty, li: Worker) -> None:
    house = county.write_house(NORTH)
    key = Key("house", house)
    county.db.state.records[key] = replace(county.db.state.records[key], buckets=frozenset())
    page = li.pull()
    assert (page.put, page.gone) == ({}, {NORTH: {"house": (house,)}})
    assert not page.more


def test_a_head_that_no_entry_reaches_does_not_keep_a_phone_asking(
    county: SampleCounty, li: Worker
) -> None:
    county.write_house(NORTH)
    county.db.state.heads[NORTH] = county.db.state.heads[NORTH]._replace(seq=9)
    page = li.pull()
    assert (page.more, page.cursor.after) == (False, {NORTH: 9})


def test_a_resync_brings_one_cell_again_and_the_others_not(county: SampleCounty) -> None:
    wang = Worker(county, 1)
    north, south = county.write_house(NORTH), county.write_house(SOUTH)
    before = wang.pull()
    request = Pull(wang.device, before.epoch, before.cursor, resync=(SOUTH, "c:not-held"))
    page = ask(county, wang, request)
    assert (ids_put(page, NORTH, "house"), ids_put(page, SOUTH, "house")) == ([], [south])
    assert (page.drop, north in str(page.put)) == ((), False)


def test_every_page_carries_the_newest_mark(county: SampleCounty, li: Worker) -> None:
    for _ in range(3):
        county.write_house(NORTH)
    first = li.pull(rows=1)
    assert first.more
    assert first.cursor.mark == list(county.db.state.marks)[-1]


def test_a_seq_beyond_the_head_is_of_another_history(county: SampleCounty, li: Worker) -> None:
    house = county.write_house(NORTH)
    before = li.pull()
    cursor = Cursor({NORTH: 99}, before.cursor.mark)
    page = ask(county, li, Pull(li.device, before.epoch, cursor))
    assert (page.drop, ids_put(page, NORTH, "house")) == ((NORTH,), [house])


def test_who_holds_nothing_gets_nothing(county: SampleCounty, li: Worker) -> None:
    county.write_house(NORTH)
    county.assign(li.user)
    page = li.pull()
    assert (page.put, page.gone, page.drop, page.buckets) == ({}, {}, (), {})
