"""A township's supervisor and the map: asks, points, finds, opens, reads the same as a table."""

from __future__ import annotations

import gzip
import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response, expect

from tests.browser.axe import assert_accessible
from tests.browser.pictures import picture
from tests.browser.site import DESK, PHONE, Site
from tests.smallcounty import CELLS

MOST_BYTES = 600_000  # of a page, packed, without tiles
PATIENCE = 60_000  # milliseconds: without a graphics card a map is drawn by the processor


def ready(page: Page) -> None:
    """The map has drawn what it was asked."""
    page.wait_for_selector("#map[data-ready]", state="attached", timeout=PATIENCE)


def test_a_supervisor_asks_the_map(site: Site, lang: str) -> None:
    page = site.open("/map", "township-a", lang=lang)
    ready(page)
    assert_accessible(page)
    legend = page.locator("#legend")
    expect(legend.get_by_role("button").first).to_contain_text("4")  # all four: nobody was met
    page.get_by_label(re.compile("您想看什么|What do you ask")).select_option("unseen")
    expect(page.locator("h1")).to_contain_text("12")
    expect(page).to_have_url(re.compile("ask=unseen"))
    bar = legend.get_by_role("button", name=re.compile("≥ 3"))
    bar.hover()
    expect(bar).to_contain_text("4")
    picture(page, "map")

    page.get_by_label(re.compile("^(查找|Find)$")).fill("A1e")
    page.get_by_role("button", name=re.compile("A1e网格")).click()
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="示例A1e网格")).to_be_visible()
    expect(panel).to_contain_text("示例worker-a1e")
    expect(page).to_have_url(re.compile(f"cell={CELLS['A1e']}"))

    page.locator("h1").click()
    page.keyboard.press("t")
    table = page.get_by_role("table")
    expect(table).to_be_visible()
    expect(page.locator("#map")).to_be_hidden()
    table.get_by_role("link", name="示例A2w网格").press("Enter")
    expect(panel.get_by_role("heading", name="示例A2w网格")).to_be_visible()
    assert_accessible(page)
    page.go_back()
    expect(panel.get_by_role("heading", name="示例A1e网格")).to_be_visible()


def test_a_day_in_the_past_has_boundaries_and_no_figures(site: Site) -> None:
    page = site.open("/map", "township-a", size=PHONE)
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.get_by_label("看哪一天的边界").fill("2026-02-01")
    expect(page.locator("h1")).to_contain_text("2026年2月1日的网格")
    expect(page.locator("#legend")).to_contain_text("没有当天的数字")
    page.get_by_label("看哪一天的边界").fill("2026-03-02")
    expect(page.locator("h1")).to_contain_text("0%（0/12）")
    assert "as_of" not in page.url  # who opens it tomorrow sees tomorrow


def test_the_page_is_light(site: Site) -> None:
    """Everything that a first look asks for, packed; tiles apart."""
    page = site.open(None, "township-a", size=DESK)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/map")
    ready(page)
    weights = {
        urlsplit(answer.url).path: len(gzip.compress(answer.body(), 9))
        for answer in answers
        if "/tiles/" not in answer.url
    }
    assert sum(weights.values()) < MOST_BYTES, weights
    assert any("maplibre-gl-worker" in path for path in weights)
