"""A resident with a slip: by the code typed in, without any script, and by the QR's address."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.pictures import picture
from tests.browser.site import PHONE, Site
from tests.resident.conftest import Residents
from tests.resident.conftest import lending as lending
from tests.resident.conftest import residents as residents


@pytest.mark.parametrize("script", [True, False])
def test_a_code_is_typed_and_the_next_level_asked_for(
    site: Site, residents: Residents, lang: str, script: bool
) -> None:
    code = residents.code(residents.quarrel())
    page = site.open("/r", size=PHONE, lang=lang, java_script_enabled=script)
    if script:
        assert_accessible(page)
    picture(page, "resident-code")
    page.locator("#code").fill(code.lower())
    page.locator("form.look button").click()
    expect(page.get_by_text("示例A1调解委员会")).to_be_visible()
    expect(page.get_by_text("000-0000000")).to_be_visible()
    if script:
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    picture(page, "resident", whole=True)
    request = page.locator("details", has=page.locator("input[value=request]"))
    request.locator("summary").click()
    request.locator("textarea").fill("村里谈了两次没有结果")
    request.locator("button").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("details", has=page.locator("input[value=request]"))).to_have_count(0)


def test_the_address_of_the_qr_opens_the_case_and_a_bad_rating_reopens_it(
    site: Site, residents: Residents, lang: str
) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    residents.ladder.act("mediator-a1", wall, "accept")
    residents.ladder.act("mediator-a1", wall, "settle", agreement="各退半尺")
    page = site.open(f"/r#{code.replace('-', '')}", lang=lang)
    expect(page.locator("#code")).to_have_value(code.replace("-", ""))
    assert "#" not in page.url  # a code does not stay in what the browser remembers
    page.keyboard.press("Tab")
    page.locator("form.look button").press("Enter")
    expect(page.locator("input[name=rating]")).to_have_count(3)
    assert_accessible(page)
    picture(page, "resident-rating", whole=True)
    page.locator("input[value=dissatisfied]").check()
    page.locator("textarea[name=comment]").fill("答应的事没有办")
    page.locator("form:has(input[value=rating]) button").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert residents.ladder.kinds(wall)[-1] == "reopen"
    assert_accessible(page)
    picture(page, "resident-reopened", whole=True)
