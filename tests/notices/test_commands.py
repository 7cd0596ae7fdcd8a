"""At the server's keyboard: webhooks, mail addresses, the queue."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from server.db import transaction
from tests.cli.keyboard import Keyboard, environment
from tests.notices.conftest import NoticeDesk
from tests.notices.receiver import Receiver, answer, is_signed, nobody_there
from tests.smallcounty import id_of


@pytest.fixture
def keyboard(desk: NoticeDesk, tmp_path: Path) -> Keyboard:
    """At the server of the desk's county."""
    return Keyboard(environment(desk.county.url, tmp_path))


def secret_in(told: str) -> str:
    (found,) = re.findall(r"whsec_\S+", told)
    return str(found)


def test_a_webhook_from_first_to_last(keyboard: Keyboard, receiver: Receiver) -> None:
    told = keyboard.type("webhook", "add", "platform", receiver.url, "--kind", "alert")
    secret = secret_in(told)
    assert "204" in keyboard.type("webhook", "test", "platform")
    assert is_signed(receiver.heard[0], secret)
    assert receiver.heard[0].said["type"] == "county.test"
    listed = keyboard.type("webhook", "list")
    assert "alert" in listed
    assert receiver.url in listed
    assert "whsec_" not in listed
    second = secret_in(keyboard.type("webhook", "rotate", "platform"))
    keyboard.type("webhook", "test", "platform")
    assert is_signed(receiver.heard[1], secret)
    assert is_signed(receiver.heard[1], second)
    keyboard.type("webhook", "rotate", "platform", "--keep-hours", "0")
    keyboard.type("webhook", "test", "platform")
    assert not is_signed(receiver.heard[2], second)
    assert "移除" in keyboard.type("webhook", "remove", "platform")
    assert "There are no targets" in keyboard.type("webhook", "list")


def test_a_test_that_is_not_taken_says_why(keyboard: Keyboard, receiver: Receiver) -> None:
    keyboard.type("webhook", "add", "platform", receiver.url)
    receiver.replies = [answer(401, "who are you")]
    assert "401 who are you" in keyboard.type("webhook", "test", "platform", expect=1)
    keyboard.type("webhook", "add", "away", nobody_there())
    assert "not taken" in keyboard.type("webhook", "test", "away", expect=1)


@pytest.mark.parametrize(
    "words",
    [
        ("webhook", "add", "x", "http://example.cn/"),
        ("webhook", "add", "x", "not a url"),
        ("webhook", "add", "", "https://example.cn/"),
        ("webhook", "add", "x", "https://example.cn/", "--area", "999999"),
        ("webhook", "test", "nobody"),
        ("webhook", "remove", "nobody"),
        ("webhook", "rotate", "nobody"),
        ("webhook", "resume", "nobody"),
        ("mail", "add", "x", "nobody"),
        ("mail", "add", "x", "a@example.cn", "--office", id_of("no office")),
        ("mail", "remove", "nobody"),
        ("notices", "show", id_of("nothing")),
        ("notices", "retry", id_of("nothing")),
    ],
)
def test_what_cannot_be_is_one_line(keyboard: Keyboard, words: tuple[object, ...]) -> None:
    keyboard.fails(*words)


def test_a_kind_that_there_is_not_is_named(keyboard: Keyboard) -> None:
    told = keyboard.type("webhook", "add", "x", "https://example.cn/", "--kind", "gossip", expect=2)
    assert "climbed" in told


def test_a_mail_address_from_first_to_last(keyboard: Keyboard) -> None:
    told = keyboard.type("mail", "add", "township a", "a@example.cn", "--office", id_of("office A"))
    assert "No mail server is set" in told
    assert "示例A调解中心" in keyboard.type("mail", "list")
    assert "township a" not in keyboard.type("webhook", "list")
    keyboard.fails("webhook", "remove", "township a")  # it is no webhook
    keyboard.type("mail", "remove", "township a")
    served = replace(keyboard, environment=keyboard.environment | {"WANGGE_SMTP_URL": "smtp://x"})
    assert "No mail server" not in served.type("mail", "add", "b", "b@example.cn")


def test_the_queue_is_a_table_and_what_is_dead_is_tried_again(
    desk: NoticeDesk, keyboard: Keyboard, receiver: Receiver
) -> None:
    desk.add("platform", receiver.url)
    receiver.replies = [answer(410, "gone fishing")]
    desk.owe()
    assert "未分发 owed: 1" in keyboard.type("notices", "list")
    desk.go_round()
    listed = keyboard.type("notices", "list")
    assert "已放弃 dead: 1" in listed
    assert "410 gone fishing" in listed
    ((delivery, notice),) = desk.see("d.id, n.id")
    assert str(delivery) in listed
    assert "warn 通知 notices：待发 waiting 0, 已放弃 dead 1" in keyboard.result("doctor").output
    assert "stopped (410)" in keyboard.type("webhook", "list")
    for either in (delivery, notice):
        assert "climbed" in keyboard.type("notices", "show", either)
    keyboard.fails("notices", "retry", delivery)
    keyboard.type("webhook", "resume", "platform")
    keyboard.type("notices", "retry", delivery)
    assert "待发 waiting: 1" in keyboard.type("notices", "list")
    keyboard.type("notices", "list", "--state", "sent")


def test_of_a_long_queue_the_beginning_is_shown(desk: NoticeDesk, keyboard: Keyboard) -> None:
    desk.add("platform", nobody_there())
    desk.owe(7)
    desk.go_round()
    listed = keyboard.type("notices", "list", "--limit", "5")
    assert listed.count("climbed") == 5
    assert "There are more" in listed
    assert "失败 1 次" in keyboard.type("webhook", "list")


def test_a_notice_that_nobody_asked_for_says_so(desk: NoticeDesk, keyboard: Keyboard) -> None:
    desk.owe()
    desk.go_round()
    with transaction(desk.county.worker) as session:
        notice = session.execute(text("SELECT id FROM notice")).scalar()
    assert "Nobody asked for it" in keyboard.type("notices", "show", notice)
