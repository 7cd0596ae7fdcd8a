"""Where the clock takes a case: past whoever steps aside, and to the kind of Office it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from server.db import transaction, worker
from server.ladder.policy import DEFAULT
from server.ladder.routing import Category, OfficeKind
from server.policies.service import load_policy
from server.worker import climb_due
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of

DUE = START + timedelta(days=3, hours=15)  # three working days after Monday: Thursday 24:00


def by_hand(ladder: Ladder, sql: str, **values: object) -> Sequence[Any]:
    """A statement as the county's own hand; its rows."""
    with transaction(ladder.county.worker) as session:
        session.execute(text("RESET ROLE"))
        done = session.connection().execute(text(sql), values)
        return done.all() if done.returns_rows else []


def step_aside(ladder: Ladder, dispute: UUID, **whom: UUID) -> None:
    """An Office, or a person, has nothing to do with this case any more."""
    ((column, who),) = whom.items()
    by_hand(
        ladder,
        f"""
        INSERT INTO recusal (id, dispute_id, {column}, found_by, since)
        VALUES (gen_random_uuid(), :dispute, :who, 'account', :since)
        """,
        dispute=dispute,
        who=who,
        since=START,
    )


def holder(ladder: Ladder, dispute: UUID) -> tuple[UUID, str]:
    """The Office that holds it, and on which level."""
    ((office, level),) = by_hand(
        ladder, "SELECT office_id, level FROM dispute WHERE id = :id", id=dispute
    )
    return office, level


def found_office(ladder: Ladder, kind: str, level: str, beside: str, *, manned: bool) -> UUID:
    """Another Office in the Area of the one that is named; with somebody or without."""
    new = id_of(f"{kind} {beside}")
    by_hand(
        ladder,
        """
        INSERT INTO office (id, area_id, level, kind, name, lead)
        SELECT :new, area_id, :level, :kind, '示例', false FROM office WHERE id = :beside
        """,
        new=new,
        level=level,
        kind=kind,
        beside=id_of(beside),
    )
    if manned:
        by_hand(
            ladder,
            """
            INSERT INTO assignment (id, user_id, role, office_id, valid_from)
            SELECT gen_random_uuid(), user_id, role, :new, valid_from
              FROM assignment WHERE office_id = :beside LIMIT 1
            """,
            new=new,
            beside=id_of(beside),
        )
    return new


def test_a_case_goes_past_an_office_that_steps_aside_and_the_others_do_not(ladder: Ladder) -> None:
    first, second, third = ladder.register_many("mediator-a1", 3)
    step_aside(ladder, second, office_id=id_of("office A"))
    assert climb_due(worker(DUE)) == 3
    township, county = (id_of("office A"), "township"), (id_of("office county"), "county")
    assert [holder(ladder, one) for one in (first, second, third)] == [township, county, township]


def test_an_office_whose_only_person_steps_aside_is_passed_over(ladder: Ladder) -> None:
    one, other = ladder.register_many("mediator-a1", 2)
    people = by_hand(
        ladder, "SELECT user_id FROM assignment WHERE office_id = :id", id=id_of("office A")
    )
    for (person,) in people:
        step_aside(ladder, one, user_id=person)
    assert climb_due(worker(DUE)) == 2
    assert (holder(ladder, one)[1], holder(ladder, other)[1]) == ("county", "township")


def test_where_everybody_above_steps_aside_a_case_waits_and_keeps_nobody_waiting(
    ladder: Ladder,
) -> None:
    one, other = ladder.register_many("mediator-a1", 2)
    for name in ("office A", "office county"):
        step_aside(ladder, one, office_id=id_of(name))
    assert climb_due(worker(DUE), batch=1) == 1
    assert (holder(ladder, one)[1], holder(ladder, other)[1]) == ("village", "township")
    by_hand(ladder, "UPDATE recusal SET ended_at = :at", at=DUE)
    assert climb_due(worker(DUE + timedelta(hours=1))) == 1
    assert holder(ladder, one)[1] == "township"


def test_a_category_goes_to_the_kind_of_office_that_the_policy_names(ladder: Ladder) -> None:
    bureau = found_office(ladder, "bureau", "township", "office A", manned=True)
    with transaction(ladder.county.worker) as session:
        policy = replace(
            DEFAULT,
            version="示例",
            valid_from=date(2026, 3, 3),
            routes={Category.POLLUTION: OfficeKind.BUREAU},
        )
        load_policy(session, ladder.county.worker, policy)
    village = {"village_id": str(id_of("A1"))}
    well = UUID(ladder.register("mediator-a1", "well", category="pollution", **village))
    wall = UUID(ladder.register("mediator-a1", "wall", **village))
    assert climb_due(worker(DUE)) == 2
    assert holder(ladder, well) == (bureau, "township")
    assert holder(ladder, wall) == (id_of("office A"), "township")
