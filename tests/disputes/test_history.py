"""The history of a case: linked as it is written, only added to, and found out when altered."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from server.db import transaction
from server.disputes import service
from server.disputes.service import Broken
from server.sealed import keyring, row_key
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of


@pytest.fixture
def wall(ladder: Ladder) -> UUID:
    """A case with a history of four events, beside another one."""
    ladder.register("mediator-a1", "other", village_id=str(id_of("A1")))
    dispute = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    ladder.act("mediator-a1", dispute, "accept", why="示例：受理")
    ladder.act("mediator-a1", dispute, "mediate", why="示例：到场")
    ladder.act("mediator-a1", dispute, "settle", agreement="示例：各退半尺")
    return UUID(dispute)


def verify(ladder: Ladder) -> list[Broken]:
    with transaction(ladder.county.worker) as session:
        return service.verify_chain(session)


def tamper(ladder: Ladder, sql: str, **values: object) -> None:
    """Alter history as only a superuser who switches the triggers off can."""
    engine = create_engine(ladder.county.url)
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(sql), values)
    finally:
        engine.dispose()


def test_every_event_is_linked_and_holds(ladder: Ladder, wall: UUID) -> None:
    ladder.climb(START + timedelta(days=60))
    assert verify(ladder) == []
    with transaction(ladder.county.identity("mediator-a1")) as session:
        assert service.verify_chain(session, wall) == []


# What somebody with all power over the database may do to a history of four → where it shows.
TAMPERED: dict[str, list[int | None]] = {
    "UPDATE dispute_event SET kind = 'note' WHERE dispute_id = :id AND n = 2": [2],
    "UPDATE dispute_event SET recorded_by = NULL WHERE dispute_id = :id AND n = 3": [3],
    "UPDATE dispute_event SET received_at = received_at + interval '1 microsecond'"
    " WHERE dispute_id = :id AND n = 1": [1],
    "UPDATE dispute_event SET referred_to = 'court' WHERE dispute_id = :id AND n = 4": [4],
    "DELETE FROM dispute_event WHERE dispute_id = :id AND n = 2": [3, 4],
    "DELETE FROM dispute_event WHERE dispute_id = :id AND n = 4": [3],
    "DELETE FROM dispute_event WHERE dispute_id = :id": [None],
    "UPDATE dispute SET status = 'accepted' WHERE id = :id": [4],
}


def test_a_tampered_history_is_found(ladder: Ladder, wall: UUID) -> None:
    expected = []
    for how, broken_at in TAMPERED.items():
        case = UUID(ladder.register("mediator-a1", how, village_id=str(id_of("A1"))))
        for event in ("accept", "mediate"):
            ladder.act("mediator-a1", str(case), event)
        ladder.act("mediator-a1", str(case), "settle", agreement="示例")
        tamper(ladder, how, id=case)
        expected += [Broken(case, n) for n in broken_at]
    assert verify(ladder) == sorted(expected, key=lambda link: (link.dispute_id, link.n or 0))


def test_an_event_recomputed_with_its_hash_is_betrayed_by_the_next(
    ladder: Ladder, wall: UUID
) -> None:
    tamper(
        ladder, "UPDATE dispute_event SET kind = 'note' WHERE dispute_id = :id AND n = 2", id=wall
    )
    tamper(
        ladder,
        "UPDATE dispute_event e SET hash = gate.event_hash(e) WHERE dispute_id = :id AND n = 2",
        id=wall,
    )
    assert verify(ladder) == [Broken(wall, 3)]


def test_another_text_is_found_and_the_same_one_sealed_anew_is_not(
    ladder: Ladder, wall: UUID
) -> None:
    how = "UPDATE dispute_event SET why = :why WHERE dispute_id = :id AND n = 2"
    said = ladder.read("mediator-a1", str(wall))["events"][1]["id"]
    for_it = partial(keyring().seal, "dispute_event.why", row_key(said))
    tamper(ladder, how, id=wall, why=for_it("示例：受理"))
    assert verify(ladder) == []
    tamper(ladder, how, id=wall, why=for_it("示例：另一种说法"))
    assert verify(ladder) == [Broken(wall, 2)]


def test_a_text_that_was_moved_to_another_event_is_found(ladder: Ladder, wall: UUID) -> None:
    """The very words of a third event, in place of the second's: they do not open there."""
    how = (
        "UPDATE dispute_event e SET why = o.why FROM dispute_event o"
        " WHERE e.dispute_id = :id AND e.n = 2 AND o.dispute_id = :id AND o.n = 3"
    )
    tamper(ladder, how, id=wall)
    assert verify(ladder) == [Broken(wall, 2)]


def test_history_is_only_added_to_even_for_a_superuser(ladder: Ladder, wall: UUID) -> None:
    engine = create_engine(ladder.county.url)
    changes = ("UPDATE dispute_event SET kind = 'note'", "DELETE FROM dispute_event")
    try:
        for statement in (*changes, "TRUNCATE dispute_event CASCADE"):
            with engine.connect() as connection, pytest.raises(DBAPIError, match="is refused"):
                connection.execute(text(statement))
    finally:
        engine.dispose()


def test_what_hand_written_sql_adds_is_linked_too(ladder: Ladder, wall: UUID) -> None:
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("""
                INSERT INTO dispute_event (id, dispute_id, n, hash, kind, from_status, to_status,
                                           occurred_at, recorded_at, received_at, proof)
                SELECT gen_random_uuid(), d.id, 1, 'forged', 'note', status, status, :at, :at, :at,
                       'proved'
                  FROM dispute d CROSS JOIN generate_series(1, 3)
            """),
            {"at": START},
        )
    assert verify(ladder) == []
    assert len(ladder.kinds(str(wall))) == 7


def test_an_act_sent_twice_is_one_event(ladder: Ladder) -> None:
    phone = ladder.phone("mediator-a1")
    dispute = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    phone.note("dispute_event", dispute_id=dispute, event="accept")
    outbox = list(phone.changes)
    assert phone.deliver()[0]["status"] == "applied"
    phone.changes = outbox
    assert phone.deliver()[0]["status"] == "duplicate"
    assert ladder.kinds(dispute) == ["register", "accept"]


def test_an_event_of_a_dispute_that_nobody_made_is_set_aside(ladder: Ladder) -> None:
    phone = ladder.phone("mediator-a1")
    phone.note("dispute_event", dispute_id=str(uuid4()), event="accept")
    phone.note("dispute_event", event="accept")
    assert [(o["status"], o["reason"]) for o in phone.deliver()] == [
        ("quarantined", "dispute-not-found"),
        ("quarantined", "bad-dispute-event"),
    ]
