"""An upgrade that is taken back on data: what was erased is no obstacle, and does not return."""

from __future__ import annotations

from sqlalchemy import text

from migrations.upgrade import downgrade, upgrade
from server.db import transaction
from server.erasure import rounds
from server.erasure.register import Register
from tests.disputes.conftest import Ladder, ladder, lending
from tests.erasure.conftest import register
from tests.erasure.planted import OWN, everything, quarrel

__all__ = ["ladder", "lending", "register"]


def test_going_back_to_before_parties_were_erased_works_on_data(
    ladder: Ladder, register: Register
) -> None:
    """The owner is subject to row security, too: an erasure it does not see would be in its way."""
    case = quarrel(ladder)
    county = case.county
    asked = {"entity": "party", "id": str(case.wanted), "reason": "asked"}
    county.sign_in("county").post("/erasures", asked, expect=202)
    assert rounds.go_round(county.worker, register) == 1
    downgrade(county.url, "0022")
    upgrade(county.url)
    with transaction(county.worker) as session:
        assert session.scalar(text("SELECT count(*) FROM erasure")) == 0
        assert session.scalar(text("SELECT count(*) FROM claim")) == 1
    assert rounds.go_round(county.worker, register) == 1  # the register knows
    after = everything(county)
    assert [word for word in (OWN["claim"], OWN["comment"]) if word in after] == []
