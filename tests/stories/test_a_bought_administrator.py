"""Somebody bought one administrator: what that one tries is refused, or stands in the audit."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from server.audit.models import AuditAct
from tests.access.authenticator import enrol
from tests.approvals.conftest import acts
from tests.resident.conftest import Residents
from tests.smallcounty import Desk, SmallCounty, id_of
from tests.stories.conftest import party

STORY = "示例：院墙越界半尺"
PLANTED = ("示某A1w1", "0001380000", "界半尺")
_SLOT = re.compile(r"<(?:[^:<>]*:)?(\w+)>")
ADMINISTRATORS = ("system", "security", "auditor")
WHY = {"reason": "例行核查"}


@pytest.fixture
def wall(residents: Residents) -> str:
    """A quarrel of two households; its id."""
    return residents.ladder.register(
        "mediator-a1",
        "wall",
        story=STORY,
        cell_id=str(id_of("A1w")),
        parties=[party("A1w-1"), party("A1w-2", "respondent")],
    )


def written(county: SmallCounty, login: str, action: str) -> list[AuditAct]:
    """What stands in the audit of this person."""
    return [act for act in acts(county, action) if act.user_id == id_of(f"user {login}")]


def bulk(county: SmallCounty, asker: str = "county") -> str:
    """A request of somebody who wants the whole county's households; its number."""
    asked = {"act": "export.bulk", "what": {"export": "households"}, **WHY}
    return str(county.sign_in(asker).post("/approvals", asked)["id"])


def refused(desk: Desk, method: str, path: str, sent: Any = None, status: int = 403) -> Any:
    answer = desk.call(method, path, json=sent)
    assert answer.status_code == status, (method, path, answer.text)
    return answer.json


@pytest.mark.parametrize("login", ADMINISTRATORS)
def test_none_of_them_sees_a_household_or_a_case_by_any_address(
    residents: Residents, wall: str, login: str
) -> None:
    county, home = residents.ladder.county, str(id_of("A1w-1"))
    desk = county.sign_in(login)
    looked = 0
    for rule in county.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.rule.startswith("/api/v1/"):
            continue
        for row in {wall, home} if "uuid:" in rule.rule else {wall}:
            path = _filled(rule.rule, row)
            answer = desk.call("GET", path.removeprefix("/api/v1"))
            looked += 1
            assert not any(secret in answer.text for secret in PLANTED), path
            assert answer.status_code < 500, path
    assert looked > 60
    for path in (f"/households/{home}/reveal", "/exports/households.csv/reveal"):
        refused(desk, "POST", path, WHY)
    page = desk.post("/sync/pull", {"device": desk.tokens["device_id"]}, expect=200)
    assert not {"household", "dispute", "visit"} & {
        entity for bucket in page["put"].values() for entity in bucket
    }


def _filled(rule: str, row: str) -> str:
    """An address, with this id wherever one belongs."""
    given = {"name": "households", "format_": "csv"}
    return _SLOT.sub(lambda slot: given.get(slot[1], row), rule)


def test_the_system_administrator(residents: Residents, wall: str) -> None:
    """Keeps the accounts: tries to become somebody, and to let somebody in."""
    county = residents.ladder.county
    desk, me = county.sign_in("system"), "system"
    office = str(id_of("office county"))
    role = {"login": me, "role": "county_office", "office_id": office}
    refused(desk, "POST", "/assignments", role)
    refused(desk, "POST", "/assignments", {**role, "login": "worker-a1w"})
    number = bulk(county)
    for verb in ("approve", "refuse"):
        refused(desk, "POST", f"/approvals/{number}/{verb}", {"why": "同意"})
    case = {"entity": "dispute", "id": wall, "reason": "unlawful"}
    refused(desk, "POST", "/erasures", case)
    refused(desk, "GET", "/audit/acts")
    refused(desk, "PUT", "/audit/settings", {"months": 6, "heads_to": []})
    refused(desk, "POST", f"/users/{id_of('user auditor')}/disable", WHY)
    refused(desk, "POST", f"/users/{id_of('user county')}/second-factor/reset", WHY)
    # The password of who administers or decides is not to be had from here; of somebody in the
    # field it is, and it shows.
    for other in ("security", "auditor", "county", "township-a"):
        told = refused(desk, "POST", f"/users/{id_of(f'user {other}')}/invitation", {})
        assert told["type"] == "/problems/at-the-keyboard", other
    desk.post(f"/users/{id_of('user worker-a1w')}/invitation", {})
    (made,) = written(county, me, "invitation.make")
    assert made.what["user"] == str(id_of("user worker-a1w"))


