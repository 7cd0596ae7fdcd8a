"""Signing in on a device; a refresh whose answer was lost; a stolen token; a disabled user."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from server.db import transaction
from tests.smallcounty import PASSWORD, Desk, SmallCounty, id_of


def run(county: SmallCounty, statement: str, **values: Any) -> None:
    """Do something behind everybody's back, as superuser."""
    engine = create_engine(county.url)
    with engine.begin() as connection:
        connection.execute(text(statement), values)
    engine.dispose()


def refresh(desk: Desk, token: str) -> Any:
    """Ask for the next pair of tokens."""
    return desk.client.post("/api/v1/sessions/refresh", json={"refresh": token})


def whoami(desk: Desk, access: str) -> int:
    """The status of a look at oneself with this token."""
    answer = desk.client.get(
        "/api/v1/sessions/current", headers={"Authorization": f"Bearer {access}"}
    )
    return int(answer.status_code)


def test_somebody_signed_in_is_told_who_they_are_and_what_they_hold(county: SmallCounty) -> None:
    me = county.sign_in("worker-a1w").get("/sessions/current")
    assert me["login"] == "worker-a1w"
    assert [(a["role"], a["cell_id"]) for a in me["assignments"]] == [
        ("grid_worker", str(id_of("A1w")))
    ]


def test_a_wrong_password_and_an_unknown_login_look_the_same(county: SmallCounty) -> None:
    client = county.app.test_client()
    device = {"id": str(uuid4()), "name": ""}
    answers = [
        client.post(
            "/api/v1/sessions", json={"login": login, "password": password, "device": device}
        )
        for login, password in (("worker-a1w", "wrong"), ("nobody-here", PASSWORD))
    ]
    seen = [{**dict(a.json or {}), "request": None, "status": a.status_code} for a in answers]
    assert seen[0] == seen[1]
    assert seen[0]["type"] == "/problems/wrong-login"


def test_tokens_are_kept_as_hashes_only(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    engine = create_engine(county.url)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT cast(l AS text) FROM login l")).scalars().all()
    engine.dispose()
    assert not any(desk.tokens[kind] in row for row in kept for kind in ("access", "refresh"))


def test_access_ends_in_minutes_and_refresh_goes_on(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    county.clock.pass_time(minutes=31)
    assert whoami(desk, desk.tokens["access"]) == 401
    fresh = refresh(desk, desk.tokens["refresh"]).json
    assert whoami(desk, fresh["access"]) == 200
    county.clock.pass_time(days=61)
    assert refresh(desk, fresh["refresh"]).status_code == 401


def test_a_phone_that_lost_the_answer_to_a_refresh_asks_again(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    lost = refresh(desk, desk.tokens["refresh"]).json
    again = refresh(desk, desk.tokens["refresh"])
    assert again.status_code == 201
    assert whoami(desk, again.json["access"]) == 200
    assert whoami(desk, lost["access"]) == 401  # the pair that never arrived is dead


def test_a_used_refresh_token_that_comes_back_ends_the_family(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    stolen = desk.tokens["refresh"]
    fresh = refresh(desk, stolen).json
    assert whoami(desk, fresh["access"]) == 200  # the phone has it
    assert refresh(desk, stolen).status_code == 401  # so this is somebody else
    assert whoami(desk, fresh["access"]) == 401
    assert refresh(desk, fresh["refresh"]).status_code == 401


def test_signing_out_ends_this_device_and_no_other(county: SmallCounty) -> None:
    phone, browser = county.sign_in("county", "phone"), county.sign_in("county", "browser")
    assert phone.call("DELETE", "/sessions/current").status_code == 204
    assert whoami(phone, phone.tokens["access"]) == 401
    assert whoami(browser, browser.tokens["access"]) == 200


def test_a_disabled_user_is_out_at_the_next_request(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    run(county, "UPDATE user_account SET active = false WHERE login = 'worker-a1w'")
    assert whoami(desk, desk.tokens["access"]) == 401
    assert refresh(desk, desk.tokens["refresh"]).status_code == 401


def test_an_assignment_that_ended_takes_effect_at_the_next_request(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    assert desk.get("/households")["total"] == 3
    county.clock.pass_time(minutes=5)
    run(
        county,
        "UPDATE assignment SET valid_to = :now WHERE user_id = :user",
        now=county.clock.now,
        user=id_of("user worker-a1w"),
    )
    assert desk.call("GET", "/households").status_code == 403
    assert desk.get("/sessions/current")["assignments"] == []  # and may still sync and sign out


def test_a_lost_device_may_deliver_and_sign_out_and_nothing_else(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    run(county, "UPDATE device SET revoked_at = now()")
    for path in ("/households", "/places/areas", "/sessions/current"):
        answer = desk.call("GET", path)
        assert (answer.status_code, answer.json["type"]) == (403, "/problems/device-revoked")
    with pytest.raises(DBAPIError, match="stays revoked"):
        run(county, "UPDATE device SET revoked_at = NULL")
    assert desk.call("DELETE", "/sessions/current").status_code == 204


def test_transactions_do_not_nest(county: SmallCounty) -> None:
    with (
        pytest.raises(RuntimeError, match="do not nest"),
        transaction(county.worker),
        transaction(county.worker),
    ):
        pass


def test_a_device_belongs_to_one_user(county: SmallCounty) -> None:
    county.sign_in("worker-a1w", "phone")
    taken = {
        "login": "worker-a1e",
        "password": PASSWORD,
        "device": {"id": str(id_of("worker-a1w phone")), "name": ""},
    }
    answer = county.app.test_client().post("/api/v1/sessions", json=taken)
    assert answer.json
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/device-taken")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer wrong-token"])
def test_without_a_good_token_nobody_is_signed_in(county: SmallCounty, header: str) -> None:
    answer = county.app.test_client().get(
        "/api/v1/sessions/current", headers={"Authorization": header}
    )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
