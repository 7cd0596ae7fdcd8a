"""A bucket is the same for everybody who holds it, whatever happens to people, cells and cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, text

from server.db import transaction
from tests.disputes.conftest import Ladder
from tests.disputes.test_feed import check_heads
from tests.disputes.test_recusal import go_round, recusals
from tests.smallcounty import CELLS, PEOPLE, VILLAGES, id_of
from tests.waiting import await_waiting

STEPS = 25
WORKERS = ("worker-a1w", "worker-a1e", "mediator-a1", "mediator-a2", "mediator-b1", "worker-b1w")
PLACES: dict[str, list[tuple[str, str | None]]] = {
    "one cell": [("A1", "A1w")],
    "the other": [("A1", "A1e")],
    "the village": [("A1", None)],
    "two villages": [("A1", None), ("A2", None)],
    "elsewhere": [("A2", "A2w")],
}


class Walk:
    """What may happen, one after the other, written past every service."""

    def __init__(self, ladder: Ladder, seed: int) -> None:
        self.ladder, self.chance = ladder, Random(seed)
        self.cases = [
            ladder.register("county", f"case {k}", cell_id=str(id_of(cell)))
            for k, cell in enumerate(("A1w", "A1e", "A2w"))
        ]

    def step(self) -> str:
        """One of them; its name."""
        deeds: list[Callable[[], None]] = [
            *(self.someone_comes, self.someone_goes, self.a_case_is_known_elsewhere),
            *(self.a_person_steps_aside, self.an_office_steps_aside, self.all_are_called_back),
            *(self.something_is_noted, self.a_user_is_switched, self.a_case_is_touched),
        ]
        deed = self.chance.choice(deeds)
        self.ladder.county.clock.pass_time(minutes=1)
        deed()
        return deed.__name__

    def someone_comes(self) -> None:
        role, column, place = self.chance.choice(
            [
                *(("grid_worker", "cell_id", id_of(cell)) for cell in CELLS),
                *(("mediator", "area_id", id_of(village)) for village in VILLAGES),
                *(("mediator", "office_id", id_of(f"office {village}")) for village in VILLAGES),
            ]
        )
        self.write(
            f"""INSERT INTO assignment (id, user_id, role, {column}, valid_from)
                VALUES (gen_random_uuid(), :user, :role, :place, gate.now())""",
            user=self.person,
            role=role,
            place=place,
        )

    def someone_goes(self) -> None:
        self.write(
            """UPDATE assignment SET valid_to = gate.now()
                WHERE user_id = :user AND valid_to IS NULL""",
            user=self.person,
        )

    def a_case_is_known_elsewhere(self) -> None:
        case, places = self.case, self.chance.choice(list(PLACES.values()))
        with self.ladder_transaction() as run:
            run("DELETE FROM dispute_place WHERE dispute_id = :case", case=case)
            for village, cell in places:
                run(
                    "INSERT INTO dispute_place (dispute_id, village_id, cell_id)"
                    " VALUES (:case, :village, :cell)",
                    case=case,
                    village=id_of(village),
                    cell=id_of(cell) if cell else None,
                )

    def a_person_steps_aside(self) -> None:
        self.recuse(user_id=self.person)

    def an_office_steps_aside(self) -> None:
        self.recuse(office_id=id_of(f"office {self.chance.choice(list(VILLAGES))}"))

    def all_are_called_back(self) -> None:
        self.write(
            "UPDATE recusal SET ended_at = gate.now() WHERE dispute_id = :case", case=self.case
        )

    def something_is_noted(self) -> None:
        self.write(
            """INSERT INTO dispute_event (id, dispute_id, kind, to_status, occurred_at,
                                          recorded_at, received_at, proof)
               VALUES (gen_random_uuid(), :case, 'note', 'registered', gate.now(), gate.now(),
                       gate.now(), 'proved')""",
            case=self.case,
        )

    def a_user_is_switched(self) -> None:
        self.write("UPDATE user_account SET active = NOT active WHERE id = :u", u=self.person)

    def a_case_is_touched(self) -> None:
        self.write("UPDATE holding SET handle_by = handle_by WHERE dispute_id = :c", c=self.case)

    def recuse(self, **whom: UUID) -> None:
        ((column, id_),) = whom.items()
        self.write(
            f"""INSERT INTO recusal (id, dispute_id, {column}, found_by, since)
                VALUES (gen_random_uuid(), :case, :id, 'asked', gate.now())
                ON CONFLICT DO NOTHING""",
            case=self.case,
            id=id_,
        )

    @property
    def case(self) -> str:
        return self.chance.choice(self.cases)

    @property
    def person(self) -> UUID:
        return id_of(f"user {self.chance.choice(WORKERS)}")

    def write(self, statement: str, **values: Any) -> None:
        with self.ladder_transaction() as run:
            run(statement, **values)

    @contextmanager
    def ladder_transaction(self) -> Iterator[Callable[..., object]]:
        """What the county's own hand writes; many roles could not."""
        engine = create_engine(self.ladder.county.url)
        try:
            with engine.begin() as connection:
                _tell(connection, self.ladder)
                yield lambda statement, **values: connection.execute(text(statement), values)
        finally:
            engine.dispose()


