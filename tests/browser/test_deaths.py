"""A tab dies before any request to its store, and the phone ends as if it had not.

The stories are those of the model phone (`tests/sync/test_deaths.py`). Here some deaths of each are
died; many more with WANGGE_HISTORIES (`make faults`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.phones.hands import HandWithTab
from tests.browser.phones.tab import Tab, empty_tab
from tests.sync.sample import LI, LI_PHONE, NORTH, SampleCounty
from tests.sync.test_deaths import (
    hears_that_somebody_was_erased,
    house_of,
    is_revoked,
    loses_its_cell,
    meets_a_restored_server,
    sends_and_fetches,
    sends_over_a_bad_line,
    write_two,
)

STRIDE = 5 if "WANGGE_HISTORIES" in os.environ else 41
MOST = 2000  # requests of one story
STORIES = [
    sends_and_fetches,
    sends_over_a_bad_line,
    hears_that_somebody_was_erased,
    meets_a_restored_server,
    loses_its_cell,
    is_revoked,
]
Begin = Callable[[], tuple[SampleCounty, HandWithTab]]


@pytest.fixture(scope="module")
def tab(chromium: Browser) -> Iterator[Tab]:
    with empty_tab(chromium) as tab:
        yield tab


@pytest.fixture
def begin(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> Begin:
    """A county with two houses and a phone that knows them, as often as a story is told."""
    monkeypatch.setattr(HandWithTab, "tab", tab, raising=False)
    beginning = SampleCounty()
    for _ in range(2):
        beginning.write_house(NORTH)

    def switch_on(county: SampleCounty) -> HandWithTab:
        tab.forget()
        return HandWithTab(county, LI, LI_PHONE, "li", page=2, heard=lambda *_: None)

    first = switch_on(beginning)
    first.app.sync()
    first.copy_file()

    def again() -> tuple[SampleCounty, HandWithTab]:
        county = deepcopy(beginning)
        li = switch_on(county)
        li.put_copy_back()
        return county, li

    return again


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_tab_that_dies_in_a_sync_ends_as_if_it_had_not(
    story: Callable[..., Callable[[], Any]], begin: Begin
) -> None:
    county, li = begin()
    story(county, li)()
    undisturbed = end_of(county, li)
    for requests in range(STRIDE // 2, MOST, STRIDE):
        county, li = begin()
        died = li.die_after(requests, story(county, li))
        assert end_of(county, li) == undisturbed, f"died before request {requests}"
        if not died:
            break
    assert requests > STRIDE


def test_a_record_is_written_whole_or_not_at_all(begin: Begin) -> None:
    """Whoever sees no confirmation finds the record, or the form still has it."""
    for requests in range(MOST):
        county, li = begin()
        died = li.die_after(requests, lambda: write_two(county, li))  # noqa: B023
        numbers = [(change["n"], change["entity"]) for change in li.app.waiting()]
        assert numbers == [(1, "house"), (2, "visit")][: len(numbers)]
        assert (len(numbers) == 2) == (not died)
        assert li.app.numbers()["recorded"] == len(numbers)
        li.app.sync()
        assert county.visits(house_of(county)) == int(len(numbers) == 2)
        if not died:
            break
    assert requests > 10


def end_of(county: SampleCounty, li: HandWithTab) -> dict[str, Any]:
    """Everything that must not depend on when the tab died; ids and times may."""
    li.line.faults = iter(())
    county.pass_hours(24)
    for _ in range(2):
        assert not li.app.sync().lost
    state = county.db.state
    return {
        "houses": li.app.rows("house"),
        "visits": sorted(v["outcome"] for v in li.app.rows("visit").values()),
        "outbox": [(c["n"], c["entity"], c["set"], _counted(status)) for c, status in li.kept()],
        "server": sorted(str(r.row.get("note", "")) for r in state.records.values()),
        "aside": sorted(reason for _, reason in state.quarantine.values()),
        "numbers": li.app.numbers(),
        "alarms": {kind for kind, _ in li.app.alarms()},
        "journal": len([note for note in state.journal.values() if isinstance(note, str)]),
    }


def _counted(status: str | None) -> str | None:
    """A change whose answer was lost is a duplicate, and counts like any other."""
    return "applied" if status == "duplicate" else status
