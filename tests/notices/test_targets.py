"""Who is told: added at the keyboard, for what they asked, with a secret that changes and goes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.db import transaction
from server.ladder.words import Word
from server.notices.errors import BadTarget, TargetNameTaken
from server.notices.rules import Kind
from server.notices.targets import service as targets
from server.notices.targets.rules import Channel
from tests.notices.conftest import NoticeDesk
from tests.notices.receiver import Receiver, answer, is_signed
from tests.smallcounty import id_of

DAY = timedelta(days=1)


def test_what_is_malformed_is_never_added(desk: NoticeDesk) -> None:
    for url in (
        "",
        "example.cn/hook",
        "ftp://example.cn/",
        "http://example.cn/hook",
        "https://",
        "https://:443/",
        "https://example.cn:99999/",
        "https://example.cn:0/",
        "https://user:secret@example.cn/",
        "https://example.cn/#here",
        "https://示例.cn/",
        "https://example.cn/a b",
        "https://example.cn/\r\nHost: other",
        "https://[::1/",
        "https://" + "a" * 3000,
        "file:///etc/passwd",
    ):
        with pytest.raises(BadTarget):
            desk.add("platform", url)
    for name in ("", " ", "x" * 65, "a\nb"):
        with pytest.raises(BadTarget):
            desk.add(name, "https://example.cn/")
    desk.add("platform", "https://example.cn/")
    with pytest.raises(TargetNameTaken):
        desk.add("platform", "https://example.cn/")


def test_one_hears_of_the_kinds_and_the_area_that_one_asked_for(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    desk.add("alerts", receiver.url, Kind.ALERT)
    desk.add("township b", receiver.url, area_code="511921101")
    desk.add("county", receiver.url, area_code="511921")
    desk.owe(kind=Kind.ALERT, office="office A1")
    desk.owe(office="office B1")
    desk.owe(office="office county")
    desk.go_round()
    assert set(desk.see("n.kind, n.office_ids[1], s.name")) == {
        ("alert", id_of("office A1"), "alerts"),
        ("alert", id_of("office A1"), "county"),
        ("climbed", id_of("office B1"), "county"),
        ("climbed", id_of("office B1"), "township b"),
        ("climbed", id_of("office county"), "county"),
    }


def test_what_was_owed_before_somebody_asked_is_not_told_to_them(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    desk.owe()
    desk.go_round()
    desk.add("platform", receiver.url)
    desk.go_round()
    assert receiver.heard == []


def test_while_a_secret_changes_both_sign_and_then_only_the_new_one(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    old = desk.add("platform", receiver.url)
    with transaction(desk.county.worker) as session:
        new = targets.rotate(session, desk.county.worker, "platform", DAY)
    desk.owe()
    desk.go_round()
    assert is_signed(receiver.heard[-1], old)
    assert is_signed(receiver.heard[-1], new)
    desk.county.clock.pass_time(days=1)
    desk.owe()
    desk.go_round()
    assert not is_signed(receiver.heard[-1], old)
    assert is_signed(receiver.heard[-1], new)


def test_who_is_removed_hears_nothing_more_and_leaves_no_secret(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    desk.add("platform", receiver.url)
    receiver.replies = [answer(500)]
    desk.owe(2)
    desk.go_round()
    with transaction(desk.county.worker) as session:
        dropped = targets.remove(session, desk.county.worker, Channel.WEBHOOK, "platform")
    assert dropped == 2
    left = desk.endpoint("platform")
    assert (left.active, left.address, left.secrets) == (False, None, None)
    desk.county.clock.pass_time(days=1)
    assert desk.go_round() == 0
    assert desk.states() == ["dropped"] * 2
    desk.add("platform", receiver.url)  # the name is free again


def test_address_and_secret_are_sealed_in_the_database(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    secret = desk.add("platform", receiver.url)
    kept = desk.endpoint("platform")
    assert secret.encode() not in bytes(kept.secrets)
    assert receiver.url.encode() not in bytes(kept.address)


def test_every_kind_has_a_type_of_its_own() -> None:
    assert all(isinstance(kind, Word) and kind.value.isidentifier() for kind in Kind)
