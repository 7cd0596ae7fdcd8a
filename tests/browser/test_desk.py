"""The desk in a browser: a case goes back with a reason; a village settles a walk-in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.axe import assert_accessible
from tests.browser.pictures import ASKED, picture
from tests.browser.site import DESK, PHONE, Site, fits
from tests.disputes.conftest import Ladder, ladder, lending
from tests.smallcounty import PASSWORD, id_of

__all__ = ["ladder", "lending"]  # a fixture

WORDS = {
    "zh": {
        "return": "退回下级",
        "grant": "批准延期",
        "new": "登记纠纷",
        "register": "登记",
        "parties": "当事人",
        "settle": "达成协议",
        "settled": "已化解",
        "slip": "查询单",
        "give": "换发查询单",
    },
    "en": {
        "return": "Return",
        "grant": "Grant extension",
        "new": "Register a dispute",
        "register": "Register",
        "parties": "Parties",
        "settle": "Settle",
        "settled": "Settled",
        "slip": "Slip",
        "give": "Give a new slip",
    },
}


@pytest.fixture
def risen(ladder: Ladder) -> str:
    """A case that climbed through both levels to the county; its id."""
    dispute = ladder.register(
        "mediator-a1",
        "risen",
        village_id=str(id_of("A1")),
        story="示例：院墙挡了邻居的水沟，下雨天水流进灶房。",
        claims=[{"content": "挪开院墙"}],
        parties=[
            {"side": "applicant", "kind": "household", "household_id": str(id_of("A1w-1"))},
            {"side": "respondent", "kind": "outsider", "name": "示某乙"},
        ],
    )
    ladder.act("mediator-a1", dispute, "accept")
    ladder.county.clock.pass_time(days=3)
    ladder.act("mediator-a1", dispute, "mediate", why="示例：两家到场，未谈拢", present=5)
    ladder.act("mediator-a1", dispute, "escalate", why="示例：涉及两村水渠")
    ladder.county.clock.pass_time(days=4)
    ladder.act("township-a", dispute, "accept")
    ladder.act("township-a", dispute, "escalate", why="示例：要水务部门定")
    return dispute


@pytest.mark.parametrize("size", [DESK, PHONE] if ASKED else [DESK])
def test_the_county_sends_a_case_back_with_a_reason_and_grants_more_time(
    ladder: Ladder, risen: str, site: Site, lang: str, size: ViewportSize
) -> None:
    words = WORDS[lang]
    page = site.open("/disputes", "county", size=size, lang=lang)
    assert_accessible(page)
    picture(page, "disputes", whole=True)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.base}/disputes/{risen}")
    assert_accessible(page)
    picture(page, "dispute", whole=True)
    page.get_by_role("link", name=words["return"], exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["return"])
    page.locator("#why").fill("示例：请乡里先请水务站到现场看")
    assert_accessible(page)
    picture(page, "dispute-return", whole=True)
    page.set_viewport_size(PHONE)
    fits(page)
    _press(page, words["return"])
    expect(page.get_by_role("status").first).to_contain_text(words["return"])
    expect(page.locator("#history + section")).to_contain_text("示例A调解中心")
    fits(page)

    ladder.act("township-a", risen, "accept")
    ladder.act("township-a", risen, "extend", why="示例：等水务站测流量")
    page.goto("/disputes")
    fits(page)
    page.locator("#cases a.row").first.click()
    page.get_by_role("link", name=words["grant"], exact=True).click()
    _press(page, words["grant"])
    expect(page.get_by_role("status").first).to_contain_text(words["grant"])


@pytest.mark.parametrize("size", [DESK, PHONE] if ASKED else [PHONE])
def test_a_mediator_registers_who_walks_in_and_settles_it(
    ladder: Ladder, site: Site, lang: str, size: ViewportSize
) -> None:
    words = WORDS[lang]
    page = site.open("/disputes", "mediator-a1", size=size, lang=lang)
    page.get_by_role("link", name=words["new"]).click()
    page.locator("#category").select_option("neighbours")
    page.locator("#story").fill("示例：鸡吃了邻居的菜")
    page.reload()  # a closed tab, a lost line
    expect(page.locator("#story")).to_have_value("示例：鸡吃了邻居的菜")
    page.get_by_text(words["parties"], exact=True).click()
    page.locator("#party-0-name").fill("示某甲")
    assert_accessible(page)
    picture(page, "dispute-new", whole=True)
    fits(page)
    _press(page, words["register"])
    page.get_by_role("link", name=words["settle"], exact=True).click()
    page.locator("#agreement").fill("示例：赔两棵白菜，鸡圈加高")
    picture(page, "dispute-settle", whole=True)
    _press(page, words["settle"])
    expect(page.get_by_role("heading", level=1)).to_contain_text(words["settled"])
    expect(page.locator(".events")).to_contain_text("鸡圈加高")
    assert_accessible(page)
    fits(page)
    page.get_by_text(words["slip"], exact=True).click()
    _press(page, words["give"], within=".parties")
    expect(page.locator(".code")).to_have_text(re.compile(r"(\w{4}-)+\w{4}"))
    assert_accessible(page)
    picture(page, "dispute-slip", whole=True)
    fits(page)


def test_what_is_typed_outlives_the_session_and_is_shown_to_nobody_else(
    ladder: Ladder, site: Site
) -> None:
    page = site.open("/disputes/new", "mediator-a1")
    story, category = page.locator("#story"), page.locator("#category")
    category.select_option("neighbours")
    story.fill("示例：鸡吃了邻居的菜")
    page.get_by_text("更多", exact=True).click()
    page.locator("#channel").select_option("letter")
    site.pass_time(days=1)
    register = page.get_by_role("button", name="登记", exact=True)
    register.click()
    page.locator("#login").fill("mediator-a1")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.base}/disputes/new")
    expect(story).to_have_value("示例：鸡吃了邻居的菜")
    expect(category).to_have_value("neighbours")
    expect(page.locator("#channel")).to_have_value("letter")
    page.context.set_offline(True)
    site.watch(page).forgive("ERR_INTERNET_DISCONNECTED")
    register.click()
    page.wait_for_url("chrome-error://chromewebdata/")
    page.context.set_offline(False)
    page.goto("/disputes/new")
    expect(story).to_have_value("示例：鸡吃了邻居的菜")
    register.click()
    expect(page.get_by_role("status").first).to_contain_text("已登记")
    page.goto("/disputes/new")
    expect(story).to_have_value("")
    story.fill("示例：没有写完")
    site.sign_in(page, "mediator-b1")  # on the same computer
    page.goto("/disputes/new")
    expect(story).to_have_value("")
    assert "wangge.draft." not in page.evaluate("Object.keys(localStorage).join()")


def _press(page: Page, name: str, within: str = "form.card") -> None:
    """The button of the page's own form."""
    page.locator(within).get_by_role("button", name=name, exact=True).click()
