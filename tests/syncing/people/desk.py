"""What a supervisor does with what was set aside: look, release, close."""

from __future__ import annotations

from typing import Any

from tests.smallcounty import Desk, SmallCounty
from tests.syncing.people.letters import Sender, end_work


def after_hours(county: SmallCounty, login: str = "worker-a1w", **more: Any) -> tuple[Sender, str]:
    """A visit written an hour after its author's work ended there: it is set aside."""
    phone = Sender(county, login)
    end_work(county, login)
    county.clock.pass_time(hours=1)
    mid = phone.visit(f"{login[-3:].replace('a', 'A').replace('b', 'B')}-1", **more)
    assert phone.send()[mid]["reason"] == "not-served"
    return phone, mid


def release(desk: Desk, phone: Sender, mid: str, expect: int = 200, **asked: Any) -> Any:
    path = f"/sync/quarantine/{phone.device}/{mid}/release"
    return desk.post(path, asked, expect=expect)


def close(desk: Desk, phone: Sender, mid: str, expect: int = 200) -> Any:
    path = f"/sync/quarantine/{phone.device}/{mid}/close"
    return desk.post(path, {"why": "重复填写"}, expect=expect)


def waiting(desk: Desk, **asked: Any) -> list[str]:
    return [item["mid"] for item in desk.get("/sync/quarantine", **asked)["items"]]
