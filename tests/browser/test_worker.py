"""The worker's page: offline, closed, reopened, shared, updated; and nothing is lost."""

from __future__ import annotations

import io
import re

import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Page, expect

from server.console.worker import kit
from server.db import transaction
from server.policies.service import ensure_policy
from tests.browser.phones.worn import (
    STORE,
    go,
    look,
    opened,
    record_visit,
    sign_in,
    unlock,
    waiting,
)
from tests.browser.site import Site
from tests.smallcounty import SmallCounty, id_of

# Heard from another tab: somebody came, and locked it at once. The door that stands is marked.
CAME_AND_WENT = """user => {
  const key = "wangge.work.holder";
  document.querySelector("#password").dataset.before = "";
  for (const holder of [user, ""]) {
    localStorage.setItem(key, holder);
    window.dispatchEvent(new StorageEvent("storage", { key }));
  }
}"""
CAMERA = "ExampleCamera"
# Of each photo that waits: whether the camera is named in it.
PHOTOS = f"""async () => {{{STORE}
  const files = await asked(db.transaction("file").objectStore("file").getAll());
  db.close();
  const texts = await Promise.all(files.map(({{ blob }}) => blob.text()));
  return texts.map(text => text.includes("{CAMERA}"));
}}"""


def taken(width: int, height: int) -> bytes:
    """A picture as large as a telephone's camera makes them, with what it writes into them."""
    kept, told = io.BytesIO(), Image.Exif()
    told[ExifTags.Base.Make] = CAMERA
    told[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitude: (31.9, 0.0, 0.0)}
    Image.linear_gradient("L").resize((width, height)).save(kept, "JPEG", exif=told)
    assert CAMERA.encode() in kept.getvalue()
    return kept.getvalue()


def visit_stranger(page: Page) -> None:
    """A household that is not here yet comes with its first visit."""
    go(page, "visit")
    page.locator("#household").fill("示新户")
    page.get_by_role("button", name="这里没有的户，记为新住户").click()
    expect(page.locator("#head_name")).to_have_value("示新户")
    page.locator("#outcome-met").check()
    page.locator("#note").fill("示例：甲记下的")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="示新户")).to_be_visible()


def test_nothing_is_lost_offline_closed_and_reopened(
    site: Site, county: SmallCounty, lang: str
) -> None:
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    page = opened(site, lang)
    look(page, "work-sign-in")
    sign_in(page, "worker-a1w")
    expect(page.locator("ul.rows a")).to_have_count(3)
    look(page, "work-cells")

    page.context.set_offline(True)
    record_visit(page, "A1w2", "示例：老人身体好", photo=taken(2600, 1300))
    waiting(page, 1)
    assert page.evaluate(PHOTOS) == [False]  # what the camera wrote into it stays behind
    look(page, "work-household")

    go(page, "dispute")
    page.locator("#story").fill("示例：院墙挡了邻居的水沟")
    page.locator("#category").select_option("neighbours")
    page.locator("#party-0-name").fill("A1w1")
    page.locator(".found button").first.click()
    page.locator("#party-1-name").fill("示某乙")
    look(page, "work-dispute", whole=True)
    page.get_by_role("button", name=re.compile("^(保存|Save)$")).click()
    expect(page.locator(".slip .code")).to_have_text(re.compile(r"^(\w{4}-){3}\w{4}$"))
    look(page, "work-slip")
    waiting(page, 2)
    code = page.locator(".slip .code").inner_text()

    # Something is half typed when the tab is closed.
    go(page, "visit")
    page.locator("#note").fill("示例：写到一半")
    expect(page.locator(".kept")).not_to_be_empty()
    page.close(run_before_unload=False)
    page = page.context.new_page()
    page.goto("/work/")
    unlock(page)
    waiting(page, 2)
    expect(page.get_by_text(re.compile("没写完的|Unfinished"))).to_be_visible()
    go(page, "visit")
    expect(page.locator("#note")).to_have_value("示例：写到一半")
    look(page, "work-visit")
    go(page, "outbox")
    expect(page.locator("main li.card")).to_have_count(2)
    look(page, "work-outbox")

    page.context.set_offline(False)
    waiting(page, 0)
    page.get_by_role("button", name=re.compile("现在同步|Sync now")).click()
    desk = county.sign_in("worker-a1w", device="another")
    visits = desk.get("/visits")["items"]
    kept = [(one["household_id"], one["outcome"], one["has_note"]) for one in visits]
    assert kept == [(str(id_of("A1w-2")), "met", True)]
    expect(page.locator(".top .busy")).to_have_count(0)
    photos = desk.get("/attachments", owner_entity="visit", owner_id=visits[0]["id"])["items"]
    assert [one["media_type"] for one in photos] == ["image/jpeg"]
    assert photos[0]["size"] < 100_000  # made small before it was kept
    disputes = desk.get("/disputes")["items"]
    assert [one["category"] for one in disputes] == ["neighbours"]
    # The party follows the case by the code that the phone made.
    body = {"code": code}
    answer = county.app.test_client().post("/api/v1/resident/case", json=body)
    assert answer.status_code == 200, answer.text
    go(page, "dispute")
    page.get_by_role("link", name=re.compile("谁在办|who holds them")).click()
    expect(page.locator("ul.rows a")).to_contain_text("示例A1调解委员会")
    look(page, "work-cases")


