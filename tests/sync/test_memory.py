"""The memory store keeps the contract, and what only a model can do: be copied and put back."""

from __future__ import annotations

from sync.model import Cursor, Pull
from sync.pull import pull
from tests.sync.contract import StoreContract
from tests.sync.sample import NORTH, REGISTRY, SampleCounty
from tests.sync.workers import Worker, ids_put


class TestMemoryStore(StoreContract):
    """All stories of the contract."""


def test_a_restored_county_no_longer_knows_the_marks_of_its_lost_days(county: SampleCounty) -> None:
    li = Worker(county, 0)
    kept = county.write_house(NORTH)
    backup = county.db.backup()
    county.write_house(NORTH)
    lost_days = li.pull()
    county.db.restore(backup)
    page = li.pull(lost_days)
    assert page.drop == (NORTH,)
    assert ids_put(page, NORTH, "house") == [kept]


def test_seqs_that_a_restored_county_gives_out_again_are_not_skipped(county: SampleCounty) -> None:
    """The phone stopped in the middle of a download: its mark is newer than what it has."""
    li = Worker(county, 0)
    county.write_house(NORTH)
    backup = county.db.backup()
    for _ in range(3):
        county.write_house(NORTH)
    middle = li.pull(rows=2)
    assert middle.more
    county.db.restore(backup)
    others = [county.write_house(NORTH) for _ in range(3)]
    page = li.pull(middle)
    assert set(others) <= set(ids_put(page, NORTH, "house"))


def test_a_new_epoch_starts_every_phone_from_zero(county: SampleCounty) -> None:
    li = Worker(county, 0)
    house = county.write_house(NORTH)
    before = li.pull()
    county.db.restore(county.db.backup(), epoch="another")
    page = li.pull(before)
    assert (page.epoch, page.drop) == ("another", (NORTH,))
    assert ids_put(page, NORTH, "house") == [house]


def test_a_cursor_without_a_mark_is_trusted_only_while_it_is_empty(county: SampleCounty) -> None:
    county.write_house(NORTH)
    request = Pull(county.devices[0], county.db.state.epoch, Cursor({NORTH: 1}, None))
    with county.open(county.users[0], county.devices[0]) as store:
        assert pull(request, REGISTRY, store, 10, 10_000).drop == (NORTH,)
