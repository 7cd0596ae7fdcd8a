"""The key is changed: everything is sealed anew, nobody notices, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from server.cli.queries import count_unstamped, count_wrong_heads
from server.db import Base, DbRole, transaction
from server.disputes import service
from server.households.models import Household
from server.sealed import Keyring, keyring, row_key, use
from server.sealed.rotation import count_old, reseal, sealed_tables
from server.visits.models import Visit
from tests.cli.keyboard import Keyboard, as_admin, environment
from tests.disputes.conftest import Ladder
from tests.sealed.old import seal_old
from tests.smallcounty import SmallCounty, id_of, settings

HOUSEHOLD: Any = Household.__table__
NEW = {"t2": b"2" * 32}


@pytest.fixture
def told(ladder: Ladder) -> Ladder:
    """A county in which something was said: a visit, a case with a history, a number."""
    visit = {"household_id": str(id_of("A1w-1")), "outcome": "met", "note": "示例：一切都好"}
    phone = ladder.phone("worker-a1w")
    phone.note("visit", **visit)
    phone.note("visit", **{**visit, "household_id": str(id_of("nobody")), "note": "示例：无此户"})
    assert [o["status"] for o in phone.deliver()] == ["applied", "quarantined"]
    case = ladder.register("mediator-a1", "wall", village_id=str(id_of("A1")))
    ladder.act("mediator-a1", case, "accept", why="示例：受理")
    ladder.act("mediator-a1", case, "mediate", why="示例：到场")
    with transaction(ladder.county.worker) as session:
        session.get_one(Household, id_of("A1w-1")).telephone = "00013800001"
    return ladder


@pytest.fixture
def keyboard(told: Ladder, tmp_path: Any) -> Iterator[Keyboard]:
    """At its server, before anything is changed."""
    before = keyring()
    yield Keyboard(environment(told.county.url, tmp_path))
    use(before)


def with_new_key(keyboard: Keyboard) -> Keyboard:
    """The environment with a new key in front of the present ones."""
    line = keyboard.type("keys", "new", "--add").strip()
    name, _, value = line.partition("=")
    return Keyboard({**keyboard.environment, name: value})


def look(county: SmallCounty, sql: str) -> list[tuple[Any, ...]]:
    with as_admin(county.url) as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


# What a change of the key must leave as it is: all that phones, figures and other desks go by.
STANDING = (
    "SELECT bucket, seq, n, h FROM feed_head ORDER BY 1",
    "SELECT * FROM feed_entry ORDER BY bucket, entity, row_id",
    "SELECT count(*), max(seq) FROM feed_mark",
    "SELECT id, stamps, head_index, telephone_index FROM household ORDER BY 1",
    "SELECT id, n, why_mac, prev_hash, hash FROM dispute_event ORDER BY 1",
    "SELECT count(*) FROM figure_dirty",
)


def said(county: SmallCounty) -> Sequence[Any]:
    """Everything in plain."""
    with transaction(county.worker) as session:
        return [
            session.execute(select(table).order_by(*table.primary_key)).all()
            for table in sealed_tables(Base.metadata)
        ]


def test_everything_is_sealed_anew_and_nobody_hears_of_it(told: Ladder, keyboard: Keyboard) -> None:
    county = told.county
    seals = settings(county.url).seal_keys
    with as_admin(county.url) as cursor:  # one value is from before values were bound to rows
        old = seal_old(seals, "household.telephone", "00013800001")
        cursor.execute("UPDATE household SET telephone = %s WHERE telephone IS NOT NULL", (old,))
    before, plain = [look(county, sql) for sql in STANDING], said(county)
    anew = with_new_key(keyboard)
    assert "not bound to its row" in anew.type("keys", "list")
    assert "household  18/18" in anew.type("keys", "rotate", "--batch", "5")
    listed = anew.type("keys", "list").splitlines()
    assert listed[0].startswith("k1  ")
    assert "seals" in listed[0]
    assert listed[1] == "t1  0"
    assert all("  k1  " in line and "bound" not in line for line in listed[2:]), listed
    assert {"visit.note  k1  1", "household.telephone  k1  18"} <= set(listed)
    assert [look(county, sql) for sql in STANDING] == before
    assert said(county) == plain
    assert "sealed anew 0" in anew.type("keys", "rotate")
    with transaction(county.worker) as session:
        assert (count_unstamped(session), count_wrong_heads(session)) == (0, 0)
        assert service.verify_chain(session) == []


def test_a_key_goes_only_when_nothing_is_sealed_with_it(told: Ladder, keyboard: Keyboard) -> None:
    anew = with_new_key(keyboard)
    assert "t1 still seals" in anew.fails("keys", "retire", "t1")
    assert "is the key that seals" in anew.fails("keys", "retire", "k1")
    assert "keys" in anew.result("doctor").output
    anew.type("keys", "rotate")
    assert "Take t1 out" in anew.type("keys", "retire", "t1")
    without = {**anew.environment}
    without["WANGGE_SEAL_KEYS"] = without["WANGGE_SEAL_KEYS"].split(",")[0]
    assert "sealed anew 0" in Keyboard(without).type("keys", "rotate")
    # With only the old key nothing opens, and whoever looks after it is told which one is missing.
    assert "key is missing" in keyboard.type("keys", "list")
    signs = keyboard.result("doctor").output
    assert "k1" in next(line for line in signs.splitlines() if "密钥 keys" in line)


def test_a_new_key_never_takes_the_name_of_one_that_was_retired() -> None:
    """Backups of its time are opened with the old one, under its own name."""
    for kept, name in (("", "k1"), ("t1:x", "k1"), ("k2:x", "k3"), ("k10:x,k2:y,old:z", "k11")):
        line = Keyboard({"WANGGE_SEAL_KEYS": kept}).type("keys", "new", "--add").strip()
        assert line.startswith(f"WANGGE_SEAL_KEYS={name}:"), kept
        assert line.endswith(f",{kept}") or not kept


def test_a_value_that_does_not_open_is_named_and_holds_nobody_up(
    told: Ladder, keyboard: Keyboard
) -> None:
    broken, other = sorted(look(told.county, "SELECT id FROM household LIMIT 2"))
    with as_admin(told.county.url) as cursor:
        cursor.execute(
            "UPDATE household h SET head_name = o.head_name FROM household o"
            " WHERE h.id = %s AND o.id = %s",
            (*broken, *other),
        )
    anew = with_new_key(keyboard)
    failed = anew.fails("keys", "rotate")
    assert f"household {broken[0]}" in failed
    assert "household.head_name  t1  1" in anew.type("keys", "list").splitlines()
    assert "household.head_name  k1  17" in anew.type("keys", "list").splitlines()


def ring(county: SmallCounty, keys: Mapping[str, bytes]) -> Keyring:
    """The keys of the county with these in front."""
    known = settings(county.url)
    return Keyring({**keys, **known.seal_keys}, known.blind_key)


def test_whoever_writes_meanwhile_has_the_last_word_and_waits_for_nobody(told: Ladder) -> None:
    """A desk has a household open; the batch passes it over, and meets it the next time."""
    county, keys = told.county, ring(told.county, NEW)
    sealer = replace(county.worker, role=DbRole.SEALER)
    held = sorted(UUID(str(id_)) for (id_,) in look(county, "SELECT id FROM household"))[3]
    with as_admin(county.url) as cursor:
        cursor.execute("BEGIN")
        mine = keyring().seal("household.head_name", row_key(held), "示某改")
        cursor.execute("UPDATE household SET head_name = %s WHERE id = %s", (mine, str(held)))
        with transaction(sealer) as session:
            went = reseal(session, HOUSEHOLD, keys, None, 100)
        assert went.resealed == 17
        cursor.execute("COMMIT")
    with transaction(sealer) as session:
        assert count_old(session, HOUSEHOLD, keys) == 1
        assert reseal(session, HOUSEHOLD, keys, None, 100).resealed == 1
        assert reseal(session, HOUSEHOLD, keys, None, 100).last is None
    use(keys)
    with transaction(county.worker) as session:
        assert session.get_one(Household, held).head_name == "示某改"


def test_whoever_seals_anew_can_do_nothing_else(told: Ladder) -> None:
    sealer = replace(told.county.worker, role=DbRole.SEALER)
    for statement in (
        "SELECT address FROM household",
        "UPDATE household SET address = ''",
        "UPDATE household SET id = gen_random_uuid()",
        "DELETE FROM visit",
        "INSERT INTO visit SELECT * FROM visit",
        "UPDATE dispute_event SET kind = 'note'",
        "UPDATE dispute_event SET why_mac = NULL",
        "SELECT * FROM user_account",
    ):
        with (
            transaction(sealer) as session,
            pytest.raises(ProgrammingError, match="permission denied"),
        ):
            session.execute(text(statement))
    web = replace(told.county.identity("county"), role=DbRole.SEALER)
    county_app = "SET SESSION AUTHORIZATION wangge_app"
    with transaction(web) as session:
        assert session.scalar(select(Visit.note)) == "示例：一切都好"  # as a superuser may
    with as_admin(told.county.url) as cursor:
        cursor.execute(county_app)
        with pytest.raises(Exception, match="permission denied"):
            cursor.execute("SET ROLE wangge_sealer")
