"""Second factors: codes as RFC 6238 has them, enrolled, used once, recovered, reset."""

from __future__ import annotations

import base64
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from server.access.factors.rules import (
    decoded,
)
from server.db import nobody as stranger
from server.db import transaction
from server.settings import BadSettings, from_environment
from tests.access.authenticator import (
    FACTOR,
    answer,
    enrol,
    try_to_sign_in,
    type_of,
    with_settings,
)
from tests.cli.keyboard import Keyboard, as_admin, environment
from tests.smallcounty import SmallCounty, id_of


def test_whoever_has_one_signs_in_in_two_steps_or_in_one(county: SmallCounty) -> None:
    app, _ = enrol(county, county.sign_in("county"))
    asks = try_to_sign_in(county, "county")
    assert type_of(asks) == (401, "code-needed")
    assert asks.json["answer_at"] == "/api/v1/sessions/code"
    assert type_of(answer(county, asks.json["challenge"], "000000")) == (401, "wrong-code")
    opened = answer(county, asks.json["challenge"], app.code())
    assert opened.status_code == 201
    assert set(opened.json) >= {"access", "refresh"}
    county.clock.pass_time(minutes=1)
    assert try_to_sign_in(county, "county", code=app.code()).status_code == 201
    assert type_of(try_to_sign_in(county, "county", password="wrong one", code=app.code(1))) == (
        401,
        "wrong-login",  # and the code was not looked at
    )


def test_a_code_that_was_used_is_not_taken_again(county: SmallCounty) -> None:
    app, _ = enrol(county, county.sign_in("county"))
    code = app.code()
    assert try_to_sign_in(county, "county", code=code).status_code == 201
    assert type_of(try_to_sign_in(county, "county", code=code)) == (401, "wrong-code")
    assert type_of(try_to_sign_in(county, "county", code=app.code(-1))) == (401, "wrong-code")
    assert try_to_sign_in(county, "county", code=app.code(1)).status_code == 201


def test_a_challenge_holds_five_minutes_for_one_person_and_one_password(
    county: SmallCounty,
) -> None:
    app, _ = enrol(county, county.sign_in("county"))
    challenge = try_to_sign_in(county, "county").json["challenge"]
    head, _, tail = challenge.partition(".")
    forged = ["", ".", "x", "a.b", f"{head}.", f".{tail}", f"{head}.{tail[:-2]}", "é.é", head]
    forged += [f"WzEsMiwzXQ.{tail}", f"bnVsbA.{tail}", f"{head}A.{tail}", "9" * 1999]
    for sent in forged:
        assert type_of(answer(county, sent, app.code())) == (401, "wrong-code"), sent
    assert answer(county, "x" * 2001, app.code()).status_code == 422
    assert answer(county, challenge, "x" * 101).status_code == 422
    for said in BY_HAND:
        head = base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")
        for sent in (f"{head}.{tail}", f"{head}.", head):
            assert type_of(answer(county, sent, app.code())) == (401, "wrong-code"), said[:80]
    county.clock.pass_time(minutes=5)
    assert type_of(answer(county, challenge, app.code())) == (401, "wrong-code")
    challenge = try_to_sign_in(county, "county").json["challenge"]
    with as_admin(county.url) as cursor:
        cursor.execute("UPDATE credential SET password_hash = password_hash || ' '")
    assert type_of(answer(county, challenge, app.code())) == (401, "wrong-code")


_ID = '"0195f3a0-0000-7000-8000-000000000001"'
BY_HAND = [  # what no server of ours wrote: none of it is so much as read
    "[" * 1200,
    *(f'[{login}, {_ID}, "x", null, 9999999999]' for login in ("1", "{}", "[]", '"\\u0000"')),
    *(f'["", {login}, {_ID}, "x", null, 9999999999]' for login in ("1", "{}", '"\\ud800"')),
    f'["county", {_ID}, "x", null, NaN]',
    f'["county", {_ID}, "x", null, 1e308]',
    f'["county", {_ID}, "x", 7, true]',
]


def test_codes_are_guessed_five_times_and_the_own_device_goes_on(county: SmallCounty) -> None:
    app, _ = enrol(county, county.sign_in("county"))
    for _ in range(5):
        guess = try_to_sign_in(county, "county", code="000000", device="thief's")
        assert type_of(guess) == (401, "wrong-code")
    waits = try_to_sign_in(county, "county", code=app.code(), device="thief's")
    assert type_of(waits) == (429, "too-many")
    assert int(waits.headers["Retry-After"]) == 600
    assert try_to_sign_in(county, "county", code=app.code()).status_code == 201


