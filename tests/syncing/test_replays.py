"""A replay is answered under the authority of its own time: what one once wrote tells no row."""

from __future__ import annotations

import pytest

from sync.model import Status
from tests.smallcounty import SmallCounty
from tests.sync.workers import Worker
from tests.syncing.test_contract import ContractCounty


@pytest.fixture(name="contract")
def contract_county(county: SmallCounty) -> ContractCounty:
    return ContractCounty(county)


def test_after_the_cell_was_taken_away_a_replay_of_ones_own_work_tells_no_row(
    contract: ContractCounty,
) -> None:
    li = Worker(contract, 0)
    made = li.create(contract.buckets[0])
    visit = li.visit(made.id)
    assert [o.status for o in li.push(made, visit).outcomes] == [Status.APPLIED] * 2
    told = li.push(made, visit).outcomes
    assert all(outcome.row is not None for outcome in told)
    contract.assign(li.user)
    again = li.push(made, visit).outcomes
    assert [(o.status, o.row) for o in again] == [(Status.DUPLICATE, None)] * 2
