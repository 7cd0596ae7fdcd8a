"""A day at the township, click by click: one value decided, one record looked at and taken."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.pictures import picture
from tests.browser.site import PHONE, Site
from tests.resident.conftest import lending as lending
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.people.letters import Sender
from tests.syncing.people.test_conflicts import ELSEWHERE, meet, place


def a_busy_day(county: SmallCounty) -> None:
    """Three disputes, one of them due today; two values; a record that was not taken; late visits;
    a household in no cell.
    """
    mediator = county.sign_in("mediator-a1")
    for category in ("neighbours", "forest_and_land"):
        mediator.post("/disputes", case(category))
    up = mediator.post("/disputes", case("unpaid_wages"))["id"]
    said = {"id": str(uuid4()), "event": "escalate", "why": "欠薪数额大，村里协调不了"}
    mediator.post(f"/disputes/{up}/events", said)
    phone = Sender(county, "worker-a1e")
    for name in ("A1e-1", "A1e-2", "A1e-3"):
        phone.visit(name)
    county.clock.pass_time(days=2, hours=1)
    phone.send()
    meet(county)
    wrong = Sender(county, "worker-a1w")
    wrong.next_n = 2
    wrong.visit("A1w-2", outcome="inspected", note="门口见面")
    wrong.send()
    lost = {"id": str(uuid4()), "village_id": str(id_of("A1")), "head_name": "示某远"}
    mediator = county.sign_in("mediator-a1")
    mediator.post("/households", lost)


def case(category: str) -> dict[str, Any]:
    """A dispute of village A1."""
    parties = [{"side": "applicant", "kind": "outsider", "name": "示例甲"}]
    where = {"cell_id": str(id_of("A1w")), "parties": parties}
    return {"id": str(uuid4()), "category": category, "story": "示例案情", **where}


def test_each_has_their_day_and_the_supervisor_decides_a_value_and_takes_a_record(
    site: Site, county: SmallCounty, lang: str
) -> None:
    a_busy_day(county)
    the_mediators_on_a_narrow_screen(site, lang)
    page = site.open("/day", "township-a", lang=lang)
    expect(page.locator("#conflicts")).to_be_visible()
    assert_accessible(page)
    picture(page, "day", whole=True)
    page.locator("#conflicts button[value=theirs]").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert place(county) == ELSEWHERE
    expect(page.locator("#conflicts")).to_have_count(0)
    page.locator("#aside a.what").click()
    assert_accessible(page)
    page.locator("details summary").first.click()
    page.locator("#reason").fill("核对走访结果")
    page.locator("form[action$=reveal] button").click()
    page.locator("select").select_option("met")
    assert_accessible(page)
    picture(page, "day-record", whole=True)
    page.locator("button[value=release]").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("#aside")).to_have_count(0)
    site.sign_in(page, "township-b")  # where nothing waits
    page.goto("/day")
    expect(page.locator(".part")).to_have_count(0)
    picture(page, "day-empty")


def the_mediators_on_a_narrow_screen(site: Site, lang: str) -> None:
    """What waits for them, and no more."""
    page = site.open("/day", "mediator-a1", PHONE, lang=lang)
    expect(page.locator("#accept")).to_be_visible()
    expect(page.locator("#conflicts")).to_have_count(0)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    picture(page, "day", whole=True)
