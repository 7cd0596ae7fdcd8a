"""What others handled is told in full tens, what one's own Office handled case by case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.figures.rules.measures import Share, Took
from server.figures.rules.months import later, part_with, read_month
from server.figures.rules.tables import (
    TOTAL,
    Lasted,
    Line,
    Sheet,
    percentile,
    share_of,
    took_of,
)
from server.figures.rules.tens import (
    FIFTHS_FROM,
    RATIO_FROM,
    TEN,
    TENTHS_FROM,
    Number,
    Ratio,
    in_tens,
    nearest_tenths,
    ratio_of,
)
from tests.figures.conftest import Books, held

JANUARY = date(2025, 1, 1)
SHARE = Share("settled", "化解", "settled", "decided")
TOOK = Took("to_accept", "受理", "accept")


def settle(books: Books, area: str, month: str, settled: int, failed: int = 0) -> None:
    """So many cases of an Area's own Office that ended in a month."""
    ended = f"{month}-20"
    books.many(settled, area, held(area, f"{month}-02", f"{month}-03", ended, "settle"))
    books.many(failed, area, held(area, f"{month}-02", f"{month}-03", ended, "fail"))


def test_the_village_reads_its_own_case_by_case_and_others_read_tens(books: Books) -> None:
    settle(books, "A1", "2025-03", settled=3, failed=1)
    settle(books, "A2", "2025-03", settled=17, failed=6)
    books.many(2, "A1", held("A", "2025-03-02", "2025-03-03", "2025-03-04", "settle"))
    books.count()
    assert books.told("mediator-a1", "settled") == {
        "village": "3/4",
        "township": "0/0",  # what the township handled here is others'
        "county": "0/0",
        "total": "3/4",
    }
    assert books.told("township-a", "settled", by="area") == {
        "511921100201": "2/2",  # its own two; the village's four are fewer than ten
        "511921100202": "10/20",
        "511921100": "0/0",
        "total": "22/22",
    }
    assert books.told("township-a", "settled", by="level")["township"] == "2/2"
    assert books.told("county", "settled")["total"] == "20/20"
    # Days: of all where the others are many enough, else of one's own alone.
    times = books.told("township-a", "times", by="area")
    assert times["511921100202"]["to_end"] == (20, 17, 17)
    assert times["511921100201"]["to_end"] == (2, 1, 1)


@given(st.integers(0, 10**6))
def test_no_small_number_is_told(n: int) -> None:
    assert in_tens(n) % TEN == 0
    assert in_tens(n) <= n < in_tens(n) + TEN


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 30), st.booleans()), min_size=1, max_size=9
    )
)
def test_what_the_own_office_handled_is_always_told_to_it(
    numbers: list[tuple[int, int, bool]],
) -> None:
    sheet = Sheet()
    for k, (settled, failed, own) in enumerate(numbers):
        counts = {"settled": settled, "decided": settled + failed}
        sheet.add(f"row {k}", JANUARY, counts, own=own)
    for k, (settled, failed, own) in enumerate(numbers):
        told = share_of(sheet, SHARE, Line("", f"row {k}", JANUARY, JANUARY))
        rounded = (settled, settled + failed) if own else map(in_tens, (settled, settled + failed))
        assert (told["n"], told["of"]) == tuple(rounded)
    mine = sum(settled for settled, _, own in numbers if own)
    others = sum(settled for settled, _, own in numbers if not own)
    total = share_of(sheet, SHARE, Line("", TOTAL, JANUARY, JANUARY))
    assert total["n"] == mine + in_tens(others)
    assert total["n"] <= total["of"]


def test_a_ratio_only_where_tens_do_not_make_it_up() -> None:
    nothing = Ratio(None)
    assert ratio_of(Number(1, 0), Number(3, 0)) == Ratio(0.3333)
    assert ratio_of(Number(0, 0), Number(0, 0)) == nothing
    assert ratio_of(Number(9, 40), Number(9, RATIO_FROM - TEN)) == nothing
    assert ratio_of(Number(0, 80), Number(0, RATIO_FROM)) == Ratio(0.8)
    assert ratio_of(Number(0, 20, 20), Number(0, 20, 29)) == nothing
    assert ratio_of(Number(0, 20, 24), Number(0, 30, 30)) == Ratio(0.8, 0.2)
    assert ratio_of(Number(0, 20, 24), Number(0, 40, 49)) == Ratio(0.4, 0.2)
    assert ratio_of(Number(0, 20, 24), Number(0, 50, 50)) == Ratio(0.5, 0.1)


