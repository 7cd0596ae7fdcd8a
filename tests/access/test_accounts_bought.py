"""Somebody who keeps accounts tries to be two persons, or to reach further than the own charge."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.access import queries as access
from server.access.errors import RolesApart
from server.db import transaction
from tests.access.authenticator import enrol
from tests.access.keeping import NEW_PASSWORD, accept, behind, give, hire, try_in, user, why
from tests.smallcounty import VILLAGES, Desk, SmallCounty, id_of

WHY = {"reason": "示例原因"}


def invite(system: Desk, login: str) -> Any:
    """Ask for a new code; the whole answer."""
    return system.call("POST", f"{user(login)}/invitation")


def at_once(county: SmallCounty, deed: Any, times: int = 4) -> list[int]:
    """The statuses of the same deed, done at the same moment."""

    def run(k: int) -> int:
        with county.app.app_context():
            return int(deed(k).status_code)

    with ThreadPoolExecutor(times) as pool:
        return sorted(pool.map(run, range(times)))


def test_who_decides_is_not_invited_anew_unless_a_second_factor_stays(county: SmallCounty) -> None:
    """Otherwise the system administrator would be the second person of every approval."""
    system, security = county.sign_in("system"), county.sign_in("security")
    for login in ("county", "township-a"):
        assert why(invite(system, login)) == (403, "at-the-keyboard"), login
    assert invite(system, "worker-a1w").status_code == 201
    enrol(county, county.sign_in("county"))
    code = invite(system, "county").json["code"]
    # Without the factor that it was made beside, the code opens nothing.
    reset = security.call("POST", f"{user('county')}/second-factor/reset", json=WHY)
    assert reset.status_code == 204
    assert why(accept(county, code)) == (422, "bad-invitation")
    enrol(county, county.sign_in("county"))
    assert accept(county, code).status_code == 200
    assert why(try_in(county, "county", NEW_PASSWORD)) == (401, "code-needed")


def test_a_code_kept_back_opens_no_role_that_was_given_later(county: SmallCounty) -> None:
    """Made while it was a mediator's, used when it is an officer's: no. A first password: yes."""
    system, security = county.sign_in("system"), county.sign_in("security")
    code = invite(system, "mediator-a1").json["code"]
    security.post("/assignments", give("mediator-a1", "county_office", "county"))
    assert why(accept(county, code)) == (422, "bad-invitation")
    new = hire(system, "newcomer")["invitation"]["code"]
    security.post("/assignments", give("newcomer", "audit_admin"))
    assert accept(county, new).status_code == 200


def test_a_code_ends_with_the_account_it_was_for(county: SmallCounty) -> None:
    """Whoever is enabled again is invited again."""
    system, security = county.sign_in("system"), county.sign_in("security")
    new = hire(system, "newcomer")
    path = f"/users/{new['user']['id']}"
    for verb in ("disable", "enable"):
        security.post(f"{path}/{verb}", WHY, expect=200)
    assert why(accept(county, new["invitation"]["code"])) == (422, "bad-invitation")
    assert accept(county, system.post(f"{path}/invitation", {})["code"]).status_code == 200


def test_a_township_makes_nobody_its_own_to_revoke_their_devices(county: SmallCounty) -> None:
    officer, township = county.sign_in("county"), county.sign_in("township-a")
    county.sign_in("worker-b1w")
    township.post("/assignments", give("county", "mediator", "A1"))
    for path in ("devices", f"devices/{id_of('county phone')}/revoke"):
        method = "POST" if path.endswith("revoke") else "GET"
        refused = township.call(method, f"{user('county')}/{path}", json={"reason": "other"})
        assert why(refused) == (404, "user-not-found"), path
    assert officer.call("GET", "/households").status_code == 200


def test_what_is_given_twice_at_the_same_moment_is_given_once(county: SmallCounty) -> None:
    """Of twins the one that is ended would leave the other."""
    security = county.sign_in("security")
    sent = give("worker-b1w", "mediator", "B1")
    statuses = at_once(county, lambda _: security.call("POST", "/assignments", json=sent))
    assert statuses == [201, 409, 409, 409]


def test_two_who_hand_a_lead_over_at_the_same_moment_leave_one(county: SmallCounty) -> None:
    system = county.sign_in("system")
    new = {"area": VILLAGES["A1"], "kind": "bureau"}
    offices = [system.post("/offices", {**new, "name": f"示例{k}"})["id"] for k in range(3)]
    assert (
        at_once(
            county,
            lambda k: system.call("PATCH", f"/offices/{offices[k]}", json={"lead": True}),
            times=3,
        )
        == [200] * 3
    )
    leads = "SELECT name FROM office WHERE lead AND area_id = :area"
    assert len(behind(county, leads, area=id_of("A1"))) == 1


def test_the_database_keeps_administrators_and_the_field_apart(county: SmallCounty) -> None:
    """Past the service, by the county's own hand; in whichever order the two come."""
    row = {
        "cell_id": None, "office_id": None, "area_id": None,
        "leads": False, "valid_from": county.clock.now, "valid_to": None,
    }  # fmt: skip
    wrong = (
        ("system", "mediator", {"office_id": id_of("office A1")}),
        ("auditor", "grid_worker", {"cell_id": id_of("A1w")}),
        ("worker-a1w", "audit_admin", {"area_id": id_of("county")}),
        ("county", "security_admin", {"area_id": id_of("county")}),
    )
    for login, role, place in wrong:
        one = {**row, **place, "id": id_of("new"), "user_id": id_of(f"user {login}"), "role": role}
        with pytest.raises(RolesApart), transaction(county.worker) as session:
            access.insert_assignments(session, [one])
    later = {"valid_from": county.clock.now + timedelta(days=2)}
    mine = {"user_id": id_of("user worker-a1w"), "role": "audit_admin", "id": id_of("new")}
    behind(county, "UPDATE assignment SET valid_to = :at WHERE user_id = :u",
           at=county.clock.now + timedelta(days=1), u=mine["user_id"])  # fmt: skip
    with transaction(county.worker) as session:
        access.insert_assignments(session, [{**row, **mine, **later, "area_id": id_of("county")}])
    longer = text("UPDATE assignment SET valid_to = NULL WHERE user_id = :u AND role = :r")
    with pytest.raises(DBAPIError, match="one person"), transaction(county.worker) as session:
        session.execute(longer, {"u": mine["user_id"], "r": "grid_worker"})


