"""The worker's phone in a browser, against a real server: what can go wrong, and nothing is lost.

The main ones run with everything else, the others with `make faults`; there WANGGE_HISTORIES
makes more of the tabs that die.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Error, Route

from server.console.worker import kit
from tests.browser.phones.lived import NO_DISK, SMALL_DISK, Lived, Refused, Tab, lose_answer, visits
from tests.browser.site import Site
from tests.smallcounty import SmallCounty, id_of

LI, WANG = "worker-a1w", "worker-a1e"
DRAFTS = ("visit", "need", "open")
BEGIN = '(me, name) => me.phone.keepDraft(name, "示例", [{ id: "a photo" }])'
AGE = '(me, day) => me.handset.ageDrafts(day * 24 * 3600 * 1000, "open")'
DEATHS = int(os.environ.get("WANGGE_HISTORIES", "0")) // 20 or 3


@pytest.fixture
def phone(site: Site) -> Lived:
    return Lived(site, kit.version())


def test_a_day_offline_and_the_tab_closed(phone: Lived, county: SmallCounty) -> None:
    tab, later = phone.tab(), phone.tab()
    tab.sign_in(LI)
    assert tab.sync()["complete"]
    mine = tab.do("async (me) => (await me.field.households(me.phone)).map(({ id }) => id)")
    assert sorted(mine) == sorted(str(id_of(f"A1w-{k}")) for k in (1, 2, 3))
    phone.context.set_offline(True)
    first = tab.visit()
    assert tab.sync()["lost"]
    tab.page.close()

    with pytest.raises(Refused, match="WrongPassword"):
        later.open(LI, "not this one")
    later.open(LI)
    second = later.visit("A1w-2")
    assert later.waiting() == 2
    assert later.sync()["lost"]
    phone.context.set_offline(False)
    assert later.sync()["pushed"] == 2
    assert (later.waiting(), visits(county)) == (0, sorted([first, second]))
    assert last_met(later, "A1w-1") is not None
    seen = later.do('async (me) => Object.fromEntries(await me.phone.rows("visit"))')
    assert (seen[first]["proof"], seen[second]["proof"]) == ("claimed", "proved")


def test_lost_answers_and_a_token_that_is_over(
    phone: Lived, county: SmallCounty, site: Site
) -> None:
    tab = phone.tab()
    tab.sign_in(LI)
    visit = tab.visit()
    phone.on_the_road("sync/push", lose_answer)
    assert tab.sync()["lost"]
    assert (tab.waiting(), visits(county)) == (1, [visit])
    site.pass_time(minutes=31)  # the access token is over
    phone.on_a_good_road()
    phone.on_the_road("sessions/refresh", lose_answer)
    assert tab.sync()["lost"]
    phone.on_a_good_road()
    assert tab.sync()["complete"]
    assert (tab.waiting(), visits(county)) == (0, [visit])
    assert [kept["state"] for kept in tab.do("(me) => me.phone.outbox()")] == ["counted"]


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
    """A tab was frozen while it pulled, its lease ran out, and another went on."""
    frozen, other = phone.tab(unlocked=True), phone.tab(unlocked=True)
    frozen.sign_in(LI)
    assert frozen.sync()["complete"]
    other.open(LI)
    late: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        late.append((route, route.fetch()))

    frozen.page.route("**/sync/pull", hold, times=1)
    with frozen.page.expect_request("**/sync/pull"):
        frozen.do("(me) => { me.syncing = me.phone.sync(); }")
    while not late:
        other.waiting()  # the answer is on its way to the frozen tab
    other.do('(me) => me.phone._store.write(async (tx) => tx.objectStore("fact").delete("turn"))')
    visit = other.visit()
    assert other.sync()["complete"]
    late[0][0].fulfill(response=late[0][1])
    summary = frozen.do("(me) => me.syncing")
    assert (summary["busy"], summary["complete"]) == (True, False)
    assert frozen.sync()["received"] == 0
    assert frozen.do('async (me) => [...(await me.phone.rows("visit")).keys()]') == [visit]
    assert frozen.do("(me) => me.phone.alarms()") == []


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


def test_two_people_share_a_phone(phone: Lived, county: SmallCounty) -> None:
    tab = phone.tab()
    tab.sign_in(LI)
    tab.sync()
    phone.context.set_offline(True)
    of_li = tab.visit()
    for name in DRAFTS:
        tab.do(BEGIN, name)
    assert tab.do("(me) => me.handset.signOut(me.phone)") == 1
    phone.context.set_offline(False)
    tab.sign_in(WANG)
    of_wang = tab.visit("A1e-1")
    tab.sync()
    assert visits(county) == [of_wang]
    for day in (1, 30):  # when somebody's sync went through
        tab.do(AGE, day)
    seen = tab.do('async (me) => [...(await me.phone.rows("household")).keys()]')
    assert str(id_of("A1w-1")) not in seen
    users = {user["login"]: user for user in tab.do("(me) => me.handset.users()")}
    assert (users[LI]["waiting"], users[LI]["signedIn"]) == (1, False)
    assert (users[WANG]["waiting"], users[WANG]["signedIn"]) == (0, True)

    tab.open(LI)  # what waits is shown; nothing goes out before Li signs in
    assert tab.do('async (me) => [...(await me.phone.rows("household"))]') == []
    # What was begun goes when nobody has touched it for 30 days; the list of it stays.
    tab.do(BEGIN, "need")
    tab.do(AGE, 32)
    begun = [tab.do("(me, name) => me.phone.draft(name)", name) for name in DRAFTS]
    assert begun == [None, "示例", "示例"]
    with pytest.raises(Refused, match="LoginLost"):
        tab.sync()
    tab.sign_in(LI)
    assert tab.sync()["complete"]
    assert visits(county) == sorted([of_li, of_wang])


def reported(county: SmallCounty) -> dict[str, Any]:
    """What Li's phone last said that it holds, as the township reads it."""
    workers = county.sign_in("township-a").get("/sync/status/workers")["items"]
    (unsent,) = [p["unsent"] for w in workers if w["login"] == "worker-a1w" for p in w["phones"]]
    return dict(unsent)


