from tests.browser.site import DESK, PHONE
from tests.browser.axe import assert_accessible
from server.db import transaction
from server.policies.service import ensure_policy
from tests.resident.conftest import *  # noqa
from tests.disputes.conftest import ladder as ladder
import pytest

@pytest.mark.parametrize("lang", ["zh","en"])
def test_look(residents, site, lang):
    wall = residents.quarrel(); code = residents.code(wall)
    for login in ("mediator-a1","township-a"): residents.ladder.act(login, wall, "escalate", why="示例")
    residents.county.clock.pass_time(days=30); residents.ladder.climb()
    page = site.open("/r", size=PHONE, lang=lang, java_script_enabled=False)
    page.locator("#code").fill(code); page.locator(".look button").click()
    page.screenshot(path=f"/tmp/r-{lang}.png", full_page=True)
    p2 = site.open("/rules/edit/neighbours", "county", size=PHONE if lang=="en" else DESK, lang=lang)
    p2.locator("#village_handle_n").fill("7"); p2.locator("button[value=preview]").click()
    p2.locator("#promises").wait_for()
    p2.screenshot(path=f"/tmp/edit-{lang}.png", full_page=True)
    p3 = site.open("/flow", "county", size=PHONE if lang=="en" else DESK, lang=lang)
    p3.screenshot(path=f"/tmp/flow-{lang}.png", full_page=True)
