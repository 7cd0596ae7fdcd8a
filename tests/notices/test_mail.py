"""An Office hears by mail: Chinese first, nobody's name, one Message-ID however often tried."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from server.db import transaction
from server.notices.delivery.letters import write
from server.notices.errors import BadTarget
from server.notices.rules import Kind, Notice, plain
from server.notices.service import owe
from server.notices.targets import service as targets
from server.notices.targets.service import Wish
from server.settings import MailServer, Tls
from tests.notices.authority import Authority
from tests.notices.conftest import NoticeDesk
from tests.notices.mailbox import Mailbox, receiving_mail
from tests.smallcounty import id_of


def add_mail(desk: NoticeDesk, name: str, address: str, wish: Wish | None = None) -> None:
    with transaction(desk.county.worker) as session:
        targets.add_mail(session, desk.county.worker, name, address, wish or Wish())


def test_an_office_hears_what_concerns_it_and_the_county_hears_all(
    desk: NoticeDesk, mailbox: Mailbox
) -> None:
    desk.mail_server = mailbox.server
    add_mail(desk, "office a", "a@example.cn", Wish(office_id=id_of("office A")))
    add_mail(desk, "county", "county@example.cn")
    desk.owe(office="office A")
    desk.owe(office="office B")
    assert desk.go_round() == 3
    assert sorted(letter["to"] for letter in mailbox.taken) == [
        "a@example.cn",
        "county@example.cn",
        "county@example.cn",
    ]
    assert mailbox.connections == 1


def test_a_mail_says_it_in_chinese_first_and_names_nobody(
    desk: NoticeDesk, mailbox: Mailbox
) -> None:
    desk.mail_server = mailbox.server
    add_mail(desk, "office a", "a@example.cn")
    due = datetime(2026, 3, 9, 16, tzinfo=UTC)
    one = Notice(Kind.WARNING, id_of("case"), (id_of("office A"),), {"due_at": due, "n": 3})
    with transaction(desk.county.worker) as session:
        owe(session, desk.county.worker, [one])
    desk.go_round()
    (letter,) = mailbox.taken
    assert letter["subject"] == "【网格】临近时限 Warning"
    assert letter["from"] == "wangge@localhost"
    assert letter["auto-submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().replace("\r\n", "\n") == (
        "临近时限：2026-03-02 09:00（北京时间）\n"
        f"案件编号：{id_of('case')}\n"
        "承办单位：示例A调解中心\n"
        "时限：2026-03-09 24:00\n"
        "请登录网格系统查看。\n"
        "本邮件由系统自动发出，请勿回复。\n"
        "\n"
        "Warning: 2026-03-02 09:00 (Beijing time)\n"
        f"Case: {id_of('case')}\n"
        "Office: 示例A调解中心\n"
        "Due: 2026-03-09 24:00\n"
        "Sign in to Wangge to see it.\n"
        "Sent by the system; please do not answer.\n"
    )


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("public_url", [None, "https://wangge.example"])
def test_every_kind_can_be_written_and_links_only_to_the_door(
    kind: Kind, public_url: str | None
) -> None:
    letter = write(
        delivery_id=UUID(int=7),
        sender="wangge@county.example",
        to="a@example.cn",
        at=datetime(2026, 3, 2, tzinfo=UTC),
        notice={
            "kind": kind.value,
            "dispute_id": None,
            "offices": [],
            "body": {"year": plain(2027), "until": "2026-03-09", "other": None},
            "owed_at": datetime(2026, 3, 2, tzinfo=UTC),
        },
        public_url=public_url,
    )
    assert letter["message-id"] == f"<{UUID(int=7)}@county.example>"
    said = letter.get_content()
    assert said.startswith(kind.zh)
    assert said.count("https://") == (2 if public_url else 0)
    assert said.count("https://wangge.example\n") == (2 if public_url else 0)


def test_a_kind_of_a_later_version_can_be_written_too(desk: NoticeDesk, mailbox: Mailbox) -> None:
    desk.mail_server = mailbox.server
    add_mail(desk, "a", "a@example.cn")
    with transaction(desk.county.worker) as session:
        session.execute(
            text("""INSERT INTO notice (id, kind, office_ids, body, owed_at)
                    VALUES (gen_random_uuid(), 'unheard_of', '{}', '{}', now())""")
        )
    assert desk.go_round() == 1
    assert mailbox.taken[0]["subject"] == "【网格】unheard_of unheard_of"


def test_tried_again_it_is_the_same_mail(desk: NoticeDesk, mailbox: Mailbox) -> None:
    desk.mail_server = mailbox.server
    add_mail(desk, "a", "a@example.cn")
    mailbox.greeting = "421 too busy"
    desk.owe()
    desk.go_round()
    ((delivery, state, status, error),) = desk.see("d.id, d.state, d.status, d.error")
    assert (state, status, error) == ("waiting", 421, "421 too busy")
    mailbox.greeting = "220 here"
    desk.county.clock.pass_time(minutes=1)
    assert desk.go_round() == 1
    assert mailbox.taken[0]["message-id"] == f"<{delivery}@localhost>"


def test_one_address_that_is_refused_keeps_no_other_from_its_mail(
    desk: NoticeDesk, mailbox: Mailbox
) -> None:
    desk.mail_server = mailbox.server
    mailbox.refuses = {"gone@example.cn"}
    for name in ("a", "gone", "z"):
        add_mail(desk, name, f"{name}@example.cn")
    desk.owe(2)
    assert desk.go_round() == 4
    refused = {row for row in desk.see("s.name, d.state, d.error") if row[1] != "sent"}
    assert refused == {("gone", "waiting", "550 <…> no such mailbox")}


def test_while_the_mail_server_is_away_one_is_tried_and_all_wait(desk: NoticeDesk) -> None:
    with receiving_mail() as mailbox:
        desk.mail_server = mailbox.server
    for name in ("a", "b", "c"):
        add_mail(desk, name, f"{name}@example.cn")
    desk.owe()
    assert desk.go_round() == 0
    assert sorted(desk.see("d.state, d.tries")) == [("waiting", 0), ("waiting", 0), ("waiting", 1)]


def test_without_a_mail_server_mail_waits_untried_and_is_not_given_up(
    desk: NoticeDesk, mailbox: Mailbox
) -> None:
    add_mail(desk, "a", "a@example.cn")
    desk.owe()
    desk.go_round()
    desk.county.clock.pass_time(days=30)
    assert desk.go_round() == 0
    assert desk.see("d.state, d.tries") == [("waiting", 0)]
    desk.mail_server = mailbox.server
    assert desk.go_round() == 1


def test_over_a_net_nothing_is_said_in_clear_unless_it_was_asked_for(desk: NoticeDesk) -> None:
    with receiving_mail("127.0.0.2") as mailbox:  # not the address of this machine's own relay
        add_mail(desk, "a", "a@example.cn")
        desk.owe()
        desk.mail_server = MailServer("127.0.0.2", mailbox.port, Tls.START)
        assert desk.go_round() == 0
        assert "STARTTLS" in desk.see()[0][3]
        assert mailbox.taken == []
        desk.mail_server = MailServer("127.0.0.2", mailbox.port, Tls.NONE)
        desk.county.clock.pass_time(minutes=1)
        assert desk.go_round() == 1


def test_with_tls_and_a_password(desk: NoticeDesk, authority: Authority) -> None:
    add_mail(desk, "a", "a@example.cn")
    desk.owe()
    with receiving_mail(tls=authority.serving()) as mailbox:
        desk.mail_server = MailServer("127.0.0.1", mailbox.port, Tls.START, "wangge", "secret")
        assert desk.go_round() == 0
        assert "certificate" in desk.see()[0][3].lower()
        authority.trust()
        desk.county.clock.pass_time(minutes=1)
        assert desk.go_round() == 1
        assert mailbox.signed_in == ["\0wangge\0secret"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@example.cn",
        "a@b@c",
        "a@example.cn\r\nBcc: b@example.cn",
        "a b@example.cn",
        "甲@example.cn",
        "a@示例.cn",
        "=?utf-8?q?b?=@example.cn",
        "a@example..cn",
        "<a@example.cn>",
        "a@example.cn, b@example.cn",
        "a" * 300 + "@example.cn",
    ],
)
def test_what_is_no_address_is_never_added(desk: NoticeDesk, address: str) -> None:
    with pytest.raises(BadTarget):
        add_mail(desk, "a", address)


def test_an_office_that_is_not_there_has_no_mail(desk: NoticeDesk) -> None:
    with pytest.raises(BadTarget):
        add_mail(desk, "a", "a@example.cn", Wish(office_id=id_of("no office")))
