"""Guesses are stopped, and nobody can lock somebody else out; unknown logins behave alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from server.errors import TryLater
from server.worker import purge_old
from tests.access.authenticator import enrol, try_to_sign_in, type_of, with_settings
from tests.cli.keyboard import as_admin
from tests.smallcounty import SmallCounty, id_of

WRONG = "not the password"
HERE = 10  # tries of one login from one network


@pytest.fixture(autouse=True)
def _behind_a_proxy(county: SmallCounty) -> Iterator[None]:
    """The proxy names the address."""
    with with_settings(county, address_header="X-Forwarded-For"):
        yield


def guess(county: SmallCounty, login: str, times: int, **how: Any) -> list[int]:
    """So many wrong passwords; the statuses."""
    how = {"device": "thief's", "password": WRONG, **how}
    return [try_to_sign_in(county, login, **how).status_code for _ in range(times)]


def kept(county: SmallCounty, query: str) -> list[tuple[Any, ...]]:
    """What the database holds."""
    with as_admin(county.url) as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def test_after_ten_guesses_from_a_network_the_login_waits_there(county: SmallCounty) -> None:
    assert guess(county, "county", HERE) == [401] * HERE
    waits = try_to_sign_in(county, "county", device="thief's")  # the right password, too late
    assert type_of(waits) == (429, "too-many")
    assert int(waits.headers["Retry-After"]) == 300
    county.clock.pass_time(minutes=5)
    assert try_to_sign_in(county, "county", device="thief's").status_code == 201


def test_the_owner_goes_on_while_somebody_guesses(county: SmallCounty) -> None:
    """From the same network and from everywhere: on a device of one's own nobody is locked out."""
    county.sign_in("county")  # at home here
    for n in range(1, 8):
        guess(county, "county", HERE, address=f"198.51.{n}.1")
    assert guess(county, "county", 1, address="203.0.113.1") == [429]  # the login, from everywhere
    for address in ("198.51.1.1", "203.0.113.9"):
        assert try_to_sign_in(county, "county", address=address).status_code == 201
    assert try_to_sign_in(county, "township-a", address="203.0.113.9").status_code == 201


def test_who_shares_a_network_with_a_guesser_goes_on_as_well(county: SmallCounty) -> None:
    county.sign_in("worker-a1w")
    statuses = [guess(county, f"login-{n}", 1)[0] for n in range(61)]
    assert (statuses[:60], statuses[60]) == ([401] * 60, 429)
    assert try_to_sign_in(county, "worker-a1w").status_code == 201
    assert try_to_sign_in(county, "worker-a1e").status_code == 429  # new here: from elsewhere
    assert try_to_sign_in(county, "worker-a1e", address="203.0.113.1").status_code == 201


def test_a_device_that_guesses_is_a_stranger_after_a_while(county: SmallCounty) -> None:
    county.sign_in("county")
    statuses = guess(county, "county", 2 * HERE + 1, device="phone")
    assert (statuses[:-1], statuses[-1]) == ([401] * 2 * HERE, 429)
    county.clock.pass_time(minutes=2)
    assert try_to_sign_in(county, "county").status_code == 201


def test_a_revoked_device_is_no_longer_ones_own(county: SmallCounty) -> None:
    county.sign_in("county")
    with as_admin(county.url) as cursor:
        cursor.execute("UPDATE device SET revoked_at = now()")
    assert guess(county, "county", HERE + 1, device="phone")[-1] == 429


def test_an_unknown_login_waits_like_a_known_one(county: SmallCounty) -> None:
    answers = {
        login: [
            (*type_of(one), one.headers.get("Retry-After"), one.headers.get("WWW-Authenticate"))
            for one in (
                try_to_sign_in(county, login, password=WRONG, address=f"203.0.{n}.1")
                for _ in range(HERE + 2)
            )
        ]
        for n, login in enumerate(("worker-a1w", "nobody-here", "WORKER-A1W", "用户"))
    }
    assert len({tuple(each) for each in answers.values()}) == 1
    (each,) = {tuple(each) for each in answers.values()}
    assert [one[0] for one in each] == [401] * HERE + [429] * 2


def test_signing_in_rightly_is_never_counted(county: SmallCounty) -> None:
    for n in range(3 * HERE):
        assert try_to_sign_in(county, "county", device=f"d{n % 3}").status_code == 201
    assert {left for (left,) in kept(county, "SELECT remaining FROM knock")} <= {10.0, 50.0, 60.0}


