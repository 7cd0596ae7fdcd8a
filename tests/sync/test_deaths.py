"""The phone dies between any two statements of any verb, and is switched on again.

Each story is told once undisturbed, and then once for every statement that the phone could die
before. Phone and server must end the same every time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from sync.model import Key, Op
from sync.phone import STATES, Phone
from tests.sync.field import FieldClock, FieldLine, FieldPhone, FrailConnection, Killed
from tests.sync.sample import LI, LI_PHONE, NORTH, SampleCounty

MOST = 1000  # statements of one verb: a story that never comes to its end is wrong

Story = Callable[[SampleCounty, FieldPhone], Callable[[], Any]]


class Beginning:
    """A county with two houses and a phone that knows them, as often as a story is told."""

    def __init__(self, folder: Path) -> None:
        self._county = SampleCounty()
        for _ in range(2):
            self._county.write_house(NORTH)
        self._path = folder / "li.sqlite"
        li = FieldPhone(self._county, LI, LI_PHONE, str(self._path), page=2)
        li.app.sync()
        li.app.close()
        self._file = self._path.read_bytes()

    def __call__(self) -> tuple[SampleCounty, FieldPhone]:
        self._path.write_bytes(self._file)
        county = deepcopy(self._county)
        return county, FieldPhone(county, LI, LI_PHONE, str(self._path), page=2)


@pytest.fixture
def begin(tmp_path: Path) -> Beginning:
    return Beginning(tmp_path)


def house_of(county: SampleCounty) -> str:
    return min(key.id for key in county.db.state.records if key.entity == "house")


def write_two(county: SampleCounty, li: FieldPhone) -> None:
    li.app.record("house", Op.PATCH, {"note": "mine"}, house_of(county))
    li.app.record("visit", Op.APPEND, {"house": house_of(county), "outcome": "met"})


def end_of(county: SampleCounty, li: FieldPhone) -> dict[str, Any]:
    """Everything that must not depend on when the phone died; ids and times may."""
    li.line.faults = iter(())
    county.pass_hours(24)  # the one resync of the day may have been asked for already
    for _ in range(2):
        assert not li.app.sync().lost
    state = county.db.state
    outbox = li.db.execute(
        "SELECT n, entity, json_extract(change, '$.set'), status, wiped FROM outbox ORDER BY n"
    )
    return {
        "houses": li.app.rows("house"),
        "visits": sorted(v["outcome"] for v in li.app.rows("visit").values()),
        "outbox": [(*line[:3], STATES[line[3]], line[4]) for line in outbox],
        "server": sorted(str(r.row.get("note", "")) for r in state.records.values()),
        "aside": sorted(reason for _, reason in state.quarantine.values()),
        "numbers": li.app.numbers(),
        "alarms": {kind for kind, _ in li.app.alarms()},  # a death is none
        "journal": len([note for note in state.journal.values() if isinstance(note, str)]),
    }


# The stories: what is prepared, and the deed during which the phone dies.


def sends_and_fetches(county: SampleCounty, li: FieldPhone) -> Callable[[], Any]:
    write_two(county, li)
    county.write_house(NORTH)
    return li.app.sync


def sends_over_a_bad_line(county: SampleCounty, li: FieldPhone) -> Callable[[], Any]:
    write_two(county, li)
    county.edit_house(house_of(county), {"note": "theirs"})
    li.line.faults = iter(["answer", "", "answer", "twice"])

    def deed() -> None:
        li.app.sync()
        li.app.sync()

    return deed


def asks_for_a_bucket_again(county: SampleCounty, li: FieldPhone) -> Callable[[], Any]:
    li.db.execute("UPDATE place SET rev = 99 WHERE id = ?", (house_of(county),))
    ghost = "INSERT INTO place(bucket, entity, id, rev) VALUES (?, 'house', 'ghost', 3)"
    li.db.execute(ghost, (NORTH,))
    li.db.execute("INSERT INTO held VALUES ('house', 'ghost', '{}')")
    return li.app.sync


def hears_that_somebody_was_erased(county: SampleCounty, li: FieldPhone) -> Callable[[], Any]:
    write_two(county, li)
    li.app.sync()
    li.app.record("house", Op.PATCH, {"note": "once more"}, house_of(county))
    with county.open("user-office", "") as store:
        store.erase(Key("house", house_of(county)), {LI})
    return li.app.sync


def meets_a_restored_server(county: SampleCounty, li: FieldPhone) -> Callable[[], Any]:
    backup = county.db.backup()
    write_two(county, li)
    li.app.sync()
    county.db.restore(backup, epoch="another")
    return li.app.sync


def meets_a_server_that_says_nothing_of_its_restore(
    county: SampleCounty, li: FieldPhone
) -> Callable[[], Any]:
    write_two(county, li)
    li.app.sync()
    backup = county.db.backup()
    county.write_house(NORTH)
    li.app.sync()
    county.db.restore(backup)
    return li.app.sync


def loses_its_cell(county: SampleCounty, li: FieldPhone) -> Callable[[], Any]:
    write_two(county, li)
    county.assign(LI, f"u:{LI}")
    return li.app.sync


def is_revoked(county: SampleCounty, li: FieldPhone) -> Callable[[], Any]:
    write_two(county, li)
    county.revoke(LI_PHONE)
    return li.app.sync


STORIES: list[Story] = [
    sends_and_fetches,
    sends_over_a_bad_line,
    asks_for_a_bucket_again,
    hears_that_somebody_was_erased,
    meets_a_restored_server,
    meets_a_server_that_says_nothing_of_its_restore,
    loses_its_cell,
    is_revoked,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_phone_that_dies_in_a_sync_ends_as_if_it_had_not(story: Story, begin: Beginning) -> None:
    county, li = begin()
    story(county, li)()
    undisturbed = end_of(county, li)
    li.app.close()
    for statements in range(MOST):
        county, li = begin()
        died = li.die_after(statements, story(county, li))
        assert end_of(county, li) == undisturbed, f"died before statement {statements}"
        li.app.close()
        if not died:
            break
    assert statements > 20


def test_a_record_is_written_whole_or_not_at_all(begin: Beginning) -> None:
    """Whoever sees no confirmation finds the record, or the form still has it."""
    for statements in range(MOST):
        county, li = begin()
        deed = lambda: write_two(county, li)  # noqa: B023, E731 (called in this very round)
        died = li.die_after(statements, deed)
        numbers = [(change["n"], change["entity"]) for change in li.app.waiting()]
        assert numbers == [(1, "house"), (2, "visit")][: len(numbers)]
        assert (len(numbers) == 2) == (not died)
        assert li.app.numbers()["recorded"] == len(numbers)
        li.app.sync()
        assert county.visits(house_of(county)) == int(len(numbers) == 2)
        li.app.close()
        if not died:
            break
    assert statements > 10


def test_what_is_sent_again_is_under_its_old_or_its_new_number(begin: Beginning) -> None:
    for statements in range(MOST):
        _, li = begin()
        mid = rejected(li)
        died = li.die_after(statements, lambda: li.app.send_again(mid))  # noqa: B023
        aside, waiting = li.app.set_aside(), li.app.waiting()
        assert (len(aside), len(waiting)) == ((1, 0) if died else (0, 1))
        li.app.close()
        if not died:
            break
    assert statements > 4


def rejected(li: FieldPhone) -> str:
    """A change that met a full quarantine; its mid."""
    li.app.record("house", Op.CREATE, {"cell": NORTH, "note": "新"})
    mid = str(li.app.waiting()[0]["mid"])
    full = ("rejected", "quarantine_full", mid)
    li.db.execute("UPDATE outbox SET status = ?, reason = ?, answered = 0 WHERE mid = ?", full)
    return mid


# Opening.


def test_a_phone_that_dies_while_its_file_is_made_makes_it_the_next_time(tmp_path: Path) -> None:
    county = SampleCounty()
    for statements in range(MOST):
        path = str(tmp_path / f"{statements}.sqlite")

        def frail(path: str, left: int = statements) -> sqlite3.Connection:
            db = sqlite3.connect(path, factory=FrailConnection)
            db.left = left
            return db

        died = not opens(path, county, frail)
        assert opens(path, county, sqlite3.connect)
        if not died:
            break
    assert statements > 10


def opens(path: str, county: SampleCounty, connect: Callable[[str], sqlite3.Connection]) -> bool:
    """Open the file and write one visit; whether the phone lived."""
    line, clock = FieldLine(county, LI), FieldClock(county)
    try:
        phone = Phone(path, line, clock, county.new_id, device=LI_PHONE, connect=connect)
    except Killed:
        return False
    assert phone.device == LI_PHONE
    phone.close()
    return True
