"""Everybody reads the limits and the days; the county office alone changes a day."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from server.db import transaction
from server.ladder.policy import DEFAULT, parse
from server.policies.service import ensure_policy
from tests.smallcounty import SmallCounty


@pytest.fixture
def numbered(county: SmallCounty) -> SmallCounty:
    """The small county with a policy and a calendar."""
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    return county


def test_everybody_who_signed_in_reads_the_limits(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("worker-a1w")
    listed = desk.get("/policies")
    assert listed["in_force"] == 1
    assert listed["items"][0]["label"] == "default-1"
    assert "policy" not in listed["items"][0]
    whole = desk.get("/policies/1")
    assert parse(whole["policy"]) == DEFAULT


def test_a_version_that_is_not_there_is_404(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("county")
    for number in ("2", "99999999999999999999", "-1", "x"):
        assert desk.call("GET", f"/policies/{number}").status_code == 404


def test_a_year_tells_its_days_and_whether_it_can_be_relied_on(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("mediator-a1")
    year = desk.get("/calendar", year=2026)
    assert (len(year["days"]), year["provisional"]) == (365, False)
    made_up = next(day for day in year["days"] if day["day"] == "2026-02-14")
    assert (made_up["working"], made_up["name"]) == (True, "调休上班")
    assert desk.get("/calendar", year=2027)["provisional"] is True
    assert desk.get("/calendar", year=1999)["days"] == []


NO_YEARS = ["", "x", "0", "99999", "2026.5", "-1"]


def test_a_year_that_is_none_is_refused(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("county")
    for year in NO_YEARS:
        assert desk.call("GET", f"/calendar?year={year}").status_code == 422, year


def test_the_county_office_sets_a_day_once_or_twice_alike(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("county")
    body = {"working": False, "reason": "县里本地节日", "name": "纪念日"}
    for _ in range(2):
        answer = desk.call("PUT", "/calendar/2026-03-03", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json == {
            "day": "2026-03-03",
            "working": False,
            "name": "纪念日",
            "provisional": False,
            "why": "县里本地节日",
        }
    with transaction(numbered.worker) as session:
        rows = session.execute(
            text("SELECT user_id, reason FROM audit_act WHERE action = 'policy.day'")
        ).all()
    assert [(row.user_id, row.reason) for row in rows] == [(desk.user_id, "县里本地节日")] * 2


BAD_DAYS: list[tuple[object, int]] = [
    ({}, 422),
    ({"working": False}, 422),
    ({"working": False, "reason": " "}, 422),
    ({"working": False, "reason": "x" * 501}, 422),
    ({"working": "maybe", "reason": "x"}, 422),
    ({"working": [], "reason": "x"}, 422),
    ({"working": False, "reason": "x", "provisional": True}, 422),
    ([], 422),
]


def test_a_day_without_sense_or_reason_is_refused(numbered: SmallCounty) -> None:
    desk = numbered.sign_in("county")
    for body, status in BAD_DAYS:
        answer = desk.call("PUT", "/calendar/2026-03-03", json=body)
        assert answer.status_code == status, body
        assert answer.content_type == "application/problem+json", body
    with transaction(numbered.worker) as session:
        stands = session.scalar(
            text("SELECT working FROM calendar_day WHERE day = :day"), {"day": date(2026, 3, 3)}
        )
    assert stands is True


@pytest.mark.parametrize(
    ("day", "status"),
    [("2099-01-01", 409), ("2026-02-30", 404), ("2026-W10-2", 404), ("today", 404)],
)
def test_a_day_that_is_none_is_not_set(numbered: SmallCounty, day: str, status: int) -> None:
    body = {"working": False, "reason": "x"}
    answer = numbered.sign_in("county").call("PUT", f"/calendar/{day}", json=body)
    assert answer.status_code == status


@pytest.mark.parametrize("login", ["worker-a1w", "mediator-a1", "township-a"])
def test_nobody_else_sets_a_day_neither_wall_lets_them(numbered: SmallCounty, login: str) -> None:
    body = {"working": False, "reason": "x"}
    answer = numbered.sign_in(login).call("PUT", "/calendar/2026-03-03", json=body)
    assert answer.status_code == 403
    with transaction(numbered.identity(login)) as session:
        changed = session.execute(text("UPDATE calendar_day SET working = NOT working"))
        assert changed.rowcount == 0  # type: ignore[attr-defined] # an UPDATE has one
        with pytest.raises(ProgrammingError):
            session.execute(text("DELETE FROM calendar_day"))
        session.rollback()


def test_nobody_at_a_desk_changes_a_version_and_only_the_county_adds_one(
    numbered: SmallCounty,
) -> None:
    copied = (
        "INSERT INTO policy_version SELECT gen_random_uuid(), 9, valid_from, document, body"
        " FROM policy_version"
    )
    for login, statement in (
        ("county", "UPDATE policy_version SET valid_from = '2020-01-01'"),
        ("county", "DELETE FROM policy_version"),
        ("township-a", copied),
        ("mediator-a1", copied),
        ("worker-a1w", copied),
        ("system", copied),
        ("security", copied),
    ):
        with transaction(numbered.identity(login)) as session:
            with pytest.raises(ProgrammingError):
                session.execute(text(statement))
            session.rollback()
