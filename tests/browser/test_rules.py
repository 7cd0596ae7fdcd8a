"""The county changes a limit after seeing what it means, and a day of its calendar."""

from __future__ import annotations

import pytest
from playwright.sync_api import ViewportSize, expect

from server.db import transaction
from server.policies.service import ensure_policy
from tests.browser.axe import assert_accessible
from tests.browser.pictures import ASKED, picture
from tests.browser.site import DESK, PHONE, Site
from tests.smallcounty import SmallCounty

SIZES = (DESK, PHONE) if ASKED else (DESK,)


@pytest.mark.parametrize("size", SIZES)
def test_the_county_changes_a_limit_and_a_day_of_rest_after_a_look_at_what_it_means(
    county: SmallCounty, site: Site, lang: str, size: ViewportSize
) -> None:
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    page = site.open("/rules", "county", size=size, lang=lang)
    assert_accessible(page)
    picture(page, "rules", whole=True)
    page.locator("a[href='/rules/edit/neighbours']").click()
    page.locator("#village_handle_n").fill("7")
    page.locator("#valid_from").fill("2026-03-09")
    page.locator("button[value=preview]").click()
    expect(page.locator("#promises tbody tr").first).to_contain_text(
        "2026年3月16日" if lang == "zh" else "16 Mar 2026"
    )
    assert_accessible(page)
    picture(page, "rules-edit", whole=True)
    page.locator("#reason").fill("邻里纠纷宜快")
    page.locator("button[value=save]").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.locator("a[href='/rules/versions/2']").first.click()
    expect(page.locator("#categories")).to_contain_text("7 日" if lang == "zh" else "7 d")

    page.goto("/rules/calendar")
    assert_accessible(page)
    picture(page, "calendar", whole=True)
    page.locator("a[href='/rules/calendar/2026-03-05']").click()
    expect(page.locator("#means + p")).to_contain_text(
        "不变" if lang == "zh" else "none of them moves"
    )
    assert_accessible(page)
    picture(page, "calendar-day")
    page.locator("#name").fill("庙会")
    page.locator("#reason").fill("县里庙会")
    page.locator("form[action='/rules/calendar/2026-03-05'] button").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("a[href='/rules/calendar/2026-03-05']")).to_contain_text(
        "休" if lang == "zh" else "R"
    )