def test_the_answer_names_what_nobody_serves_any_more(county: SmallCounty) -> None:
    """Whoever disables the only mediator of a village hears it, and can give the place again."""
    security = county.sign_in("security")
    told = security.post(f"{user('mediator-a1')}/disable", WHY, expect=200)
    assert [(one["role"], one["code"]) for one in told["unserved"]] == [
        ("mediator", VILLAGES["A1"])
    ]
    security.post("/assignments", give("worker-b1w", "mediator", "A2"))
    ended = security.post(f"/assignments/{id_of('assignment mediator-a2')}/end", WHY, expect=200)
    assert ended["unserved"] == []  # there is another one


def test_a_day_that_has_begun_is_given_from_now_on(county: SmallCounty) -> None:
    security = county.sign_in("security")
    today = give("worker-b1w", "mediator", "B1", **{"from": "2026-03-02", "to": "2026-03-02"})
    (given,) = (
        one for one in security.post("/assignments", today)["assignments"]
        if one["role"] == "mediator"
    )  # fmt: skip
    assert given["from"] == county.clock.now.isoformat()
    assert given["to"] == "2026-03-02T16:00:00+00:00"


def test_an_office_has_a_name(county: SmallCounty) -> None:
    system = county.sign_in("system")
    office = {"area": VILLAGES["A1"], "kind": "bureau", "name": " \u3000"}
    assert system.call("POST", "/offices", json=office).status_code == 422
    path = f"/offices/{id_of('office A1')}"
    assert system.call("PATCH", path, json={"name": "  "}).status_code == 422
    assert system.call("PATCH", path, json={"name": " 示例 "}).json["name"] == "示例"
