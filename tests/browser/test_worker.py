"""The worker's page: offline, closed, reopened, shared, updated, full; and nothing is lost."""

from __future__ import annotations

import io
import re

import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Page, expect

from server.console.worker import kit
from server.db import transaction
from server.policies.service import ensure_policy
from tests.access.authenticator import enrol
from tests.browser.axe import assert_accessible
from tests.browser.pictures import picture
from tests.browser.site import PHONE, Site
from tests.smallcounty import PASSWORD, SmallCounty, id_of

# Until the page is kept on the phone and the service worker answers for it.
KEPT = """() => new Promise(kept => {
  const workers = navigator.serviceWorker;
  if (workers.controller) kept();
  else workers.addEventListener("controllerchange", () => kept());
})"""
# A browser that lets a page keep nothing.
REFUSING = """(() => {
  const refuse = () => { throw new DOMException("denied", "SecurityError"); };
  Object.defineProperty(window, "localStorage", { get: refuse });
  IDBFactory.prototype.open = refuse;
})()"""
# What the outbox asks for comes when `late` is called.
LATE = """() => {
  const real = window.fetch;
  window.asked = new Promise(told => {
    window.fetch = (path, ...more) => !String(path).endsWith("reasons.json") ? real(path, ...more)
      : new Promise(done => told(window.late = () => done(new Response("{}"))));
  });
}"""
SEEN = """seen => {
  Object.defineProperty(document, "visibilityState", { value: seen, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
CAMERA = "ExampleCamera"
# What lies in the only user's store, behind the page's back.
STORE = """
  const asked = asked => new Promise(done => (asked.onsuccess = () => done(asked.result)));
  const names = (await indexedDB.databases()).map(({ name }) => name);
  const db = await asked(indexedDB.open(names.find(name => name.startsWith("wangge-phone"))));
"""
# Of each photo that waits: whether the camera is named in it.
PHOTOS = f"""async () => {{{STORE}
  const files = await asked(db.transaction("file").objectStore("file").getAll());
  db.close();
  const texts = await Promise.all(files.map(({{ blob }}) => blob.text()));
  return texts.map(text => text.includes("{CAMERA}"));
}}"""
# So many visits that nobody was at home at the first household.
BACKLOG = f"""async count => {{{STORE}
  const tx = db.transaction(["fact", "outbox", "held"], "readwrite");
  const first = (await asked(tx.objectStore("fact").get("next_n")))?.value ?? 1;
  const homes = IDBKeyRange.bound(["household"], ["household", []]);
  const home = (await asked(tx.objectStore("held").getAllKeys(homes)))[0][1];
  const said = {{ op: "append", set: {{ household_id: home, outcome: "nobody_home" }}, was: {{}} }};
  const at = {{ wall: Date.now(), elapsed: 0, boot: "" }};
  for (let n = first; n < first + count; n++) {{
    const who = {{ mid: crypto.randomUUID(), n, entity: "visit", id: crypto.randomUUID() }};
    tx.objectStore("outbox").add({{ ...who, change: {{ ...who, ...said, at }}, line: n }});
  }}
  tx.objectStore("fact").put({{ name: "next_n", value: first + count }});
  await new Promise(done => (tx.oncomplete = done));
  db.close();
}}"""
# A disk that is full from here on, until `full` is false. Browsers do not tell how full theirs is.
FULL = """() => {
  globalThis.full = true;
  for (const verb of ["add", "put"]) {
    const real = IDBObjectStore.prototype[verb];
    IDBObjectStore.prototype[verb] = function (...given) {
      if (globalThis.full) throw new DOMException("full", "QuotaExceededError");
      return real.apply(this, given);
    };
  }
}"""


def taken(width: int, height: int) -> bytes:
    """A picture as large as a telephone's camera makes them, with what it writes into them."""
    kept, told = io.BytesIO(), Image.Exif()
    told[ExifTags.Base.Make] = CAMERA
    told[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitude: (31.9, 0.0, 0.0)}
    Image.linear_gradient("L").resize((width, height)).save(kept, "JPEG", exif=told)
    assert CAMERA.encode() in kept.getvalue()
    return kept.getvalue()


def opened(site: Site, lang: str = "zh") -> Page:
    """A phone that has just come to the page for the first time."""
    page = site.open("/work/", size=PHONE, lang=lang)
    # Offline is part of these stories: what finds no line is no fault of the page.
    site.watch(page).forgive("net::ERR_INTERNET_DISCONNECTED")
    return page


