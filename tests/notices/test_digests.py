"""After an outage ten thousand cases climb at once: an Office gets one letter, not ten thousand."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

import pytest

from server.db import transaction
from server.notices.delivery import mailing
from server.notices.delivery.letters import write, write_digest
from server.notices.delivery.mailing import hand_in
from server.notices.delivery.rules import Answer
from server.notices.delivery.sending import FEW
from server.notices.delivery.service import EACH
from server.notices.rules import Kind, Notice
from server.notices.service import owe
from server.notices.targets.service import Wish
from tests.notices.conftest import NoticeDesk
from tests.notices.mailbox import Mailbox, dripping
from tests.notices.receiver import Receiver
from tests.notices.test_mail import add_mail
from tests.smallcounty import id_of

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


def owe_cases(desk: NoticeDesk, count: int, kind: Kind = Kind.CLIMBED) -> list[UUID]:
    """One notice for each of so many cases to office A; the ids of the cases."""
    ids = [id_of(f"{kind.value} {n}") for n in range(count)]
    with transaction(desk.county.worker) as session:
        each = [Notice(kind, id_, (id_of("office A"),), {"level": "township"}) for id_ in ids]
        owe(session, desk.county.worker, each)
    return ids


def test_what_comes_in_a_flood_is_one_letter_that_names_every_case(
    desk: NoticeDesk, mailbox: Mailbox
) -> None:
    desk.mail_server = mailbox.server
    add_mail(desk, "a", "a@example.cn", Wish(office_id=id_of("office A")))
    add_mail(desk, "county", "county@example.cn")
    climbed = owe_cases(desk, 400)
    overdue = owe_cases(desk, 50, Kind.OVERDUE)
    assert desk.go_round() == 900
    assert sorted(letter["to"] for letter in mailbox.taken) == [
        "a@example.cn",
        "county@example.cn",
    ]
    letter = mailbox.taken[0]
    assert letter["subject"] == "【网格】450 条通知 450 notices"
    said = letter.get_content().split()
    assert {str(one) for one in (*climbed, *overdue)} <= set(said)
    assert {"自动上报：400", "超期：50"} <= set(said)
    assert set(desk.states()) == {"sent"}


def test_a_threat_to_life_is_a_letter_of_its_own_and_the_first(
    desk: NoticeDesk, mailbox: Mailbox
) -> None:
    desk.mail_server = mailbox.server
    add_mail(desk, "a", "a@example.cn")
    owe_cases(desk, 30)
    owe_cases(desk, 1, Kind.ALERT)
    desk.go_round()
    assert [letter["subject"] for letter in mailbox.taken] == [
        "【网格】紧急情况 Alert",
        "【网格】30 条通知 30 notices",
    ]


def test_a_threat_to_life_goes_before_whatever_waits(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    owe_cases(desk, 2 * EACH)
    owe_cases(desk, 1, Kind.ALERT)
    desk.go_round()
    assert receiver.heard[0].said["type"] == "dispute.alert"


def test_a_few_are_told_each_by_itself(desk: NoticeDesk, mailbox: Mailbox) -> None:
    desk.mail_server = mailbox.server
    add_mail(desk, "a", "a@example.cn")
    owe_cases(desk, FEW)
    desk.go_round()
    assert len(mailbox.taken) == FEW


def test_a_webhook_hears_of_each_case_by_itself(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    owe_cases(desk, 30)
    assert desk.go_round() == len(receiver.heard) == 30


def test_what_was_refused_in_one_letter_comes_back_in_one(
    desk: NoticeDesk, mailbox: Mailbox
) -> None:
    desk.mail_server = mailbox.server
    mailbox.refuses = {"a@example.cn"}
    add_mail(desk, "a", "a@example.cn")
    owe_cases(desk, 30)
    assert desk.go_round() == 0
    assert set(desk.see("d.state, d.tries, d.status")) == {("waiting", 1, 550)}
    assert len(set(desk.see("d.next_at"))) == 1
    mailbox.refuses = set()
    desk.county.clock.pass_time(minutes=1)
    assert desk.go_round() == 30
    assert len(mailbox.taken) == 1


def test_who_is_away_for_now_is_asked_again_within_two_hours(
    desk: NoticeDesk, mailbox: Mailbox
) -> None:
    desk.mail_server = mailbox.server
    mailbox.greeting = "421 too busy"
    add_mail(desk, "a", "a@example.cn")
    desk.owe()
    for _ in range(7):
        desk.county.clock.pass_time(hours=2)
        assert desk.go_round() == 0
    assert desk.see("d.tries, d.status") == [(7, 421)]
    mailbox.greeting = "220 here"
    desk.county.clock.pass_time(hours=2)
    assert desk.go_round() == 1


def test_a_server_that_greets_with_the_wrong_word_has_taken_nothing(
    desk: NoticeDesk, mailbox: Mailbox
) -> None:
    desk.mail_server = mailbox.server
    mailbox.greeting = "250 here"
    add_mail(desk, "a", "a@example.cn")
    desk.owe()
    assert desk.go_round() == 0
    assert desk.see("d.state, d.status") == [("waiting", None)]


def test_a_digest_is_the_same_letter_on_every_try_and_another_for_others() -> None:
    notice = {
        "kind": "climbed",
        "dispute_id": UUID(int=1),
        "offices": [],
        "body": {},
        "owed_at": NOW,
    }

    def message_id(*ids: int) -> str:
        letter = write_digest(
            delivery_ids=[UUID(int=one) for one in ids],
            sender="wangge@county.example",
            to="a@example.cn",
            at=NOW,
            notices=[notice] * len(ids),
            public_url=None,
        )
        said: str = letter["message-id"]
        return said

    assert message_id(1, 2, 3, 4) == message_id(4, 3, 2, 1) != message_id(1, 2, 3)


def test_a_digest_of_more_cases_than_a_letter_holds_says_how_many_are_left() -> None:
    notices = [
        {"kind": "climbed", "dispute_id": UUID(int=n), "body": {}, "owed_at": NOW}
        for n in range(1200)
    ]
    letter = write_digest(
        delivery_ids=[UUID(int=n) for n in range(1200)],
        sender="wangge@county.example",
        to="a@example.cn",
        at=NOW,
        notices=notices,
        public_url=None,
    )
    assert "…… 其余 200 件请登录查看。 200 more: sign in." in letter.get_content()


def test_a_mail_server_that_speaks_a_letter_at_a_time_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mailing, "SECONDS", 0.3)
    letter = write(
        delivery_id=UUID(int=1),
        sender="wangge@county.example",
        to="a@example.cn",
        at=NOW,
        notice={"kind": "climbed", "dispute_id": None, "offices": [], "body": {}, "owed_at": NOW},
        public_url=None,
    )
    with dripping() as server:
        (answer,) = hand_in(server, [letter], monotonic())
    assert isinstance(answer, Answer)
    assert answer.status is None
    assert len(answer.said) < 150, "it was heard out"
