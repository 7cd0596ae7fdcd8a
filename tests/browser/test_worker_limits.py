"""The worker's page at its limits: a full phone, a browser that keeps nothing, a long absence."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from server.db import transaction
from server.policies.service import ensure_policy
from tests.access.authenticator import enrol
from tests.browser.phones.worn import STORE, go, knock, look, opened, sign_in, unlock, waiting
from tests.browser.site import Site
from tests.smallcounty import PASSWORD, SmallCounty, id_of

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
# Another held the phone last, and nothing more fits in where that stands.
HELD = """user => {
  localStorage.setItem("wangge.work.holder", user);
  Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""
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


def test_a_full_phone_says_so_and_keeps_what_is_typed(site: Site, county: SmallCounty) -> None:
    page = opened(site)
    page.evaluate(HELD, str(id_of("user worker-b1w")))
    sign_in_the_long_way(page, county, "worker-a1w")
    page.evaluate(SEEN, "visible")  # nobody comes in another's place, whatever could not be told
    expect(page.locator(".top .me")).to_have_text("示例worker-a1w")
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
