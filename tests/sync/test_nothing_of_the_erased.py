"""Nothing of an erased person is kept, whatever else is wrong with what a phone sends."""

from __future__ import annotations

import pytest

from sync.model import Key, Op, Status
from tests.sync.sample import LI_PHONE, NORTH, SampleCounty
from tests.sync.workers import Worker


@pytest.fixture
def li(county: SampleCounty) -> Worker:
    return Worker(county, 0)


@pytest.fixture
def erased(county: SampleCounty) -> str:
    """A house whose people asked to be forgotten."""
    house = county.write_house(NORTH)
    with county.open("user-office", "") as store:
        store.erase(Key("house", house))
    return house


def test_a_revoked_phone_keeps_nobody_in_quarantine(
    county: SampleCounty, li: Worker, erased: str
) -> None:
    other = county.write_house(NORTH)
    county.revoke(LI_PHONE)
    pushed = li.push(li.patch(erased, {"note": "x"}), li.visit(erased), li.visit(other))
    assert [(o.status, o.reason) for o in pushed.outcomes] == [
        (Status.REJECTED, "erased"),
        (Status.REJECTED, "erased"),
        (Status.QUARANTINED, "device_revoked"),
    ]
    assert len(county.set_aside(LI_PHONE)) == 1


def test_an_old_app_that_names_a_strange_field_keeps_nobody_in_quarantine(
    county: SampleCounty, li: Worker, erased: str
) -> None:
    outcome = li.push_one(li.patch(erased, {"colour": "red"}))
    assert (outcome.status, outcome.reason) == (Status.REJECTED, "erased")
    unknown = li.change("quest", Op.APPEND, li.county.buckets[0], {"house": erased})
    assert li.push_one(unknown).status is Status.REJECTED
    assert county.set_aside(LI_PHONE) == {}


def test_what_a_revoked_phone_made_and_visited_is_aside_for_one_reason(
    county: SampleCounty, li: Worker
) -> None:
    county.revoke(LI_PHONE)
    made = li.create(NORTH)
    pushed = li.push(made, li.visit(made.id))
    assert {outcome.reason for outcome in pushed.outcomes} == {"device_revoked"}
