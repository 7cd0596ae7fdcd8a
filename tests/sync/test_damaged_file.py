"""A damaged file of a phone: put aside and said, its outbox saved, the erased not kept in it."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from sync.model import Key
from sync.phone import FileDamaged, Handset, Phone
from tests.sync.field import Killed, Open, visit
from tests.sync.sample import LI, LI_PHONE, NORTH, SampleCounty


def test_a_file_that_is_no_file_any_more_is_put_aside_and_said(
    county: SampleCounty, handset: Handset, tmp_path: Path
) -> None:
    house = county.write_house(NORTH)
    li = handset.open(LI)
    li.sync()
    visit(li, house)
    li.close()
    path = tmp_path / "handset" / f"{LI}.sqlite3"
    path.write_bytes(b"\xff" * 4096)
    assert handset.unsent() == {LI: None}
    again = handset.open(LI)
    assert [kind for kind, _ in again.alarms()] == ["file_damaged"]
    assert (tmp_path / "handset" / f"{LI}.sqlite3.damaged-1").read_bytes() == b"\xff" * 4096
    assert handset.unsent() == {LI: 0}
    assert not again.sync().lost
    assert set(again.rows("house")) == {house}


def pages_of_rows(phone: Phone) -> list[int]:
    """Where what the server said begins in the file."""
    pages = "SELECT rootpage FROM sqlite_master WHERE name IN ('held', 'place_row')"
    return [page for (page,) in phone._pocket._db.execute(pages)]


def damage_the_rows(path: Path, pages: list[int]) -> None:
    """Overwrite these pages; the outbox stays readable."""
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)


def test_the_outbox_of_a_damaged_file_is_saved_with_its_device_and_its_numbers(
    county: SampleCounty, open_li: Open, tmp_path: Path
) -> None:
    house = county.write_house(NORTH)
    li = open_li()
    li.sync()
    visit(li, house)
    li.sync()
    visit(li, house)
    before, pages = li.waiting(), pages_of_rows(li)
    li.close()
    damage_the_rows(tmp_path / "li.sqlite3", pages)
    again = open_li()
    assert (again.device, again.waiting()) == (LI_PHONE, before)
    assert again.sync().alarms == []
    assert (county.visits(house), len(again.rows("visit"))) == (2, 2)
    assert set(again.rows("house")) == {house}
    assert [change["n"] for change in again.waiting()] == []
    assert again.numbers()["recorded"] == 2


def test_what_cannot_be_read_of_an_outbox_is_declared_and_all_the_rest_arrives(
    county: SampleCounty, open_li: Open, tmp_path: Path
) -> None:
    house = county.write_house(NORTH)
    li = open_li()
    for _ in range(60):
        visit(li, house)
    changes = li.waiting()
    li.close()
    path = tmp_path / "li.sqlite3"
    written = json.dumps(changes[30])[:50].encode()
    damage_the_rows(path, [path.read_bytes().index(written) // 4096 + 1])
    again = open_li()
    left = [change["n"] for change in again.waiting()]
    assert (left[0], left[-1]) == (1, 60)
    lost = set(range(1, 61)).difference(left)
    assert 31 in lost
    assert set(again.sync().alarms) == {"hole_declared"}
    assert (county.visits(house), again.waiting()) == (60 - len(lost), [])
    assert list(county.set_aside(LI_PHONE).values()) == ["hole"] * len(lost)


@pytest.mark.parametrize("end", ["erased", "revoked"])
def test_what_must_be_wiped_does_not_stay_in_a_damaged_file_either(
    county: SampleCounty, open_li: Open, tmp_path: Path, end: str
) -> None:
    house = county.write_house(NORTH)
    li = open_li()
    li.sync()
    pages = pages_of_rows(li)
    li.close()
    damage_the_rows(tmp_path / "li.sqlite3", pages)
    again = open_li()
    again.sync()
    again.sync()
    assert list(tmp_path.glob("*.damaged-*"))  # somebody may still want to look into it
    if end == "revoked":
        county.revoke(LI_PHONE)
    else:
        with county.open("user-office", "") as store:
            store.erase(Key("house", house), {LI})
    again.sync()
    assert again.rows("house") == {}
    assert list(tmp_path.glob("*.damaged-*")) == []


def test_damage_that_shows_only_while_writing_is_told_and_healed_by_opening_again(
    county: SampleCounty, open_li: Open, tmp_path: Path
) -> None:
    house = county.write_house(NORTH)
    li = open_li(connect=sqlite3.connect)
    li.sync()
    visit(li, house)
    damage_the_rows(tmp_path / "li.sqlite3", pages_of_rows(li))
    li._pocket._db.execute("PRAGMA shrink_memory")
    with pytest.raises(FileDamaged):
        li.rows("house")
    li.close()
    again = open_li(connect=sqlite3.connect)
    again.sync()
    assert (county.visits(house), set(again.rows("house"))) == (1, {house})


def test_a_phone_that_dies_while_it_saves_a_damaged_file_saves_it_the_next_time(
    county: SampleCounty, open_li: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_li().close()
    li = open_li()
    visit(li, county.new_id())
    before, pages = li.waiting(), pages_of_rows(li)
    files = [tmp_path / "li.sqlite3", tmp_path / "li.sqlite3-wal"]  # the visit is in the log
    whole = {file: file.read_bytes() for file in files}
    li.close()
    real = os.replace
    for renames in range(6):
        for file in tmp_path.iterdir():
            file.unlink()
        for file, content in whole.items():
            file.write_bytes(content)
        damage_the_rows(tmp_path / "li.sqlite3", pages)
        left = [renames]

        def dying(old: str, new: str, left: list[int] = left) -> None:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            real(old, new)

        with monkeypatch.context() as world:
            world.setattr("sync.phone.os.replace", dying)
            try:
                open_li().close()
                died = False
            except Killed:
                died = True
        again = open_li()
        assert (again.device, again.waiting()) == (LI_PHONE, before)
        again.close()
        if not died:
            break
    assert renames > 2
