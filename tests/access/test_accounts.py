"""Accounts over HTTP: made, found, named, disabled; Offices kept; nobody else may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.access.keeping import (
    NEW_PASSWORD,
    accept,
    acts,
    behind,
    give,
    hire,
    try_in,
    user,
    why,
)
from tests.smallcounty import PASSWORD, TOWNSHIPS, VILLAGES, SmallCounty, id_of

WHY = {"reason": "示例原因"}


def logins(page: dict[str, Any]) -> list[str]:
    """Who is on a page."""
    return sorted(one["login"] for one in page["items"])


def test_somebody_new_is_invited_given_a_role_and_works(county: SmallCounty) -> None:
    system, security = county.sign_in("system"), county.sign_in("security")
    told = hire(system, "newcomer")
    assert told["user"]["assignments"] == []
    assert try_in(county, "newcomer", NEW_PASSWORD).status_code == 401
    assert accept(county, told["invitation"]["code"]).json == {"login": "newcomer"}
    signed_in = try_in(county, "newcomer", NEW_PASSWORD)
    assert signed_in.status_code == 201

    def look() -> int:
        token = {"Authorization": f"Bearer {signed_in.json['access']}"}
        path = "/api/v1/households"
        return int(county.app.test_client().get(path, headers=token).status_code)

    assert look() == 403
    tomorrow = (county.clock.now + timedelta(minutes=9)).isoformat()
    given = security.post("/assignments", give("newcomer", "mediator", "A2", **{"from": tomorrow}))
    assert [(one["role"], one["code"]) for one in given["assignments"]] == [
        ("mediator", VILLAGES["A2"])
    ]
    assert look() == 403  # not yet
    county.clock.pass_time(minutes=9)
    assert look() == 200  # and from that moment on, on the same token
    done = acts(county)
    assert {"user.add", "invitation.make", "invitation.accept", "user.assign"} <= set(done)


def test_users_are_found_by_what_they_are_called_and_what_they_hold(county: SmallCounty) -> None:
    system = county.sign_in("system")
    asked = {
        "login": ({"login": "worker-a"}, ["worker-a1e", "worker-a1w"]),
        "a percent sign is no wildcard": ({"login": "%"}, []),
        "name": ({"name": "township-b"}, ["township-b"]),
        "office": ({"office": str(id_of("office A2"))}, ["mediator-a2"]),
        "area": (
            {"under": TOWNSHIPS["A"]},
            ["mediator-a1", "mediator-a2", "township-a", "worker-a1e", "worker-a1w"],
        ),
        "role": ({"role": "audit_admin"}, ["auditor"]),
        "role and area": ({"role": "mediator", "under": TOWNSHIPS["B"]}, ["mediator-b1"]),
        "nobody is disabled": ({"active": "false"}, []),
    }
    for name, (query, found) in asked.items():
        assert logins(system.get("/users", **query)) == found, name
    seen: list[str] = []
    page = system.get("/users", limit=5)
    assert page["total"] == 12
    while True:
        seen += logins(page)
        if page["next"] is None:
            break
        page = system.get("/users", limit=5, after=page["next"])
    assert len(seen) == len(set(seen)) == 12
    assert [one["code"] for one in page["items"][0]["assignments"]]


def test_a_townships_supervisor_sees_the_own_people_and_nobody_elses(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    mine = ["mediator-a1", "mediator-a2", "township-a", "worker-a1e", "worker-a1w"]
    assert logins(desk.get("/users")) == mine
    assert logins(desk.get("/users", under=TOWNSHIPS["B"])) == []
    assert desk.get(user("worker-a1w"))["login"] == "worker-a1w"
    for hidden in (user("worker-b1w"), user("system"), f"/users/{id_of('nobody')}"):
        assert why(desk.call("GET", hidden)) == (404, "user-not-found"), hidden
    assert desk.get(user("worker-a1w"))["invitation"] is None
    # Whose assignment has ended is the township's no longer.
    behind(county, "UPDATE assignment SET valid_to = valid_from + interval '1 day'"
           " WHERE user_id = :u", u=id_of("user mediator-a2"))  # fmt: skip
    assert why(desk.call("GET", user("mediator-a2"))) == (404, "user-not-found")


def test_each_act_is_for_those_of_the_table_alone(county: SmallCounty) -> None:
    """Who is not named is refused before anything is looked at, and nothing changes."""
    somebody = user("worker-a1w")
    every = {
        ("GET", "/users"): {"township-a", "county", "system", "security", "auditor"},
        ("GET", somebody): {"township-a", "county", "system", "security", "auditor"},
        ("POST", "/users"): {"system"},
        ("PATCH", somebody): {"system"},
        ("POST", f"{somebody}/invitation"): {"system"},
        ("POST", f"{somebody}/disable"): {"security"},
        ("POST", f"{somebody}/enable"): {"security"},
        ("POST", "/offices"): {"system"},
        ("PATCH", f"/offices/{id_of('office A1')}"): {"system"},
        ("POST", "/assignments"): {"township-a", "security"},
        ("POST", f"/assignments/{id_of('assignment mediator-a1')}/end"): {"township-a", "security"},
        ("GET", f"{somebody}/devices"): {"township-a", "system", "security"},
        ("POST", f"{somebody}/devices/{id_of('x')}/revoke"): {"township-a", "system", "security"},
        ("GET", "/devices"): set(),  # everybody
    }
    for login in ("worker-a1w", "mediator-a1", "township-a", "county", "system", "security",
                  "auditor"):  # fmt: skip
        desk = county.sign_in(login)
        for (method, path), those in every.items():
            if method == "GET":
                status = desk.call(method, path).status_code
                assert (status == 200) == (login in those or not those), (login, path, status)
            else:
                answer = desk.call(method, path, json=[])  # of no shape: who may gets a 422
                wanted = 422 if login in those and not path.endswith("/invitation") else 403
                if login in those and path.endswith("/invitation"):
                    wanted = 201
                assert answer.status_code == wanted, (login, method, path, answer.text)
    assert "user.disable" not in acts(county)


def test_administrators_read_no_household_and_no_case(county: SmallCounty) -> None:
    for login in ("system", "security", "auditor"):
        desk = county.sign_in(login)
        for path in ("/households", "/visits", "/disputes", "/figures", "/exports/households"):
            answer = desk.call("GET", path)
            assert answer.status_code in {403, 404}, (login, path, answer.status_code)
        assert (
            desk.call("POST", f"/households/{id_of('A1w-1')}/reveal", json=WHY).status_code == 403
        )


def test_somebody_is_named_and_the_login_stays(county: SmallCounty) -> None:
    system = county.sign_in("system")
    renamed = system.call("PATCH", user("worker-a1w"), json={"name": " 示例改名 "}).json
    assert (renamed["login"], renamed["name"]) == ("worker-a1w", "示例改名")
    assert county.sign_in("worker-a1w").get("/sessions/current")["name"] == "示例改名"


def test_a_disabled_worker_is_out_and_holds_nothing_when_enabled_again(county: SmallCounty) -> None:
    phone, security = county.sign_in("worker-a1w"), county.sign_in("security")
    county.clock.pass_time(minutes=1)
    told = security.post(f"{user('worker-a1w')}/disable", WHY, expect=200)
    assert told["active"] is False
    assert [one["to"] for one in told["assignments"]] == [county.clock.now.isoformat()]
    assert why(phone.call("GET", "/households")) == (403, "device-revoked")
    assert why(phone.call("GET", "/sessions/current")) == (403, "device-revoked")
    assert try_in(county, "worker-a1w", PASSWORD).status_code == 401
    security.post(f"{user('worker-a1w')}/disable", WHY, expect=200)  # again: nothing more
    assert acts(county).count("user.disable") == 1
    security.post(f"{user('worker-a1w')}/enable", WHY, expect=200)
    assert why(phone.call("GET", "/households")) == (403, "device-revoked")  # it stays so
    anew = try_in(county, "worker-a1w", PASSWORD)
    assert anew.status_code == 201
    assert county.sign_in("worker-a1w", "new phone").call("GET", "/households").status_code == 403


def test_the_last_administrator_of_a_kind_stays(county: SmallCounty) -> None:
    """Alone they cannot be disabled nor lose the role; nor two of them one after the other."""
    system, security = county.sign_in("system"), county.sign_in("security")
    for login in ("system", "auditor"):
        held = f"/assignments/{id_of(f'assignment {login}')}/end"
        for path in (f"{user(login)}/disable", held):
            assert why(security.call("POST", path, json=WHY)) == (409, "last-administrator"), path
    assert why(security.call("POST", f"{user('security')}/disable", json=WHY)) == (
        403,
        "not-yourself",
    )
    hire(system, "second-admin")
    # Whose time is limited does not stand in for longer than that.
    end = (county.clock.now + timedelta(days=2)).isoformat()
    security.post("/assignments", give("second-admin", "system_admin", to=end))
    late = {**WHY, "at": (county.clock.now + timedelta(days=3)).isoformat()}
    held = f"/assignments/{id_of('assignment system')}/end"
    assert why(security.call("POST", held, json=late)) == (409, "last-administrator")
    security.post(f"{user('system')}/disable", WHY, expect=200)
    second = behind(county, "SELECT id FROM user_account WHERE login = 'second-admin'")[0].id
    refused = security.call("POST", f"/users/{second}/disable", json=WHY)
    assert why(refused) == (409, "last-administrator")


def test_one_person_holds_one_of_the_three_and_nothing_beside_it(county: SmallCounty) -> None:
    system, security = county.sign_in("system"), county.sign_in("security")
    hire(system, "newcomer")
    week = county.clock.now + timedelta(days=7)
    security.post("/assignments", give("newcomer", "system_admin", to=week.isoformat()))
    later = {"from": (week - timedelta(seconds=1)).isoformat()}
    refused = {
        "another of the three": give("newcomer", "audit_admin"),
        "overlapping by a second": give("newcomer", "audit_admin", **later),
        "an Office": give("newcomer", "county_office", "county"),
        "an administrator of the seed": give("auditor", "system_admin"),
        "somebody of the field": give("worker-a1w", "audit_admin"),
    }
    for name, sent in refused.items():
        assert why(security.call("POST", "/assignments", json=sent)) == (409, "roles-apart"), name
    after = {"from": week.isoformat()}
    security.post("/assignments", give("newcomer", "audit_admin", **after))


def test_nobody_gives_or_takes_what_is_not_theirs(county: SmallCounty) -> None:
    system, security = county.sign_in("system"), county.sign_in("security")
    township = county.sign_in("township-a")
    hire(system, "newcomer")
    refused = {
        "oneself": (security, give("security", "mediator", "A1"), (403, "not-yourself")),
        "a cell": (security, give("newcomer", "grid_worker"), (422, "cells-move")),
        "beyond the township": (township, give("newcomer", "mediator", "B1"), (403, "not-to-give")),
        "the township itself": (
            township,
            give("newcomer", "township_supervisor", "A"),
            (403, "not-to-give"),
        ),
        "an administrator": (township, give("newcomer", "system_admin"), (403, "not-to-give")),
        "oneself, below": (township, give("township-a", "mediator", "A1"), (403, "not-yourself")),
        "no such Office": (township, give("newcomer", "mediator", "Z"), (403, "not-to-give")),
        "no Office": (security, give("newcomer", "mediator"), (404, "office-not-found")),
        "of another level": (security, give("newcomer", "mediator", "A"), (422, "wrong-place")),
        "an Office too many": (
            security,
            give("newcomer", "audit_admin", "county"),
            (422, "wrong-place"),
        ),
        "nobody": (security, give("no-one", "mediator", "A1"), (404, "user-not-found")),
        "in the past": (
            security,
            give("newcomer", "mediator", "A1", **{"from": "2026-03-01T00:00:00+08:00"}),
            (422, "bad-span"),
        ),
        "backwards": (
            security,
            give("newcomer", "mediator", "A1", **{"from": "2026-05-02", "to": "2026-04-01"}),
            (422, "bad-span"),
        ),
        "held already": (security, give("mediator-a1", "mediator", "A1"), (409, "already-held")),
    }
    for name, (desk, sent, told) in refused.items():
        assert why(desk.call("POST", "/assignments", json=sent)) == told, name
    ends = {
        "a cell": (security, "worker-a1w", (422, "cells-move")),
        "beyond the township": (township, "mediator-b1", (403, "not-to-give")),
        "one's own": (security, "security", (403, "not-yourself")),
        "one's own, below": (township, "township-a", (403, "not-to-give")),
        "nothing": (security, "nobody", (404, "assignment-not-found")),
    }
    for name, (desk, login, told) in ends.items():
        path = f"/assignments/{id_of(f'assignment {login}')}/end"
        assert why(desk.call("POST", path, json=WHY)) == told, name
    assert "user.assign" not in acts(county)
    assert "assignment.end" not in acts(county)


def test_a_township_staffs_its_own_villages(county: SmallCounty) -> None:
    system, township = county.sign_in("system"), county.sign_in("township-a")
    hire(system, "newcomer")
    held = township.post("/assignments", give("newcomer", "mediator", "A1", leads=True))
    assert why(township.call("GET", user("nobody"))) == (404, "user-not-found")
    path = f"/assignments/{held['assignments'][0]['id']}/end"
    # A day is served to its end; until then it can be ended earlier, and not later.
    ended = township.post(path, {**WHY, "at": "2026-03-05"}, expect=200)
    assert ended["assignments"][0]["to"] == "2026-03-05T16:00:00+00:00"
    later = {**WHY, "at": "2026-03-06"}
    assert why(township.call("POST", path, json=later)) == (422, "bad-span")
    past = {**WHY, "at": "2026-03-01"}
    assert why(township.call("POST", path, json=past)) == (422, "bad-span")
    county.clock.pass_time(days=5)
    township = county.sign_in("township-a")
    assert why(township.call("POST", path, json=WHY)) == (409, "assignment-over")


def test_what_has_not_begun_is_called_off(county: SmallCounty) -> None:
    system, security = county.sign_in("system"), county.sign_in("security")
    hire(system, "newcomer")
    coming = give("newcomer", "mediator", "A1", **{"from": "2026-03-09"})
    held = security.post("/assignments", coming)["assignments"][0]
    security.post(f"/assignments/{held['id']}/end", WHY, expect=200)
    security.post("/assignments", {**coming, "leads": True})  # the place is free again
    county.clock.pass_time(days=8)
    held_then = behind(
        county,
        "SELECT leads FROM assignment WHERE user_id = (SELECT id FROM user_account"
        " WHERE login = 'newcomer') AND valid_from <= :at AND (valid_to IS NULL OR valid_to > :at)",
        at=county.clock.now,
    )
    assert [row.leads for row in held_then] == [True]


def test_offices_are_added_and_one_of_an_area_leads(county: SmallCounty) -> None:
    system = county.sign_in("system")
    told = {"area": VILLAGES["A1"], "kind": "village_committee", "name": "示例村委会"}
    added = system.post("/offices", told)
    assert (added["level"], added["lead"]) == ("village", False)  # the seed's leads
    changed = {"lead": True, "public_telephone": "000-0000009"}
    system.call("PATCH", f"/offices/{added['id']}", json=changed)
    leading = [
        one["name"]
        for one in system.get("/places/offices", under=VILLAGES["A1"])["items"]
        if one["lead"]
    ]
    assert leading == ["示例村委会"]
    gone = system.call("PATCH", f"/offices/{id_of('none')}", json=changed)
    assert why(gone) == (404, "office-not-found")


def test_what_is_sent_badly_is_said_so_and_nothing_is_written(county: SmallCounty) -> None:
    system, security = county.sign_in("system"), county.sign_in("security")
    long, office = "字" * 2000, f"/offices/{id_of('office A1')}"
    person, held = user("worker-a1w"), f"/assignments/{id_of('assignment mediator-a1')}/end"
    bad: list[tuple[Any, str, str, Any, int]] = [
        (system, "POST", "/users", {}, 422),
        (system, "POST", "/users", {"login": "x", "name": "示例"}, 422),
        (system, "POST", "/users", {"login": "UPPER", "name": "示例"}, 422),
        (system, "POST", "/users", {"login": "ok-login", "name": "   "}, 422),
        (system, "POST", "/users", {"login": "ok-login", "name": long}, 422),
        (system, "POST", "/users", {"login": "ok-login", "name": "示\x00例"}, 400),
        (system, "POST", "/users", {"login": "ok-login", "name": 7}, 422),
        (system, "POST", "/users", {"login": "ok-login", "name": "示例", "active": False}, 422),
        (system, "POST", "/users", {"login": "worker-a1w", "name": "示例"}, 409),
        (system, "PATCH", person, {"name": "  "}, 422),
        (system, "PATCH", person, {"login": "taken"}, 422),
        (system, "PATCH", f"/users/{id_of('none')}", {"name": "示例"}, 404),
        (system, "POST", f"/users/{id_of('none')}/invitation", {}, 404),
        (system, "POST", f"{user('system')}/invitation", {}, 403),
        (system, "POST", "/offices", {"area": "51", "kind": "bureau", "name": "示例"}, 422),
        (system, "POST", "/offices", {"area": "511999", "kind": "bureau", "name": "示例"}, 404),
        (system, "POST", "/offices", {"area": "511921", "kind": "court", "name": "示例"}, 422),
        (system, "PATCH", office, {}, 422),
        (system, "PATCH", office, {"lead": False}, 422),
        (system, "PATCH", office, {"level": "county"}, 422),
        (system, "PATCH", office, {"public_telephone": "=1+1"}, 422),
        (security, "POST", f"{person}/disable", {}, 422),
        (security, "POST", f"{person}/disable", {"reason": long}, 422),
        (security, "POST", f"/users/{id_of('none')}/disable", WHY, 404),
        (security, "POST", f"/users/{id_of('none')}/enable", WHY, 404),
        (security, "POST", f"{user('security')}/enable", WHY, 403),
        (security, "POST", "/assignments", {"login": "worker-a1w"}, 422),
        (security, "POST", "/assignments", give("worker-a1w", "king", "A1"), 422),
        (security, "POST", "/assignments", give("worker-a1w", "mediator", to="soon"), 422),
        (security, "POST", "/assignments", give("worker-a1w", "mediator", to="9999-12-31"), 422),
        (security, "POST", held, {"at": "2026-04-01"}, 422),
        (security, "POST", held, {**WHY, "at": 5}, 422),
    ]
    before = acts(county)
    for desk, method, path, sent, status in bad:
        answer = desk.call(method, path, json=sent)
        assert answer.status_code == status, (method, path, sent, answer.text)
        assert answer.content_type == "application/problem+json"
    for query in ({"role": "king"}, {"office": "x"}, {"under": "abc"}, {"limit": 0}):
        assert system.call("GET", "/users", query_string=query).status_code == 422, query
    assert acts(county) == before