def test_each_recovery_code_signs_in_once(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    _, recovery = enrol(county, desk)
    assert len(set(recovery)) == 10
    first, second = recovery[:2]
    assert try_to_sign_in(county, "county", code=first.lower()).status_code == 201
    assert type_of(try_to_sign_in(county, "county", code=first)) == (401, "wrong-code")
    desk.tokens = dict(try_to_sign_in(county, "county", code=second).json)
    assert desk.get("/sessions/current")["second_factor"]["recovery_left"] == 8
    fresh = desk.post(f"{FACTOR}/recovery", None)["recovery"]
    assert type_of(try_to_sign_in(county, "county", code=recovery[2])) == (401, "wrong-code")
    assert try_to_sign_in(county, "county", code=fresh[0]).status_code == 201


def test_neither_secret_nor_recovery_codes_can_be_read_in_the_database(
    county: SmallCounty,
) -> None:
    app, recovery = enrol(county, county.sign_in("county"))
    with as_admin(county.url) as cursor:
        cursor.execute("SELECT cast(f AS text), secret, recovery FROM second_factor f")
        (row, secret, digests) = cursor.fetchone()
    plain = decoded(app.secret)
    assert app.secret not in row
    assert plain not in bytes(secret)
    assert app.secret.encode() not in bytes(secret)
    bare = [code.replace("-", "") for code in recovery]
    assert not any(code.encode() in bytes(kept) for kept in digests for code in [*recovery, *bare])


def test_an_enrolment_that_was_never_confirmed_asks_for_nothing(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")  # a worker may opt in
    first = desk.post(FACTOR, None)["secret"]
    assert desk.post(FACTOR, None)["secret"] != first
    assert try_to_sign_in(county, "worker-a1w").status_code == 201
    for code in ("000000", "", "x" * 101, "٣٣٣٣٣٣"):
        wrong = desk.call("POST", f"{FACTOR}/confirm", json={"code": code})
        assert wrong.status_code == 422, code
    assert desk.get("/sessions/current")["second_factor"]["on"] is False
    for path in ("", "/recovery"):
        method = "POST" if path else "DELETE"
        assert type_of(desk.call(method, f"{FACTOR}{path}")) == (409, "no-second-factor")
    enrol(county, desk)
    assert type_of(desk.call("POST", FACTOR)) == (409, "second-factor-stands")
    again = desk.call("POST", f"{FACTOR}/confirm", json={"code": "000000"})
    assert type_of(again) == (409, "no-second-factor")


def test_a_second_factor_ends_what_was_signed_in_without_it(county: SmallCounty) -> None:
    desk, elsewhere = county.sign_in("county"), county.sign_in("county", "browser")
    other = county.sign_in("township-a")
    app, _ = enrol(county, desk)
    assert elsewhere.call("GET", "/sessions/current").status_code == 401
    assert desk.get("/sessions/current")["second_factor"]["on"] is True
    assert other.get("/sessions/current")["login"] == "township-a"
    browser = try_to_sign_in(county, "county", code=app.code(), device="browser").json
    assert desk.call("DELETE", FACTOR).status_code == 204
    elsewhere.tokens = dict(browser)
    assert elsewhere.call("GET", "/sessions/current").status_code == 401
    assert try_to_sign_in(county, "county").status_code == 201


def test_where_it_is_required_nothing_else_is_allowed_until_it_is_there(
    county: SmallCounty,
) -> None:
    signed_in_before, worker = county.sign_in("township-a"), county.sign_in("worker-a1w")
    with with_settings(county, second_factor=True):
        for login in ("township-a", "county", "system", "security", "auditor"):
            desk = county.sign_in(login)
            refused = desk.call("GET", "/places/areas")
            assert type_of(refused) == (403, "second-factor-needed"), login
            assert refused.json["enrol_at"] == f"/api/v1{FACTOR}"
            enrol(county, desk)
            assert desk.call("GET", "/places/areas").status_code == 200
        assert signed_in_before.call("GET", "/places/areas").status_code == 401
        assert worker.get("/households")["total"] == 3  # phones are not touched
        assert county.sign_in("mediator-a1").get("/households")["total"] == 6


def test_without_one_a_supervisor_still_delivers_and_signs_out(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    with with_settings(county, second_factor=True):
        push = desk.call("POST", "/sync/push", json={"device": str(id_of("township-a phone"))})
        assert type_of(push) == (400, "bad-envelope")  # judged by its content, not at the door
        pull = desk.call("POST", "/sync/pull", json={})
        assert type_of(pull) == (403, "second-factor-needed")
        assert desk.call("DELETE", "/sessions/current").status_code == 204


def test_the_security_administrator_resets_it_and_its_owner_is_told(county: SmallCounty) -> None:
    desk, security = county.sign_in("county"), county.sign_in("security")
    enrol(county, desk)
    path = f"/users/{id_of('user county')}/second-factor/reset"
    lost = {"reason": "当面核实，手机遗失"}
    for login in ("system", "auditor", "township-a", "worker-a1w"):
        refused = county.sign_in(login).call("POST", path, json=lost)
        assert type_of(refused) == (403, "not-yours"), login
    assert security.call("POST", path, json={}).status_code == 422
    assert security.call("POST", path, json=lost).status_code == 204
    assert type_of(security.call("POST", path, json=lost)) == (409, "no-second-factor")
    assert desk.call("GET", "/sessions/current").status_code == 401
    again = county.sign_in("county")
    told = again.get("/sessions/current")["second_factor"]
    assert (told["on"], datetime.fromisoformat(told["reset_at"])) == (False, county.clock.now)
    with as_admin(county.url) as cursor:
        cursor.execute("SELECT reason FROM audit_act WHERE action = 'factor.reset'")
        assert cursor.fetchall() == [(lost["reason"],)]
    county.clock.pass_time(minutes=11)
    assert type_of(security.call("POST", path, json=lost)) == (403, "prove-again")


def test_a_clock_that_ran_ahead_shuts_nobody_out_for_good(county: SmallCounty) -> None:
    """Whoever signed in meanwhile has used a step that is far off; a new secret counts anew."""
    desk = county.sign_in("county")
    app, recovery = enrol(county, desk)
    county.clock.pass_time(days=400)
    assert try_to_sign_in(county, "county", code=app.code()).status_code == 201
    county.clock.pass_time(days=-400)
    assert type_of(try_to_sign_in(county, "county", code=app.code())) == (401, "wrong-code")
    desk.tokens = dict(try_to_sign_in(county, "county", code=recovery[0]).json)
    assert desk.call("DELETE", FACTOR).status_code == 204
    app, _ = enrol(county, desk)
    assert try_to_sign_in(county, "county", code=app.code()).status_code == 201


def test_nobody_resets_their_own_and_nobody_else_anybodys(county: SmallCounty) -> None:
    security = county.sign_in("security")
    enrol(county, security)
    lost = {"reason": "自己的"}
    own = f"/users/{id_of('user security')}/second-factor/reset"
    assert type_of(security.call("POST", own, json=lost)) == (409, "no-second-factor")
    nobody = f"/users/{id_of('nobody')}/second-factor/reset"
    assert type_of(security.call("POST", nobody, json=lost)) == (404, "user-not-found")
    ask = text("SELECT gate.reset_second_factor(:user)")
    for by in (stranger(county.clock.now), county.identity("county")):
        for statement in (ask, text("SELECT gate.end_sessions(:user, NULL)")):
            with (
                pytest.raises(Exception, match="security administrator"),
                transaction(by) as session,
            ):
                session.execute(statement, {"user": None})  # nobody is not oneself
    for login in ("security", "system", "county"):
        with (
            pytest.raises(Exception, match="security administrator"),
            transaction(county.identity(login)) as session,
        ):
            session.execute(ask, {"user": id_of("user security")})
    for login in ("system", "county", "worker-a1w"):
        with transaction(county.identity(login)) as session:
            seen = session.execute(text("SELECT count(*) FROM second_factor")).scalar()
        assert seen == 0, login  # not even that there is one


def test_the_county_resets_it_at_the_keyboard(county: SmallCounty, tmp_path: Path) -> None:
    keyboard = Keyboard(environment(county.url, tmp_path))
    desk = county.sign_in("security")
    assert "没有可操作的两步验证" in keyboard.fails(
        *("user", "second-factor", "reset", "security", "--reason", "x")
    )
    enrol(county, desk)
    keyboard.type("user", "second-factor", "reset", "security", "--reason", "手机遗失")
    assert desk.call("GET", "/sessions/current").status_code == 401
    assert try_to_sign_in(county, "security").status_code == 201


def test_the_setting_says_required_unless_it_says_otherwise(tmp_path: Path) -> None:
    known = environment("postgresql+psycopg2://postgres@/x?host=/tmp&port=1", tmp_path)
    assert from_environment(known).second_factor is True
    optional = from_environment({**known, "WANGGE_SECOND_FACTOR": "optional"})
    assert optional.second_factor is False
    with pytest.raises(BadSettings, match="WANGGE_SECOND_FACTOR"):
        from_environment({**known, "WANGGE_SECOND_FACTOR": "maybe"})
