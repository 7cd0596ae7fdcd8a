"""Two people change one house: the same row in the end, whatever the order, and no word lost."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync.merge import Merged, merge
from sync.model import Change, Instant, Locked, Op, Presence, Row, Stamp

MUTABLE = frozenset({"note", "name", "place"})
SENSITIVE = frozenset({"place"})
AT = Instant(0, 0, "")
EARLY, LATE = Stamp(10, "a", 1), Stamp(20, "b", 1)


def patch(set_: Row, was: Row) -> Change:
    return Change("m", 1, "house", "h", Op.PATCH, set_, AT, was)


def house(row: Row, stamp: Stamp | None = None) -> Locked:
    return Locked(Presence.PRESENT, row, dict.fromkeys(row, stamp) if stamp else {})


def meet(current: Locked, set_: Row, was: Row, stamp: Stamp) -> Merged:
    return merge(current, patch(set_, was), stamp, MUTABLE, SENSITIVE)


def applied(current: Locked, change: Change, stamp: Stamp) -> Locked:
    merged = merge(current, change, stamp, MUTABLE, SENSITIVE)
    return Locked(
        Presence.PRESENT, {**current.row, **merged.set}, {**current.stamps, **merged.stamps}
    )


def test_a_later_edit_of_what_the_phone_had_read_is_simply_taken() -> None:
    merged = meet(house({"note": "a"}, EARLY), {"note": "b"}, {"note": "a"}, LATE)
    assert merged == Merged({"note": "b"}, {"note": LATE}, ())


def test_a_row_that_was_never_stamped_yields_to_anybody() -> None:
    assert meet(house({"note": "a"}), {"note": "b"}, {"note": "a"}, EARLY).set == {"note": "b"}


def test_the_later_of_two_edits_stands_and_both_values_are_logged() -> None:
    merged = meet(house({"note": "ours"}, EARLY), {"note": "theirs"}, {"note": "old"}, LATE)
    (conflict,) = merged.conflicts
    assert merged.set == {"note": "theirs"}
    assert (conflict.ours, conflict.theirs, conflict.was) == ("ours", "theirs", "old")
    assert not conflict.open


def test_the_earlier_of_two_edits_falls_and_both_values_are_logged() -> None:
    merged = meet(house({"note": "ours"}, LATE), {"note": "theirs"}, {"note": "old"}, EARLY)
    assert (merged.set, merged.stamps, len(merged.conflicts)) == ({}, {}, 1)


def test_a_value_that_loses_is_logged_even_if_the_phone_had_read_ours() -> None:
    merged = meet(house({"note": "ours"}, LATE), {"note": "theirs"}, {"note": "ours"}, EARLY)
    assert (merged.set, len(merged.conflicts)) == ({}, 1)


def test_equal_values_are_no_conflict_and_the_greater_stamp_stays() -> None:
    merged = meet(house({"note": "a"}, EARLY), {"note": "a"}, {"note": "old"}, LATE)
    assert (merged.stamps, merged.conflicts) == ({"note": LATE}, ())
    assert not meet(house({"note": "a"}, LATE), {"note": "a"}, {"note": "old"}, EARLY).stamps


def test_a_place_that_nobody_else_moved_is_taken() -> None:
    merged = meet(house({"place": [1, 2]}, EARLY), {"place": [3, 4]}, {"place": [1, 2]}, LATE)
    assert (merged.set, merged.conflicts) == ({"place": [3, 4]}, ())


def test_a_place_that_somebody_else_moved_waits_for_a_person() -> None:
    merged = meet(house({"place": [5, 6]}, EARLY), {"place": [3, 4]}, {"place": [1, 2]}, LATE)
    (conflict,) = merged.conflicts
    assert (merged.set, conflict.open) == ({}, True)


def test_the_fields_of_a_patch_are_judged_each_for_itself() -> None:
    current = house({"place": [5, 6], "note": "a", "name": "x"}, EARLY)
    was = {"place": [1, 2], "note": "a", "name": "y"}
    merged = meet(current, {"place": [3, 4], "note": "b", "name": "z"}, was, LATE)
    assert merged.set == {"note": "b", "name": "z"}
    assert {c.field: c.open for c in merged.conflicts} == {"place": True, "name": False}


def test_true_is_not_one() -> None:
    assert meet(house({"note": 1}, EARLY), {"note": True}, {"note": 0}, LATE).conflicts


VALUES = st.sampled_from(["a", "b", "c", None, 1, [1, 2]])
FIELDS = st.dictionaries(st.sampled_from(["note", "name"]), VALUES, min_size=1)


@st.composite
def patches(draw: st.DrawFn) -> list[tuple[Change, Stamp]]:
    """Patches of one row with stamps that no two of them share."""
    times = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    return [
        (patch(draw(FIELDS), draw(FIELDS)), Stamp(time, draw(st.sampled_from("ab")), n))
        for n, time in enumerate(times)
    ]


@given(patches(), st.data())
def test_invariant_6_any_order_and_repetition_ends_in_the_same_row(
    edits: list[tuple[Change, Stamp]], data: st.DataObject
) -> None:
    ends: list[tuple[Any, Any]] = []
    for order in permutations(edits):
        repeated = data.draw(st.lists(st.sampled_from(order), max_size=3))
        row = house({"note": "start"})
        for change, stamp in [*order, *repeated]:
            row = applied(row, change, stamp)
        ends.append((row.row, row.stamps))
    assert all(end == ends[0] for end in ends)
    for field, stamp in ends[0][1].items():
        assert stamp == max(s for change, s in edits if field in change.set)
