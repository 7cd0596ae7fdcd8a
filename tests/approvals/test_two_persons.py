"""One asks, another one decides, the first may then do it: once, in time, and exactly that."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from server.approvals import service
from server.approvals.errors import (
    ApprovalNotFound,
    ApprovalOver,
    ApproverGone,
    NeedsApproval,
    NotTheAsker,
    OtherMatter,
    StillWaiting,
)
from server.db import transaction
from server.errors import NotYours, WanggeError
from tests.approvals.conftest import DISPUTE, acts
from tests.cli.keyboard import as_admin
from tests.smallcounty import Desk, SmallCounty, id_of

CASE = {"act": "case.delete", "what": {"dispute": DISPUTE}, "reason": "误录，已向上级说明"}
BULK = {"act": "export.bulk", "what": {"export": "households"}, "reason": "年度归档"}
SETTINGS = {"act": "audit.settings", "what": {"months": 12}, "reason": "延长保存"}

MAY_ASK = {
    "export.bulk": {"township-a", "township-b", "county", "county-2"},
    "case.delete": {"county", "county-2"},
    "audit.settings": {"auditor"},
}


def ask(desk: Desk, request: dict[str, Any]) -> str:
    """A request that is taken; its number."""
    told = desk.post("/approvals", request)
    assert told["state"] == "waiting"
    return str(told["id"])


def use(county: SmallCounty, login: str, number: str | None, request: dict[str, Any]) -> None:
    """Do what was asked for."""
    by = county.identity(login)
    with transaction(by) as session:
        service.spend(session, by, number and UUID(number), request["act"], request["what"])  # type: ignore[arg-type]


def force_role(county: SmallCounty, login: str, role: str) -> None:
    """A second role, past everything that keeps the roles apart."""
    with as_admin(county.url) as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            """INSERT INTO assignment (id, user_id, role, area_id, valid_from)
               VALUES (gen_random_uuid(), %s, %s, %s, %s)""",
            (str(id_of(f"user {login}")), role, str(id_of("county")), county.clock.now),
        )


def approve(desk: Desk, number: str, expect: int = 200) -> Any:
    return desk.post(f"/approvals/{number}/approve", {}, expect=expect)


def test_another_person_allows_it_and_it_is_done_once(offices: SmallCounty) -> None:
    number = ask(offices.sign_in("county"), CASE)
    with pytest.raises(StillWaiting):
        use(offices, "county", number, CASE)
    told = approve(offices.sign_in("county-2"), number)
    assert (told["state"], told["decided_by"]) == ("approved", str(id_of("user county-2")))
    use(offices, "county", number, CASE)
    with pytest.raises(ApprovalOver):  # a replay
        use(offices, "county", number, CASE)
    told = offices.sign_in("auditor").get(f"/approvals/{number}")
    assert told["state"] == "used"
    written = acts(offices, "approval.")
    assert [act.action.removeprefix("approval.") for act in written] == ["ask", "approve", "use"]
    assert {act.what["approval"] for act in written} == {number}
    assert len({act.what["digest"] for act in written}) == 1
    assert [act.user_id for act in written] == [
        id_of(f"user {login}") for login in ("county", "county-2", "county")
    ]


def test_nobody_allows_what_they_asked_for_from_whatever_device(offices: SmallCounty) -> None:
    number = ask(offices.sign_in("county"), CASE)
    for device in ("phone", "office computer"):
        told = approve(offices.sign_in("county", device), number, expect=403)
        assert told["type"] == "/problems/not-the-approver"
    # Also with a second login of the same telephone, or of the same household.
    for column, value in (("telephone_index", "'\\x01'"), ("household_id", f"'{id_of('A1w-1')}'")):
        with as_admin(offices.url) as cursor:
            cursor.execute(f"UPDATE user_account SET {column} = {value} WHERE login LIKE 'county%'")
        approve(offices.sign_in("county-2"), number, expect=404)
        with as_admin(offices.url) as cursor:
            cursor.execute(f"UPDATE user_account SET {column} = NULL")
    approve(offices.sign_in("county-2"), number)


def test_the_asker_who_is_an_administrator_too_is_still_the_asker(offices: SmallCounty) -> None:
    force_role(offices, "county", "security_admin")
    number = ask(offices.sign_in("county"), BULK)
    approve(offices.sign_in("county"), number, expect=403)
    # Settings of the audit: nobody decides who holds the other office too.
    number = ask(offices.sign_in("auditor"), SETTINGS)
    force_role(offices, "security", "audit_admin")
    approve(offices.sign_in("security"), number, expect=403)


@pytest.mark.parametrize(
    ("request_", "asker", "deciders", "others"),
    [
        (
            BULK,
            "township-a",
            ["county", "county-2", "security"],
            ["township-b", "mediator-a1", "system"],
        ),
        (CASE, "county", ["county-2", "security"], ["township-a", "worker-a1w", "system"]),
        (SETTINGS, "auditor", ["security"], ["county", "system", "township-a"]),
    ],
    ids=["bulk", "case", "settings"],
)
def test_each_act_has_its_askers_and_its_deciders(
    offices: SmallCounty,
    request_: dict[str, Any],
    asker: str,
    deciders: list[str],
    others: list[str],
) -> None:
    for login in {*others, *deciders, "security"} - MAY_ASK[request_["act"]]:
        told = offices.sign_in(login).call("POST", "/approvals", json=request_)
        assert told.status_code == 403, (login, told.text)
    number = ask(offices.sign_in(asker), request_)
    for login in others:
        desk = offices.sign_in(login)
        for verb in ("approve", "refuse", "withdraw"):
            answer = desk.call("POST", f"/approvals/{number}/{verb}", json={"why": "不同意"})
            assert answer.status_code in {403, 404}, (login, verb, answer.text)
        listed = desk.call("GET", "/approvals")
        assert listed.status_code == 403 or number not in listed.text, login
    for login in deciders:
        (one,) = offices.sign_in(login).get("/approvals", waiting="true")["items"]
        assert (one["id"], one["reason"]) == (number, request_["reason"])
    told = offices.sign_in("auditor").get("/approvals")
    assert [one["id"] for one in told["items"]] == [number]
    approve(offices.sign_in(deciders[-1]), number)


def test_nobody_decides_on_the_deletion_of_the_own_case_or_hears_of_it(
    offices: SmallCounty,
) -> None:
    case = _a_case(offices)
    _step_aside(offices, "county-2", case)
    request = {**CASE, "what": {"dispute": case}}
    number = ask(offices.sign_in("county"), request)
    aside = offices.sign_in("county-2")
    assert aside.get("/approvals")["items"] == []
    approve(aside, number, expect=404)
    assert aside.call("POST", "/approvals", json=request).status_code == 403
    approve(offices.sign_in("security"), number)
    use(offices, "county", number, request)


def test_who_steps_aside_from_one_of_a_list_has_not_approved_it(offices: SmallCounty) -> None:
    """Files that ended long ago go by a list, of which the request has the digest alone."""
    case = _a_case(offices)
    request = {**CASE, "what": {"list": "0" * 64, "cases": 2}}
    number = ask(offices.sign_in("county"), request)
    approve(offices.sign_in("county-2"), number)
    by, cases = offices.identity("county"), [uuid4(), UUID(case)]
    _step_aside(offices, "county-2", case)
    with pytest.raises(ApproverGone), transaction(by) as session:
        service.spend(session, by, UUID(number), CASE["act"], request["what"], cases=cases)  # type: ignore[arg-type]
    with transaction(by) as session:
        service.spend(session, by, UUID(number), CASE["act"], request["what"], cases=cases[:1])  # type: ignore[arg-type]


def test_asked_at_the_same_moment_is_asked_once(offices: SmallCounty) -> None:
    desk = offices.sign_in("county")

    def one(_: int) -> str:
        with offices.app.app_context():
            return ask(desk, CASE)

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(one, range(3)))) == 1


def _step_aside(county: SmallCounty, login: str, case: str) -> None:
    with as_admin(county.url) as cursor:
        cursor.execute(
            """INSERT INTO recusal (id, dispute_id, user_id, found_by, since)
               VALUES (gen_random_uuid(), %s, %s, 'declared', now())""",
            (case, str(id_of(f"user {login}"))),
        )


def _a_case(county: SmallCounty) -> str:
    from server.policies.service import ensure_policy

    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    new = {
        "id": str(uuid4()),
        "category": "neighbours",
        "story": "示例：水沟",
        "village_id": str(id_of("A1")),
    }
    county.sign_in("mediator-a1").post("/disputes", new)
    return new["id"]


def test_what_was_approved_is_what_may_be_done(offices: SmallCounty) -> None:
    number = ask(offices.sign_in("county"), CASE)
    approve(offices.sign_in("security"), number)
    other = {**CASE, "what": {"dispute": str(id_of("another case"))}}
    for request in (other, BULK, {**CASE, "act": "export.bulk"}):
        with pytest.raises(OtherMatter):
            use(offices, "county", number, request)
    with pytest.raises(NeedsApproval) as refused:
        use(offices, "county", None, CASE)
    assert refused.value.members == {"act": "case.delete", "what": {"dispute": DISPUTE}}
    with pytest.raises(ApprovalNotFound):
        use(offices, "county", str(uuid4()), CASE)
    with pytest.raises(NotTheAsker):  # somebody else's
        use(offices, "county-2", number, CASE)
    use(offices, "county", number, {**CASE, "what": {"dispute": DISPUTE.upper()}})


def test_a_matter_that_was_changed_behind_everybody_is_another_one(offices: SmallCounty) -> None:
    ask(offices.sign_in("county"), CASE)
    with as_admin(offices.url) as cursor:
        cursor.execute("ALTER TABLE approval DISABLE TRIGGER approval_guarded")
        cursor.execute('UPDATE approval SET what = \'{"dispute": "x"}\'')
        cursor.execute("ALTER TABLE approval ENABLE TRIGGER approval_guarded")
    told = offices.sign_in("auditor").get("/approvals")["items"][0]
    assert told["what"] == {"dispute": "x"}
    (asked,) = acts(offices, "approval.ask")
    from server.approvals.rules import matter

    assert asked.what["digest"] == matter("case.delete", {"dispute": DISPUTE})[1].hex()


def test_its_time_is_over_to_the_second(offices: SmallCounty) -> None:
    start, desk, other = offices.clock.now, "county", "county-2"
    late, in_time = (ask(offices.sign_in(desk), one) for one in (CASE, BULK))
    offices.clock.now = start + timedelta(hours=72)
    told = approve(offices.sign_in(other), late, expect=409)
    assert told["state"] == "expired"
    offices.clock.now = start + timedelta(hours=72, seconds=-1)
    approve(offices.sign_in(other), in_time)
    given = offices.clock.now
    offices.clock.now = given + timedelta(hours=24)
    with pytest.raises(ApprovalOver) as over:
        use(offices, desk, in_time, BULK)
    assert over.value.members == {"state": "lapsed"}
    offices.clock.now = given + timedelta(hours=24, seconds=-1)
    use(offices, desk, in_time, BULK)
    # What has expired stands in nobody's way: the same is asked anew.
    offices.clock.now = start + timedelta(hours=73)
    assert ask(offices.sign_in(desk), CASE) != late


def test_a_no_is_final_also_after_a_yes(offices: SmallCounty) -> None:
    asker, decider = offices.sign_in("county"), offices.sign_in("county-2")
    number = ask(asker, CASE)
    assert decider.call("POST", f"/approvals/{number}/refuse", json={}).status_code == 422
    told = decider.post(f"/approvals/{number}/refuse", {"why": "理由不足"}, expect=200)
    assert (told["state"], told["note"]) == ("refused", "理由不足")
    assert approve(decider, number, expect=409)["state"] == "refused"
    with pytest.raises(ApprovalOver):
        use(offices, "county", number, CASE)
    number = ask(asker, CASE)
    approve(decider, number)
    offices.sign_in("security").post(f"/approvals/{number}/refuse", {"why": "先核对"}, expect=200)
    with pytest.raises(ApprovalOver):
        use(offices, "county", number, CASE)
    refused = acts(offices, "approval.refuse")
    assert [act.reason for act in refused] == ["理由不足", "先核对"]


def test_who_asked_may_take_it_back(offices: SmallCounty) -> None:
    asker = offices.sign_in("county")
    number = ask(asker, CASE)
    offices.sign_in("county-2").post(f"/approvals/{number}/withdraw", {}, expect=403)
    assert asker.post(f"/approvals/{number}/withdraw", {}, expect=200)["state"] == "withdrawn"
    approve(offices.sign_in("county-2"), number, expect=409)
    asker.post(f"/approvals/{number}/withdraw", {}, expect=409)


@pytest.mark.parametrize(
    ("loses", "error"), [("county", NotYours), ("county-2", ApproverGone)], ids=["asker", "decider"]
)
def test_a_role_that_was_lost_before_it_is_used_counts_no_more(
    offices: SmallCounty, loses: str, error: type[WanggeError]
) -> None:
    number = ask(offices.sign_in("county"), CASE)
    approve(offices.sign_in("county-2"), number)
    offices.clock.pass_time(hours=1)
    with as_admin(offices.url) as cursor:
        cursor.execute(
            "UPDATE assignment SET valid_to = %s WHERE user_id = %s",
            (offices.clock.now, str(id_of(f"user {loses}"))),
        )
    with pytest.raises(error):
        use(offices, "county", number, CASE)


def test_what_is_rolled_back_was_not_used(offices: SmallCounty) -> None:
    number = ask(offices.sign_in("county"), CASE)
    approve(offices.sign_in("county-2"), number)
    by = offices.identity("county")
    with transaction(by) as session:
        service.spend(session, by, UUID(number), "case.delete", {"dispute": DISPUTE})
        session.rollback()
    use(offices, "county", number, CASE)


def test_of_two_who_use_or_decide_at_once_one_wins(offices: SmallCounty) -> None:
    number = ask(offices.sign_in("county"), CASE)

    def outcomes(*deeds: Callable[[], Any]) -> list[str]:
        def run(deed: Callable[[], Any]) -> str:
            with offices.app.app_context():
                try:
                    deed()
                except ApprovalOver as over:
                    return str(over.members["state"])
                return "done"

        with ThreadPoolExecutor() as pool:
            return sorted(pool.map(run, deeds))

    def decide(login: str, verb: Callable[..., Any], *more: str) -> Callable[[], None]:
        def deed() -> None:
            by = offices.identity(login)
            with transaction(by) as session:
                verb(session, by, UUID(number), *more)

        return deed

    two = outcomes(*(decide(login, service.approve) for login in ("county-2", "security")))
    assert two == ["approved", "done"]
    uses = outcomes(*(lambda: use(offices, "county", number, CASE) for _ in range(3)))
    assert uses == ["done", "used", "used"]
    assert len(acts(offices, "approval.use")) == 1


def test_the_keyboard_asks_in_the_countys_name_and_decides_nothing(offices: SmallCounty) -> None:
    by = offices.worker
    with transaction(by) as session:
        asked = service.ask(session, by, "export.bulk", {"export": "visits"}, "年度归档")
    with pytest.raises(NotYours), transaction(by) as session:
        service.approve(session, by, asked.id)
    approve(offices.sign_in("county"), str(asked.id))
    with pytest.raises(NotTheAsker):
        use(offices, "county", str(asked.id), {"act": "export.bulk", "what": {"export": "visits"}})
    with transaction(offices.worker) as session:
        service.spend(session, offices.worker, asked.id, "export.bulk", {"export": "visits"})


def test_asked_twice_is_asked_once_and_nobody_drowns_the_deciders(offices: SmallCounty) -> None:
    desk = offices.sign_in("county")
    assert ask(desk, CASE) == ask(desk, {**CASE, "reason": "再次申请"})
    for k in range(19):
        ask(desk, {**CASE, "what": {"dispute": str(id_of(f"case {k}"))}})
    told = desk.post("/approvals", BULK, expect=409)
    assert told["type"] == "/problems/too-many-waiting"
    ask(offices.sign_in("county-2"), BULK)


def test_what_cannot_be_asked_is_said(offices: SmallCounty) -> None:
    desk = offices.sign_in("county")
    deep: Any = "x"
    for _ in range(50):
        deep = [deep]
    bad = {
        "empty": {},
        "no act": {**CASE, "act": None},
        "unknown act": {**CASE, "act": "case.read"},
        "no matter": {**CASE, "what": {}},
        "a list": {**CASE, "what": [DISPUTE]},
        "no id": {**CASE, "what": {"dispute": "x"}},
        "a number": {**CASE, "what": {"dispute": 7}},
        "more than the case": {**CASE, "what": {"dispute": DISPUTE, "also": 1}},
        "nothing but null": {**BULK, "what": {"export": None}},
        "a fraction": {**BULK, "what": {"export": 0.5}},
        "deep": {**BULK, "what": {"export": deep}},
        "an object": {**BULK, "what": {"export": {"a": "b"}}},
        "a key with spaces": {**BULK, "what": {"ex port": "a"}},
        "huge": {**BULK, "what": {"export": "长" * 5000}},
        "many": {**BULK, "what": {f"k{n}": 1 for n in range(21)}},
        "no reason": {**CASE, "reason": " "},
        "a long reason": {**CASE, "reason": "长" * 201},
        "more fields": {**CASE, "approved": True},
    }
    for name, sent in bad.items():
        answer = desk.call("POST", "/approvals", json=sent)
        assert answer.status_code == 422, (name, answer.text)
        assert answer.content_type == "application/problem+json", name
    for path in (f"/approvals/{uuid4()}", "/approvals/7"):
        assert desk.call("GET", path).status_code == 404
        assert desk.call("POST", f"{path}/approve", json={}).status_code == 404
    for query in ({"waiting": "perhaps"}, {"act": "x"}, {"limit": "0"}, {"after": "x"}):
        assert desk.call("GET", "/approvals", query_string=query).status_code == 422, query
    assert desk.get("/approvals")["items"] == []


def test_the_second_wall_holds_where_the_service_is_gone_round(offices: SmallCounty) -> None:
    number = ask(offices.sign_in("county"), CASE)

    @contextmanager
    def refused() -> Any:
        from sqlalchemy.exc import DBAPIError

        with pytest.raises(DBAPIError, match=r"cannot change so|row-level security|denied"):
            yield

    yes = """UPDATE approval SET verdict = 'approved', decided_by = :me, decided_at = gate.now(),
                                 expires_at = gate.now() + interval '24 hours'"""
    for login, statement in (
        ("county", yes),  # one's own
        ("county", "UPDATE approval SET used_at = gate.now(), verdict = 'approved'"),
        ("county", "UPDATE approval SET what = '{}'"),
        ("county-2", yes.replace("24 hours", "30 days")),
        ("county-2", yes.replace(":me", f"'{id_of('user security')}'")),
        ("county-2", yes.replace("decided_at =", "used_at = gate.now(), decided_at =")),
        ("county", "DELETE FROM approval"),
        (
            "county",
            """INSERT INTO approval (id, act, what, digest, reason, asked_by, asked_at, expires_at)
               SELECT gen_random_uuid(), 'audit.settings', what, digest, '-', :me, gate.now(),
                      gate.now() + interval '72 hours' FROM approval""",
        ),
    ):
        with refused(), transaction(offices.identity(login)) as session:
            session.execute(text(statement), {"me": id_of(f"user {login}")})
    with transaction(offices.worker) as session:
        service.ask(session, offices.worker, "export.bulk", {"export": "visits"}, "年度归档")
    with refused(), transaction(offices.worker) as session:
        session.execute(text(yes), {"me": id_of("user county-2")})
    for login in ("township-a", "worker-a1w", "system"):
        with transaction(offices.identity(login)) as session:
            assert session.execute(text(yes), {"me": id_of(f"user {login}")}).rowcount == 0  # type: ignore[attr-defined]
    assert offices.sign_in("county").get(f"/approvals/{number}")["state"] == "waiting"