@given(st.integers(FIFTHS_FROM, RATIO_FROM - 1), st.data())
def test_a_ratio_of_few_is_the_nearest_tenth_or_fifth_of_the_true_numbers(
    of: int, data: st.DataObject
) -> None:
    n = data.draw(st.integers(0, of))
    told = ratio_of(Number(0, in_tens(n), n), Number(0, in_tens(of), of))
    step = 0.1 if of >= TENTHS_FROM else 0.2
    assert told.step == step
    assert told.value is not None
    wide = round(30 * step) * of  # one and a half steps of it, in twentieths
    if wide <= 20 * n < 20 * of - wide:
        assert abs(told.value - n / of) <= step / 2 + 1e-9
    else:  # whether a few were, or were not, is not told
        assert told.value == (step if n < of / 2 else 1 - step)


def test_halves_go_up_and_both_ends_stay_open() -> None:
    tenths = {n: nearest_tenths(n, 60, 1) for n in (0, 3, 8, 9, 14, 15, 50, 51, 57, 60)}
    assert list(tenths.values()) == [1, 1, 1, 2, 2, 3, 8, 9, 9, 9]
    fifths = {n: nearest_tenths(n, 40, 2) for n in (0, 3, 11, 12, 19, 20, 27, 28, 36, 40)}
    assert list(fifths.values()) == [2, 2, 2, 4, 4, 6, 6, 8, 8, 8]


def test_beside_own_cases_others_weigh_what_is_told_of_them() -> None:
    """Own cases are known: were others' told with them from the true numbers, two such ratios would
    narrow one number twice.
    """
    for n, of in ((45, 60), (48, 64), (50, 60)):
        others = Number(0, in_tens(n), n), Number(0, in_tens(of), of)
        assert ratio_of(*others).value == 0.8
        both = ratio_of(Number(0, in_tens(n), n), Number(20, in_tens(of), of))
        assert both == Ratio(0.6, 0.1)


def test_few_are_told_of_one_level_and_of_a_part_of_the_calendar() -> None:
    sheet = Sheet()
    for k in range(5):
        sheet.add("row", later(JANUARY, k), {"settled": 17, "decided": 19}, own=False)
    spans = {(0, 2): 0.9, (0, 11): 0.9, (0, 0): None, (0, 4): None, (-1, 2): None, (1, 3): None}
    for (first, last), ratio in spans.items():
        line = Line("", "row", later(JANUARY, first), later(JANUARY, last))
        assert share_of(sheet, SHARE, line)["ratio"] is None, "of all levels"
        told = share_of(sheet, SHARE, line._replace(one_level=True))
        assert (told["ratio"], told["ratio_step"]) == (ratio, ratio and 0.1), (first, last)


def test_the_county_reads_roughly_what_the_village_reads_case_by_case(books: Books) -> None:
    settle(books, "A1", "2025-03", settled=44, failed=11)
    books.count()
    rows = {login: books.ask(login, "settled")["rows"][0] for login in ("county", "mediator-a1")}
    told = {login: row["shares"]["settled"] for login, row in rows.items()}
    assert told == {
        "county": {"n": 40, "of": 50, "ratio": None, "ratio_step": None},
        "mediator-a1": {"n": 44, "of": 55, "ratio": 0.8, "ratio_step": None},
    }
    year = {"from_": "2025-01", "to": "2025-12"}
    assert books.ask("county", "settled", **year)["total"]["shares"]["settled"]["ratio"] is None
    for wanted in ({"by": "level"}, {"by": "category", "level": "village"}):
        answer = books.ask("county", "settled", **year, **wanted)
        share = next(row for row in answer["rows"] if row["shares"]["settled"]["of"])["shares"]
        assert share["settled"] == {"n": 40, "of": 50, "ratio": 0.8, "ratio_step": 0.1}, wanted
    text = books.desk("county").call(
        "GET",
        "/figures/settled",
        query_string={"from": "2025-01", "to": "2025-12", "format": "csv"},
    )
    assert "化解占比,化解占比精度" in text.text
    assert "village,村级,40,50,0.8,0.1" in text.text