def test_what_failed_for_another_reason_is_no_guess(
    county: SmallCounty, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(found: object, password: str) -> None:
        raise TryLater

    desk = county.sign_in("county")
    monkeypatch.setattr("server.access.signing.service.prove", busy)
    assert guess(county, "county", 2 * HERE) == [503] * 2 * HERE
    proofs = (
        ("POST", "/sessions/current/proof", {"password": WRONG}),
        ("PUT", "/passwords/current", {"old": WRONG, "new": "another-good-one"}),
    )
    for method, path, body in proofs * HERE:
        assert desk.call(method, path, json=body).status_code == 503, path


def test_a_right_code_on_a_device_that_is_taken_is_no_guess(county: SmallCounty) -> None:
    app, _ = enrol(county, county.sign_in("county"))
    county.sign_in("worker-a1w", "shared")
    taken = {"id": str(id_of("worker-a1w shared")), "name": ""}
    body = {"login": "county", "password": "small-county", "device": taken}
    for _ in range(7):
        county.clock.pass_time(seconds=30)
        sent = {**body, "code": app.code()}
        asked = county.app.test_client().post("/api/v1/sessions", json=sent)
        assert type_of(asked) == (409, "device-taken")


def test_neither_addresses_nor_logins_are_kept(county: SmallCounty) -> None:
    guess(county, "county", 1, address="198.51.100.7")
    rows = kept(county, "SELECT kind, encode(source, 'escape') FROM knock")
    assert {kind for kind, _ in rows} == {"login.network", "login.here", "login.all"}
    assert not any("county" in source or "198.51" in source for _, source in rows)
    acts = kept(county, "SELECT cast(a AS text) FROM audit_act a")
    assert not any(WRONG in act or "198.51" in act for (act,) in acts)


def test_names_of_ones_own_making_do_not_fill_the_table(county: SmallCounty) -> None:
    for n in range(90):
        guess(county, f"made-up-{n}", 1)
    assert kept(county, "SELECT count(*) FROM knock") == [(1 + 2 * 60,)]
    county.clock.pass_time(days=1, seconds=1)
    purge_old(county.worker)
    assert kept(county, "SELECT count(*) FROM knock") == [(0,)]


def test_somebody_elses_device_id_tells_only_whoever_knows_a_password(
    county: SmallCounty,
) -> None:
    """An id is 74 bits of chance: a 409 tells its own owner to make a new one, and nothing more."""
    county.sign_in("worker-a1w")
    with as_admin(county.url) as cursor:
        cursor.execute("SELECT id FROM device")
        (taken,) = cursor.fetchone()

    def come(password: str) -> Any:
        body = {"login": "worker-a1e", "password": password, "device": {"id": taken}}
        return county.app.test_client().post("/api/v1/sessions", json=body)

    assert type_of(come(WRONG)) == (401, "wrong-login")
    assert type_of(come("small-county")) == (409, "device-taken")


def test_before_the_code_nobody_is_told_whose_a_device_is(county: SmallCounty) -> None:
    county.sign_in("worker-a1w", "shared")
    enrol(county, county.sign_in("county"))
    with as_admin(county.url) as cursor:
        cursor.execute("SELECT id FROM device WHERE name = 'shared'")
        (taken,) = cursor.fetchone()
    body = {"login": "county", "password": "small-county", "device": {"id": taken}}
    asked = county.app.test_client().post("/api/v1/sessions", json=body)
    assert type_of(asked) == (401, "code-needed")


def test_what_no_sane_client_sends_is_refused_and_counts_nothing(county: SmallCounty) -> None:
    client = county.app.test_client()
    device = {"id": "0195f3a0-0000-7000-8000-000000000001"}
    good = {"login": "county", "password": WRONG, "device": device}
    proof = "/sessions/current/proof"
    bodies: list[tuple[str, Any, int]] = [
        ("/sessions", None, 422),
        ("/sessions", [], 422),
        ("/sessions", {}, 422),
        ("/sessions", {**good, "login": ""}, 422),
        ("/sessions", {**good, "login": "x" * 201}, 422),
        ("/sessions", {**good, "login": None}, 422),
        ("/sessions", {**good, "password": 7}, 422),
        ("/sessions", {**good, "password": "x" * 201}, 422),
        ("/sessions", {**good, "device": {"id": "no id"}}, 422),
        ("/sessions", {**good, "device": {**device, "name": "x" * 201}}, 422),
        ("/sessions", {**good, "device": "x"}, 422),
        ("/sessions", {**good, "code": ""}, 422),
        ("/sessions", {**good, "more": 1}, 422),
        ("/sessions", {**good, "login": "\x00"}, 400),
        ("/sessions/code", {}, 422),
        ("/sessions/code", {"challenge": 1, "code": "1"}, 422),
        ("/sessions/refresh", {}, 422),
        ("/sessions/refresh", {"refresh": ""}, 422),
        ("/sessions/refresh", {"refresh": "x" * 201}, 422),
        ("/sessions/refresh", {"refresh": "é" * 43}, 401),
        (proof, {"password": "small-county"}, 401),
    ]
    for path, body, status in bodies:
        answered = client.post(f"/api/v1{path}", json=body)
        assert answered.status_code == status, (path, body)
        assert answered.content_type == "application/problem+json", (path, body)
    assert kept(county, "SELECT count(*) FROM knock") == [(0,)]
    desk = county.sign_in("county")
    for path, body, status in (
        (proof, {}, 422),
        (proof, {"password": ""}, 422),
        (proof, {"password": WRONG, "code": 7}, 422),
        (proof, {"password": WRONG}, 422),
    ):
        assert desk.call("POST", path, json=body).status_code == status, body
