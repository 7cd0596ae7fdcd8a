"""Heads of the chain, signed, outside the database: what proves it to somebody else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from server.audit.headbook import HeadBook, book_of
from server.audit.queries.heads import list_all_heads
from server.audit.rules.signing import Head, Signer, from_line, holds, to_line
from server.audit.rules.verdict import Wrong
from server.audit.service.sealing import HEADS_EVERY
from server.audit.service.verifying import verify
from server.db import transaction
from server.notices.delivery.letters import write
from server.notices.delivery.service import make_out_all
from server.notices.rules import Kind
from server.notices.targets.service import Wish, add_mail
from server.syncing.healing.service import ensure_epoch
from server.worker.sealing import seal_acts
from tests.audit.ledger import write_ledger
from tests.audit.test_sealing import act
from tests.cli.keyboard import Keyboard, as_admin, environment
from tests.smallcounty import SmallCounty, settings

SEED = bytes(range(32))


@pytest.fixture
def desk(county: SmallCounty, tmp_path: Path) -> Keyboard:
    """At the keyboard of the small county; its worker has a key."""
    known = replace(settings(county.url, tmp_path), audit_key=SEED)
    county.app.extensions["wangge.settings"] = known
    said = {
        **environment(county.url, tmp_path),
        "WANGGE_AUDIT_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    }
    return Keyboard(said)


def heads_of(county: SmallCounty) -> list[Head]:
    with transaction(county.worker) as session:
        found = session.execute(text("SELECT installation FROM audit_setting")).scalar_one()
        return list_all_heads(session, found)


def test_the_worker_signs_a_head_every_hour_and_writes_it_outside(
    county: SmallCounty, desk: Keyboard, tmp_path: Path
) -> None:
    for _ in range(4):
        act(county)
        seal_acts(county.worker)
        county.clock.pass_time(minutes=30)
    heads = heads_of(county)
    assert [head.at for head in heads] == [
        county.clock.now - 4 * HEADS_EVERY / 2,
        county.clock.now - HEADS_EVERY,
    ]
    assert book_of(tmp_path).read() == heads
    assert all(holds(Signer(SEED).public, head) for head in heads)
    assert heads[1].count == heads[1].number > heads[0].number


def test_without_a_key_acts_are_sealed_and_nothing_is_signed(county: SmallCounty) -> None:
    act(county)
    assert seal_acts(county.worker) > 0
    assert heads_of(county) == []


def test_a_copy_goes_to_whoever_asked_and_to_no_other(county: SmallCounty, desk: Keyboard) -> None:
    with transaction(county.worker) as session:
        for name in ("asks", "named", "office"):
            kinds = [Kind.AUDIT_HEAD] if name == "asks" else []
            add_mail(session, county.worker, name, f"{name}@example.cn", Wish(kinds))
    with as_admin(county.url) as admin:
        admin.execute("UPDATE audit_setting SET heads_to = '{named,nobody}'")
    act(county)
    seal_acts(county.worker)
    make_out_all(county.worker, until=float("inf"))
    with transaction(county.worker) as session:
        told = session.execute(
            text("""SELECT s.name, n.body FROM notice_delivery d
                      JOIN notice n ON n.id = d.notice_id
                      JOIN notice_subscription s ON s.id = d.subscription_id
                     WHERE n.kind = 'audit_head' ORDER BY s.name""")
        ).all()
    assert [row.name for row in told] == ["asks", "named"]
    (head,) = heads_of(county)
    notice = {
        "kind": "audit_head",
        "dispute_id": None,
        "offices": [],
        "body": told[0].body,
        "owed_at": county.clock.now,
    }
    letter = write(
        delivery_id=head.installation,
        sender="wangge@localhost",
        to="asks@example.cn",
        at=county.clock.now,
        notice=notice,
        public_url=None,
    )
    lines = letter.get_content().splitlines()
    assert [from_line(line) for line in lines if line.startswith("{")] == [head]
    assert from_line(json.dumps({"data": {"facts": told[0].body}})) == head  # a webhook's body


def test_a_line_that_was_torn_is_no_head_and_harms_no_other(tmp_path: Path) -> None:
    book, (one, two) = HeadBook(tmp_path / "heads"), write_ledger().heads
    assert book.read() == []
    book.add([one])
    with book.path.open("a") as file:
        file.write(to_line(two)[:40])
    book.add([two])
    assert book.read() == [one, two]


def test_the_county_verifies_at_the_keyboard(
    county: SmallCounty, desk: Keyboard, tmp_path: Path
) -> None:
    act(county, 3)
    seed = desk.environment.pop("WANGGE_AUDIT_KEY")
    assert "sealed" in desk.type("audit", "seal")
    assert "没有可比对的链首" in desk.type("audit", "verify", expect=2)
    desk.environment["WANGGE_AUDIT_KEY"] = seed
    out = tmp_path / "stick" / "heads"
    out.parent.mkdir()
    desk.type("audit", "heads", "--out", out)
    head = from_line(desk.type("audit", "heads").splitlines()[-1])
    public = desk.type("audit", "key").strip()
    assert head
    assert "完好。 Whole." in desk.type("audit", "verify", "--heads", out)
    desk.environment.pop("WANGGE_AUDIT_KEY")  # somebody else, with the public key alone
    assert "Whole" in desk.type("audit", "verify", "--heads", out, "--public-key", public)
    assert "公钥未知" in desk.type("audit", "verify", "--heads", out, expect=2)
    assert "WANGGE_AUDIT_KEY" in desk.fails("audit", "heads")
    assert "公钥" in desk.fails("audit", "verify", "--public-key", "x")
    (tmp_path / "none").write_text("不是链首\n")
    assert "链首" in desk.fails("audit", "verify", "--heads", tmp_path / "none")
    assert desk.type("audit", "key", "--new").startswith("WANGGE_AUDIT_KEY=")
    assert "months kept: 6" in desk.type("audit", "settings")


# What the owner of the database may try, who takes the triggers away first.
_NO_SEAL = "DELETE FROM audit_seal WHERE act_id"
_NO_ACT = "DELETE FROM audit_act WHERE id"
MEDDLING = {
    "its author is another": (
        "UPDATE audit_act SET user_id = gen_random_uuid() WHERE id = %act",
        Wrong.ALTERED,
    ),
    "it moves in time": (
        "UPDATE audit_act SET at = at + interval '1 us' WHERE id = %act",
        Wrong.ALTERED,
    ),
    "a reason is found": ("UPDATE audit_act SET reason = '' WHERE id = %act", Wrong.ALTERED),
    "a number changes": (
        """UPDATE audit_act SET what = '{"n": 1.0}' WHERE id = %act""",
        Wrong.ALTERED,
    ),
    "a seal moves in time": (
        "UPDATE audit_seal SET sealed_at = now() WHERE act_id = %act",
        Wrong.ALTERED,
    ),
    "an act goes": (f"{_NO_ACT} = %act", Wrong.GONE),
    "its seal goes": (f"{_NO_SEAL} = %act", Wrong.MISSING),
    "both go": (f"{_NO_SEAL} = %act; {_NO_ACT} = %act", Wrong.MISSING),
    "two change places": (
        "ALTER TABLE audit_seal DROP CONSTRAINT audit_seal_act_id_key;"
        "UPDATE audit_seal SET act_id = %act + %last - act_id WHERE act_id IN (%act, %last)",
        Wrong.REORDERED,
    ),
    "one is sealed twice": (
        "ALTER TABLE audit_seal DROP CONSTRAINT audit_seal_act_id_key;"
        "UPDATE audit_seal SET act_id = %last WHERE act_id = %act",
        Wrong.TWICE,
    ),
    "an act of old comes in": (
        "INSERT INTO audit_act (at, request_id, action, what)"
        " VALUES ('2026-01-01Z', '', 'x', '{}')",
        Wrong.UNSEALED,
    ),
    "the tail is cut": (f"{_NO_SEAL} > %act; {_NO_ACT} > %act", Wrong.TAIL_CUT),
    "all of it goes": (
        "TRUNCATE audit_act, audit_seal, audit_unsealed, audit_head",
        Wrong.TAIL_CUT,
    ),
    "an act goes before its seal": (
        "INSERT INTO audit_unsealed VALUES (123456)",
        Wrong.UNSEALED_GONE,
    ),
}


def test_the_owner_of_the_database_meddles_and_is_found(
    county: SmallCounty, desk: Keyboard, tmp_path: Path
) -> None:
    act(county, 6)
    out = tmp_path / "elsewhere"
    desk.type("audit", "heads", "--out", out)
    keys, outside = [Signer(SEED).public], HeadBook(out).read()
    county.clock.now = datetime.now().astimezone()  # the keyboard's
    engine = create_engine(county.url)
    with Session(engine) as owner:
        first, last = owner.execute(text("SELECT min(act_id), max(act_id) FROM audit_seal")).one()
        for name, (statement, wrong) in MEDDLING.items():
            owner.execute(text("SET LOCAL session_replication_role = replica"))
            asked = statement.replace("%act", str(first + 2)).replace("%last", str(last))
            owner.connection().exec_driver_sql(asked)
            verdict = verify(owner, county.worker, keys, outside)
            owner.rollback()
            found = {finding.wrong for finding in verdict.findings}
            assert wrong in found, (name, found)
            assert verdict.code != 0, name
        assert verify(owner, county.worker, keys, outside).code == 0
    engine.dispose()


def test_an_old_backup_put_back_goes_on_and_says_so(
    county: SmallCounty, desk: Keyboard, tmp_path: Path
) -> None:
    act(county, 2)
    desk.type("audit", "seal")
    with as_admin(county.url) as admin:
        admin.execute("CREATE TABLE old_act AS SELECT * FROM audit_act")
        admin.execute("CREATE TABLE old_seal AS SELECT * FROM audit_seal")
    act(county, 3)
    desk.type("audit", "heads")  # of what will be lost
    with as_admin(county.url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("DELETE FROM audit_act WHERE id NOT IN (SELECT id FROM old_act)")
        admin.execute("DELETE FROM audit_seal WHERE number NOT IN (SELECT number FROM old_seal)")
        admin.execute("DELETE FROM audit_unsealed WHERE act_id NOT IN (SELECT id FROM old_act)")
        admin.execute("DROP TABLE old_act, old_seal")
    assert "末尾缺失" in desk.type("audit", "verify", expect=1)
    later = datetime.now().astimezone() + timedelta(minutes=1)
    county.clock.now = later
    with transaction(county.worker) as session:
        ensure_epoch(session, county.worker, "restore")
    seal_acts(county.worker)
    said = desk.type("audit", "verify", expect=2)
    assert "曾恢复到较早状态" in said
    assert "断" not in said.replace("末尾未被截断", "")
