"""A phone in several hands, two apps on one file, a long silence."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync import phone as model_phone
from sync.clock import to_ms
from sync.line import Verb
from sync.model import Op
from sync.phone import Handset, RowsLocked
from tests.sync.field import FieldClock, FieldLine, Killed, Open, visit
from tests.sync.sample import LI, NORTH, SOUTH, WANG, SampleCounty

DAY = 24 * 3600 * 1000


# Several users.


def test_two_users_of_one_phone_see_and_send_only_their_own(
    county: SampleCounty, handset: Handset
) -> None:
    county.assign(WANG, SOUTH)
    north, south = county.write_house(NORTH), county.write_house(SOUTH)
    li, wang = handset.open(LI), handset.open(WANG)
    assert li.device != wang.device
    li.sync()
    wang.sync()
    visit(li, north)
    assert (set(li.rows("house")), set(wang.rows("house"))) == ({north}, {south})
    assert (len(li.waiting()), wang.waiting(), wang.rows("visit")) == (1, [], {})
    wang.sync()
    assert county.visits(north) == 0
    li.sync()
    assert county.visits(north) == 1
    assert handset.open(LI).device == li.device


def test_before_anybody_logs_in_it_is_known_whose_work_waits_and_how_much(
    county: SampleCounty, handset: Handset
) -> None:
    house = county.write_house(NORTH)
    li, wang = handset.open(LI), handset.open(WANG)
    wang.sync()
    for _ in range(2):
        visit(li, house)
    assert handset.unsent() == {LI: 2, WANG: 0}
    li.sync()
    assert handset.unsent() == {LI: 0, WANG: 0}


@pytest.mark.parametrize("user", ["", "../wang", "a/b", "LI", "u.sqlite3", "x" * 65])
def test_a_user_whose_id_is_no_id_gets_no_file(handset: Handset, user: str) -> None:
    with pytest.raises(ValueError, match="UUID"):
        handset.open(user)


def test_without_a_login_a_phone_records_and_waits(
    county: SampleCounty, handset: Handset, tmp_path: Path
) -> None:
    phone = Handset(str(tmp_path / "new"), FieldClock(county), county.new_id).open(LI)
    visit(phone, county.new_id())
    assert phone.sync().lost
    assert len(phone.waiting()) == 1


# Two apps on one file.


class Interrupted(FieldLine):
    """A line during whose first call something else happens on the same phone."""

    meanwhile: Callable[[], Any] | None = None

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return super().call(verb, body)


def test_a_second_sync_of_the_same_file_gives_way(county: SampleCounty, open_li: Open) -> None:
    house = county.write_house(NORTH)
    service, app = open_li(), open_li()
    visit(app, house)
    line = Interrupted(county, LI)
    seen = []
    line.meanwhile = lambda: seen.append(app.sync())
    service.line = line
    assert service.sync().pushed == 1
    assert [(s.busy, s.pushed, s.lost) for s in seen] == [(True, 0, False)]
    assert not app.sync().busy
    assert county.visits(house) == 1


def test_a_visit_that_is_recorded_during_a_sync_gets_its_own_number_and_goes_too(
    county: SampleCounty, open_li: Open
) -> None:
    house = county.write_house(NORTH)
    service, app = open_li(), open_li()
    visit(app, house)
    line = Interrupted(county, LI)
    line.meanwhile = lambda: visit(app, house)
    service.line = line
    assert service.sync().pushed == 2
    assert (county.visits(house), app.waiting()) == (2, [])
    pushed = [change["n"] for _, body, _ in line.calls for change in body.get("changes", [])]
    assert pushed == [1, 2]


class Watched(sqlite3.Connection):
    """A file that another process writes to while this one reads what waits."""

    meanwhile: Callable[[], Any] | None = None

    def execute(self, *args: Any) -> sqlite3.Cursor:
        if self.meanwhile and "FROM held" in args[0]:
            found = super().execute(*args)
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
            return found
        return super().execute(*args)


def test_a_visit_never_vanishes_from_the_screen_while_it_is_delivered(
    county: SampleCounty, open_li: Open
) -> None:
    house = county.write_house(NORTH)
    service = open_li()
    app = open_li(connect=lambda path: sqlite3.connect(path, factory=Watched))
    made = visit(app, house)
    app._pocket._db.meanwhile = service.sync  # type: ignore[attr-defined]
    assert made in app.rows("visit")
    assert (made in app.rows("visit"), app.waiting()) == (True, [])


def test_a_sync_that_died_holds_up_nobody(county: SampleCounty, open_li: Open) -> None:
    house = county.write_house(NORTH)
    service, app = open_li(), open_li()
    visit(app, house)
    line = Interrupted(county, LI)

    def die() -> None:
        raise Killed

    line.meanwhile = die
    service.line = line
    with pytest.raises(Killed):
        service.sync()
    assert app.sync().pushed == 1


# A long silence.


def test_a_phone_that_heard_nothing_for_thirty_days_shows_no_rows_and_still_records(
    county: SampleCounty, open_li: Open
) -> None:
    house = county.write_house(NORTH)
    li = open_li()
    li.sync()
    county.pass_hours(30 * 24)
    assert set(li.rows("house")) == {house}
    county.pass_hours(1)
    with pytest.raises(RowsLocked):
        li.rows("house")
    visit(li, house)
    li.record("house", Op.PATCH, {"note": "mine"}, house)
    with pytest.raises(RowsLocked):
        li.rows("visit")
    assert li.sync().pushed == 2
    assert (county.visits(house), li.rows("house")[house]["note"]) == (1, "mine")


def test_an_unlocked_phone_needs_a_sync_that_went_through(
    county: SampleCounty, open_li: Open
) -> None:
    county.write_house(NORTH)
    li = open_li(silence=DAY)
    assert li.rows("house") == {}  # new: nothing to lock
    li.sync()
    county.pass_hours(25)
    line = FieldLine(county, LI)
    line.faults = iter(["ask"])
    li.line = line
    assert li.sync().lost
    with pytest.raises(RowsLocked):
        li.rows("house")
    li.sync()
    assert len(li.rows("house")) == 1


def test_a_wall_clock_that_is_set_back_does_not_undo_the_silence(
    county: SampleCounty, open_li: Open
) -> None:
    """After every start the wall shows the day of the last sync: days are counted while it runs."""
    house = county.write_house(NORTH)
    open_li().sync()
    last = county.time
    for boot in range(1, 5):
        wrong = to_ms(last) - to_ms(county.time)
        li = open_li(clock=FieldClock(county, boot=f"boot-{boot}", wrong=wrong))
        assert set(li.rows("house")) == {house}
        county.pass_hours(8 * 24)
        visit(li, house)
        li.close()
    wrong = to_ms(last) - to_ms(county.time)
    with pytest.raises(RowsLocked):
        open_li(clock=FieldClock(county, boot="boot-5", wrong=wrong)).rows("house")


def test_a_phone_that_cannot_tell_its_starts_counts_days_by_the_wall(
    county: SampleCounty, open_li: Open
) -> None:
    """Elapsed begins anew at every start: without a name for it, it says nothing."""

    class Restarted(FieldClock):
        def elapsed(self) -> int:
            return 5_000

    county.write_house(NORTH)
    open_li(clock=Restarted(county, boot="")).sync()
    county.pass_hours(31 * 24)
    with pytest.raises(RowsLocked):
        open_li(clock=Restarted(county, boot="")).rows("house")


# To be ported.


def test_the_model_phone_is_one_file_that_needs_nothing_else(tmp_path: Path) -> None:
    shutil.copy(model_phone.__file__, tmp_path / "alone.py")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import alone; print(alone.Phone.__name__)"
    )
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert told.stdout == "Phone\n"