def test_days_of_few_others_are_told_to_nobody_but_them() -> None:
    sheet = Sheet()
    line = Line("", "row", JANUARY, JANUARY)
    sheet.add("row", JANUARY, {"accept_took": TEN - 1}, own=False)
    sheet.add("row", JANUARY, {"accept_took": 1}, own=True)
    few = took_of(sheet, TOOK, line, Lasted({3: 1}, {9: TEN - 1}))
    assert few == {"of": 1, "median_days": 3, "p90_days": 3}
    sheet.add("row", JANUARY, {"accept_took": 1}, own=False)
    many = took_of(sheet, TOOK, line, Lasted({3: 1}, {9: TEN}))
    assert many == {"of": 1 + TEN, "median_days": 9, "p90_days": 9}


def test_a_period_tells_no_more_than_the_calendar() -> None:
    """Nine cases in each of five months: as a quarter and two months they are told as twenty."""
    sheet = Sheet()
    for k in range(5):
        sheet.add("row", later(JANUARY, k), {"settled": 9, "decided": 9}, own=False)
    spans = {(0, 0): 0, (0, 2): 20, (0, 4): 20, (1, 4): 0, (0, 11): 40, (-12, 11): 40}
    for (first, last), told in spans.items():
        line = Line("", "row", later(JANUARY, first), later(JANUARY, last))
        assert share_of(sheet, SHARE, line)["n"] == told, (first, last)


def test_months_are_listed_only_where_something_is_told_of_them() -> None:
    sheet = Sheet()
    for k, n in enumerate((2, 10, 0, 17, 9)):
        sheet.add("row", later(JANUARY, k), {"settled": n}, own=False)
    assert sheet.months() == [later(JANUARY, 1), later(JANUARY, 3)]
    sheet.add("row", JANUARY, {"settled": 0}, own=True)
    assert sheet.months()[0] == JANUARY


@given(st.integers(0, 400), st.integers(0, 60))
def test_a_period_is_made_up_of_its_months_once_each(start: int, length: int) -> None:
    first = later(date(2000, 1, 1), start)
    months = [later(first, k) for k in range(length + 1)]
    parts = {part_with(month, first, months[-1]) for month in months}
    covered = sorted(later(part.first, k) for part in parts for k in range(part.months))
    assert covered == months
    assert len(parts) <= 2 + 3 + 3 + 2 + length // 12 + 2


@pytest.mark.parametrize(
    ("text", "last", "month"),
    [
        ("2026-03", False, date(2026, 3, 1)),
        ("2026-03-01", False, date(2026, 3, 1)),
        ("2024-02-29", True, date(2024, 2, 1)),
        ("2026-03-31", True, date(2026, 3, 1)),
        ("2026-03-02", False, None),
        ("2026-03-30", True, None),
        ("2026-13", False, None),
        ("1999-12", False, None),
        ("0000-01", False, None),
        ("2026-3", False, None),
        ("2026-03\n", False, None),
        ("٢٠٢٦-٠٣", False, None),
        ("", False, None),
    ],
)
def test_a_month_as_people_write_it(text: str, last: bool, month: date | None) -> None:
    assert read_month(text, last=last) == month


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 50), max_size=30), st.floats(0.01, 1))
def test_a_percentile_is_the_one_of_the_sorted_list(days: Mapping[int, int], share: float) -> None:
    listed = sorted(number for number, n in days.items() for _ in range(n))
    found = percentile(days, share)
    if not listed:
        assert found is None
        return
    assert found is not None
    assert found in days
    assert sum(one <= found for one in listed) >= share * len(listed)
    assert all(
        sum(one <= less for one in listed) < share * len(listed) for less in days if less < found
    )