@pytest.mark.long
def test_a_photo_follows_its_record(phone: Lived, county: SmallCounty) -> None:
    tab = phone.tab()
    tab.sign_in(LI)
    deed = """async (me, household) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
      canvas.getContext("2d").fillRect(2, 2, 4, 4);
      const photo = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
      const broken = new Blob(["no picture"]);
      const files = [photo, broken].map((blob) => ({ id: me.newId(), purpose: "photo", blob }));
      const visit = { id: me.newId(), household_id: household, outcome: "met" };
      return me.field.recordVisit(me.phone, visit, { files });
    }"""
    visit = tab.do(deed, str(id_of("A1w-1")))
    phone.on_the_road("attachments/*", lose_answer)
    assert tab.sync()["files"] == 0
    assert reported(county)["files"] == 2
    phone.on_a_good_road()
    assert tab.sync()["files"] == 1
    assert reported(county)["files"] == 0  # told anew: the last pull went before them
    kept = tab.do(f"(me) => me.phone.ask('GET', 'attachments?owner_entity=visit&owner_id={visit}')")
    assert [item["purpose"] for item in kept["body"]["items"]] == ["photo"]
    left = tab.do("(me) => me.phone.files.waiting()")
    assert [file["refused"] for file in left] == ["attachment-kind"]
    tab.do("(me, id) => me.phone.files.putAway(id)", left[0]["id"])
    assert tab.do("(me) => me.phone.files.waiting()") == []


@pytest.mark.long
def test_who_may_not_sign_in_is_told_why(phone: Lived) -> None:
    tab = phone.tab()
    with pytest.raises(Refused, match="wrong-login"):
        tab.sign_in(LI, "not this one")
    with pytest.raises(Refused, match="invalid"):
        tab.sign_in("")
    assert tab.do("(me) => me.handset.users()") == []
    assert tab.do("(me) => me.handset._registry.all()") == []
    phone.context.set_offline(True)
    with pytest.raises(Refused, match="LineLost"):
        tab.sign_in(LI)


@pytest.mark.long
def test_a_full_disk_refuses_whole_records_and_says_so(phone: Lived, county: SmallCounty) -> None:
    tab = phone.tab()
    tab.sign_in(LI)
    written = tab.visit()
    assert not tab.do("(me) => me.phone.room()")["low"]
    tab.do(SMALL_DISK, -2 * 1024 * 1024)
    with pytest.raises(Refused, match="NoRoom"):  # at the first letter that is typed
        tab.do('(me) => me.phone.keepDraft("visit", { note: "老" })')
    assert tab.do("(me) => me.phone.room()")["low"]
    with pytest.raises(Refused, match="NoRoom"):
        tab.visit()
    assert tab.waiting() == 1
    with pytest.raises(Refused, match="NoRoom"):
        tab.sync()
    assert visits(county) == [written]  # and the phone could not keep the answer
    roomy = phone.tab()
    roomy.open(LI)
    assert not roomy.do("(me) => me.phone.room()")["low"]
    assert roomy.sync()["complete"]
    assert (roomy.waiting(), visits(county)) == (0, [written])


@pytest.mark.long
def test_a_store_that_the_browser_shuts_on_a_full_disk_opens_again(
    phone: Lived, county: SmallCounty
) -> None:
    tab = phone.tab()
    tab.sign_in(LI)
    written = tab.visit()
    tab.do(NO_DISK)
    for _time in range(2):  # in the midst of a record, and when the store is shut
        with pytest.raises(Refused, match="NoRoom"):
            tab.visit("A1w-2")
    tab.do("() => { globalThis.full = false; }")
    again = tab.visit("A1w-3")
    assert tab.waiting() == 2
    assert tab.sync()["complete"]
    assert (tab.waiting(), visits(county)) == (0, sorted([written, again]))


@pytest.mark.long
def test_before_the_disk_is_full_there_is_room_for_what_is_being_typed(phone: Lived) -> None:
    tab = phone.tab()
    tab.sign_in(LI)
    tab.do(SMALL_DISK, 50_000)
    written = 0
    while not tab.do("(me) => me.phone.room()")["low"]:
        tab.visit(note="字" * 20_000)
        written += 1
    for _after_the_warning in range(10):
        tab.visit(note="字" * 20_000)
    assert written < 5
    assert tab.waiting() == written + 10


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


def last_met(tab: Tab, household: str) -> int | None:
    """When the phone says that somebody was last met there."""
    deed = """async (me, id) =>
      (await me.field.households(me.phone)).find((one) => one.id === id).last_met"""
    found = tab.do(deed, str(id_of(household)))
    return None if found is None else int(found)
