"""Devices: one's own, those of one's people; what was revoked stays so; eight are enough."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from server.access.accounts.devices import service
from server.db import transaction
from tests.access.keeping import acts, behind, try_in, user, why
from tests.smallcounty import PASSWORD, SmallCounty, id_of

LOST = {"reason": "lost"}


def device(login: str, name: str = "phone") -> str:
    """The path of a device of one's own."""
    return f"/devices/{id_of(f'{login} {name}')}/revoke"


def of(login: str, name: str = "phone") -> str:
    """The path of somebody's device."""
    return f"{user(login)}{device(login, name)}"


def test_one_lists_and_revokes_ones_own(county: SmallCounty) -> None:
    phone, browser = county.sign_in("worker-a1w"), county.sign_in("worker-a1w", "browser")
    listed = browser.get("/devices")
    assert sorted((one["name"], one["revoked_at"]) for one in listed["items"]) == [
        ("browser", None),
        ("phone", None),
    ]
    gone = browser.post(device("worker-a1w"), LOST, expect=200)
    assert (gone["revoked_why"], gone["revoked_by"]) == ("lost", str(id_of("user worker-a1w")))
    assert why(phone.call("GET", "/households")) == (403, "device-revoked")
    assert browser.call("GET", "/households").status_code == 200
    again = browser.post(device("worker-a1w"), {"reason": "stolen"}, expect=200)
    assert again == gone  # twice is once: the first reason stays
    assert acts(county).count("device.revoke") == 1
    for other in (device("worker-a1e"), device("nobody")):
        assert why(browser.call("POST", other, json=LOST)) == (404, "device-not-found")
    for body in ({}, {"reason": "dog"}, {"reason": ""}, {"reason": "x" * 999}, {**LOST, "x": 1}):
        assert browser.call("POST", device("worker-a1w"), json=body).status_code == 422, body


def test_those_who_answer_for_somebody_revoke_their_devices(county: SmallCounty) -> None:
    for login in ("worker-a1w", "worker-b1w", "township-a", "security", "mediator-a1"):
        county.sign_in(login)
    may = {
        "township-a": {"worker-a1w", "mediator-a1"},  # of its workers alone
        "system": {"worker-a1w", "worker-b1w", "township-a", "security"},
        "security": {"worker-b1w", "township-a"},
    }
    everybody = ("worker-a1w", "worker-b1w", "township-a", "security", "mediator-a1")
    for asker, those in may.items():
        desk = county.sign_in(asker, "desk")
        for login in everybody:
            listed = desk.call("GET", f"{user(login)}/devices")
            if asker == "township-a" and login not in those:
                assert listed.status_code == 404, (asker, login)
                refused = desk.call("POST", of(login), json=LOST)
                assert why(refused) == (404, "user-not-found"), (asker, login)
            else:
                assert listed.status_code == 200, (asker, login)
                assert listed.json["items"], (asker, login)
    desk = county.sign_in("township-a", "desk")
    assert desk.post(of("worker-a1w"), LOST, expect=200)["revoked_why"] == "lost"
    # One user's device is not another's, under whose name it is asked for does not matter.
    crossed = f"{user('worker-a1e')}/devices/{id_of('worker-b1w phone')}/revoke"
    assert why(desk.call("POST", crossed, json=LOST)) == (404, "device-not-found")
    live = behind(county, "SELECT count(*) AS n FROM device WHERE revoked_at IS NULL")[0].n
    system = county.sign_in("system", "desk")
    system.post(of("security"), {"reason": "stolen"}, expect=200)
    assert (
        behind(county, "SELECT count(*) AS n FROM device WHERE revoked_at IS NULL")[0].n == live - 1
    )


def test_to_revoke_somebody_elses_one_proves_oneself_anew(county: SmallCounty) -> None:
    county.sign_in("worker-a1w")
    desk = county.sign_in("township-a")
    county.clock.pass_time(minutes=11)
    assert why(desk.call("POST", of("worker-a1w"), json=LOST)) == (403, "prove-again")
    proof = desk.call("POST", "/sessions/current/proof", json={"password": PASSWORD})
    assert proof.status_code == 204
    desk.post(of("worker-a1w"), LOST, expect=200)


def test_a_ninth_device_comes_for_one_that_goes(county: SmallCounty) -> None:
    for k in range(8):
        assert try_in(county, "worker-a1w", PASSWORD, name=f"示例{k}").status_code == 201
    refused = try_in(county, "worker-a1w", PASSWORD)
    assert why(refused) == (409, "too-many-devices")
    named = refused.json["devices"]
    assert sorted(one["name"] for one in named) == [f"示例{k}" for k in range(8)]
    # A wrong password is told nothing of them.
    assert "devices" not in try_in(county, "worker-a1w", "wrong-password").json
    stranger = try_in(county, "worker-a1w", PASSWORD, instead_of=str(id_of("nobody")))
    assert why(stranger) == (404, "device-not-found")
    taken = try_in(county, "worker-a1w", PASSWORD, instead_of=named[2]["id"])
    assert taken.status_code == 201
    gone = behind(county, "SELECT name, revoked_why FROM device WHERE revoked_at IS NOT NULL")
    assert [tuple(row) for row in gone] == [(named[2]["name"], "replaced")]
    # On a device that one has, one signs in as often as one likes.
    assert try_in(county, "worker-a1w", PASSWORD, id=named[0]["id"]).status_code == 201


def test_two_that_are_enrolled_at_the_same_moment_are_not_one_too_many(county: SmallCounty) -> None:
    for k in range(7):
        assert try_in(county, "worker-a1w", PASSWORD, name=f"示例{k}").status_code == 201

    def enrol(k: int) -> None:
        by = replace(county.identity("worker-a1w"), device_id=id_of(f"new {k}"))
        with county.app.app_context(), transaction(by) as session:
            service.enrol(session, by, "示例终端")

    with ThreadPoolExecutor(3) as pool:
        ended = [one.exception() for one in [pool.submit(enrol, k) for k in range(3)]]
    assert sorted(type(error).__name__ for error in ended) == [
        "NoneType",
        "TooManyDevices",
        "TooManyDevices",
    ]
