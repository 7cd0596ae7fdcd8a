"""What is owed is owed with the act: by whoever acts, once, and read by nobody who acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from server.db import DbRole, Identity, transaction
from server.notices.rules import Kind, Notice, plain
from server.notices.service import owe
from tests.smallcounty import SmallCounty, id_of

CASE = id_of("case")
OFFICE = id_of("office A")


def owed(county: SmallCounty) -> Sequence[Any]:
    """Every notice, as the worker sees them."""
    with transaction(county.worker) as session:
        return session.execute(text("SELECT * FROM notice ORDER BY id")).all()


def climbed(once: str | None = None) -> Notice:
    return Notice(Kind.CLIMBED, CASE, (OFFICE,), {"level": "township", "bar": "handle"}, once)


def whoever_acts(county: SmallCounty) -> list[Identity]:
    return [
        county.identity("mediator-a1"),
        county.identity("mediator-a1", DbRole.PUSH),
        county.worker,
    ]


def test_whoever_acts_may_owe_any_number_at_once(county: SmallCounty) -> None:
    for by in whoever_acts(county):
        with transaction(by) as session:
            owe(session, by, [climbed(), climbed(), climbed()])
    assert len(owed(county)) == 9
    first = owed(county)[0]
    assert (first.kind, first.dispute_id, first.office_ids) == ("climbed", CASE, [OFFICE])
    assert first.body == {"level": "township", "bar": "handle"}
    assert (first.owed_at, first.fanned_at) == (county.clock.now, None)


def test_a_thousand_are_as_one_and_nothing_is_nothing(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        owe(session, county.worker, [])
        assert session.execute(text("SELECT pg_current_xact_id_if_assigned()")).scalar() is None
        owe(session, county.worker, [climbed() for _ in range(1000)])
    assert len({notice.id for notice in owed(county)}) == 1000


def test_the_same_matter_is_owed_once_whoever_says_it_again(county: SmallCounty) -> None:
    for by in whoever_acts(county):
        with transaction(by) as session:
            owe(session, by, [climbed("climbed:1"), climbed("climbed:1"), climbed("climbed:2")])
    assert sorted(notice.once for notice in owed(county)) == ["climbed:1", "climbed:2"]


def test_what_was_rolled_back_is_not_owed(county: SmallCounty) -> None:
    by = county.identity("mediator-a1")
    with transaction(by) as session:
        owe(session, by, [climbed("once")])
        session.rollback()
    assert owed(county) == []
    with transaction(by) as session:
        owe(session, by, [climbed("once")])
    assert len(owed(county)) == 1


@pytest.mark.parametrize("role", [DbRole.APP, DbRole.PUSH])
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT body FROM notice",
        "SELECT dispute_id FROM notice",
        "UPDATE notice SET body = '{}'",
        "DELETE FROM notice",
        "SELECT address FROM notice_subscription",
        "SELECT secrets FROM notice_subscription",
        "INSERT INTO notice_subscription (id) VALUES (gen_random_uuid())",
        "UPDATE notice_delivery SET error = 'x'",
    ],
)
def test_who_acts_reads_nothing_of_it_and_changes_nothing(
    county: SmallCounty, role: DbRole, statement: str
) -> None:
    for login in ("mediator-a1", "county", "system"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction(county.identity(login, role)) as session,
        ):
            session.execute(text(statement))


def test_only_the_system_administrator_sees_that_there_is_one(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        owe(session, county.worker, [climbed()])
    seen = {}
    for login in ("worker-a1w", "mediator-a1", "county", "security", "auditor", "system"):
        with transaction(county.identity(login)) as session:
            seen[login] = session.execute(text("SELECT count(id) FROM notice")).scalar()
    assert {login for login, count in seen.items() if count} == {"system"}


def test_nobody_owes_for_another_time(county: SmallCounty) -> None:
    """A notice is owed when the act happens: not before, to be purged early, and not later."""
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction(county.identity("county")) as session,
    ):
        session.execute(
            text("""
                INSERT INTO notice (id, kind, office_ids, body, owed_at)
                VALUES (gen_random_uuid(), 'climbed', '{}', '{}', now() - interval '1 year')
            """)
        )


@pytest.mark.parametrize(
    "said",
    [
        "示某与示例村委会",
        "two words",
        "13800000000",
        "+8613800000000",
        "8613800000000",
        "11010119000101001X",
        "x" * 81,
        "",
        1.5,
        {"nested": "no"},
        ["fine", "not fine"],
        b"bytes",
    ],
)
def test_nothing_that_might_speak_of_a_person_can_be_owed(said: object) -> None:
    with pytest.raises(TypeError):
        Notice(Kind.CLIMBED, CASE, (), {"said": said})


@pytest.mark.parametrize("once", ["", "示某", "a b", "x" * 201])
def test_what_makes_it_single_is_a_key(once: str) -> None:
    with pytest.raises(TypeError):
        climbed(once)


def test_a_key_is_a_slug() -> None:
    for key in ("Level", "层级", "", "a b", "1st"):
        with pytest.raises(TypeError):
            Notice(Kind.CLIMBED, CASE, (), {key: 1})


def test_what_may_be_said_is_kept_as_json_has_it() -> None:
    at = datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert plain([CASE, Kind.ALERT, at, date(2026, 3, 2), None, True, 3, "511921100201"]) == [
        str(CASE),
        "alert",
        "2026-03-02T01:00:00+00:00",
        "2026-03-02",
        None,
        True,
        3,
        "511921100201",
    ]


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1))
def test_no_chinese_word_gets_in(said: str) -> None:
    with pytest.raises(TypeError):
        plain(said)


@given(st.uuids(), st.datetimes(timezones=st.just(UTC)))
def test_every_id_and_every_time_does(one: UUID, at: datetime) -> None:
    assert plain(plain([one, at])) == plain([one, at])


def test_every_kind_has_its_chinese_name() -> None:
    assert all(kind.zh and kind.value == str(kind) for kind in Kind)
