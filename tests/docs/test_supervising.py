"""docs/supervising.md: its requests are accepted, its answers have the members that are shown."""

from __future__ import annotations

import json
from typing import Any

from server.syncing.status.rules import ALARMS
from tests.docs.blocks import PAGES, blocks_of
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.people.letters import Sender

SHOWN = {block.kind: json.loads(block.text) for block in blocks_of("supervising.md")}
# What is another with every run.
DRAWN = {"mid", "row_id", "id", "version", "received_at", "heard_at", "recorded_at"}


def assert_as_shown(kind: str, told: dict[str, Any]) -> None:
    shown = SHOWN[f"json {kind}"]
    assert list(shown) == list(told)
    assert {n: v for n, v in shown.items() if n not in DRAWN} == {
        n: v for n, v in told.items() if n not in DRAWN
    }


def test_what_was_set_aside_is_shown_released_and_closed(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1", outcome="inspected", weather="雨")
    phone.visit("A1w-1", outcome="inspected")
    phone.send()
    desk = county.sign_in("township-a")
    first, second = sorted(desk.get("/sync/quarantine")["items"], key=lambda item: item["n"])
    assert_as_shown("item", first)
    path = f"/sync/quarantine/{phone.device}"
    told = desk.post(f"{path}/{first['mid']}/release", SHOWN["json release"], expect=200)
    assert told["corrected"] == ["outcome", "weather"]
    told = desk.post(f"{path}/{second['mid']}/close", SHOWN["json close"], expect=200)
    assert told["why"] == "重复填写"


def test_a_conflict_is_shown_and_decided(county: SmallCounty) -> None:
    desk, home = county.sign_in("township-a"), str(id_of("A1w-1"))
    desk.call("PATCH", f"/households/{home}", json={"location": [107.021, 31.951, "wgs84", 5.0]})
    phone = Sender(county, "worker-a1w")
    here = [107.02, 31.95, "wgs84", None]
    said = {"location": [107.022, 31.952, "wgs84", 5.0]}
    phone.write("household", "patch", said, home, {"location": here})
    phone.send()
    (one,) = desk.get("/sync/conflicts")["items"]
    assert_as_shown("conflict", one)
    choice = SHOWN["json decide"]
    refused = desk.post(f"/sync/conflicts/{one['id']}/decide", choice, expect=409)
    assert refused["type"] == "/problems/conflict-stale"
    choice["version"] = one["version"]
    assert desk.post(f"/sync/conflicts/{one['id']}/decide", choice, expect=200)["decided"]


def test_the_numbers_of_a_phone_are_as_shown(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    for outcome in ("met", "met", "inspected"):
        phone.visit("A1w-1", outcome=outcome)
    phone.visit("A1w-1", note="长" * 40_000)
    at = phone.reading()
    oldest = {**at, "elapsed": at["elapsed"] - 30 * 60_000}
    phone.send(unsent={"changes": 2, "rejected": 1, "oldest": oldest, "at": at})
    assert_as_shown("phone", phone.desk.get("/sync/status")["phones"][0])


def test_every_alarm_is_on_the_page() -> None:
    page = (PAGES / "supervising.md").read_text("utf-8")
    assert all(f"| `{kind}` |" in page for kind in ALARMS)