def test_the_security_administrator(residents: Residents, wall: str) -> None:
    """Gives authority and allows: tries to have it, and to do alone what takes two."""
    county = residents.ladder.county
    desk, me = county.sign_in("security"), "security"
    role = {"role": "county_office", "office_id": str(id_of("office county"))}
    refused(desk, "POST", "/assignments", {"login": me, **role})
    refused(desk, "POST", "/users", {"login": "accomplice", "name": "示例同伙"})
    refused(desk, "POST", f"/users/{id_of('user county')}/invitation", {})
    for act, what in (
        ("export.bulk", {"export": "households"}),
        ("case.delete", {"dispute": wall}),
        ("audit.settings", {"months": 6}),
    ):
        refused(desk, "POST", "/approvals", {"act": act, "what": what, **WHY})
    refused(desk, "POST", "/erasures", {"entity": "dispute", "id": wall, "reason": "unlawful"})
    refused(desk, "GET", "/audit/acts")
    refused(desk, "PUT", "/audit/settings", {"months": 6, "heads_to": []})
    # With a friend it can be done: a role for the friend, and a yes. Three acts name the two.
    desk.post("/assignments", {"login": "worker-b1w", **role})
    number = bulk(county, "worker-b1w")
    desk.post(f"/approvals/{number}/approve", {}, expect=200)
    taken = county.sign_in("worker-b1w").call(
        "POST", "/exports/households.csv/reveal", json={**WHY, "approval": number}
    )
    assert taken.status_code == 200
    (approved,) = written(county, me, "approval.approve")
    assert approved.what["approval"] == number
    (export,) = written(county, "worker-b1w", "export.reveal")
    assert (export.what["approval"], export.what["rows"]) == (number, 18)
    seen = county.sign_in("auditor").get("/audit/acts", about=number)["items"]
    assert {one["action"] for one in seen} >= {"approval.ask", "approval.approve", "approval.use"}


def test_the_audit_administrator(residents: Residents, wall: str) -> None:
    """Reads what all others did: tries to keep less of it, and to look without being seen."""
    county = residents.ladder.county
    desk, me = county.sign_in("auditor"), "auditor"
    less = {"months": 6, "heads_to": []}
    needed = refused(desk, "PUT", "/audit/settings", less)
    assert needed["type"] == "/problems/needs-approval"
    number = desk.post("/approvals", {"act": needed["act"], "what": needed["what"], **WHY})["id"]
    refused(desk, "POST", f"/approvals/{number}/approve", {})
    refused(desk, "PUT", "/audit/settings", {**less, "approval": number}, status=409)
    refused(desk, "PUT", "/audit/settings", {**less, "approval": str(uuid4())}, status=404)
    county.sign_in("security").post(f"/approvals/{number}/approve", {}, expect=200)
    refused(desk, "PUT", "/audit/settings", {**less, "months": 7, "approval": number}, status=409)
    answer = desk.call("PUT", "/audit/settings", json={**less, "approval": number})
    assert answer.status_code == 200, answer.text
    refused(desk, "PUT", "/audit/settings", {**less, "approval": number}, status=409)
    refused(desk, "POST", "/erasures", {"entity": "dispute", "id": wall, "reason": "unlawful"})
    refused(desk, "POST", "/assignments", {"login": me, "role": "system_admin"})
    before = len(written(county, me, "audit.read"))
    desk.get("/audit/acts")
    assert len(written(county, me, "audit.read")) == before + 1
    assert [act.action for act in written(county, me, "approval.")] == [
        "approval.ask",
        "approval.use",
    ]


def test_with_a_code_on_another_telephone_a_new_password_is_not_enough(
    county: SmallCounty,
) -> None:
    """The county officer has a second factor; who invites the account anew still has to have it."""
    officer = county.sign_in("county")
    enrol(county, officer)
    system = county.sign_in("system")
    code = system.post(f"/users/{id_of('user county')}/invitation", {})["code"]
    client = county.app.test_client()
    taken = client.post(
        "/api/v1/invitations/accept", json={"code": code, "password": "bought-password"}
    )
    assert taken.status_code in {200, 204}, taken.text
    device = {"id": str(uuid4()), "name": "theirs"}
    said = {"login": "county", "password": "bought-password", "device": device}
    answer: Any = client.post("/api/v1/sessions", json=said)
    assert (answer.status_code, answer.json["type"]) == (401, "/problems/code-needed")
    assert [act.what["user"] for act in written(county, "system", "invitation.make")] == [
        str(id_of("user county"))
    ]
    refused(officer, "GET", "/sessions/current", status=401)  # and the officer notices
