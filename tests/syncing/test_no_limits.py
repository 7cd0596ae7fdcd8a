"""A county that lacks a policy or days of its calendar: its phones go on all the same."""

from __future__ import annotations

from tests.smallcounty import SmallCounty, id_of
from tests.syncing.people.letters import Sender, run


def test_a_dispute_that_no_policy_covers_waits_for_a_person_and_holds_nothing_up(
    county: SmallCounty,
) -> None:
    phone = Sender(county, "worker-a1w")
    run(county, "UPDATE policy_version SET valid_from = '2030-01-01'")
    before = phone.visit("A1w-1")
    cases = [phone.write("dispute", "create", quarrel()) for _ in range(2)]
    after = phone.visit("A1w-2")
    outcomes = phone.send()
    assert {outcomes[mid]["status"] for mid in (before, after)} == {"applied"}
    assert {outcomes[mid]["reason"] for mid in cases} == {"no-policy"}
    assert run(county, "SELECT count(*) FROM sync_quarantine") == [(2,)]
    assert run(county, "SELECT count(*) FROM visit") == [(2,)]


def quarrel() -> dict[str, object]:
    """A wall between two neighbours of the village."""
    return {"category": "neighbours", "story": "示例：院墙", "village_id": str(id_of("A1"))}
