"""The file of a phone: on the disk when record returns; full."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sync.model import Op
from sync.phone import NoRoom, Phone, TooLong
from tests.sync.field import FieldClock, Open, visit
from tests.sync.sample import NORTH, SampleCounty

# The disk.


def test_what_was_recorded_is_on_the_disk_when_record_returns(
    county: SampleCounty, open_li: Open, tmp_path: Path
) -> None:
    """As after a power cut: the file and its log are all that is left."""
    li = open_li()
    visit(li, county.new_id())
    db = li._pocket._db
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    for end in ("", "-wal"):
        shutil.copy(tmp_path / f"li.sqlite3{end}", tmp_path / f"cut.sqlite3{end}")
    left = Phone(str(tmp_path / "cut.sqlite3"), li.line, FieldClock(county), county.new_id)
    assert left.waiting() == li.waiting() != []


def test_a_full_disk_is_told_before_and_nothing_is_half_written(
    county: SampleCounty, open_li: Open
) -> None:
    house = county.write_house(NORTH)
    li = open_li()
    made = [visit(li, house)]
    (pages,) = li._pocket._db.execute("PRAGMA page_count").fetchone()
    li._pocket._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(NoRoom):
        made.extend(visit(li, house) for _ in range(200))
    assert [change["id"] for change in li.waiting()] == made
    assert li.numbers()["recorded"] == len(made)
    li._pocket._db.execute(f"PRAGMA max_page_count = {pages + 1000}")
    made.append(visit(li, house))
    assert li.sync().pushed == len(made) == county.visits(house)


def test_rows_never_take_the_room_that_a_visit_needs(county: SampleCounty, open_li: Open) -> None:
    free = [100 * 1024 * 1024]
    li = open_li(room=lambda: free[0])
    house = county.write_house(NORTH)
    visit(li, house)
    free[0] = 5 * 1024 * 1024
    summary = li.sync()
    assert (summary.pushed, summary.received, summary.alarms) == (1, 0, ["no_room"])
    assert county.visits(house) == 1
    heard = li.listen(lambda etag: ("1", etag != "1"))
    assert heard is not None
    assert li.listen(lambda etag: ("1", etag != "1")) is not None  # what did not fit is news still
    free[0] = 1000
    with pytest.raises(NoRoom):
        li.check_room()
    with pytest.raises(NoRoom):
        visit(li, house)
    assert li.waiting() == []
    free[0] = 100 * 1024 * 1024
    assert li.sync().received == 2


def test_a_text_that_could_never_be_sent_is_refused_while_the_form_still_has_it(
    county: SampleCounty, open_li: Open
) -> None:
    li = open_li()
    with pytest.raises(TooLong):
        li.record("visit", Op.APPEND, {"house": county.new_id(), "note": "x" * 2_000_000})
    assert (li.waiting(), li.numbers()["recorded"]) == ([], 0)


class Full(sqlite3.Connection):
    """A disk without room for anything."""

    def execute(self, *args: Any) -> sqlite3.Cursor:
        if str(args[0]).startswith(("INSERT", "UPDATE")):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return super().execute(*args)


def test_on_a_full_disk_the_outbox_is_still_delivered_and_counts_once(
    county: SampleCounty, open_li: Open
) -> None:
    house = county.write_house(NORTH)
    li = open_li()
    li.sync()
    visit(li, house)
    li.close()
    li = open_li(connect=lambda path: sqlite3.connect(path, factory=Full))
    with pytest.raises(NoRoom):
        li.sync()
    assert (len(li.waiting()), county.visits(house)) == (1, 1)
    li.close()
    li = open_li()
    assert li.sync().pushed == 1
    assert (li.waiting(), county.visits(house)) == ([], 1)
