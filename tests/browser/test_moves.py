"""Acting on the map in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.site import PHONE, Site
from tests.smallcounty import CELLS, VILLAGES

W, E = CELLS["A1w"], CELLS["A1e"]
REDRAW = f"/map/villages/{VILLAGES['A1']}/redraw"


def test_scratch(site: Site, lang: str) -> None:
    page = site.open(None, "township-a", lang=lang)
    page.on("console", lambda m: print("CON", m.text, m.location))
    page.on("requestfinished", lambda r: print("REQ", r.url))
    page.on("requestfailed", lambda r: print("FAIL", r.url))
    page.goto(REDRAW + f"?cell={W}")
    page.wait_for_timeout(8000)
    page.screenshot(path="/tmp/shots/draw0.png")
    expect(page.locator("#map[data-ready]")).to_be_visible()
    page.screenshot(path="/tmp/shots/draw.png")
    box = page.locator("#map").bounding_box()
    print(box)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=5)
    page.mouse.up()
    page.screenshot(path="/tmp/shots/draw2.png")
    expect(page.locator("#checked")).to_contain_text("贴合")
    page.locator("#why").fill("示例：河改道")
    page.get_by_role("button", name="预览").click()
    expect(page.locator("#preview")).to_be_visible()
    page.screenshot(path="/tmp/shots/draw3.png")
