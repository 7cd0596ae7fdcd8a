"""Acting on the map in a browser: somebody stands in, a corner is moved, households are placed."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect

from server.console.worker import kit
from tests.browser.axe import assert_accessible
from tests.browser.pictures import ASKED, picture
from tests.browser.site import DESK, PATIENCE, PHONE, Site
from tests.console.cut import CASES
from tests.smallcounty import CELLS, VILLAGES, SmallCounty, id_of

W, E = CELLS["A1w"], CELLS["A1e"]
REDRAW = f"/map/villages/{VILLAGES['A1']}/redraw"


def test_a_sick_worker_is_stood_in_for_beside_the_map(site: Site, lang: str) -> None:
    page = site.open(f"/map?cell={W}", "township-a", lang=lang)
    acts = page.locator("#acts")
    acts.locator("a[href$='/assign']").click()
    acts.locator("#user").select_option("worker-a1e")
    acts.locator("#to").fill("2026-03-23")
    acts.locator("#why").fill("示例：病假三周")
    page.reload()  # half filled in: it waits where it was left
    acts.locator("a[href$='/assign']").click()
    expect(acts.locator("#why")).to_have_value("示例：病假三周")
    acts.locator("[value=preview]").click()
    expect(acts.locator("#preview")).to_contain_text("3 户" if lang == "zh" else "them: 3")
    assert_accessible(page)
    picture(page, "assign")
    acts.locator("#to").fill("2026-03-10")  # after the preview: it is shown before it is done
    acts.locator("[value=apply]").click()
    expect(acts.locator("#preview [role=status]")).to_be_visible()
    acts.locator("[value=apply]").click()
    expect(page.locator("#acts [data-done]")).to_be_visible()


def drawn(site: Site, lang: str = "zh", size: ViewportSize = DESK) -> Page:
    """The village to be drawn anew, its west cell chosen."""
    page = site.open(f"{REDRAW}?cell={W}", "township-a", lang=lang, size=size)
    expect(page.locator("#studio[data-ready]")).to_be_visible(timeout=PATIENCE)
    return page


def drag_the_border(page: Page, by: float) -> None:
    """Take hold of the middle of the border between both cells."""
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=4)
    page.mouse.up()


def begin_by_touch(page: Page, by: float) -> None:
    """The same by a finger, until the phone takes the touch away: somebody calls."""
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x + by / 2, "y": y}]),
        ("touchMove", [{"x": x + by, "y": y}]),
        ("touchCancel", []),
    ):
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    finger.detach()


def ask(page: Page) -> None:
    """Preview what was drawn."""
    page.locator("#why").fill("示例：河改道")
    page.locator("#asked button").click()


def test_a_corner_is_moved_and_the_second_who_draws_loses_nothing(site: Site, lang: str) -> None:
    """What was drawn outlives its tab and its session; what another has drawn meanwhile is seen."""
    zh = lang == "zh"
    tiles = "没有重叠" if zh else "no overlap"
    first, second = drawn(site, lang, PHONE), drawn(site, lang)
    begin_by_touch(first, 30)
    expect(first.locator("#checked")).to_contain_text(tiles)
    drag_the_border(second, 110)
    expect(second.locator("#checked")).to_contain_text(tiles)
    second.keyboard.press("Control+z")
    expect(second.locator("#checked")).to_contain_text("没有改动" if zh else "Nothing")
    second.keyboard.press("Control+y")
    expect(second.locator("#checked")).to_contain_text(tiles)
    session = second.context.cookies()
    second.context.clear_cookies()  # the session is over: signed in again, all is still there
    ask(second)
    second.wait_for_url(re.compile("/sign-in"))
    for one in session:
        kept = {"url": site.base, "name": one["name"], "value": one["value"]}
        second.context.add_cookies([kept])  # type: ignore[list-item] # what Playwright takes
    second.goto(REDRAW)
    expect(second.locator("#restored")).to_be_visible()
    expect(second.locator("#checked")).to_contain_text(tiles)
    expect(second.locator("#why")).to_have_value("示例：河改道")
    ask(second)
    expect(second.locator("#preview")).to_contain_text("1 户换网格" if zh else "cell: 1")
    assert_accessible(second)
    if ASKED:
        expect(second.locator("#map[data-ready]")).to_be_visible(timeout=PATIENCE)
    picture(second, "redraw")

    ask(first)
    first.locator("#preview [value=apply]").click()
    expect(first.locator(".done")).to_be_visible()
    second.locator("#preview [value=apply]").click()
    expect(second.locator("#theirs")).to_be_visible()
    expect(second.locator("#outcome")).to_contain_text("情况已变" if zh else "changed")
    expect(second.locator("#why")).to_have_value("示例：河改道")
    second.locator("#preview [value=apply]").click()  # previewed again beside what has changed
    expect(second.locator(".done")).to_be_visible()


def test_two_households_are_placed_at_once(site: Site, county: SmallCounty, lang: str) -> None:
    desk = county.sign_in("township-a", device="desk")
    for name in ("张示例", "李示例"):
        village = str(id_of("A1"))
        desk.post("/households", {"id": str(id_of(name)), "village_id": village, "head_name": name})
    page = site.open("/map/unplaced", "township-a", lang=lang)
    page.get_by_role("link", name="示例A1村").click()
    for tick in page.get_by_role("checkbox").all():
        tick.check()
    page.locator("#cell").select_option(E)
    page.locator("#why").fill("示例：村干部核实")
    assert_accessible(page)
    picture(page, "unplaced")
    page.locator("form[method=post] button").last.click()
    expect(page.locator(".done")).to_contain_text("2")
    assert desk.get("/households", cell=E)["total"] == 5


def test_whatever_is_drawn_the_cells_still_tile(site: Site) -> None:
    """The scripts' own drawing: hundreds of steps with every tool, none of which opens a gap."""
    page = site.open("/sign-in")
    walk = (Path(__file__).parent / "moves_walk.js").read_text(encoding="utf-8")
    look = page.locator("link[rel=stylesheet]").get_attribute("href") or ""
    found = page.evaluate(f"({walk[walk.index('async') :]})", look)
    assert found["wrong"] == []
    assert min(found["done"].values()) > 5, found["done"]  # every tool was used
    cut = "async ([look, texts]) => texts.map((await import(look)).halves)"
    asking = look[: look.index("frame/")] + "township/asking.js"
    for script in (asking, f"/work/{kit.version()}/app/words.js"):
        halves = page.evaluate(cut, [script, [text for text, _zh, _en in CASES]])
        assert halves == [[zh, en] for _text, zh, en in CASES], script
