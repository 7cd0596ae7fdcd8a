"""Another system is told: signed, at least once, under one id, and never led elsewhere."""

from __future__ import annotations

from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from uuid import UUID

import pytest

from server.db import transaction
from server.notices.targets import service as targets
from tests.notices.conftest import NoticeDesk
from tests.notices.receiver import (
    Heard,
    Receiver,
    answer,
    is_signed,
    nobody_there,
    receiving,
)
from tests.smallcounty import id_of

DAY = timedelta(days=1)


def test_it_hears_what_happened_and_can_tell_that_it_is_from_us(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    secret = desk.add("platform", receiver.url)
    desk.owe()
    assert desk.go_round() == 1
    (heard,) = receiver.heard
    assert heard.path == "/hook?from=wangge"
    assert heard.headers["content-type"] == "application/json"
    assert secret.startswith("whsec_")
    assert is_signed(heard, secret)
    assert not is_signed(heard, secret.swapcase().replace("WHSEC_", "whsec_"))
    assert int(heard.headers["webhook-timestamp"]) == int(desk.county.clock.now.timestamp())
    ((delivery, notice),) = desk.see("d.id, n.id")
    assert UUID(heard.id) == delivery
    assert heard.said == {
        "type": "dispute.climbed",
        "timestamp": "2026-03-02T01:00:00+00:00",
        "data": {
            "notice_id": str(notice),
            "dispute_id": str(id_of("case")),
            "office_ids": [str(id_of("office A"))],
            "facts": {"level": "township"},
        },
    }
    assert desk.see() == [("sent", 1, 204, None)]
    assert desk.go_round() == 0


def test_a_changed_body_or_time_is_not_from_us(desk: NoticeDesk, receiver: Receiver) -> None:
    secret = desk.add("platform", receiver.url)
    desk.owe()
    desk.go_round()
    (heard,) = receiver.heard
    later = {**heard.headers, "webhook-timestamp": "1"}
    assert not is_signed(Heard(heard.path, later, heard.body), secret)
    assert not is_signed(Heard(heard.path, heard.headers, heard.body + b" "), secret)


def test_what_fails_comes_again_under_the_same_id_until_it_is_taken(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    secret = desk.add("platform", receiver.url)
    receiver.replies = [answer(500, "oops"), answer(404), answer(200)]
    desk.owe()
    assert desk.go_round() == 0
    assert desk.see() == [("waiting", 1, 500, "500 oops")]
    assert desk.go_round() == 0
    assert len(receiver.heard) == 1  # it rests first
    for _ in range(2):
        desk.county.clock.pass_time(minutes=10)
        desk.go_round()
    assert desk.see() == [("sent", 3, 200, None)]
    assert len({heard.id for heard in receiver.heard}) == 1
    assert len({heard.body for heard in receiver.heard}) == 1
    assert len({heard.headers["webhook-timestamp"] for heard in receiver.heard}) == 3
    assert all(is_signed(heard, secret) for heard in receiver.heard)


def test_after_seven_days_it_is_given_up_in_sight_and_a_person_can_have_it_tried_again(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    desk.add("platform", receiver.url)
    receiver.always = answer(400, "we do not know this kind")
    desk.owe()
    tries = 0
    while desk.states() in ([], ["waiting"]):
        desk.go_round()
        desk.county.clock.pass_time(hours=1)
        tries += 1
    assert 7 * 24 <= tries <= 9 * 24
    ((state, tried, _, error),) = desk.see()
    assert (state, error) == ("dead", "400 we do not know this kind")
    assert 8 <= tried <= 20
    receiver.always = answer(200)
    assert desk.go_round() == 0
    ((delivery,),) = desk.see("d.id")
    admin = desk.county.sign_in("system")
    told = admin.post(f"/notices/{delivery}/retry", {}, expect=200)
    assert told["deliveries"][0]["state"] == "waiting"
    assert desk.go_round() == 1
    assert receiver.heard[-1].id == receiver.heard[0].id


def test_an_endpoint_that_is_away_for_longer_is_given_up_with_all_that_waits(
    desk: NoticeDesk,
) -> None:
    desk.add("platform", nobody_there())
    desk.owe(5)
    desk.go_round()
    assert desk.states() == ["waiting"] * 5
    assert sum(tries for _, tries, _, _ in desk.see()) == 1  # one asked for all of them
    desk.county.clock.pass_time(days=8)
    desk.owe()  # what is owed today is not given up with it
    desk.go_round()
    assert desk.states() == ["dead"] * 5 + ["waiting"]
    assert all("refused" in str(error).lower() for *_, error in desk.see()[:5])


def test_once_it_is_back_what_waited_for_it_arrives(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    receiver.replies = [answer(503)] * 3
    desk.owe(50)
    for _ in range(3):
        desk.go_round()
        desk.county.clock.pass_time(hours=3)
    assert desk.endpoint("platform").failures == 3
    assert desk.go_round() == 50
    assert desk.endpoint("platform").failures == 0
    assert len({heard.id for heard in receiver.heard}) == 50


@pytest.mark.parametrize(("asked", "minutes"), [("3600", 60), ("0", 0), ("never", 0)])
def test_it_is_left_alone_for_as_long_as_it_asks(
    desk: NoticeDesk, receiver: Receiver, asked: str, minutes: int
) -> None:
    desk.add("platform", receiver.url)
    receiver.replies = [answer(429, retry_after=asked)]
    desk.owe()
    desk.go_round()
    rests = desk.endpoint("platform").rests_until - desk.county.clock.now
    assert max(timedelta(minutes=minutes), timedelta(seconds=24)) <= rests
    assert rests <= max(timedelta(minutes=minutes), timedelta(seconds=36))


def test_gone_means_gone_and_is_seen(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    receiver.replies = [answer(410)]
    desk.owe(3)
    desk.go_round()
    assert len(receiver.heard) == 1
    stopped = desk.endpoint("platform")
    assert (stopped.active, stopped.stopped_at) == (False, desk.county.clock.now)
    assert desk.states() == ["dead"] * 3
    desk.owe()
    desk.go_round()
    assert len(desk.see()) == 3  # nothing is made out to it any more
    admin = desk.county.sign_in("system")
    ((delivery,), *_) = desk.see("d.id")
    refused = admin.post(f"/notices/{delivery}/retry", {}, expect=409)
    assert refused["type"] == "/problems/nothing-to-retry"
    with transaction(desk.county.worker) as session:
        targets.resume(session, desk.county.worker, "platform")
    admin.post(f"/notices/{delivery}/retry", {}, expect=200)
    assert desk.go_round() == 1


def test_a_redirect_is_not_followed(desk: NoticeDesk, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        desk.add("platform", receiver.url)
        receiver.replies = [answer(307, location=elsewhere.url)]
        desk.owe()
        desk.go_round()
        assert elsewhere.heard == []
    ((state, _, status, error),) = desk.see()
    assert (state, status) == ("waiting", 307)
    assert "redirects are not followed" in error


def test_of_a_huge_answer_a_line_is_kept(desk: NoticeDesk, receiver: Receiver) -> None:
    def pour(request: BaseHTTPRequestHandler, heard: Heard) -> None:
        request.send_response(400)
        request.end_headers()
        while not receiver.over.is_set():
            request.wfile.write(b"\x1b[31m\x00bad\n" * 10_000)

    desk.add("platform", receiver.url)
    receiver.replies = [pour]
    desk.owe()
    desk.go_round()
    ((_, _, status, error),) = desk.see()
    assert status == 400
    assert error.isprintable()
    assert 150 < len(error) <= 204


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        bytes(range(256)),
    ],
)
def test_what_is_no_answer_is_a_failure_and_nothing_worse(
    desk: NoticeDesk, receiver: Receiver, garbage: bytes
) -> None:
    def babble(request: BaseHTTPRequestHandler, heard: Heard) -> None:
        request.wfile.write(garbage)
        request.close_connection = True

    desk.add("platform", receiver.url)
    receiver.replies = [babble]
    desk.owe()
    desk.go_round()
    ((state, tries, status, error),) = desk.see()
    assert (state, tries, status) == ("waiting", 1, None)
    assert error
