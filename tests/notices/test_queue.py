"""The system administrator sees how far everything has come, and nothing of what it says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from server.db import transaction
from server.notices.rules import Kind
from server.notices.targets import service as targets
from tests.notices.conftest import NoticeDesk
from tests.notices.receiver import Receiver, answer
from tests.smallcounty import PEOPLE, SmallCounty

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def stuck(desk: NoticeDesk, receiver: Receiver) -> dict[str, Any]:
    """One delivery that was given up; as the queue shows it."""
    desk.add("platform", receiver.url)
    receiver.replies = [answer(410, "no longer here")]
    desk.owe()
    desk.go_round()
    (item,) = desk.county.sign_in("system").get("/notices")["items"]
    assert isinstance(item, dict)
    return item


def test_the_queue_says_how_far_each_has_come(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    admin = desk.county.sign_in("system")
    desk.owe()
    assert admin.get("/notices")["counts"] == {
        "owed": 1,
        "waiting": 0,
        "sent": 0,
        "dead": 0,
        "dropped": 0,
    }
    receiver.replies = [answer(503, "maintenance")]
    desk.go_round()
    told = admin.get("/notices")
    assert told["counts"]["waiting"] == 1
    (item,) = told["items"]
    assert item | {"id": "", "notice_id": "", "next_at": ""} == {
        "id": "",
        "notice_id": "",
        "kind": "climbed",
        "target": "platform",
        "channel": "webhook",
        "state": "waiting",
        "tries": 1,
        "owed_at": "2026-03-02T01:00:00+00:00",
        "next_at": "",
        "ended_at": None,
        "status": 503,
        "error": "503 maintenance",
    }
    assert item["next_at"] > item["owed_at"]


def test_nothing_of_body_address_or_secret_leaves_by_it(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    secret = desk.add("platform", receiver.url)
    desk.owe()
    desk.go_round()
    admin = desk.county.sign_in("system")
    page = admin.call("GET", "/notices").text
    (item,) = admin.get("/notices")["items"]
    shown = admin.call("GET", f"/notices/{item['id']}").text
    ((case,),) = desk.see("n.dispute_id")
    for told in (page, shown):
        assert not any(
            hidden in told for hidden in (secret, "127.0.0.1", "/hook", str(case), "township")
        )


@pytest.mark.parametrize("login", sorted(PEOPLE.keys() - {"system"}))
def test_nobody_else_sees_it(county: SmallCounty, login: str) -> None:
    somebody = county.sign_in(login)
    for method, path in (
        ("GET", "/notices"),
        ("GET", f"/notices/{NOBODY}"),
        ("POST", f"/notices/{NOBODY}/retry"),
    ):
        assert somebody.call(method, path).status_code == 403


def test_it_is_read_by_pages_and_by_state(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    desk.owe(5)
    desk.go_round()
    desk.owe(2, Kind.ALERT)
    receiver.always = answer(500)
    desk.go_round()
    admin = desk.county.sign_in("system")
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = admin.get("/notices", limit=3, **after)
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(set(seen)) == 7
    assert seen == sorted(seen)
    kinds = [item["kind"] for item in admin.get("/notices", state="waiting")["items"]]
    assert kinds == ["alert", "alert"]


def test_a_notice_is_found_by_its_own_id_and_by_that_of_a_delivery(
    county: SmallCounty, stuck: dict[str, Any]
) -> None:
    admin = county.sign_in("system")
    by_delivery = admin.get(f"/notices/{stuck['id']}")
    by_notice = admin.get(f"/notices/{stuck['notice_id']}")
    assert by_delivery == by_notice
    assert by_notice["deliveries"] == [stuck]
    assert by_notice["made_out_at"] == "2026-03-02T01:00:00+00:00"


def test_what_was_given_up_is_tried_again_when_its_target_is_back(
    desk: NoticeDesk, receiver: Receiver, stuck: dict[str, Any]
) -> None:
    admin = desk.county.sign_in("system")
    refused = admin.post(f"/notices/{stuck['id']}/retry", {}, expect=409)
    assert refused["type"] == "/problems/nothing-to-retry"
    resume(desk)
    told = admin.post(f"/notices/{stuck['notice_id']}/retry", {}, expect=200)
    (item,) = told["deliveries"]
    assert (item["state"], item["id"]) == ("waiting", stuck["id"])
    admin.post(f"/notices/{stuck['notice_id']}/retry", {}, expect=409)  # once is enough
    assert desk.go_round() == 1
    admin.post(f"/notices/{stuck['notice_id']}/retry", {}, expect=409)  # it arrived
    assert UUID(receiver.heard[-1].id) == UUID(stuck["id"])
    with transaction(desk.county.worker) as session:
        acts = session.execute(
            text("SELECT count(*) FROM audit_act WHERE action = 'notice.retry'")
        ).scalar()
    assert acts == 1


def resume(desk: NoticeDesk) -> None:
    with transaction(desk.county.worker) as session:
        targets.resume(session, desk.county.worker, "platform")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"state": "lost"}, 422),
        ({"state": ""}, 422),
        ({"limit": "0"}, 422),
        ({"limit": "1000000"}, 422),
        ({"after": "last"}, 422),
        ({"after": NOBODY}, 200),
        ({"unknown": "x"}, 200),
        ({"state": "\x00"}, 400),
    ],
)
def test_a_question_that_makes_no_sense_is_told_so(
    county: SmallCounty, query: dict[str, str], status: int
) -> None:
    admin = county.sign_in("system")
    answered = admin.call("GET", "/notices", query_string=query)
    assert answered.status_code == status, answered.text


def test_what_is_not_there_is_not_found(county: SmallCounty) -> None:
    admin = county.sign_in("system")
    for method, path in (("GET", f"/notices/{NOBODY}"), ("POST", f"/notices/{NOBODY}/retry")):
        answered = admin.call(method, path, data=b"\xff" * 100)
        assert (answered.status_code, answered.json["type"]) == (404, "/problems/no-such-notice")
    assert admin.call("GET", "/notices/not-an-id").status_code == 404


def test_the_web_may_revive_and_nothing_else(desk: NoticeDesk, stuck: dict[str, Any]) -> None:
    """Row security, behind the service: no delivery is ended, delayed or marked from there."""
    by = desk.county.identity("system")
    for change in (
        "state = 'dropped'",
        "state = 'waiting', ended_at = NULL, since = gate.now(), next_at = 'infinity'",
        "state = 'sent', ended_at = gate.now()",
    ):
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            transaction(by) as session,
        ):
            session.execute(text(f"UPDATE notice_delivery SET {change}"))
