"""Several tabs of one phone in a browser, against a real server: everything goes out once.

The main ones run with everything else, the others with `make faults`; there WANGGE_HISTORIES
makes more of the tabs that die.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import APIResponse, Error, Route

from tests.browser.phones.lived import Lived, Refused, Tab, visits
from tests.browser.site import Site
from tests.smallcounty import SmallCounty, id_of

LI, WANG = "worker-a1w", "worker-a1e"
DEATHS = int(os.environ.get("WANGGE_HISTORIES", "0")) // 20 or 3


@pytest.mark.parametrize("unlocked", [pytest.param(False, marks=pytest.mark.long), True])
def test_two_tabs_at_once_send_everything_once(
    unlocked: bool, phone: Lived, county: SmallCounty, site: Site
) -> None:
    """Also in a browser that knows no locks between tabs, and when tokens are over in both."""
    tabs = [phone.tab(unlocked), phone.tab(unlocked)]
    tabs[0].sign_in(LI)
    tabs[1].open(LI)
    written = []
    for _turn in range(2):
        site.pass_time(minutes=31)
        written += [tab.visit() for tab in tabs]
        for tab in tabs:  # begun in both before either ends
            tab.do("(me) => { me.syncing = me.phone.sync(); }")
        summaries = [tab.do("(me) => me.syncing") for tab in tabs]
        assert not any(summary["lost"] for summary in summaries)
    assert tabs[0].sync()["complete"]
    assert (tabs[0].waiting(), visits(county)) == (0, sorted(written))
    assert tabs[0].do("(me) => me.phone.alarms()") == []
    assert tabs[0].do("(me) => me.phone.numbers()")["recorded"] == len(written)


@pytest.mark.long
def test_a_page_that_comes_too_late_is_thrown_away(phone: Lived, county: SmallCounty) -> None:
    """A tab was frozen while it pulled, its lease ran out, and another went on, or signed out."""
    frozen, other = phone.tab(unlocked=True), phone.tab(unlocked=True)
    late: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        late.append((route, route.fetch()))

    def freeze() -> None:
        late.clear()
        frozen.page.route("**/sync/pull", hold, times=1)
        with frozen.page.expect_request("**/sync/pull"):
            frozen.do("(me) => { me.syncing = me.phone.sync(); }")
        while not late:
            other.waiting()  # the answer is on its way to the frozen tab

    frozen.sign_in(LI)
    assert frozen.sync()["complete"]
    other.open(LI)
    freeze()
    other.do('(me) => me.phone._store.write(async (tx) => tx.objectStore("fact").delete("turn"))')
    visit = other.visit()
    assert other.sync()["complete"]
    late[0][0].fulfill(response=late[0][1])
    summary = frozen.do("(me) => me.syncing")
    assert (summary["busy"], summary["complete"]) == (True, False)
    assert frozen.sync()["received"] == 0
    assert frozen.do('async (me) => [...(await me.phone.rows("visit")).keys()]') == [visit]
    assert frozen.do("(me) => me.phone.alarms()") == []
    frozen.sign_in(WANG)
    other.open(WANG)
    freeze()
    other.do("(me) => me.handset.signOut(me.phone)")
    late[0][0].fulfill(response=late[0][1])
    assert frozen.do("(me) => me.syncing")["busy"]
    assert frozen.do('async (me) => [...(await me.phone.rows("household"))]') == []


def test_saving_twice_saves_once(phone: Lived, county: SmallCounty) -> None:
    """A double press, and the same form restored in another tab. What says something else is no
    second press: it is refused until it has an id of its own, and stays in its form.
    """
    tabs = [phone.tab(), phone.tab()]
    tabs[0].sign_in(LI)
    tabs[1].open(LI)
    form = {"id": str(id_of("a form")), "household_id": str(id_of("A1w-1")), "outcome": "met"}
    save = 'me.field.recordVisit(me.phone, form, { draft: "visit" })'
    keep = '(me, form) => me.phone.keepDraft("visit", form, [{ id: "a photo" }])'
    tabs[0].do(keep, form)
    assert tabs[1].do('(me) => me.phone.draft("visit")') == form
    tabs[0].do(f"async (me, form) => {{ await Promise.all([{save}, {save}]); }}", form)
    tabs[1].do(f"(me, form) => {save}", form)
    assert tabs[0].waiting() == 1
    assert tabs[1].do('(me) => me.phone.draft("visit")') is None
    assert tabs[1].do('(me) => me.phone.draftFiles("visit")') == []
    for other in ({"outcome": "declined"}, {"household_id": str(id_of("A1w-2"))}):
        typed = {**form, **other}
        tabs[1].do('(me, typed) => me.phone.keepDraft("visit", typed)', typed)
        with pytest.raises(Refused, match="SavedOtherwise"):
            tabs[1].do(f"(me, form) => {save}", typed)
        assert tabs[1].do('(me) => me.phone.draft("visit")') == typed
    own = {**typed, "id": str(id_of("a form of its own"))}
    tabs[1].do(f"(me, form) => {save}", own)
    assert tabs[0].waiting() == 2


@pytest.mark.long
def test_a_newer_app_in_another_tab_is_not_held_up(phone: Lived) -> None:
    old, new = phone.tab(), phone.tab()
    old.sign_in(LI)
    old.visit()
    count = """(me, name) => new Promise((done, failed) => {
      const asked = indexedDB.open(name, 2);
      asked.onblocked = () => failed(new Error("blocked"));
      asked.onsuccess = () => {
        const lines = asked.result.transaction("outbox").objectStore("outbox").count();
        lines.onsuccess = () => done(lines.result);
      };
    })"""
    assert new.do(count, f"wangge-phone-{id_of(f'user {LI}')}") == 1
    with pytest.raises(Refused, match="StoreClosed"):
        old.visit()  # nothing is written into a store that has changed


@pytest.mark.long
def test_a_tab_that_dies_at_any_request_loses_nothing(phone: Lived, county: SmallCounty) -> None:
    """Before a request, or after the server has done it; then the phone is opened anew."""
    written = []
    phone.tab().sign_in(LI)
    for death in range(DEATHS):
        tab = phone.tab()
        tab.open(LI)
        written += [tab.visit(), tab.visit()]
        phone.on_the_road("sync/*", _dying(tab, death))
        tab.do("(me) => { me.phone.sync(); }")
        tab.page.wait_for_event("close")
        phone.on_a_good_road()
    tab = phone.tab()
    tab.open(LI)
    assert tab.sync()["complete"]
    assert (tab.waiting(), visits(county)) == (0, sorted(written))
    assert tab.do("(me) => me.phone.numbers()")["counted"] == len(written)


def _dying(tab: Tab, death: int) -> Callable[[Route], None]:
    """Let some requests through, then close the tab at one."""
    left, after = divmod(death, 2)
    seen = iter(range(left % 3))

    def meet(route: Route) -> None:
        if next(seen, None) is not None:
            route.continue_()
            return
        with suppress(Error):  # the page may be gone before the answer is
            if after:
                route.fetch()
            tab.page.close()

    return meet
