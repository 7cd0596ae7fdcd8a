"""The worker's phone in a browser, against a real server: what can go wrong, and nothing is lost.

The main ones run with everything else, the others with `make faults`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.phones.lived import NO_DISK, SMALL_DISK, Lived, Refused, Tab, lose_answer, visits
from tests.browser.site import Site
from tests.smallcounty import PASSWORD, SmallCounty, id_of

LI, WANG = "worker-a1w", "worker-a1e"
DRAFTS = ("visit", "need", "open")
BEGIN = '(me, name) => me.phone.keepDraft(name, "示例", [{ id: "a photo" }])'
AGE = '(me, day) => me.handset.ageDrafts(day * 24 * 3600 * 1000, "open")'
# Sign out and, before the server has heard of it, in again. What was sent by then.
AT_ONCE = """async (me, ...who) => {
  const real = window.fetch, sent = [];
  let go = () => {};
  const held = new Promise((done) => (go = done));
  window.fetch = async (path, asked) => {
    sent.push(asked.method);
    if (asked.method === "DELETE") await held;
    return real(path, asked);
  };
  await me.handset.signOut(me.phone);
  const coming = me.handset.signIn(...who);
  for (let k = 0; k < 5; k++) await me.handset.users();
  const before = [...sent];
  go();
  me.phone = await coming;
  window.fetch = real;
  return before;
}"""


def test_a_day_offline_and_the_tab_closed(phone: Lived, county: SmallCounty) -> None:
    tab, later = phone.tab(), phone.tab()
    tab.sign_in(LI)
    assert tab.sync()["complete"]
    mine = tab.do("async (me) => (await me.field.households(me.phone)).map(({ id }) => id)")
    assert sorted(mine) == sorted(str(id_of(f"A1w-{k}")) for k in (1, 2, 3))
    before = tab.promises()
    tab.do("async (me) => { for (let k = 0; k < 20; k++) await me.phone.lastSync(); }")
    assert tab.promises() < before + 20  # a page may stand open for weeks
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
    assert tab.do(AT_ONCE, LI, PASSWORD) == ["DELETE"]
    assert tab.sync()["complete"]


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


def last_met(tab: Tab, household: str) -> int | None:
    """When the phone says that somebody was last met there."""
    deed = """async (me, id) =>
      (await me.field.households(me.phone)).find((one) => one.id === id).last_met"""
    found = tab.do(deed, str(id_of(household)))
    return None if found is None else int(found)