def look(page: Page, name: str, *, whole: bool = False) -> None:
    """What is shown can be reached by everybody and fits a narrow phone; a picture for the docs."""
    assert_accessible(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{name} is {wide} wide"
    picture(page, name, whole=whole)


def sign_in(page: Page, login: str) -> None:
    """By the page's own form, and wait until the phone can do without a line."""
    knock(page, login)
    expect(page.locator("ul.rows a").first).to_be_visible()
    page.evaluate(KEPT)


def knock(page: Page, login: str) -> None:
    """Login and password."""
    page.locator("#login").fill(login)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("登录|Sign in")).click()


def sign_in_the_long_way(page: Page, county: SmallCounty, login: str) -> None:
    """With a code, too; and on a ninth device, in place of one that goes."""
    desks = [county.sign_in(login, device=f"示例旧手机{k}") for k in range(8)]
    app, _recovery = enrol(county, desks[-1])
    knock(page, login)
    page.locator("#code").fill(app.code())
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("终端已达上限")
    page.locator("#instead").select_option(index=3)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("ul.rows a").first).to_be_visible()


def unlock(page: Page) -> None:
    """Open the store of the one who has used this phone, or was chosen."""
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("打开|Open")).click()
    expect(page.locator("nav.bottom a").first).to_be_visible()


def waiting(page: Page, count: int) -> None:
    """The plain number of the bottom bar."""
    expect(page.locator('nav.bottom a[data-place="outbox"]')).to_have_text(
        re.compile(rf"\b{count}$")
    )


def go(page: Page, place: str) -> None:
    """By the bar below."""
    page.locator(f'nav.bottom a[data-place="{place}"]').click()


def record_visit(page: Page, name: str, note: str, photo: bytes = b"") -> None:
    """Three fields, and a photo if there is one."""
    go(page, "visit")
    page.locator("#household").fill(name)
    page.locator(".found button").first.click()
    page.locator("#outcome-met").check()
    page.locator("#note").fill(note)
    if photo:
        page.locator("summary").click()
        page.locator("#photo").set_input_files(
            {"name": "示例.jpg", "mimeType": "image/jpeg", "buffer": photo}
        )
        expect(page.locator(".photos img")).to_be_visible()
    page.get_by_role("button", name=re.compile("^(保存|Save)$")).click()
    expect(page.locator(".done")).to_be_visible()


def visit_stranger(page: Page) -> None:
    """A household that is not here yet comes with its first visit."""
    go(page, "visit")
    page.locator("#household").fill("示新户")
    page.get_by_role("button", name="这里没有的户，记为新住户").click()
    expect(page.locator("#head_name")).to_have_value("示新户")
    page.locator("#outcome-met").check()
    page.locator("#note").fill("示例：甲记下的")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="示新户")).to_be_visible()


def test_nothing_is_lost_offline_closed_and_reopened(
    site: Site, county: SmallCounty, lang: str
) -> None:
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    page = opened(site, lang)
    look(page, "work-sign-in")
    sign_in(page, "worker-a1w")
    expect(page.locator("ul.rows a")).to_have_count(3)
    look(page, "work-cells")

    page.context.set_offline(True)
    record_visit(page, "A1w2", "示例：老人身体好", photo=taken(2600, 1300))
    waiting(page, 1)
    assert page.evaluate(PHOTOS) == [False]  # what the camera wrote into it stays behind
    look(page, "work-household")

    go(page, "dispute")
    page.locator("#story").fill("示例：院墙挡了邻居的水沟")
    page.locator("#category").select_option("neighbours")
    page.locator("#party-0-name").fill("A1w1")
    page.locator(".found button").first.click()
    page.locator("#party-1-name").fill("示某乙")
    look(page, "work-dispute", whole=True)
    page.get_by_role("button", name=re.compile("^(保存|Save)$")).click()
    expect(page.locator(".slip .code")).to_have_text(re.compile(r"^(\w{4}-){3}\w{4}$"))
    look(page, "work-slip")
    waiting(page, 2)
    code = page.locator(".slip .code").inner_text()

    # Something is half typed when the tab is closed.
    go(page, "visit")
    page.locator("#note").fill("示例：写到一半")
    expect(page.locator(".kept")).not_to_be_empty()
    page.close(run_before_unload=False)
    page = page.context.new_page()
    page.goto("/work/")
    unlock(page)
    waiting(page, 2)
    expect(page.get_by_text(re.compile("没写完的|Unfinished"))).to_be_visible()
    go(page, "visit")
    expect(page.locator("#note")).to_have_value("示例：写到一半")
    look(page, "work-visit")
    go(page, "outbox")
    expect(page.locator("main li.card")).to_have_count(2)
    look(page, "work-outbox")

    page.context.set_offline(False)
    waiting(page, 0)
    page.get_by_role("button", name=re.compile("现在同步|Sync now")).click()
    desk = county.sign_in("worker-a1w", device="another")
    visits = desk.get("/visits")["items"]
    kept = [(one["household_id"], one["outcome"], one["has_note"]) for one in visits]
    assert kept == [(str(id_of("A1w-2")), "met", True)]
    expect(page.locator(".top .busy")).to_have_count(0)
    photos = desk.get("/attachments", owner_entity="visit", owner_id=visits[0]["id"])["items"]
    assert [one["media_type"] for one in photos] == ["image/jpeg"]
    assert photos[0]["size"] < 100_000  # made small before it was kept
    disputes = desk.get("/disputes")["items"]
    assert [one["category"] for one in disputes] == ["neighbours"]
    # The party follows the case by the code that the phone made.
    body = {"code": code}
    answer = county.app.test_client().post("/api/v1/resident/case", json=body)
    assert answer.status_code == 200, answer.text
    go(page, "dispute")
    page.get_by_role("link", name=re.compile("谁在办|who holds them")).click()
    expect(page.locator("ul.rows a")).to_contain_text("示例A1调解委员会")
    look(page, "work-cases")


