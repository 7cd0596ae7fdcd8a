"""A worker who is disabled or moved while their phone is out: what it hears, what still arrives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.demo.web import serving
from tests import smallcounty
from tests.access.keeping import user
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.test_phones import Carried

WHY = {"reason": "示例原因"}


@pytest.fixture
def li(county: SmallCounty, tmp_path: Path) -> Iterator[Carried]:
    """A worker's phone before a real server: it holds the cell, and a visit nobody has yet."""
    with serving(smallcounty.settings(county.url), county.clock) as base_url:
        phone = Carried(county, base_url, "worker-a1w", tmp_path / "phone.db")
        phone.sync()
        assert phone.phone.rows("household")
        yield phone


def test_a_disabled_workers_phone_drops_its_rows_and_delivers_what_it_wrote(
    county: SmallCounty, li: Carried
) -> None:
    li.visit("A1w-1")
    county.sign_in("security").post(f"{user('worker-a1w')}/disable", WHY, expect=200)
    county.clock.pass_time(days=1)  # the token it has is over by then: it asks for the next one
    li.sync()
    assert li.phone.rows("household") == {}
    assert li.phone.rows("visit") == {}
    assert li.phone.waiting() == []
    ((_, status, reason),) = li.phone.set_aside()
    assert (status, reason) == ("quarantined", "device_revoked")
    (kept,) = county.sign_in("county").get("/sync/quarantine")["items"]
    assert kept["reason"] == "device_revoked"


def test_a_worker_who_was_sent_elsewhere_loses_the_rows_and_no_visit(
    county: SmallCounty, li: Carried
) -> None:
    visit = li.visit("A1w-2")
    county.clock.pass_time(minutes=1)
    township = county.sign_in("township-a")
    ends = [{"user": "worker-a1w", "cell": smallcounty.CELLS["A1w"]}]
    plan = {"kind": "assignment", "ends": ends}
    token = township.post("/moves/preview", {"plan": plan}, expect=200)["token"]
    township.post("/moves/apply", {"plan": plan, "token": token, "why": "示例调动"})
    li.sync()
    assert li.phone.rows("household") == {}
    assert (li.phone.waiting(), li.phone.set_aside()) == ([], [])
    assert township.get(f"/visits/{visit}")["household_id"] == str(id_of("A1w-2"))
