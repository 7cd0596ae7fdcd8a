"""The door in a browser, and the account behind it: in and out, a second factor, at any width."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from server.access.factors.rules import code_of, decoded, step_at
from tests.browser.axe import assert_accessible
from tests.browser.pictures import picture
from tests.browser.site import PHONE, Site, fits
from tests.smallcounty import PASSWORD, SmallCounty


def test_somebody_signs_in_by_the_form_and_out_again(site: Site, lang: str) -> None:
    page = site.open("/account/devices", lang=lang)
    assert_accessible(page)
    picture(page, "sign-in")
    page.locator("#login").fill("worker-a1w")
    page.locator("#password").fill("not this one")
    page.keyboard.press("Enter")
    expect(page.locator("#trouble")).to_be_focused()
    expect(page.locator("#login")).to_have_value("worker-a1w")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.base}/account/devices")
    assert_accessible(page)
    picture(page, "account-devices")
    page.locator(".bar form button").click()
    expect(page).to_have_url(f"{site.base}/sign-in")
    page.goto("/account")
    expect(page).to_have_url(re.compile("/sign-in"))


def test_a_second_factor_from_the_first_look_to_the_second_sign_in(
    site: Site, county: SmallCounty, lang: str
) -> None:
    page = site.open("/account", "township-a", lang=lang)
    assert_accessible(page)
    picture(page, "account")
    site.pass_time(minutes=11)  # since then anybody could have sat down here
    page.goto("/account/second-factor")
    press(page, "enrol")
    expect(page.locator("#prove_password")).to_be_visible()
    picture(page, "prove")
    page.locator("#prove_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("img.code")).to_be_visible()
    secret = page.locator("input[name=secret]").input_value()
    assert_accessible(page)
    picture(page, "account-enrol")
    page.locator("#code").fill(code_of(decoded(secret), step_at(county.clock.now)))
    press(page, "confirm")
    expect(page.locator(".codes li")).to_have_count(10)
    assert_accessible(page)
    picture(page, "account-recovery")

    site.pass_time(minutes=1)
    other = site.open("/sign-in?next=/account", size=PHONE, lang=lang)
    other.locator("#login").fill("township-a")
    other.locator("#password").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(other.locator("#code")).to_be_visible()
    picture(other, "sign-in-code")
    other.locator("#code").fill(code_of(decoded(secret), step_at(county.clock.now)))
    other.keyboard.press("Enter")
    expect(other).to_have_url(f"{site.base}/account")
    fits(other)


def test_the_account_fits_a_phone_and_speaks_english(site: Site) -> None:
    page = site.open("/account", "worker-a1w", size=PHONE)
    fits(page)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="What I hold")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Change my password").click()
    expect(page.get_by_role("heading", name="Change my password")).to_be_visible()
    fits(page)


def press(page: Page, act: str) -> None:
    """The button of this act."""
    page.locator(f"button[value={act}]").click()