def test_two_users_share_a_phone_and_a_new_version_loses_nothing(
    site: Site, county: SmallCounty, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(site)
    sign_in(page, "worker-a1w")
    page.context.set_offline(True)
    visit_stranger(page)
    waiting(page, 2)
    page.get_by_role("link", name="更正这一条").click()
    expect(page.locator("#note")).to_have_value("示例：甲记下的")
    page.locator("#outcome-by_telephone").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已更正过")).to_be_visible()
    waiting(page, 3)
    # What one tab does at the door the other does too, in the midst of a word.
    other = page.context.new_page()
    other.goto("/work/")
    unlock(other)
    go(other, "visit")
    other.locator("#note").fill("示例：甲在另一个窗口写到一半")
    page.locator(".top .me").click()
    page.get_by_role("button", name="锁上，交给别人").click()
    expect(other.locator("#password")).to_be_visible()
    page.get_by_role("button", name="不是我").click()
    page.context.set_offline(False)
    sign_in(page, "worker-b1w")
    waiting(page, 0)
    expect(page.locator("ul.rows")).not_to_contain_text("A1w")
    expect(other.locator(".top .me")).to_have_text("示例worker-b1w")
    expect(other.locator("ul.rows")).not_to_contain_text("A1w")

    # While the second one types, another version arrives, in another tab too.
    go(page, "visit")
    page.locator("#note").fill("示例：乙写到一半")
    expect(page.locator(".kept")).not_to_be_empty()
    older = kit.version()
    monkeypatch.setattr(kit, "version", lambda: "0123456789ab")
    page.evaluate("navigator.serviceWorker.getRegistration().then(found => found.update())")
    page.get_by_role("button", name="新版本，点此更新").click()
    expect(page.locator("#page")).to_have_attribute("data-version", "0123456789ab")
    assert older != kit.version()
    other.get_by_role("button", name="新版本，点此更新").click()
    expect(other.locator("#page")).to_have_attribute("data-version", "0123456789ab")
    other.close()
    expect(page.get_by_role("heading", name="您是哪一位？")).to_be_visible()
    look(page, "work-who")
    page.get_by_role("button", name="示例worker-b1w").click()
    unlock(page)
    go(page, "visit")
    expect(page.locator("#note")).to_have_value("示例：乙写到一半")

    # Nobody delivers another's work: it goes when its author is back.
    desk = county.sign_in("worker-a1w", device="another")
    assert desk.get("/visits")["items"] == []
    page.reload()
    page.get_by_role("button", name="示例worker-a1w").click()
    unlock(page)
    waiting(page, 0)
    go(page, "outbox")
    expect(page.get_by_text("都传上去了")).to_be_visible()
    go(page, "visit")
    expect(page.locator("#note")).to_have_value("示例：甲在另一个窗口写到一半")
    first, second = sorted(desk.get("/visits")["items"], key=lambda one: str(one["id"]))
    assert (first["outcome"], second["outcome"]) == ("met", "by_telephone")
    assert second["supersedes_id"] == first["id"]
    home = desk.get(f"/households/{first['household_id']}")
    assert home["village_id"] == str(id_of("A1"))
    page_and_office_change_one_thing(page, county, site)


def page_and_office_change_one_thing(page: Page, county: SmallCounty, site: Site) -> None:
    """The form had shown what the office has changed since: both values are logged."""
    go(page, "cells")
    page.locator("ul.rows a", has_text="A1w1").click()
    page.get_by_role("link", name="改正").click()
    page.locator("#address").fill("示例：网格员写的")
    expect(page.locator(".kept")).not_to_be_empty()
    office = county.sign_in("township-a")
    changed = {"address": "示例：办公室写的"}
    answer = office.call("PATCH", f"/households/{id_of('A1w-1')}", json=changed)
    assert answer.status_code == 200, answer.text
    site.pass_time(minutes=1)
    go(page, "outbox")
    page.get_by_role("button", name="现在同步").click()
    go(page, "cells")
    expect(page.locator("ul.rows a", has_text="办公室写的")).to_be_visible()
    page.get_by_role("link", name="改正 ").click()
    expect(page.locator("#address")).to_have_value("示例：网格员写的")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".done")).to_be_visible()
    go(page, "outbox")
    expect(page.get_by_text("都传上去了")).to_be_visible()
    logged = office.get("/sync/conflicts", state="logged")["items"]
    assert [one["field"] for one in logged] == ["address"]


