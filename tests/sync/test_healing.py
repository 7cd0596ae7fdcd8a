"""A phone whose rows were damaged, a server that was restored, a phone that was put back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sync.model import Op
from tests.sync.field import FieldPhone
from tests.sync.sample import LI, LI_PHONE, NORTH, SOUTH, SampleCounty


def visit(phone: FieldPhone, house: str) -> str:
    return phone.app.record("visit", Op.APPEND, {"house": house, "outcome": "met"})


def test_a_row_that_got_lost_on_the_phone_is_fetched_again_once_a_day(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()

    def damage() -> None:
        li.db.execute("DELETE FROM place WHERE id = ?", (house,))

    damage()
    summary = li.app.sync()
    assert summary.alarms == ["digest_mismatch"]
    assert set(li.app.rows("house")) == {house}
    damage()
    assert li.app.sync().alarms == ["digest_mismatch"]
    assert li.app.rows("house") == {}
    county.time = county.time.replace(day=county.time.day + 1)
    li.app.sync()
    assert set(li.app.rows("house")) == {house}


def test_no_more_buckets_are_asked_for_again_than_a_server_takes(
    county: SampleCounty, wang: FieldPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.phone.MAX_RESYNC", 1)
    houses = {county.write_house(NORTH), county.write_house(SOUTH)}
    wang.app.sync()
    wang.db.execute("UPDATE place SET rev = 99")
    wang.line.calls.clear()
    wang.app.sync()
    asked = [body["resync"] for _, body, _ in wang.line.calls]
    assert max(map(len, asked)) == 1
    assert set(wang.app.rows("house")) == houses


def test_a_resync_keeps_the_old_rows_until_the_new_ones_are_in(
    county: SampleCounty, li: FieldPhone
) -> None:
    houses = {county.write_house(NORTH) for _ in range(4)}
    li.app.sync()
    li.app.close()
    li = FieldPhone(county, LI, LI_PHONE, li.path, page=1)
    li.db.execute("UPDATE place SET rev = 99 WHERE id = ?", (min(houses),))
    ghost = "INSERT INTO place(bucket, entity, id, rev) VALUES (?, 'house', 'ghost', 3)"
    li.db.execute(ghost, (NORTH,))
    li.db.execute("INSERT INTO held VALUES ('house', 'ghost', '{}')")
    li.line.faults = iter(["", "", "ask"])
    assert li.app.sync().lost
    assert set(li.app.rows("house")) == {*houses, "ghost"}
    li.app.sync()
    assert set(li.app.rows("house")) == houses


def test_a_server_restored_from_yesterday_gets_today_again(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    visit(li, house)
    li.app.sync()
    backup = county.db.backup()
    for _ in range(3):
        visit(li, house)
    county.write_house(NORTH)
    li.app.sync()
    county.db.restore(backup)
    assert county.visits(house) == 1
    summary = li.app.sync()
    assert county.visits(house) == 4
    assert {"server_forgot_changes", "started_from_zero"} <= set(summary.alarms)
    assert set(li.app.rows("house")) == {house}
    assert (len(li.app.rows("visit")), li.app.waiting()) == (4, [])


def test_what_is_too_old_to_be_sent_again_is_declared_as_a_hole(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    backup = county.db.backup()
    visit(li, house)
    li.app.sync()
    county.time = county.time.replace(month=county.time.month + 2)
    visit(li, house)
    li.app.sync()
    county.db.restore(backup, epoch="another")
    summary = li.app.sync()
    assert {"epoch_changed", "hole_declared", "server_forgot_changes"} <= set(summary.alarms)
    assert (county.visits(house), li.app.waiting()) == (1, [])
    assert list(county.set_aside(LI_PHONE).values()) == ["hole"]


@pytest.mark.parametrize("told", [True, False])
def test_a_phone_that_lay_in_a_drawer_offers_nothing_whose_receipt_is_gone(
    county: SampleCounty, li: FieldPhone, told: bool
) -> None:
    """After 60 days the server knows neither its mark nor its mids: all would be set aside."""
    house = county.write_house(NORTH)
    visit(li, house)
    li.app.sync()
    county.pass_hours(61 * 24)
    county.db.state.marks = {county.new_id(): max(county.db.state.marks.values())}
    county.db.state.receipts.clear()
    if told:
        county.db.restore(county.db.backup(), epoch="another")
    summary = li.app.sync()
    assert (summary.pushed, county.set_aside(LI_PHONE)) == (0, {})
    assert (county.visits(house), len(li.app.rows("visit"))) == (1, 1)


def test_a_declared_hole_does_not_turn_the_numbers_back(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    backup = county.db.backup()
    visit(li, house)
    li.app.sync()
    county.pass_hours(60 * 24)
    visit(li, house)
    li.app.sync()
    county.db.restore(backup)
    li.line.faults = iter(["", "ask"])
    li.app.sync()
    visit(li, house)
    assert [change["n"] for change in li.app.waiting()] == [1, 2, 3]
    li.app.sync()
    assert county.visits(house) == 2


def test_a_server_that_says_more_and_brings_nothing_is_left_alone(
    county: SampleCounty, li: FieldPhone
) -> None:
    county.write_house(NORTH)
    li.app.sync()
    stuck = li.line.calls[-1][2]
    li.line.stuck = {**stuck, "more": True}
    assert not li.app.sync().lost


def test_a_phone_put_back_to_an_older_copy_counts_on_behind_the_server(
    county: SampleCounty, li: FieldPhone, tmp_path: Path
) -> None:
    house = county.write_house(NORTH)
    li.app.close()
    copy = Path(li.path).read_bytes()
    li.switch_on()
    for _ in range(3):
        visit(li, house)
    li.app.sync()
    li.app.close()
    Path(li.path).write_bytes(copy)
    li.switch_on()
    visit(li, house)
    li.app.sync()
    visit(li, house)
    assert [change["n"] for change in li.app.waiting()] == [4]
    li.app.sync()
    assert (county.visits(house), len(li.app.rows("visit"))) == (5, 5)


def test_a_copy_on_a_second_phone_goes_on_behind_the_first(
    county: SampleCounty, li: FieldPhone, tmp_path: Path
) -> None:
    """One device in two places is a fault of somebody; even so no visit is lost or doubled."""
    house = county.write_house(NORTH)
    visit(li, house)
    with sqlite3.connect(tmp_path / "copy.sqlite") as copy:
        li.db.backup(copy)
    copy.close()
    twin = FieldPhone(county, LI, LI_PHONE, str(tmp_path / "copy.sqlite"))
    visit(li, house)
    li.app.sync()
    visit(twin, house)
    summary = twin.app.sync()
    assert "file_was_older" not in summary.alarms  # it had used the same number itself
    assert (county.visits(house), twin.app.waiting()) == (3, [])
    visit(li, house)
    li.app.sync()
    twin.app.sync()
    assert "file_was_older" in [kind for kind, _ in twin.app.alarms()]
    assert li.app.rows("visit").keys() == twin.app.rows("visit").keys()
