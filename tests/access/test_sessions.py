"""Signing in on a device; a refresh whose answer was lost; a stolen token; a disabled user."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from server.access.service import digest
from server.db import transaction
from tests.access.authenticator import RESET, ask_fresh, refresh, with_settings
from tests.access.keeping import acts, behind
from tests.smallcounty import PASSWORD, START, Desk, SmallCounty, id_of


def refresh_until(tokens: dict[str, Any]) -> datetime:
    """Until when this pair can be refreshed."""
    return datetime.fromisoformat(tokens["refresh_until"])


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


def test_a_retry_that_was_not_the_phones_comes_out_when_the_phone_comes(
    county: SmallCounty,
) -> None:
    """A thief asks with the same token in the moment before the phone uses what it got."""
    desk = county.sign_in("worker-a1w")
    got = refresh(desk, desk.tokens["refresh"]).json
    thief = refresh(desk, desk.tokens["refresh"]).json
    assert whoami(desk, thief["access"]) == 200
    assert whoami(desk, got["access"]) == 401
    assert refresh(desk, got["refresh"]).status_code == 401  # the phone: two hold what one should
    assert whoami(desk, thief["access"]) == 401
    assert refresh(desk, thief["refresh"]).status_code == 401
    assert acts(county).count("session.reuse") == 1


def test_a_token_of_two_refreshes_ago_ends_the_family(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    second = refresh(desk, desk.tokens["refresh"]).json
    third = refresh(desk, second["refresh"]).json  # the second was never used for anything else
    assert refresh(desk, desk.tokens["refresh"]).status_code == 401
    assert whoami(desk, third["access"]) == 401


def test_two_that_refresh_at_once_are_one_pair_in_the_end(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")

    def once(_: int) -> Any:
        with county.app.app_context():
            return refresh(Desk(county.app.test_client(), desk.tokens, desk.user_id), token)

    token = desk.tokens["refresh"]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(once, range(4)))
    pairs = [answer.json for answer in answers if answer.status_code == 201]
    assert len(pairs) == 4  # each could be the retry of a lost answer
    alive = [pair for pair in pairs if whoami(desk, pair["access"]) == 200]
    assert len(alive) == 1


def test_a_session_ends_for_good_however_often_it_was_refreshed(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    tokens, days = desk.tokens, 0
    while refresh_until(tokens) - county.clock.now >= timedelta(days=60):
        county.clock.pass_time(days=50)
        tokens, days = refresh(desk, tokens["refresh"]).json, days + 50
    county.clock.now = refresh_until(tokens) - timedelta(minutes=10)
    last = refresh(desk, tokens["refresh"]).json
    assert last["access_until"] == last["refresh_until"] == tokens["refresh_until"]
    assert whoami(desk, last["access"]) == 200
    county.clock.pass_time(minutes=10)
    assert whoami(desk, last["access"]) == 401
    assert refresh(desk, last["refresh"]).status_code == 401
    assert county.clock.now == START + timedelta(days=180)


def test_a_shorter_policy_reaches_sessions_that_stand(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    county.clock.pass_time(days=31)
    with with_settings(county, session_days=30):
        assert refresh(desk, desk.tokens["refresh"]).status_code == 401
    assert refresh(desk, desk.tokens["refresh"]).status_code == 201  # a mistake costs nobody


def test_a_revoked_device_refreshes_to_deliver_and_for_nothing_else(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    behind(county, "UPDATE device SET revoked_at = now()")
    desk.tokens = dict(refresh(desk, desk.tokens["refresh"]).json)
    assert desk.call("GET", "/households").json["type"] == "/problems/device-revoked"
    proof = desk.call("POST", "/sessions/current/proof", json={"password": PASSWORD})
    assert proof.json["type"] == "/problems/device-revoked"
    assert desk.call("GET", "/sync/news").status_code == 200


def test_a_clock_that_is_set_back_ends_and_prolongs_nothing(county: SmallCounty) -> None:
    desk = county.sign_in("security")
    county.clock.pass_time(hours=-1)
    assert whoami(desk, desk.tokens["access"]) == 200
    tokens = refresh(desk, desk.tokens["refresh"]).json
    assert whoami(desk, tokens["access"]) == 200
    assert refresh_until(tokens) == county.clock.now + timedelta(days=60)
    other = county.sign_in("security", "browser")
    county.clock.pass_time(hours=-1)  # proved in the future: once more, please
    assert ask_fresh(other) == (403, "prove-again")


def test_signing_out_ends_this_device_and_no_other(county: SmallCounty) -> None:
    phone, browser = county.sign_in("county", "phone"), county.sign_in("county", "browser")
    assert phone.call("DELETE", "/sessions/current").status_code == 204
    assert whoami(phone, phone.tokens["access"]) == 401
    assert whoami(browser, browser.tokens["access"]) == 200


def test_a_disabled_user_is_out_at_the_next_request(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    behind(county, "UPDATE user_account SET active = false WHERE login = 'worker-a1w'")
    assert whoami(desk, desk.tokens["access"]) == 401
    assert refresh(desk, desk.tokens["refresh"]).status_code == 401


def test_an_assignment_that_ended_takes_effect_at_the_next_request(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    assert desk.get("/households")["total"] == 3
    county.clock.pass_time(minutes=5)
    behind(
        county,
        "UPDATE assignment SET valid_to = :now WHERE user_id = :user",
        now=county.clock.now,
        user=id_of("user worker-a1w"),
    )
    assert desk.call("GET", "/households").status_code == 403
    assert desk.get("/sessions/current")["assignments"] == []  # and may still sync and sign out


def test_a_lost_device_may_deliver_and_sign_out_and_nothing_else(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    behind(county, "UPDATE device SET revoked_at = now()")
    for path in ("/households", "/places/areas", "/sessions/current"):
        answer = desk.call("GET", path)
        assert (answer.status_code, answer.json["type"]) == (403, "/problems/device-revoked")
    with pytest.raises(DBAPIError, match="stays revoked"):
        behind(county, "UPDATE device SET revoked_at = NULL")
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


def test_without_a_good_token_nobody_is_signed_in(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    access, refresh_token = desk.tokens["access"], desk.tokens["refresh"]
    kept = digest(access).hex()
    headers = ["", "Bearer", "Bearer ", "Basic abc", "Bearer wrong-token", "Bearer null"]
    headers += [f"Bearer  {access}", f"Bearer {access} {access}", f"Bearer {access[:-1]}", access]
    headers += [f"Bearer {refresh_token}", f"Bearer {kept}", f"Bearer \\x{kept}"]
    headers += [
        f"Bearer {desk.user_id}",
        "Bearer ' OR true --",
        "Bearer \xff\xfe",
        f"Bearer {'x' * 7000}",
    ]
    for header in headers:
        answer = desk.client.get("/api/v1/sessions/current", headers={"Authorization": header})
        assert answer.status_code == 401, header
        assert answer.headers["WWW-Authenticate"] == "Bearer", header
    assert whoami(desk, access) == 200


def test_the_next_request_is_not_taken_for_one_that_failed(county: SmallCounty) -> None:
    """One connection serves them all; what is rolled back, or refused, leaves nobody behind."""
    officer, worker = county.sign_in("county"), county.sign_in("worker-a1w")
    security, stranger = county.sign_in("security"), county.app.test_client()
    fails: list[tuple[Desk, str, str, dict[str, Any]]] = [
        (officer, "POST", "/households", {"json": {"id": str(id_of("A1w-1"))}}),
        (officer, "GET", f"/households/{id_of('nobody')}", {}),
        (security, "POST", RESET, {"json": {"reason": "试一试"}}),
        (officer, "GET", "/households", {"headers": {"X-Request-Id": "'; x" * 99}}),
    ]
    for desk, method, path, sent in fails:
        desk.call(method, path, **sent)
        assert stranger.get("/api/v1/households").status_code == 401
        assert worker.get("/households")["total"] == 3
        assert security.call("GET", "/households").status_code == 403
    assert officer.get("/households")["total"] == 18
