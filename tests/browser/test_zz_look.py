from tests.browser.test_moves import *
def test_zz(site):
    page=drawn(site)
    page.locator("#drafting summary").click(); page.locator("#low").fill("1"); page.locator("#high").fill("2"); page.locator("[data-do=draft]").click()
    page.wait_for_timeout(4000); print("A", page.locator("#say").inner_text(),"|", page.locator("#checked").inner_text(),"|", page.locator("#cells").inner_text())
    page.locator("#high").fill(""); page.locator("[data-do=draft]").click(); page.wait_for_timeout(1500); print("B", page.locator("#say").inner_text())
    page.locator("#cells button").first.click()
    page.locator("#cell details summary").nth(1).click(); page.locator("#lon").fill(""); page.locator("[data-do=put]").click(); print("C", page.locator("#say").inner_text())
    page.locator("#why").fill("示例：初分"); page.locator("#asked button").click(); page.wait_for_timeout(4000); print("D", page.locator("#outcome").inner_text()); page.screenshot(path="/tmp/s-draft.png")
