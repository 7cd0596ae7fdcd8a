"""One phone through bad days: lost answers, empty batteries, lost cells, a restored server."""

from __future__ import annotations

import pytest

from sync.line import LoginLost
from sync.model import Op, Status
from tests.sync.field import FieldPhone
from tests.sync.sample import LI, LI_PHONE, NORTH, SOUTH, SampleCounty

DAY = 24 * 3600 * 1000


def visit(phone: FieldPhone, house: str) -> str:
    return phone.app.record("visit", Op.APPEND, {"house": house, "outcome": "met"})


# Writing.


def test_what_is_written_is_seen_at_once_and_waits(county: SampleCounty, li: FieldPhone) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    made = visit(li, house)
    li.app.record("house", Op.PATCH, {"note": "mine"}, house)
    assert li.app.rows("visit")[made]["outcome"] == "met"
    assert li.app.rows("house")[house]["note"] == "mine"
    assert [(c["n"], c["was"]) for c in li.app.waiting()] == [(1, {}), (2, {"note": "三组 1 号"})]
    assert county.visits(house) == 0


def test_a_second_correction_remembers_the_first_as_what_it_had_read(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    for note in ("one", "two"):
        li.app.record("house", Op.PATCH, {"note": note}, house)
    assert li.app.waiting()[1]["was"] == {"note": "one"}
    li.app.sync()
    assert (li.app.rows("house")[house]["note"], county.conflicts(house)) == ("two", [])


def test_a_patch_needs_a_row(li: FieldPhone) -> None:
    with pytest.raises(ValueError, match="needs the id"):
        li.app.record("house", Op.PATCH, {"note": "x"})


def test_a_phone_that_dies_while_writing_has_written_or_has_not(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    written = 0
    for statements in range(12):
        died = li.die_after(statements, lambda: visit(li, house))
        numbers = [change["n"] for change in li.app.waiting()]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) - written in ((0, 1) if died else (1,))
        written = len(numbers)
    assert not died
    assert li.app.sync().pushed == written == county.visits(house)


# Lost answers.


def test_a_lost_answer_costs_nothing_but_a_second_try(county: SampleCounty, li: FieldPhone) -> None:
    house = county.write_house(NORTH)
    visit(li, house)
    li.line.faults = iter(["answer"])
    first = li.app.sync()
    assert (first.lost, len(li.app.waiting()), county.visits(house)) == (True, 1, 1)
    assert not li.app.sync().lost
    assert (li.app.waiting(), county.visits(house)) == ([], 1)
    assert len(li.app.rows("visit")) == 1


def test_a_long_outbox_goes_in_batches_and_a_long_pull_in_pages(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.close()
    li = FieldPhone(county, LI, LI_PHONE, li.path, page=2, batch=3)
    for _ in range(7):
        visit(li, house)
    summary = li.app.sync()
    assert (summary.pushed, summary.received) == (7, 8)
    assert [verb for verb, *_ in li.line.calls] == ["push"] * 3 + ["pull"] * 4


def test_a_lost_login_is_told_and_nothing_is_lost(county: SampleCounty, li: FieldPhone) -> None:
    visit(li, county.write_house(NORTH))
    li.line.faults = iter(["login"])
    with pytest.raises(LoginLost):
        li.app.sync()
    assert len(li.app.waiting()) == 1


# What was set aside, merged, disputed.


def test_what_the_server_sets_aside_is_shown_with_its_reason(
    county: SampleCounty, li: FieldPhone
) -> None:
    lost = visit(li, county.new_id())
    long = li.app.record("house", Op.CREATE, {"cell": NORTH, "note": "网" * 22_000})
    li.app.sync()
    aside = [(change["id"], status, reason) for change, status, reason in li.app.set_aside()]
    assert aside == [
        (lost, Status.QUARANTINED, "no_such_house"),
        (long, Status.REJECTED, "too_large"),
    ]
    assert (li.app.rows("visit"), li.app.rows("house"), li.app.waiting()) == ({}, {}, [])


def test_two_phones_correct_one_house_and_show_the_same_in_the_end(
    county: SampleCounty, li: FieldPhone, wang: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    wang.app.sync()
    li.app.record("house", Op.PATCH, {"note": "Li"}, house)
    county.time = county.time.replace(hour=12)
    wang.app.record("house", Op.PATCH, {"note": "Wang"}, house)
    wang.app.sync()
    li.app.sync()
    assert [(c.ours, c.theirs) for c in county.conflicts(house)] == [("Wang", "Li")]
    assert li.app.rows("house") == wang.app.rows("house")
    assert li.app.rows("house")[house]["note"] == "Wang"


def test_a_correction_that_lost_leaves_the_row_as_a_pull_would_bring_it(
    county: SampleCounty, li: FieldPhone, wang: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    li.app.record("house", Op.PATCH, {"note": "Li"}, house)
    county.pass_hours(1)
    wang.app.sync()
    wang.app.record("house", Op.PATCH, {"note": "Wang"}, house)
    wang.app.sync()
    li.line.faults = iter(["full", ""] * 20)
    li.app.sync()
    li.line.faults = iter(())
    assert li.app.sync().received == 0
    assert li.app.rows("house") == wang.app.rows("house")


def test_a_wrong_wall_clock_wins_nothing(
    county: SampleCounty, li: FieldPhone, wang: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.clock.wrong = 400 * DAY
    li.app.sync()
    wang.app.sync()
    li.app.record("house", Op.PATCH, {"note": "earlier"}, house)
    county.time = county.time.replace(hour=12)
    wang.app.record("house", Op.PATCH, {"note": "later"}, house)
    wang.app.sync()
    li.app.sync()
    assert li.app.rows("house")[house]["note"] == "later"


# Cells that come and go.


def test_a_row_leaves_with_its_last_bucket(county: SampleCounty, li: FieldPhone) -> None:
    house = county.write_house(NORTH)
    visit(li, house)
    li.app.sync()
    county.move_house(house, SOUTH)
    li.app.sync()
    assert (li.app.rows("house"), li.app.rows("visit")) == ({}, {})


def test_a_row_that_moves_between_two_cells_of_one_worker_stays(
    county: SampleCounty, wang: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    wang.app.sync()
    county.move_house(house, SOUTH)
    wang.app.sync()
    assert wang.app.rows("house")[house]["cell"] == SOUTH


def test_a_cell_that_is_taken_away_waits_for_the_outbox(
    county: SampleCounty, li: FieldPhone
) -> None:
    house, other = county.write_house(NORTH), county.write_house(NORTH)
    li.app.sync()
    county.assign(LI)
    li.line.faults = iter(["ask"])
    li.app.record("house", Op.PATCH, {"note": "mine"}, house)
    li.app.sync()
    assert set(li.app.rows("house")) == {house, other}
    assert not li.app.sync().lost
    assert (li.app.rows("house"), li.app.waiting()) == ({}, [])
    assert [reason for _, _, reason in li.app.set_aside()] == ["no_such_row"]


def test_drop_and_delete_are_kept_beside_a_row_until_its_outbox_is_empty(
    county: SampleCounty, li: FieldPhone
) -> None:
    """The server answers pulls only: a push that it does not take must not lose its row."""
    house, _ = county.write_house(NORTH), county.write_house(NORTH)
    li.app.sync()
    li.app.record("house", Op.PATCH, {"note": "mine"}, house)
    county.assign(LI, f"u:{LI}")  # no cell any more, but still somebody of the county
    li.line.faults = iter(["full", ""] * 20)
    li.app.sync()
    assert li.app.rows("house") == {house: {"cell": NORTH, "note": "mine", "place": [107.1, 31.9]}}
    li.line.faults = iter(())
    li.app.sync()
    assert li.app.rows("house") == {}
    assert [reason for _, _, reason in li.app.set_aside()] == ["no_such_row"]


def test_a_house_that_moved_away_waits_for_its_outbox_and_raises_no_alarm(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    li.app.record("house", Op.PATCH, {"note": "mine"}, house)
    county.move_house(house, SOUTH)
    li.line.faults = iter(["full", ""] * 20)
    assert li.app.sync().alarms == []
    assert li.app.rows("house")[house]["note"] == "mine"
    li.line.faults = iter(["", "ask"])
    assert li.app.sync().alarms == []
    assert li.app.rows("house") == {}


def test_a_cell_that_is_taken_away_is_dropped_at_once_and_not_at_the_end(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    li.app.close()
    li = FieldPhone(county, LI, LI_PHONE, li.path, page=1)
    new = [county.write_house(SOUTH) for _ in range(3)]
    county.assign(LI, SOUTH)
    li.line.faults = iter(["", "ask"])
    assert li.app.sync().lost
    assert (house in li.app.rows("house"), set(li.app.rows("house"))) == (False, {new[0]})


def test_what_was_delivered_is_still_seen_when_the_pull_is_lost(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    made = visit(li, house)
    li.app.record("house", Op.PATCH, {"note": "mine"}, house)
    li.line.faults = iter(["", "ask"])
    assert li.app.sync().lost
    assert li.app.waiting() == []
    assert li.app.rows("visit")[made]["outcome"] == "met"
    assert li.app.rows("house")[house]["note"] == "mine"


def test_a_visit_recorded_while_the_cell_was_mine_is_delivered_and_leaves(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    visit(li, house)
    county.assign(LI)
    li.app.sync()
    assert (county.visits(house), li.app.waiting(), li.app.set_aside()) == (1, [], [])
    assert (li.app.rows("house"), li.app.rows("visit")) == ({}, {})


def test_a_lost_phone_delivers_and_is_empty(county: SampleCounty, li: FieldPhone) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    visit(li, house)
    county.revoke(LI_PHONE)
    li.app.sync()
    assert (li.app.rows("house"), li.app.rows("visit"), li.app.waiting()) == ({}, {}, [])
    assert list(county.set_aside(LI_PHONE).values()) == ["device_revoked"]
