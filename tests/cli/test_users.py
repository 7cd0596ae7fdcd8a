"""Users, Offices and roles, given at the keyboard, tried over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from server.access.models import User
from server.audit.models import AuditAct
from server.db import transaction
from server.sealed import keyring
from tests.cli.keyboard import Keyboard, environment
from tests.smallcounty import CELLS, PASSWORD, TOWNSHIPS, VILLAGES, SmallCounty, id_of


@pytest.fixture
def keyboard(county: SmallCounty, tmp_path: object) -> Keyboard:
    """At the server whose API the test asks as well."""
    return Keyboard(environment(county.url, tmp_path))  # type: ignore[arg-type] # a path


def hire(keyboard: Keyboard, login: str) -> None:
    """Give somebody a login with the password that everybody here has."""
    keyboard.type("user", "add", login, "示例", "--password-stdin", stdin=f"{PASSWORD}\n")


@pytest.mark.parametrize(
    ("role", "code", "cells"),
    [
        ("grid_worker", CELLS["B1e"], {"B1e"}),
        ("mediator", VILLAGES["A2"], {"A2w", "A2e"}),
        ("township_supervisor", TOWNSHIPS["A"], {"A1w", "A1e", "A2w", "A2e"}),
        ("county_office", "511921", set(CELLS)),
    ],
)
def test_a_role_reaches_as_far_as_its_place_and_from_that_moment(
    keyboard: Keyboard, county: SmallCounty, role: str, code: str, cells: set[str]
) -> None:
    hire(keyboard, "newcomer")
    county.clock.pass_time(days=10_000)  # the commands write by the real clock
    assert county.sign_in("newcomer").call("GET", "/households").status_code == 403
    keyboard.type("assign", "newcomer", role, code)
    seen = county.sign_in("newcomer").get("/households", limit=200)
    assert {h["cell_id"] for h in seen["items"]} == {str(id_of(cell)) for cell in cells}
    assert role in keyboard.type("user", "list")
    with transaction(county.worker) as session:
        acts = session.scalars(select(AuditAct.action).where(AuditAct.user_id.is_(None))).all()
    assert {"user.add", "user.assign"} <= set(acts)


def test_an_office_is_added_and_held(keyboard: Keyboard, county: SmallCounty) -> None:
    hire(keyboard, "bureau-chief")
    said = keyboard.type(
        *("office", "add", TOWNSHIPS["B"], "示例司法所", "--kind", "bureau"),
        *("--telephone", "000-0000001"),
    )
    office = said.split()[-1]
    keyboard.type(
        *("assign", "bureau-chief", "township_supervisor", TOWNSHIPS["B"]),
        *("--office", office, "--leads", "--until", "2099-12-31"),
    )
    table = keyboard.type("user", "list")
    assert "2099-12-31" in table
    elsewhere = ("assign", "bureau-chief", "township_supervisor", TOWNSHIPS["A"])
    assert "no such Office" in keyboard.fails(*elsewhere, "--office", office)


def test_an_invitation_is_shown_once_and_works_once(
    keyboard: Keyboard, county: SmallCounty
) -> None:
    def code_of(said: str) -> str:
        return next(line for line in said.splitlines() if "code" in line).split()[-1]

    first = code_of(keyboard.type("user", "add", "anna", "示例安"))
    code = code_of(keyboard.type("user", "invite", "anna"))
    county.clock.now = datetime.now(UTC)  # the commands write by the real clock
    client = county.app.test_client()
    answers = [
        client.post("/api/v1/invitations/accept", json={"code": one, "password": PASSWORD})
        for one in (first, code, code)
    ]
    assert [answer.status_code for answer in answers] == [422, 200, 422]
    assert county.sign_in("anna").get("/sessions/current")["login"] == "anna"


def test_somebody_is_disabled_and_enabled_with_nothing_held(
    keyboard: Keyboard, county: SmallCounty
) -> None:
    """Few commands: each makes the whole application. The rules are tried over HTTP."""
    county.clock.now = datetime.now(UTC)  # the commands write by the real clock
    phone = county.sign_in("worker-a1w")
    said = keyboard.type("user", "disable", "worker-a1w", "--reason", "示例离岗")
    assert "nobody holds now: grid_worker" in said
    assert CELLS["A1w"] in said
    assert "disabled" in keyboard.fails("assign", "worker-a1w", "mediator", VILLAGES["A1"])
    keyboard.type("user", "enable", "worker-a1w", "--reason", "示例返岗")
    assert phone.call("GET", "/households").status_code == 403
    county.clock.pass_time(minutes=1)
    assert county.sign_in("worker-a1w", "anew").get("/sessions/current")["assignments"] == []


def test_a_role_is_taken_back_and_the_last_administrator_stays(
    keyboard: Keyboard, county: SmallCounty
) -> None:
    taken = ("unassign", "mediator-a1", "mediator", VILLAGES["A1"])
    keyboard.type(*taken, "--at", "2099-12-31", "--reason", "示例")
    assert "2099-12-31" in keyboard.type("user", "list")
    said = keyboard.type(*taken, "--reason", "示例")
    assert "nobody holds now: mediator" in said
    assert "no such assignment" in keyboard.fails(*taken, "--reason", "示例")
    last = ("unassign", "system", "system_admin", "511921", "--reason", "示例")
    assert "last administrator" in keyboard.fails(*last)


def test_a_lost_phone_is_revoked_at_the_keyboard(keyboard: Keyboard, county: SmallCounty) -> None:
    phone = county.sign_in("worker-a1w")
    device = str(id_of("worker-a1w phone"))
    keyboard.type("device", "revoke", "worker-a1w", device, "--reason", "lost")
    listed = keyboard.type("device", "list", "worker-a1w")
    assert device in listed
    assert "丢失" in listed
    assert phone.call("GET", "/households").status_code == 403


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user", "add", "worker-a1w", "示例"), "taken"),
        (("user", "add", "Ünder", "示例"), "A login has"),
        (("user", "invite", "nobody"), "Nobody has this login"),
        (("assign", "worker-a1w", "audit_admin", "511921"), "one of the three"),
        (("assign", "nobody", "mediator", VILLAGES["A1"]), "Nobody has this login"),
        (("assign", "worker-a1w", "mediator", TOWNSHIPS["A"]), "mediator → village"),
        (("assign", "worker-a1w", "grid_worker", VILLAGES["A1"]), "grid_worker → cell"),
        (("assign", "worker-a1w", "grid_worker", "511921100201009"), "No cell has this code"),
        (("assign", "worker-a1w", "mediator", "511902001001"), "No Area has this code"),
        (("office", "add", "51", "示例", "--kind", "bureau"), "not held on a place"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    keyboard: Keyboard, words: tuple[str, ...], said: str
) -> None:
    assert said in keyboard.fails(*words)


def test_a_short_password_is_refused(keyboard: Keyboard) -> None:
    result = keyboard.result("user", "add", "bert", "示例", "--password-stdin", stdin="short\n")
    assert (result.exit_code, "at least 10" in result.output) == (1, True)


def test_what_a_user_steps_aside_from_is_said_and_the_number_is_not_kept(
    keyboard: Keyboard, county: SmallCounty
) -> None:
    household = str(id_of("A1w-1"))
    said = ("--household", household, "--telephone-stdin")
    keyboard.type("user", "kin", "worker-a1w", *said, stdin="0001 380-0099\n")
    with transaction(county.worker) as session:
        kin = session.execute(
            select(User.household_id, User.telephone_index).where(User.login == "worker-a1w")
        ).one()
        told = session.scalars(select(AuditAct).where(AuditAct.action == "user.kin")).one()
    number = keyring().blind("household.telephone", "00013800099")
    assert tuple(kin) == (id_of("A1w-1"), number)
    assert "00013800099" not in str(told.what)
    keyboard.type("user", "kin", "worker-a1w", expect=2)
    keyboard.type("user", "kin", "worker-a1w", "--telephone-stdin", stdin="abc\n", expect=2)
    keyboard.type("user", "kin", "nobody", "--household", household, expect=1)
    strange = str(id_of("no household"))
    keyboard.type("user", "kin", "worker-a1w", "--household", strange, expect=1)
