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
WRITTEN = SECRET.encode("ascii", "backslashreplace")  # as it stands in the file


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
    files = [path, path.with_name("li.sqlite3-wal")]
    assert any(WRITTEN in file.read_bytes() for file in files)
    erase(county, "house", house)
    li.line = FullLine(county, LI)  # so that only the pull can say it
    li.sync()
    assert li.rows("house") == {}
    assert not any(WRITTEN in file.read_bytes() for file in files)
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
    assert li.line.calls
    assert SECRET not in str(li.line.calls)
    assert li.app.rows("house") == {}


def test_the_number_of_an_erased_change_is_a_hole_for_a_server_that_forgot_it(
    county: SampleCounty, li: FieldPhone
) -> None:
    backup = county.db.backup()
    house = li.app.record("house", Op.CREATE, {"cell": NORTH, "note": SECRET})
    li.app.sync()
    erase(county, "house", house)
    li.app.sync()
    county.db.restore(backup, epoch="another")
    erase(county, "house", house)  # from the register, before it is opened
    assert "hole_declared" in li.app.sync().alarms
    assert list(county.set_aside(LI_PHONE).values()) == ["hole"]
    assert li.app.waiting() == []


# A server that forgot.


@pytest.mark.parametrize("told", [True, False])
def test_after_a_restore_the_phone_offers_all_that_it_keeps_and_nothing_counts_twice(
    county: SampleCounty, li: FieldPhone, told: bool
) -> None:
    """Also what lies below the server's next number: it may have kept the number and not the row.

    A new epoch tells of the restore, or only the phone's mark, which the server does not know.
    """
    house = county.write_house(NORTH)
    for _ in range(3):
        visit(li, house)
    li.app.sync()
    backup = county.db.backup()
    county.write_house(NORTH)
    li.app.sync()
    lost = next(key for key in backup.records if key.entity == "visit")
    del backup.records[lost]
    backup.receipts = {k: r for k, r in backup.receipts.items() if r.id != lost.id}
    county.db.restore(backup, epoch="another" if told else None)
    assert county.visits(house) == 2
    summary = li.app.sync()
    assert ("epoch_changed" if told else "started_from_zero") in summary.alarms
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
    assert WRITTEN not in "".join(li.db.iterdump()).encode()
    li.line.faults = iter(())
    assert li.app.sync().alarms == []
    assert list(county.set_aside(LI_PHONE).values()) == ["device_revoked"]
    assert li.app.rows("house") == {}
