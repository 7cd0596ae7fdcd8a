"""A township's supervisor and the map: asks, points, finds, opens, reads the same as a table."""

from __future__ import annotations

import gzip
import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response, expect

from tests.browser.axe import assert_accessible
from tests.browser.pictures import picture
from tests.browser.site import PHONE, Site, fits
from tests.smallcounty import CELLS

MIDDLE = """cell => {
  const sketch = document.getElementById("sketch"), was = sketch.hidden;
  sketch.hidden = false;
  const { left, right, top, bottom } = cell.getBoundingClientRect();
  sketch.hidden = was;
  return [(left + right) / 2, (top + bottom) / 2];
}"""
MOST_BYTES = 600_000  # of a page, packed, without tiles
PATIENCE = 60_000  # milliseconds: without a graphics card a map is drawn by the processor


def ready(page: Page) -> None:
    """The map has drawn what it was asked."""
    page.wait_for_selector("#map[data-ready]", state="attached", timeout=PATIENCE)


def test_a_supervisor_asks_the_map(site: Site, lang: str) -> None:
    page = site.open(None, "township-a", lang=lang)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/map")
    page.wait_for_selector("#map[data-usable]", state="attached")
    west = middle(page, CELLS["A1w"])
    ready(page)
    it_is_light(answers)
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
    expect(page.locator("#sketch")).to_be_hidden()
    page.mouse.click(*west)  # the map has come in the sketch's place, and shows the same
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="示例A1w网格")).to_be_visible()

    page.get_by_label(re.compile("^(查找|Find)$")).fill("A1e")
    page.get_by_role("button", name=re.compile("A1e网格")).click()
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

    page.keyboard.press("t")
    page.set_viewport_size(PHONE)
    page.reload()  # opened on a phone
    ready(page)
    fits(page)
    the_day_is_past(page)


def test_the_sketch_is_a_map_where_no_other_can_be_drawn(site: Site) -> None:
    page = site.open(None, "township-a")
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto("/map?ask=unseen")
    expect(page.get_by_text("这里是略图")).to_be_visible()
    page.locator("#legend").get_by_role("button", name=re.compile("≥ 3")).hover()
    expect(page.locator("#sketch .lit path")).to_have_count(4)
    panel = page.locator("#panel")
    page.mouse.click(*middle(page, CELLS["A1w"]))
    expect(panel.get_by_role("heading", name="示例A1w网格")).to_be_visible()
    expect(page.locator("#sketch .chosen path")).to_have_count(1)
    page.get_by_label("您想看什么").select_option("coverage")
    expect(page.locator("#sketch a.shade-0")).to_have_count(4)
    expect(page.locator("#sketch .chosen path")).to_have_count(1)
    assert_accessible(page)

    unscripted = site.open("/map", "township-a", java_script_enabled=False)
    unscripted.locator(f"#sketch a[data-cell='{CELLS['A1e']}']").click()
    there = unscripted.locator("#panel").get_by_role("heading", name="示例A1e网格")
    expect(there).to_be_visible()


def middle(page: Page, code: str) -> tuple[float, float]:
    """Where a cell's middle is on the screen, by the sketch, though it be gone already."""
    x, y = page.locator(f"#sketch a[data-cell='{code}']").evaluate(MIDDLE)
    return x, y


def it_is_light(answers: list[Response]) -> None:
    """Everything that a first look asks for, packed; tiles apart."""
    weights = {
        urlsplit(answer.url).path: len(gzip.compress(answer.body(), 9))
        for answer in answers
        if "/tiles/" not in answer.url
    }
    assert sum(weights.values()) < MOST_BYTES, weights
    assert any("maplibre-gl-worker" in path for path in weights)


def the_day_is_past(page: Page) -> None:
    """It has boundaries and no figures; on a phone, too."""
    day = page.get_by_label(re.compile("看哪一天的边界|Boundaries as of"))
    day.fill("2026-02-01")
    expect(page.locator("h1")).to_contain_text(re.compile("2026年2月1日的网格|1 Feb 2026"))
    expect(page.locator("#legend")).to_contain_text(re.compile("没有当天的数字|no figures"))
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    panel = page.locator("#panel")  # of the cell that is looked at: as it was, and nothing of today
    expect(panel).to_contain_text(re.compile("2026年2月1日|1 Feb 2026"))
    expect(panel.locator(".facts, #acts")).to_have_count(0)
    day.fill("2026-03-02")
    expect(page.locator("h1")).to_contain_text("12")
    expect(panel.locator("#acts h2")).to_be_visible()
    assert "as_of" not in page.url  # who opens it tomorrow sees tomorrow
