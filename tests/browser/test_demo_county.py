"""The demo's county at the end of its month: each of its people finds their work there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from server.demo.staff import PASSWORD
from tests.browser.axe import assert_accessible
from tests.browser.pictures import ASKED, picture
from tests.browser.site import DESK, PHONE, Site, fits
from tests.demo.played import DemoCounty

LANGUAGE = "en"  # the other files walk these pages in Chinese
CASE = re.compile("/disputes/[0-9a-f-]{36}$")
SIZES = pytest.mark.parametrize("size", [DESK, PHONE] if ASKED else [PHONE])


def look(page: Page, name: str) -> None:
    """A page as it stands: reached by everybody, nothing beyond the edge; and its picture."""
    expect(page.locator("h1").first).to_be_visible()
    assert_accessible(page)
    fits(page)
    picture(page, f"demo-{name}")


def test_a_township_goes_from_its_day_to_a_case_and_to_the_map(demo_site: Site, lang: str) -> None:
    page = demo_site.open("/day", "township03", lang=lang)
    look(page, "day")
    page.locator(".bar a[href='/disputes']").click()
    page.locator("nav.chips a[href*='turn=all']").first.click()
    page.locator("a.row").first.click()
    expect(page).to_have_url(CASE)
    look(page, "dispute")
    page.locator(".bar a[href='/map']").click()
    page.wait_for_selector("#map[data-ready]", state="attached", timeout=60_000)
    look(page, "map")
    page.keyboard.press("t")
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.locator("#panel h2").first).to_be_visible()
    look(page, "cell")


@SIZES
def test_the_county_sees_what_is_next_and_where_it_sticks(
    demo_site: Site, lang: str, size: ViewportSize
) -> None:
    page = demo_site.open("/disputes", "county", size=size, lang=lang)
    look(page, "disputes")
    page.locator("a.row").first.click()
    expect(page).to_have_url(CASE)
    look(page, "case")
    page.goto("/flow?period=2026-Q1")
    expect(page.locator("#picture[data-drawn]")).to_be_visible()
    look(page, "flow")
    page.locator(".bar a[href='/rules']").click()
    look(page, "rules")


def test_a_resident_reads_how_the_case_stands(
    demo_county: DemoCounty, demo_site: Site, lang: str
) -> None:
    page = demo_site.open(f"/r#{demo_county.slips[0]}", size=PHONE, lang=lang)
    page.locator("form.look button").click()
    expect(page.get_by_text("000-0000000").first).to_be_visible()
    look(page, "resident")


def test_a_worker_takes_the_cell_along(demo_site: Site, lang: str) -> None:
    page = demo_site.open("/work/", size=PHONE, lang=lang)
    page.locator("#login").fill("worker01")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("ul.rows a").first).to_be_visible()
    look(page, "work")
