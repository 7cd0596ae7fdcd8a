"""What a phone wipes because a person was erased, and what it offers to a server that forgot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync.line import Verb
from sync.model import Key, Op
from sync.phone import Phone
from tests.sync.field import FieldClock, FieldLine, FieldPhone
from tests.sync.sample import LI, LI_PHONE, NORTH, SOUTH, WANG, WANG_PHONE, SampleCounty

SECRET = "张老三借了七千块"


@pytest.fixture
def county() -> SampleCounty:
    return SampleCounty()


@pytest.fixture
def li(county: SampleCounty, tmp_path: Path) -> FieldPhone:
    return FieldPhone(county, LI, LI_PHONE, str(tmp_path / "li.sqlite"))


def visit(phone: FieldPhone, house: str, **more: Any) -> str:
    return phone.app.record("visit", Op.APPEND, {"house": house, "outcome": "met", **more})


def erase(county: SampleCounty, entity: str, id_: str) -> None:
    """A person asked to be forgotten; Li's phone has sent something of it."""
    with county.open("user-office", "") as store:
        store.erase(Key(entity, id_), {LI})


# Erased.


def test_of_an_erased_row_nothing_stays_on_the_phone_but_mids_and_numbers(
    county: SampleCounty, tmp_path: Path
) -> None:
    path = tmp_path / "li.sqlite3"
    li = Phone(str(path), FieldLine(county, LI), FieldClock(county), county.new_id, device=LI_PHONE)
    house = li.record("house", Op.CREATE, {"cell": NORTH, "note": SECRET})
    li.sync()
    kept = [fate.mid for fate in li.fates("house", house)]
    li.record("house", Op.PATCH, {"note": SECRET + "!"}, house)  # not sent yet
    text = SECRET.encode("ascii", "backslashreplace")
    files = [path, path.with_name("li.sqlite3-wal")]
    assert any(text in file.read_bytes() for file in files)
    erase(county, "house", house)
    li.line = FullLine(county, LI)  # so that only the pull can say it
    li.sync()
    assert li.rows("house") == {}
    assert not any(text in file.read_bytes() for file in files)
    assert [fate.mid for fate in li.fates("house", house)][:1] == kept
    assert [(c["n"], c["set"], c["was"]) for c in li.waiting()] == [(2, {}, {})]
    li.line = FieldLine(county, LI)
    li.sync()
    assert [(f.state, f.reason) for f in li.fates("house", house)][1:] == [("rejected", "erased")]
    assert county.set_aside(LI_PHONE) == {}


class FullLine(FieldLine):
    """A server that takes no change now."""

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        return super().call(verb, {**body, "changes": []})


def test_a_change_that_meets_an_erased_row_is_wiped_when_its_outcome_is_heard(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    li.app.record("house", Op.PATCH, {"note": SECRET}, house)
    erase(county, "house", house)
    li.line.faults = iter(["", "ask"])
    assert li.app.sync().lost
    ((change, status, reason),) = li.app.set_aside()
    assert (change["set"], change["was"], status, reason) == ({}, {}, "rejected", "erased")
    li.app.sync()
    assert li.app.rows("house") == {}


def test_an_erased_row_is_not_sent_again_to_a_restored_server(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = li.app.record("house", Op.CREATE, {"cell": NORTH, "note": SECRET})
    li.app.sync()
    backup = county.db.backup()
    erase(county, "house", house)
    li.app.sync()
    county.db.restore(backup, epoch="another")
    erase(county, "house", house)  # from the register, before it is opened
    li.line.calls.clear()
    li.app.sync()
    assert SECRET not in str(li.line.calls)
    assert li.app.rows("house") == {}


# A server that forgot.


def test_after_a_restore_the_phone_offers_all_that_it_keeps_and_nothing_counts_twice(
    county: SampleCounty, li: FieldPhone
) -> None:
    """Also what lies below the server's next number: another copy may have kept the number only."""
    house = county.write_house(NORTH)
    for _ in range(3):
        visit(li, house)
    li.app.sync()
    state = county.db.state
    lost = next(key for key in state.records if key.entity == "visit")
    backup = county.db.backup()
    del backup.records[lost]
    backup.receipts = {k: r for k, r in backup.receipts.items() if r.id != lost.id}
    county.db.restore(backup, epoch="another")
    assert county.visits(house) == 2
    summary = li.app.sync()
    assert "epoch_changed" in summary.alarms
    assert (summary.pushed, county.visits(house), li.app.waiting()) == (3, 3, [])
    assert li.app.sync().pushed == 0


def test_what_is_offered_again_does_not_hide_what_the_office_wrote_since(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    li.app.record("house", Op.PATCH, {"note": "mine"}, house)
    made = visit(li, house)
    li.app.sync()
    county.pass_hours(1)
    county.edit_house(house, {"note": "theirs"})
    county.db.restore(county.db.backup(), epoch="another")
    li.line.faults = iter(["", "ask"])
    assert li.app.sync().lost
    assert len(li.app.waiting()) == 2
    assert li.app.rows("house")[house]["note"] == "theirs"
    assert li.app.rows("visit")[made]["outcome"] == "met"
    li.app.sync()
    assert county.house_row(house)["note"] == li.app.rows("house")[house]["note"] == "theirs"  # type: ignore[index]


def test_a_visit_that_a_restored_server_lacks_is_seen_until_it_has_it_again(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    backup = county.db.backup()
    made = visit(li, house)
    li.app.sync()
    county.db.restore(backup, epoch="another")
    li.line.faults = iter(["", "ask"])
    li.app.sync()
    assert made in li.app.rows("visit")
    li.app.sync()
    assert (made in li.app.rows("visit"), county.visits(house)) == (True, 1)


def test_two_workers_who_hold_the_same_house_hear_that_it_was_erased(
    county: SampleCounty, li: FieldPhone, tmp_path: Path
) -> None:
    wang = FieldPhone(county, WANG, WANG_PHONE, str(tmp_path / "wang.sqlite"))
    county.assign(WANG, NORTH, SOUTH)
    house = county.write_house(NORTH)
    for phone in (li, wang):
        phone.app.sync()
    erase(county, "house", house)
    for phone in (li, wang):
        assert phone.app.sync().alarms == []
        assert phone.app.rows("house") == {}


# Revoked.


def test_a_revoked_phone_keeps_its_outbox_and_nothing_else(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    visit(li, house, note=SECRET)
    li.app.sync()
    li.app.record("house", Op.PATCH, {"note": "mine"}, house)
    county.revoke(LI_PHONE)
    li.line.faults = iter(["full", ""] * 20)
    summary = li.app.sync()
    assert summary.alarms == ["device_revoked"]
    assert li.app.rows("house") == {house: {"note": "mine"}}
    assert [change["set"] for change in li.app.waiting()] == [{"note": "mine"}]
    assert SECRET not in "".join(li.db.iterdump())
    li.line.faults = iter(())
    assert li.app.sync().alarms == []
    assert list(county.set_aside(LI_PHONE).values()) == ["device_revoked"]
    assert li.app.rows("house") == {}
