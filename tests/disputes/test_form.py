"""What a dispute and an event may hold, and where a dispute is known."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from server.db import transaction
from server.disputes.rules.events import wrong_event
from server.disputes.rules.registering import places_of, wrong_dispute
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of

BEFORE_CHRIST = "0001-01-01T00:00:00+08:00"


@pytest.mark.parametrize(
    ("occurred_at", "good"),
    [
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))), False),
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), False),
        (datetime(1970, 1, 1, tzinfo=UTC), True),
        (START + timedelta(minutes=10), True),
        (START + timedelta(minutes=11), False),
    ],
)
def test_it_happened_between_1970_and_now(occurred_at: datetime, good: bool) -> None:
    dispute = wrong_dispute({"category": "other", "story": "示例"}, occurred_at, START)
    event = wrong_event({"dispute_id": uuid4(), "event": "note"}, occurred_at, START)
    assert dispute == event == ({} if good else {"occurred_at": "bad_occurred_at"})


def test_a_time_before_christ_never_reaches_the_phones(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")))
    desk = ladder.desk("mediator-a1")
    act = {"id": str(uuid4()), "event": "note", "occurred_at": BEFORE_CHRIST}
    new = {"id": str(uuid4()), "category": "other", "story": "示例", "village_id": str(id_of("A1"))}
    assert "occurred_at" in desk.post(f"/disputes/{wall}/events", act, expect=422)["errors"]
    late = {**new, "occurred_at": BEFORE_CHRIST}
    assert "occurred_at" in desk.post("/disputes", late, expect=422)["errors"]
    phone = ladder.county.sign_in("worker-a1w")
    phone.post("/sync/pull", {"device": phone.tokens["device_id"]}, expect=200)
    assert ladder.kinds(wall) == ["register"]


@pytest.mark.parametrize("table", ["dispute", "visit", "dispute_event"])
def test_nor_does_one_that_is_written_by_hand(ladder: Ladder, table: str) -> None:
    ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")))
    visit = {"id": str(uuid4()), "household_id": str(id_of("A1w-1")), "outcome": "met"}
    ladder.desk("mediator-a1").post("/visits", visit)
    by_hand = f"UPDATE {table} SET occurred_at = '0001-01-01 BC'"
    if table == "dispute_event":
        by_hand = """
            INSERT INTO dispute_event (id, dispute_id, kind, to_status, occurred_at, recorded_at,
                                       received_at, proof)
            SELECT gen_random_uuid(), id, 'note', status, '3000-01-01', received_at, received_at,
                   'proved' FROM dispute"""
    with (
        pytest.raises(IntegrityError, match=f"{table}_occurred_at_check"),
        transaction(ladder.county.worker) as session,
    ):
        session.execute(text(f"RESET ROLE; {by_hand}"))  # even a superuser


def test_half_a_character_is_turned_away_at_the_door(ladder: Ladder) -> None:
    desk = ladder.desk("mediator-a1")
    new = {"id": str(uuid4()), "category": "other", "village_id": str(id_of("A1"))}
    wall = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    note = {"id": str(uuid4()), "event": "note", "why": "half \udfff"}
    bodies = {"/disputes": {**new, "story": "half \ud800"}, f"/disputes/{wall}/events": note}
    for path, body in bodies.items():
        sent = {"data": json.dumps(body), "headers": {"Content-Type": "application/json"}}
        answer = desk.call("POST", path, **sent)
        assert (answer.status_code, answer.json["type"]) == (400, "/problems/unstorable"), path


def test_a_quarrel_between_two_cells_of_a_village_is_the_whole_villages(ladder: Ladder) -> None:
    def party(household: str, side: str) -> dict[str, Any]:
        return {"side": side, "kind": "household", "household_id": str(id_of(household))}

    both = [party("A1w-1", "applicant"), party("A1e-1", "respondent")]
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")), parties=both)
    with transaction(ladder.county.worker) as session:
        buckets = session.scalars(text("SELECT bucket FROM dispute_place")).all()
    assert list(buckets) == [f"v:{id_of('A1')}"]
    for login in ("worker-a1w", "worker-a1e"):
        assert ladder.read(login, wall)["dispute"]["level"] == "village"


def test_a_dispute_is_of_one_cell_only_when_all_of_it_is() -> None:
    village, other, west, east = (uuid4() for _ in range(4))
    there = (west, village)
    assert places_of(None, there, []) == [(village, west)]
    assert places_of(None, there, [(village, west)]) == [(village, west)]
    assert places_of(None, there, [(village, None)]) == [(village, west)]  # not placed yet
    assert places_of(None, there, [(village, east)]) == [(village, None)]
    assert places_of(village, None, [(village, east)]) == [(village, None)]
    assert places_of(None, there, [(other, east)]) == [(village, None), (other, None)]
    assert places_of(None, None, []) == []
