"""What phones hear of disputes: every bucket it is in, whatever way it changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, text

from server.db import transaction, worker
from server.disputes.queries.phones import list_sync_disputes
from server.syncing.queries import recompute_heads
from server.worker import warn_ahead
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of


def entries(ladder: Ladder, dispute: str) -> dict[str, bool]:
    """Bucket → whether the dispute is in it."""
    with transaction(ladder.county.worker) as session:
        rows = session.execute(
            text("SELECT bucket, put FROM feed_entry WHERE entity = 'dispute' AND row_id = :id"),
            {"id": dispute},
        )
        return {row.bucket: row.put for row in rows}


def seq_of(ladder: Ladder, dispute: str) -> int:
    """The newest seq under which phones hear of the dispute itself."""
    with transaction(ladder.county.worker) as session:
        found: int = session.execute(
            text("SELECT max(seq) FROM feed_entry WHERE entity = 'dispute' AND row_id = :id"),
            {"id": dispute},
        ).scalar_one()
        return found


def check_heads(ladder: Ladder) -> None:
    """Heads kept are heads recomputed, and nothing is unstamped."""
    with transaction(ladder.county.worker) as session:
        kept = session.execute(text("SELECT bucket, n, h, seq FROM feed_head")).all()
        unstamped = session.scalar(text("SELECT count(*) FROM feed_entry WHERE seq IS NULL"))
        assert sorted(map(tuple, recompute_heads(session))) == sorted(map(tuple, kept))
        assert unstamped == 0


def by_hand(ladder: Ladder, sql: str, **values: Any) -> None:
    """What an administrator writes past every service."""
    engine = create_engine(ladder.county.url)
    try:
        with engine.begin() as connection:
            connection.execute(text(sql), values)
    finally:
        engine.dispose()


def test_a_dispute_of_one_cell_is_on_the_phones_of_that_cell(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")))
    assert entries(ladder, wall) == {f"c:{id_of('A1w')}": True}
    check_heads(ladder)


def test_a_dispute_of_two_villages_is_in_both(ladder: Ladder) -> None:
    respondent = {
        "side": "respondent",
        "kind": "household",
        "household_id": str(id_of("A2e-1")),
    }
    water = ladder.register("mediator-a1", "water", cell_id=str(id_of("A1w")), parties=[respondent])
    assert entries(ladder, water) == {f"v:{id_of('A1')}": True, f"v:{id_of('A2')}": True}
    for login in ("worker-a1w", "worker-a1e"):
        page = _pull(ladder, login)
        rows = page[f"v:{id_of('A1')}"]
        assert len(rows["dispute"]["rows"]) == len(rows["dispute_event"]["rows"]) == 1
    assert f"v:{id_of('A2')}" not in _pull(ladder, "worker-a1w")
    check_heads(ladder)


def test_every_change_of_a_case_reaches_its_phones(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")))
    before = seq_of(ladder, wall)
    ladder.act("mediator-a1", wall, "accept")
    accepted = seq_of(ladder, wall)
    assert accepted > before
    row = _row(_pull(ladder, "worker-a1w")[f"c:{id_of('A1w')}"]["dispute"])
    assert (row["status"], row["office_name"]) == ("accepted", "示例A1调解委员会")
    ladder.climb(START + timedelta(days=60))
    assert seq_of(ladder, wall) > accepted
    row = _row(_pull(ladder, "worker-a1w")[f"c:{id_of('A1w')}"]["dispute"])
    assert (row["status"], row["level"]) == ("registered", "township")
    check_heads(ladder)


def test_hand_written_sql_cannot_go_round_the_feed(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")))
    west, east = f"c:{id_of('A1w')}", f"c:{id_of('A1e')}"
    seq = seq_of(ladder, wall)
    by_hand(ladder, "UPDATE holding SET handle_by = handle_by + interval '1 day'")
    assert seq_of(ladder, wall) > seq
    by_hand(ladder, "UPDATE dispute_place SET cell_id = :cell", cell=id_of("A1e"))
    assert entries(ladder, wall) == {west: False, east: True}
    by_hand(ladder, "DELETE FROM dispute_place")
    assert entries(ladder, wall) == {west: False, east: False}
    by_hand(
        ladder,
        "INSERT INTO dispute_place (dispute_id, village_id) VALUES (:id, :village)",
        id=wall,
        village=id_of("A1"),
    )
    village = f"v:{id_of('A1')}"
    assert entries(ladder, wall) == {west: False, east: False, village: True}
    with transaction(ladder.county.worker) as session:
        events = session.execute(
            text("SELECT bucket, put FROM feed_entry WHERE entity = 'dispute_event'")
        ).all()
    assert {tuple(row) for row in events} == {(west, False), (east, False), (village, True)}
    check_heads(ladder)


def test_many_cases_climb_and_the_heads_still_agree(ladder: Ladder) -> None:
    ladder.register_many("mediator-a1", 60, cell_id=id_of("A1w"))
    assert ladder.climb(START + timedelta(days=60)) == 60
    check_heads(ladder)


def test_a_warning_is_no_news_for_phones(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")))
    seq = seq_of(ladder, wall)
    assert warn_ahead(worker(START + timedelta(days=2, hours=15))) == 1
    assert seq_of(ladder, wall) == seq
    check_heads(ladder)


# What somebody may write into a Holding; whatever of it phones show, they have to hear of.
CHANGES = (
    "due_at = due_at + interval '1 day'",
    "accept_by = accept_by + interval '1 day'",
    "handle_by = handle_by + interval '1 day'",
    "extension_answer_by = handle_by",
    "extended = true",
    "extended = false, extension_declined = true",
    "extension_declined = false",
    "request_at = received_at, request_answer_by = handle_by",
    "request_answered_at = handle_by",
    "request_answered_at = NULL",
    "warned_at = received_at",
    "objected_at = received_at",
    "accepted_at = received_at",
    "ended_at = handle_by, ended_how = 'withdraw', due_at = NULL",
)


def test_phones_hear_of_every_change_that_they_show(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")))
    heard = {}
    for change in CHANGES:
        seq, shown = seq_of(ladder, wall), _shown(ladder, wall)
        by_hand(ladder, f"UPDATE holding SET {change}")
        heard[change] = seq_of(ladder, wall) > seq
        assert heard[change] or _shown(ladder, wall) == shown, change
    assert [change for change, told in heard.items() if not told] == [
        "warned_at = received_at",
        "objected_at = received_at",
        "accepted_at = received_at",
    ]
    check_heads(ladder)


def test_a_holding_that_goes_to_another_case_is_news_of_both(ladder: Ladder) -> None:
    wall = ladder.register("mediator-a1", "wall", cell_id=str(id_of("A1w")))
    well = ladder.register("mediator-a1", "well", cell_id=str(id_of("A1w")))
    by_hand(
        ladder,
        "UPDATE holding SET ended_at = received_at, ended_how = 'withdraw', due_at = NULL"
        " WHERE dispute_id = :well",
        well=well,
    )
    before = seq_of(ladder, wall), seq_of(ladder, well)
    by_hand(
        ladder,
        "UPDATE holding SET dispute_id = :well, n = 2 WHERE dispute_id = :wall",
        wall=wall,
        well=well,
    )
    assert seq_of(ladder, wall) > before[0]
    assert seq_of(ladder, well) > before[1]
    check_heads(ladder)


def _pull(ladder: Ladder, login: str) -> dict[str, Any]:
    """Everything on a fresh phone, by bucket and entity."""
    desk = ladder.county.sign_in(login)
    answer = desk.post("/sync/pull", {"device": desk.tokens["device_id"]}, expect=200)
    put: dict[str, Any] = answer["put"]
    return put


def _row(table: dict[str, Any]) -> dict[str, Any]:
    """The only row of an entity, by column."""
    (row,) = table["rows"]
    return dict(zip(table["cols"], row, strict=True))


def _shown(ladder: Ladder, dispute: str) -> tuple[Any, ...]:
    """The row that phones hold."""
    with transaction(ladder.county.worker) as session:
        session.execute(text("RESET ROLE"))
        (row,) = list_sync_disputes(session, [UUID(dispute)])
        return tuple(row)
