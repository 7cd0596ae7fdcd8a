"""What people do on the worker's page, and what is looked at behind it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.pictures import picture
from tests.browser.site import PHONE, Site
from tests.smallcounty import PASSWORD

# Until the page is kept on the phone and the service worker answers for it.
KEPT = """() => new Promise(kept => {
  const workers = navigator.serviceWorker;
  if (workers.controller) kept();
  else workers.addEventListener("controllerchange", () => kept());
})"""
# What lies in the only user's store, behind the page's back.
STORE = """
  const asked = asked => new Promise(done => (asked.onsuccess = () => done(asked.result)));
  const names = (await indexedDB.databases()).map(({ name }) => name);
  const db = await asked(indexedDB.open(names.find(name => name.startsWith("wangge-phone"))));
"""


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