def test_a_full_phone_says_so_and_keeps_what_is_typed(site: Site, county: SmallCounty) -> None:
    page = opened(site)
    sign_in_the_long_way(page, county, "worker-a1w")
    page.evaluate(FULL)
    go(page, "visit")
    expect(page.get_by_role("alert")).to_contain_text("新记录可能存不下")
    page.locator("#household").fill("A1w1")
    page.locator(".found button").first.click()
    page.locator("#outcome-met").check()
    page.locator("#note").fill("示例：存不下也还在")
    expect(page.get_by_text("没有记下")).to_be_visible()
    look(page, "work-full")
    page.get_by_role("button", name="保存").click()
    waiting(page, 0)
    go(page, "cells")
    go(page, "visit")
    expect(page.locator("#note")).to_have_value("示例：存不下也还在")
    page.evaluate("globalThis.full = false")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".done")).to_be_visible()
    assert page.title() == "我的网格 · 网格"  # a browser's history keeps it: it names nobody

    # Out of sight for long, it locks; what was just being drawn comes too late.
    page.evaluate(LATE)
    go(page, "outbox")
    page.evaluate("() => asked.then(() => {})")
    page.evaluate(SEEN, "hidden")
    site.pass_time(minutes=31)
    page.evaluate(SEEN, "visible")
    expect(page.locator("#password")).to_be_visible()
    page.evaluate("() => (late(), new Promise(done => setTimeout(done)))")
    expect(page.locator("#password")).to_be_visible()


def test_a_browser_that_keeps_nothing_says_so(site: Site) -> None:
    page = opened(site)
    page.add_init_script(REFUSING)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("浏览器不让此页保存内容")


@pytest.mark.long
def test_a_phone_that_lay_in_a_drawer(site: Site, county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    page = opened(site)
    sign_in(page, "worker-a1w")
    page.context.set_offline(True)
    site.pass_time(days=61)
    page.reload()
    unlock(page)
    expect(page.get_by_role("alert")).to_contain_text("超过 30 天没有同步")
    page.evaluate(BACKLOG, 119)
    go(page, "outbox")
    expect(page.get_by_role("heading", name="待传 119 条")).to_be_visible()
    for shown in (50, 100):
        expect(page.locator("#waiting > li")).to_have_count(shown)
        page.get_by_role("button", name="再显示").click()
    expect(page.locator("#waiting > li")).to_have_count(119)
    expect(page.locator("#waiting > li:nth-child(101)")).to_be_focused()
    go(page, "dispute")
    page.locator("#story").fill("示例：田坎归谁")
    page.locator("#category").select_option("forest_and_land")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".slip .code")).to_be_visible()
    waiting(page, 120)

    page.context.set_offline(False)
    page.get_by_role("button", name="登录已过期：点此登录后才能上传").click()
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    waiting(page, 0)
    go(page, "cells")
    expect(page.locator("ul.rows a")).to_have_count(3)
