from tests.browser.test_moves import *
from tests.browser.site import PHONE, DESK
from playwright.sync_api import expect
def test_look(site, county):
    desk = county.sign_in("township-a", device="desk")
    for name in ("张示例", "李示例"):
        desk.post("/households", {"id": str(id_of(name)), "village_id": str(id_of("A1")), "head_name": name})
    for size,sn in ((DESK,"d"),(PHONE,"p")):
        for lang in ("zh","en"):
            if (sn,lang)==("p","zh") : pass
            page=site.open(f"/map/cells/{W}/assign","township-a",size=size,lang=lang)
            page.locator("#user").select_option("worker-a1e"); page.locator("#to").fill("2026-03-23"); page.locator("#why").fill("示例：病假三周"); page.locator("[value=preview]").click()
            expect(page.locator("#preview")).to_be_visible(); page.screenshot(path=f"/tmp/s-assign-{sn}-{lang}.png",full_page=True)
            page.goto(f"{REDRAW}?cell={W}"); expect(page.locator("#studio[data-ready]")).to_be_visible(); expect(page.locator("#map[data-ready]")).to_be_visible(); page.screenshot(path=f"/tmp/s-redraw-{sn}-{lang}.png",full_page=(sn=="p"))
            page.goto(f"/map/unplaced?under={VILLAGES['A1']}"); page.wait_for_timeout(1500); page.screenshot(path=f"/tmp/s-unplaced-{sn}-{lang}.png",full_page=True)
            page.goto(f"/map/cells/{W}/merge"); page.locator("[name=cells]").check(); page.locator("#why").fill("示例：并"); page.locator("[value=preview]").click(); expect(page.locator("#preview")).to_be_visible(); page.screenshot(path=f"/tmp/s-merge-{sn}-{lang}.png",full_page=True)
            print(sn,lang,page.evaluate("document.documentElement.scrollWidth"))
def test_lost(site):
    page=drawn(site); drag_the_border(page,110)
    expect(page.locator("#checked")).to_contain_text("没有重叠")
    page.locator("#why").fill("示例：河改道")
    cookies=page.context.cookies()
    page.context.clear_cookies()
    page.locator("#asked button").click()
    page.wait_for_url("**/sign-in*")
    print(page.url)
    page.context.add_cookies(cookies)
    page.goto(REDRAW)
    expect(page.locator("#restored")).to_be_visible()
    expect(page.locator("#why")).to_have_value("示例：河改道")
    # draft
    page.locator("#drafting summary").click(); page.locator("#low").fill("1"); page.locator("#high").fill("2"); page.locator("[data-do=draft]").click()
    page.wait_for_timeout(2500); print(page.locator("#say").inner_text(), page.locator("#checked").inner_text(), page.locator("#cells").inner_text())
    page.screenshot(path="/tmp/s-draft.png")
    page.locator("#low").fill(""); page.locator("[data-do=draft]").click(); page.wait_for_timeout(800); print(page.locator("#say").inner_text())