def _tell(connection: Connection, ladder: Ladder) -> None:
    now = ladder.county.clock.now.isoformat()
    connection.execute(text("SELECT set_config('app.now', :now, true)"), {"now": now})


def heard(ladder: Ladder) -> dict[str, set[str]]:
    """Dispute → buckets that have it; of its events every one is where it is itself."""
    with transaction(ladder.county.worker) as session:
        cases: dict[str, set[str]] = {}
        for row in session.execute(
            text("SELECT row_id, bucket FROM feed_entry WHERE entity = 'dispute' AND put")
        ):
            cases.setdefault(str(row.row_id), set()).add(row.bucket)
        events = session.execute(
            text("""
                SELECT e.dispute_id, array_remove(array_agg(f.bucket ORDER BY f.bucket), NULL) AS b
                  FROM dispute_event e
                  LEFT JOIN feed_entry f
                         ON f.entity = 'dispute_event' AND f.row_id = e.id AND f.put
                 GROUP BY e.dispute_id, e.id
            """)
        ).all()
    for event in events:
        assert set(event.b) == cases.get(str(event.dispute_id), set()), event.dispute_id
    return cases


def must_hear(ladder: Ladder, cases: list[str]) -> dict[str, set[str]]:
    """The same, told naively: user by user, from the buckets that each of them holds."""
    with transaction(ladder.county.worker) as session:
        shared = {
            case: set(
                session.scalars(
                    text("SELECT bucket FROM dispute_place WHERE dispute_id = :c"), {"c": case}
                )
            )
            for case in cases
        }
    apart = {case: set(recusals(ladder, case)) for case in cases}
    expected = {case: set() if apart[case] else shared[case] for case in cases}
    for login in PEOPLE:
        with transaction(ladder.county.identity(login)) as session:
            buckets = set(session.scalars(text("SELECT gate.my_buckets()")))
            me = {id_of(f"user {login}"), *session.scalars(text("SELECT gate.my_offices()"))}
            visible = {str(id_) for id_ in session.scalars(text("SELECT id FROM dispute"))}
        for case in cases:
            if apart[case] and not me & apart[case] and buckets & shared[case]:
                expected[case].add(f"u:{id_of(f'user {login}')}")
                assert case in visible, (login, case)
            if me & apart[case]:
                assert case not in visible, (login, case)
    return {case: buckets for case, buckets in expected.items() if buckets}


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_after_every_step_each_bucket_holds_what_its_holders_may_see(
    ladder: Ladder, seed: int
) -> None:
    walk, story = Walk(ladder, seed), []
    for _ in range(STEPS):
        story.append(walk.step())
        assert heard(ladder) == must_hear(ladder, walk.cases), story
    before = heard(ladder)
    go_round(ladder)
    assert heard(ladder) == before
    check_heads(ladder)


def test_an_event_and_a_recusal_at_once_end_with_nothing_in_the_shared_bucket(
    ladder: Ladder,
) -> None:
    """Whoever comes second waits for the case, and sees what the first has done."""
    walk = Walk(ladder, 0)
    case = walk.cases[0]
    note = """INSERT INTO dispute_event (id, dispute_id, kind, to_status, occurred_at,
                                         recorded_at, received_at, proof)
              VALUES (gen_random_uuid(), :c, 'note', 'registered', now(), now(), now(), 'proved')"""
    aside = """INSERT INTO recusal (id, dispute_id, user_id, found_by, since)
               VALUES (gen_random_uuid(), :c, :u, 'asked', now())"""
    values = {"c": case, "u": id_of("user worker-a1w")}
    with ThreadPoolExecutor(1) as other:
        with walk.ladder_transaction() as run:
            run(note, **values)
            late = other.submit(walk.write, aside, **values)
            await_waiting(ladder.county, late)
        late.result()
        assert heard(ladder)[case] == {f"u:{id_of('user mediator-a1')}"}
        with walk.ladder_transaction() as run:
            run("UPDATE recusal SET ended_at = now() WHERE dispute_id = :c", c=case)
            late = other.submit(walk.write, note, **values)
            await_waiting(ladder.county, late)
        late.result()
    assert heard(ladder)[case] == {f"c:{id_of('A1w')}"}
    check_heads(ladder)


def test_what_a_marked_holding_put_back_is_taken_out_by_the_worker(ladder: Ladder) -> None:
    """It was put there at the very moment of the recusal; nobody could read it meanwhile."""
    walk = Walk(ladder, 0)
    case = walk.cases[0]
    walk.write(
        """INSERT INTO recusal (id, dispute_id, user_id, found_by, since)
           VALUES (gen_random_uuid(), :c, :u, 'asked', now())""",
        c=case,
        u=id_of("user worker-a1w"),
    )
    with walk.ladder_transaction() as run:
        run(
            """INSERT INTO feed_entry (bucket, entity, row_id, put) VALUES (:b, 'dispute', :c, true)
               ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = true, seq = NULL""",
            b=f"c:{id_of('A1w')}",
            c=case,
        )
        run("SELECT feed.wake()")
    go_round(ladder)
    assert heard(ladder)[case] == {f"u:{id_of('user mediator-a1')}"}
    check_heads(ladder)