def test_two_users_share_a_phone_and_a_new_version_loses_nothing(
    site: Site, county: SmallCounty, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(site)
    sign_in(page, "worker-a1w")
    page.context.set_offline(True)
    visit_stranger(page)
    waiting(page, 2)
    page.get_by_role("link", name="更正这一条").click()
    expect(page.locator("#note")).to_have_value("示例：甲记下的")
    page.locator("#outcome-by_telephone").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已更正过")).to_be_visible()
    waiting(page, 3)
    # What one tab does at the door the other does too, in the midst of a word.
    other = page.context.new_page()
    other.goto("/work/")
    unlock(other)
    go(other, "visit")
    other.locator("#note").fill("示例：甲在另一个窗口写到一半")
    page.locator(".top .me").click()
    page.get_by_role("button", name="锁上，交给别人").click()
    expect(other.locator("#password")).to_be_visible()
    # Locked while the other was still letting somebody in: it stays locked, in both.
    other.evaluate(CAME_AND_WENT, str(id_of("user worker-a1w")))
    expect(other.locator("#password:not([data-before])")).to_be_visible()
    assert other.evaluate("localStorage.getItem('wangge.work.holder')") == ""
    page.get_by_role("button", name="不是我").click()
    page.context.set_offline(False)
    sign_in(page, "worker-b1w")
    waiting(page, 0)
    expect(page.locator("ul.rows")).not_to_contain_text("A1w")
    expect(other.locator(".top .me")).to_have_text("示例worker-b1w")
    expect(other.locator("ul.rows")).not_to_contain_text("A1w")

    # While the second one types, another version arrives, in another tab too.
    go(page, "visit")
    page.locator("#note").fill("示例：乙写到一半")
    expect(page.locator(".kept")).not_to_be_empty()
    older = kit.version()
    monkeypatch.setattr(kit, "version", lambda: "0123456789ab")
    page.evaluate("navigator.serviceWorker.getRegistration().then(found => found.update())")
    page.get_by_role("button", name="新版本，点此更新").click()
    expect(page.locator("#page")).to_have_attribute("data-version", "0123456789ab")
    assert older != kit.version()
    other.get_by_role("button", name="新版本，点此更新").click()
    expect(other.locator("#page")).to_have_attribute("data-version", "0123456789ab")
    other.close()
    expect(page.get_by_role("heading", name="您是哪一位？")).to_be_visible()
    look(page, "work-who")
    page.get_by_role("button", name="示例worker-b1w").click()
    unlock(page)
    go(page, "visit")
    expect(page.locator("#note")).to_have_value("示例：乙写到一半")

    # Nobody delivers another's work: it goes when its author is back.
    desk = county.sign_in("worker-a1w", device="another")
    assert desk.get("/visits")["items"] == []
    page.reload()
    page.get_by_role("button", name="示例worker-a1w").click()
    unlock(page)
    waiting(page, 0)
    go(page, "outbox")
    expect(page.get_by_text("都传上去了")).to_be_visible()
    go(page, "visit")
    expect(page.locator("#note")).to_have_value("示例：甲在另一个窗口写到一半")
    first, second = sorted(desk.get("/visits")["items"], key=lambda one: str(one["id"]))
    assert (first["outcome"], second["outcome"]) == ("met", "by_telephone")
    assert second["supersedes_id"] == first["id"]
    home = desk.get(f"/households/{first['household_id']}")
    assert home["village_id"] == str(id_of("A1"))
    page_and_office_change_one_thing(page, county, site)


def page_and_office_change_one_thing(page: Page, county: SmallCounty, site: Site) -> None:
    """The form had shown what the office has changed since: both values are logged."""
    go(page, "cells")
    page.locator("ul.rows a", has_text="A1w1").click()
    page.get_by_role("link", name="改正").click()
    page.locator("#address").fill("示例：网格员写的")
    expect(page.locator(".kept")).not_to_be_empty()
    office = county.sign_in("township-a")
    changed = {"address": "示例：办公室写的"}
    answer = office.call("PATCH", f"/households/{id_of('A1w-1')}", json=changed)
    assert answer.status_code == 200, answer.text
    site.pass_time(minutes=1)
    go(page, "outbox")
    page.get_by_role("button", name="现在同步").click()
    go(page, "cells")
    expect(page.locator("ul.rows a", has_text="办公室写的")).to_be_visible()
    page.get_by_role("link", name="改正 ").click()
    expect(page.locator("#address")).to_have_value("示例：网格员写的")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".done")).to_be_visible()
    go(page, "outbox")
    expect(page.get_by_text("都传上去了")).to_be_visible()
    logged = office.get("/sync/conflicts", state="logged")["items"]
    assert [one["field"] for one in logged] == ["address"]
