"""Ciphertext and its row, in PostgreSQL: moved it does not open, copied it is sealed anew."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import aliased

from server.db import transaction
from server.households.models import Household
from server.sealed import OfRow, SealBroken, bound
from server.syncing.models import SyncQuarantine
from tests.cli.keyboard import as_admin
from tests.sealed.old import seal_old
from tests.smallcounty import START, SmallCounty, id_of, settings


@pytest.fixture
def pair(county: SmallCounty) -> list[UUID]:
    """Two households of one cell, each with a number."""
    with transaction(county.worker) as session:
        found = session.scalars(select(Household).order_by(Household.id).limit(2)).all()
        for n, household in enumerate(found):
            household.telephone = f"0001380000{n}"
        return [household.id for household in found]


def test_a_value_that_somebody_moved_in_the_database_does_not_open(
    county: SmallCounty, pair: list[UUID]
) -> None:
    """Whole columns are exchanged: names between rows, a name into the number, a note elsewhere."""
    tampered = {
        "another row": "UPDATE household h SET head_name = o.head_name FROM household o"
        f" WHERE h.id = '{pair[0]}' AND o.id = '{pair[1]}'",
        "another column": f"UPDATE household SET head_name = telephone WHERE id = '{pair[0]}'",
    }
    for how, statement in tampered.items():
        with as_admin(county.url) as cursor:
            cursor.execute(f"SELECT head_name FROM household WHERE id = '{pair[0]}'")
            (before,) = cursor.fetchone()
            cursor.execute(statement)
        with transaction(county.worker) as session, pytest.raises(SealBroken):
            session.get(Household, pair[0])
        answer = county.sign_in("county").call("GET", f"/households/{pair[0]}")
        assert (answer.status_code, answer.json["type"]) == (500, "/problems/seal-broken"), how
        with as_admin(county.url) as cursor:
            cursor.execute(
                "UPDATE household SET head_name = %s WHERE id = %s", (before, str(pair[0]))
            )
    with transaction(county.worker) as session:
        assert session.get_one(Household, pair[0]).head_name


def test_a_value_from_before_still_opens_and_is_bound_when_it_is_written(
    county: SmallCounty, pair: list[UUID]
) -> None:
    old = seal_old(settings(county.url).seal_keys, "household.head_name", "示某旧")
    with as_admin(county.url) as cursor:
        cursor.execute("UPDATE household SET head_name = %s WHERE id = %s", (old, str(pair[0])))
    with transaction(county.worker) as session:
        household = session.get_one(Household, pair[0])
        assert household.head_name == "示某旧"
        household.head_name = "示某新"
    with transaction(county.worker) as session:
        raw = text("SELECT head_name FROM household WHERE id = :id")
        assert bytes(session.scalar(raw, {"id": pair[0]}) or b"")[:1] == b"\x02"
        assert session.get_one(Household, pair[0]).head_name == "示某新"


def test_what_is_copied_to_another_row_opens_there(county: SmallCounty, pair: list[UUID]) -> None:
    with transaction(county.worker) as session:
        one, other = (session.get_one(Household, id_) for id_ in pair)
        one.telephone = "00013800077"
        session.flush()
        other.telephone = one.telephone
        name = one.head_name
        new = {"id": uuid4(), "village_id": one.village_id, "head_name": name}
        session.execute(
            insert(Household),
            bound(Household, [{**new, "unplaced": "no_point", "created_at": START}]),
        )
    with transaction(county.worker) as session:
        assert session.get_one(Household, pair[1]).telephone == "00013800077"
        assert session.get_one(Household, new["id"]).head_name == name


def test_any_query_opens_the_column_of_its_own_row(county: SmallCounty, pair: list[UUID]) -> None:
    """By column, by alias, beside another row of the same table, through a subquery."""
    one, other = aliased(Household), aliased(Household)
    part = select(Household.id, Household.telephone).where(Household.id.in_(pair)).subquery()
    with transaction(county.worker) as session:
        both = select(one.telephone, other.telephone).join(other, other.id == pair[1])
        both = both.where(one.id == pair[0])
        assert session.execute(both).one() == ("00013800000", "00013800001")
        within = select(part.c.telephone).order_by(part.c.id)
        assert session.scalars(within).all() == ["00013800000", "00013800001"]


def test_what_nobody_bound_is_not_written(county: SmallCounty, pair: list[UUID]) -> None:
    with transaction(county.worker) as session, pytest.raises(StatementError, match="bind it"):
        session.execute(
            insert(Household),
            [{"id": uuid4(), "village_id": id_of("A1"), "head_name": "示某", "created_at": START}],
        )
    with transaction(county.worker) as session:
        statement = update(Household).where(Household.id == pair[0])
        session.execute(statement.values(head_name=OfRow("示某", pair[1].bytes)))
        session.expire_all()
        with pytest.raises(SealBroken):
            session.get(Household, pair[0])


def test_a_row_of_two_ids_is_bound_to_both(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    kept = [
        {
            "device_id": UUID(desk.tokens["device_id"]),
            "mid": uuid4(),
            "author_id": desk.user_id,
            "n": n,
            "entity": "visit",
            "row_id": uuid4(),
            "reason": "test",
            "change": f"示例 {n}",
            "received_at": START + timedelta(minutes=n),
        }
        for n in (1, 2)
    ]
    with transaction(county.worker) as session:
        session.execute(insert(SyncQuarantine), bound(SyncQuarantine, kept))
    with transaction(county.worker) as session:
        rows = session.scalars(select(SyncQuarantine).order_by(SyncQuarantine.n)).all()
        assert [row.change for row in rows] == ["示例 1", "示例 2"]
    with as_admin(county.url) as cursor:
        cursor.execute(
            "UPDATE sync_quarantine q SET change = o.change FROM sync_quarantine o"
            " WHERE q.n = 1 AND o.n = 2"
        )
    with transaction(county.worker) as session, pytest.raises(SealBroken):
        session.scalars(select(SyncQuarantine)).all()
