"""What a phone tells its person."""

from __future__ import annotations

from typing import Any

import pytest

from sync import judge
from sync.model import Op
from tests.sync.field import FieldPhone
from tests.sync.sample import LI, LI_PHONE, NORTH, SampleCounty


def visit(phone: FieldPhone, house: str, **more: Any) -> str:
    return phone.app.record("visit", Op.APPEND, {"house": house, "outcome": "met", **more})


# Set aside, and sent again.


@pytest.fixture
def small_quarantine(monkeypatch: pytest.MonkeyPatch) -> None:
    """One change of a device may wait for a person, not a thousand."""
    monkeypatch.setattr(judge, "MAX_OPEN_QUARANTINED", 1)


@pytest.mark.usefixtures("small_quarantine")
def test_what_met_a_full_quarantine_is_sent_again_as_it_was_recorded(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.new_id()
    visit(li, house)
    second = visit(li, house)
    li.app.sync()
    (fate,) = li.app.fates("visit", second)
    assert (fate.state, fate.reason) == ("rejected", "quarantine_full")
    old = li.app.set_aside()[1][0]
    county.pass_hours(3)
    new = li.app.send_again(fate.mid)
    (again,) = li.app.waiting()
    assert (again["mid"], again["n"]) == (new, 3)
    assert {**again, "mid": old["mid"], "n": old["n"]} == old
    device = county.db.state.devices[LI_PHONE]
    county.db.state.quarantine.clear()
    county.db.state.devices[LI_PHONE] = type(device)(device.next_n, device.last_time)
    li.app.sync()
    assert [(f.mid, f.state) for f in li.app.fates("visit", second)] == [(new, "set_aside")]
    assert li.app.numbers() == {
        "recorded": 3, "waiting": 0, "acknowledged": 3, "next_n": 4,
        "counted": 0, "set_aside": 2, "conflicts": 0, "rejected": 1,
    }  # fmt: skip


@pytest.mark.usefixtures("small_quarantine")
def test_the_old_number_of_what_was_sent_again_is_a_hole_after_a_restore(
    county: SampleCounty, li: FieldPhone
) -> None:
    backup = county.db.backup()
    for _ in range(2):
        visit(li, county.new_id())
    li.app.sync()
    li.app.send_again(li.app.set_aside()[1][0]["mid"])
    county.db.restore(backup)
    county.db.state.members[LI] = frozenset({NORTH})
    summary = li.app.sync()
    assert "hole_declared" in summary.alarms
    assert li.app.waiting() == []
    assert county.db.state.devices[LI_PHONE].next_n == 4


def test_only_a_full_quarantine_is_no_final_word(county: SampleCounty, li: FieldPhone) -> None:
    li.app.record("house", Op.CREATE, {"cell": NORTH, "note": "网" * 22_000})
    visit(li, county.new_id())
    li.app.sync()
    for change, _, _ in li.app.set_aside():
        with pytest.raises(ValueError, match="full quarantine"):
            li.app.send_again(change["mid"])
    with pytest.raises(ValueError, match="full quarantine"):
        li.app.send_again(county.new_id())


# What the person sees of it.


def test_each_record_has_a_fate_and_the_numbers_are_those_of_the_server(
    county: SampleCounty, li: FieldPhone
) -> None:
    house, other = county.write_house(NORTH), county.write_house(NORTH)
    li.app.sync()
    county.edit_house(house, {"place": county.places[1]})
    met, lost = visit(li, house), visit(li, county.new_id())
    li.app.record("house", Op.PATCH, {"place": county.places[2]}, house)
    long = li.app.record("house", Op.CREATE, {"cell": NORTH, "note": "网" * 22_000})
    li.line.faults = iter(["answer"])
    li.app.sync()
    li.app.sync()
    visit(li, other)
    assert [f.state for f in li.app.fates("visit", met)] == ["counted"]
    assert [(f.state, f.reason) for f in li.app.fates("visit", lost)] == [
        ("set_aside", "no_such_house")
    ]
    assert [f.state for f in li.app.fates("house", house)] == ["counted"]  # a replay says no more
    assert [(f.state, f.reason) for f in li.app.fates("house", long)] == [("rejected", "too_large")]
    assert [f.state for f in li.app.fates("visit", li.app.waiting()[0]["id"])] == ["waiting"]
    numbers = li.app.numbers()
    receipts = [r for (device, _), r in county.db.state.receipts.items() if device == LI_PHONE]
    assert numbers["next_n"] == county.db.state.devices[LI_PHONE].next_n == 5
    assert (numbers["recorded"], numbers["waiting"]) == (5, 1)
    assert numbers["acknowledged"] == len(receipts) == 4
    assert numbers["counted"] == 2
    for name, status in (("set_aside", "quarantined"), ("rejected", "rejected")):
        assert numbers[name] == sum(r.status == status for r in receipts) == 1


def test_a_disputed_place_is_a_conflict_until_a_person_decides(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    county.edit_house(house, {"place": county.places[1]})
    li.app.record("house", Op.PATCH, {"place": county.places[2]}, house)
    li.app.sync()
    assert [f.state for f in li.app.fates("house", house)] == ["conflict"]
    assert li.app.numbers()["conflicts"] == 1


def test_after_thirty_days_the_phone_forgets_what_the_server_has_and_keeps_the_rest(
    county: SampleCounty, li: FieldPhone
) -> None:
    met = visit(li, county.write_house(NORTH))
    long = li.app.record("house", Op.CREATE, {"cell": NORTH, "note": "网" * 22_000})
    li.app.sync()
    county.pass_hours(31 * 24)
    li.app.sync()
    assert (li.app.fates("visit", met), met in li.app.rows("visit")) == ([], True)
    assert [change["id"] for change, _, _ in li.app.set_aside()] == [long]
    assert li.app.numbers()["acknowledged"] == 2


def test_alarms_are_listed_until_they_are_old(county: SampleCounty, li: FieldPhone) -> None:
    li.app.sync()
    county.db.restore(county.db.backup(), epoch="another")
    li.app.sync()
    assert [kind for kind, _ in li.app.alarms()] == ["epoch_changed"]
    county.pass_hours(31 * 24)
    li.app.sync()
    assert li.app.alarms() == []


# News.


def test_a_phone_that_listens_syncs_only_when_there_is_something(
    county: SampleCounty, li: FieldPhone
) -> None:
    county.write_house(NORTH)
    heard: list[str | None] = []

    def news(etag: str | None) -> tuple[str | None, bool]:
        heard.append(etag)
        now = str(county.db.state.heads.get(NORTH))
        return now, etag != now

    first = li.app.listen(news)
    assert first is not None
    assert first.received == 1
    assert li.app.listen(news) is None
    house = county.write_house(NORTH)
    li.line.faults = iter(["ask"])
    broken = li.app.listen(news)
    assert broken is not None
    assert broken.lost
    again = li.app.listen(news)  # news that was not fetched is news still
    assert again is not None
    assert house in li.app.rows("house")
    visit(li, house)
    sent = li.app.listen(lambda etag: (etag, False))
    assert sent is not None
    assert sent.pushed == 1
    assert heard[0] is None


def test_a_correction_of_a_row_that_is_not_held_makes_no_half_row(
    county: SampleCounty, li: FieldPhone
) -> None:
    house = county.write_house(NORTH)
    li.app.sync()
    li.db.execute("DELETE FROM held")
    li.app.record("house", Op.PATCH, {"note": "mine"}, house, was={"note": "三组 1 号"})
    li.line.faults = iter(["", "ask"])
    assert li.app.sync().pushed == 1
    assert li.app.rows("house") == {}
