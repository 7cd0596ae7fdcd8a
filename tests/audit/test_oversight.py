"""The audit administrator reads the acts, nobody else does; two persons change the settings."""

from __future__ import annotations

from datetime import timedelta
from json import dumps
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from server.audit.headbook import HeadBook
from server.audit.rules.signing import from_line
from server.audit.service.sealing import sign_head
from server.db import transaction
from tests.audit.ledger import SIGNER
from tests.audit.test_sealing import act, seal_all
from tests.smallcounty import PEOPLE, SmallCounty, id_of


def reveal(county: SmallCounty, login: str = "county") -> UUID:
    """Somebody looks at a name; of which household."""
    home = id_of("A1w-1")
    county.sign_in(login).post(f"/households/{home}/reveal", {"reason": "示例核对"}, expect=200)
    return home


def test_the_auditor_finds_who_looked_at_a_household(county: SmallCounty) -> None:
    home = reveal(county)
    seal_all(county)
    auditor = county.sign_in("auditor")
    (seen,) = auditor.get("/audit/acts", action="household", about=str(home))["items"]
    assert seen["action"] == "household.reveal"
    assert seen["user_id"] == str(id_of("user county"))
    assert (seen["reason"], seen["what"]) == ("示例核对", {"ids": [str(home)]})
    assert seen["number"] > 0
    assert auditor.get("/audit/acts", user=str(id_of("user mediator-a1")))["items"] == []


def test_to_read_the_audit_is_an_act(county: SmallCounty) -> None:
    auditor = county.sign_in("auditor")
    auditor.get("/audit/acts", action="household")
    auditor.get("/audit/heads")
    auditor.get("/audit/settings")
    (newest, heads, acts) = auditor.get("/audit/acts", action="audit")["items"]
    assert (newest["action"], heads["action"]) == ("audit.read_settings", "audit.read_heads")
    assert acts["action"] == "audit.read"
    assert acts["what"]["asked"]["action"] == "household"


def test_pages_follow_each_other_and_miss_nothing(county: SmallCounty) -> None:
    act(county, 7)
    auditor = county.sign_in("auditor")
    seen, after = [], None
    while True:
        query = {"action": "test.act", "limit": 3} | ({"after": after} if after else {})
        page = auditor.get("/audit/acts", **query)
        seen += [one["what"]["n"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [6, 5, 4, 3, 2, 1, 0]
    later = (county.clock.now + timedelta(days=3)).isoformat()
    county.clock.pass_time(days=8)
    auditor = county.sign_in("auditor")
    assert auditor.get("/audit/acts", action="test.act")["items"] == []
    assert len(auditor.get("/audit/acts", action="test.act", to=later)["items"]) == 7


def test_nobody_else_reads_it(county: SmallCounty) -> None:
    for login in sorted(PEOPLE.keys() - {"auditor"}):
        desk = county.sign_in(login)
        for path in ("acts", "heads", "settings"):
            assert desk.call("GET", f"/audit/{path}").status_code == 403, (login, path)
        wanted = {"months": 6, "heads_to": []}
        assert desk.call("PUT", "/audit/settings", json=wanted).status_code == 403, login
        with transaction(county.identity(login)) as session:
            for table in ("act", "seal", "head", "cut", "setting"):
                count = text(f"SELECT count(*) FROM audit_{table}")
                assert session.scalar(count) == 0, (login, table)


def test_what_makes_no_sense_is_refused_in_words(county: SmallCounty) -> None:
    auditor = county.sign_in("auditor")
    queries = {
        "not a time": {"from": "gestern"},
        "no offset": {"from": "2026-03-01T00:00:00"},
        "the wrong way": {"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"},
        "too long": {"from": "2025-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"},
        "before all time": {"from": "0001-01-01T00:00:00+14:00"},
        "after all time": {"to": "9999-12-31T23:59:59-14:00"},
        "a huge page": {"limit": 10**6},
        "no page": {"limit": 0},
        "beyond every number": {"after": 2**63},
        "a strange action": {"action": "%"},
        "nobody's id": {"user": "county"},
    }
    for name, query in queries.items():
        answer = auditor.call("GET", "/audit/acts", query_string=query)
        assert answer.status_code == 422, (name, answer.text)
        assert answer.content_type == "application/problem+json", name
    bodies = {
        "nothing": {},
        "less than the law": {"months": 5, "heads_to": []},
        "for ever": {"months": 121, "heads_to": []},
        "a text": {"months": "6", "heads_to": []},
        "an empty name": {"months": 6, "heads_to": [""]},
        "too many": {"months": 6, "heads_to": ["x"] * 21},
        "no list": {"months": 6, "heads_to": "x"},
        "no id": {"months": 6, "heads_to": [], "approval": "x"},
    }
    for name, body in bodies.items():
        answer = auditor.call("PUT", "/audit/settings", json=body)
        assert answer.status_code == 422, (name, answer.text)
    assert auditor.get("/audit/settings")["changed_at"] is None


def test_the_settings_change_when_somebody_else_agrees(county: SmallCounty) -> None:
    auditor, security = county.sign_in("auditor"), county.sign_in("security")
    wanted = {"months": 12, "heads_to": ["city"]}
    refused = auditor.call("PUT", "/audit/settings", json=wanted)
    assert refused.status_code in (403, 409), refused.text
    assert refused.json["type"] == "/problems/needs-approval"
    asked = auditor.post(
        "/approvals", {"act": "audit.settings", "what": wanted, "reason": "保存一年"}
    )
    with_it = {**wanted, "approval": asked["id"]}
    assert auditor.call("PUT", "/audit/settings", json=with_it).status_code in (403, 409)
    security.post(f"/approvals/{asked['id']}/approve", {}, expect=200)
    other = {**with_it, "months": 6}
    assert auditor.call("PUT", "/audit/settings", json=other).status_code in (403, 409)
    answer = auditor.call("PUT", "/audit/settings", json=with_it)
    assert answer.status_code == 200, answer.text
    assert (answer.json["months"], answer.json["heads_to"]) == (12, ["city"])
    assert answer.json["changed_by"] == str(id_of("user auditor"))
    assert auditor.call("PUT", "/audit/settings", json=with_it).status_code in (403, 409)  # once
    (told,) = auditor.get("/audit/acts", action="audit.settings")["items"]
    assert told["what"] == {"months": [6, 12], "heads_to": [[], ["city"]]}


def test_heads_are_told_as_they_were_signed(county: SmallCounty, tmp_path: Path) -> None:
    book = HeadBook(tmp_path / "heads")
    for _ in range(3):
        act(county)
        seal_all(county)
        with transaction(county.worker) as session:
            sign_head(session, county.worker, SIGNER, book)
        county.clock.pass_time(minutes=1)
    auditor = county.sign_in("auditor")
    page = auditor.get("/audit/heads", limit=2)
    rest = auditor.get("/audit/heads", limit=2, after=page["next"])
    told = [from_line(dumps(one)) for one in page["items"] + rest["items"]]
    assert told == book.read()[::-1]
    assert rest["next"] is None
