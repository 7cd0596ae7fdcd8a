"""Small numbers: exact for the handling Office, withheld from others, and not to be worked out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.figures.rules.measures import Share
from server.figures.rules.months import ALL, ROOT, Node, later, parts_of, read_month, spans_of
from server.figures.rules.tables import Line, Sheet, percentile, shares_of
from server.figures.rules.withholding import TOTAL, is_small, told_of
from tests.figures.conftest import Books, held

PRIME = 2**61 - 1
SHARE = Share("settled", "化解", "settled", "decided")


def settle(books: Books, area: str, month: str, settled: int, failed: int = 0) -> None:
    """So many cases of an Area's own Office that ended in a month."""
    ended = f"{month}-20"
    books.many(settled, area, held(area, f"{month}-02", f"{month}-03", ended, "settle"))
    books.many(failed, area, held(area, f"{month}-02", f"{month}-03", ended, "fail"))


def test_the_village_sees_its_own_numbers_and_the_township_does_not(books: Books) -> None:
    settle(books, "A1", "2025-03", settled=3, failed=1)
    books.count()
    assert books.told("mediator-a1", "settled")["village"] == "3/4"
    assert books.told("township-a", "settled")["village"] == "–/–"
    assert books.told("county", "settled")["village"] == "–/–"
    # What nobody is told may not be worked out from the total.
    assert books.told("township-a", "settled")["total"] == "–/–"
    assert books.told("township-a", "settled", by="area")["511921100201"] == "–/–"
    times = books.told("township-a", "times")["village"]
    assert times == {"to_accept": "–", "to_end": "–", "whole_case": "–"}
    # Nothing at all is no small number.
    assert books.told("township-b", "settled")["total"] == "0/0"


def test_few_that_were_not_settled_are_a_small_number_too(books: Books) -> None:
    settle(books, "A1", "2025-03", settled=20, failed=2)
    books.count()
    assert books.told("mediator-a1", "settled")["village"] == "20/22"
    assert books.told("township-a", "settled")["village"] == "–/22"


def test_what_the_township_handled_itself_it_may_see(books: Books) -> None:
    books.many(2, "A1", held("A", "2025-03-02", "2025-03-03", "2025-03-04", "settle"))
    settle(books, "A1", "2025-03", settled=9)
    books.count()
    assert books.told("township-a", "settled") == {
        "village": "9/9",
        "township": "2/2",
        "county": "0/0",
        "total": "11/11",
    }
    # For the county both are others' Offices'.
    assert books.told("county", "settled")["township"] == "–/–"
    assert books.told("county", "settled")["village"] == "–/–"
    # And a village does not learn what the township handled.
    assert books.told("mediator-a1", "settled")["township"] == "–/–"
    assert books.told("mediator-a1", "settled")["village"] == "9/9"


def test_a_neighbour_is_withheld_so_that_no_subtraction_tells(books: Books) -> None:
    settle(books, "A1", "2025-03", settled=3)
    settle(books, "A2", "2025-03", settled=30)
    settle(books, "A2", "2025-04", settled=30)
    settle(books, "A1", "2025-04", settled=10)
    settle(books, "A1", "2025-07", settled=20)
    books.count()
    march = books.told("township-a", "settled", by="area", from_="2025-03", to="2025-03")
    assert march == {
        "511921100201": "–/–",
        "511921100202": "–/–",
        "511921100": "0/0",
        "total": "33/33",
    }
    # The year is told as one; were April and July told as well, they would tell March.
    year = books.told("township-a", "settled", by="area", from_="2025-01", to="2025-12")
    assert (year["511921100201"], year["511921100202"]) == ("33/33", "60/60")
    for month in ("2025-04", "2025-07"):
        later_ = books.told("township-a", "settled", by="area", from_=month, to=month)
        assert later_["511921100201"] == "–/–"
    # The next year has no small number, and is told month by month.
    settle(books, "A1", "2026-01", settled=6)
    settle(books, "A2", "2026-01", settled=7)
    books.count()
    january = books.told("township-a", "settled", by="area", from_="2026-01", to="2026-01")
    assert (january["511921100201"], january["511921100202"]) == ("6/6", "7/7")
    # Nor does a period that ends a month earlier or later.
    odd = books.told("township-a", "settled", by="area", from_="2025-03", to="2025-04")
    assert odd["511921100201"] == "–/–"
    assert books.told("township-a", "settled", by="month", from_="2025-03", to="2025-04") == {
        "2025-03": "33/33",
        "2025-04": "40/40",
        "total": "73/73",
    }


@st.composite
def tables(draw: st.DrawFn) -> dict[str, dict[date, tuple[int, ...]]]:
    """Rows over months, across quarters and years; zeros and small numbers are frequent."""
    start = date(2025, draw(st.integers(7, 12)), 1)
    months = [later(start, k) for k in range(8)]
    number = st.one_of(st.just(0), st.integers(0, 6), st.integers(5, 60))
    table = draw(st.lists(st.lists(number, min_size=8, max_size=8), min_size=1, max_size=4))
    return {
        f"row {k}": {month: (n,) for month, n in zip(months, numbers, strict=True)}
        for k, numbers in enumerate(table)
    }


@settings(max_examples=150)
@given(tables())
def test_no_combination_of_what_is_told_gives_a_small_number(
    rows: dict[str, dict[date, tuple[int, ...]]],
) -> None:
    """Everything told of rows, totals, months, quarters, years is a linear system. Of no row, and
    of no span, does it determine a number that is small.
    """
    told = told_of(rows)
    months = list(next(iter(rows.values())))
    cells = [(row, month) for row in rows for month in months]
    spans = {span for month in months for span in spans_of(month) if span != ROOT}
    asked = [(row, span) for row in (*rows, TOTAL) for span in spans]

    def sum_of(row: str, span: Node) -> list[int]:
        return [int(span in spans_of(month) and row in (TOTAL, of)) for of, month in cells]

    known = reduced([sum_of(*one) for one in asked if told.tells(*one)])
    for row, span in asked:
        sum_ = sum_of(row, span)
        if follows(known, sum_):
            number = sum(rows[of][month][0] * x for (of, month), x in zip(cells, sum_, strict=True))
            assert not is_small([number]), (row, span)


@settings(max_examples=60)
@given(tables())
def test_months_of_nothing_need_not_be_written_down(
    rows: dict[str, dict[date, tuple[int, ...]]],
) -> None:
    """A row without an entry for a month is a row with a zero there."""
    spare = {row: {month: n for month, n in of.items() if any(n)} for row, of in rows.items()}
    whole, short = told_of(rows), told_of(spare)
    for row in (*rows, TOTAL):
        for month in {month for of in rows.values() for month in of}:
            for span in spans_of(month)[:-1]:
                assert whole.tells(row, span) == short.tells(row, span), (row, span)


def test_nothing_is_told_where_the_months_beside_it_are() -> None:
    """Of a village that is told by quarters, those in which nobody came are told as well."""
    months = [date(2025, 1, 1), date(2025, 4, 1)]
    told = told_of({"a": {months[0]: (20,), months[1]: (3,)}, "b": {months[0]: (30,)}})
    assert not told.tells("a", Node(months[1], 3))
    assert not told.tells("a", Node(date(2025, 11, 1), 1))  # it would tell the rest of the year
    told = told_of({"a": {months[0]: (20,)}, "b": {date(2026, 1, 1): (3,)}, "c": {months[0]: (9,)}})
    for month in (date(2025, 11, 1), date(2027, 3, 1)):
        assert told.tells("a", Node(month, 1))
    assert not told.tells("b", Node(date(2026, 1, 1), 1))


def reduced(equations: list[list[int]]) -> list[list[int]]:
    """The reduced row echelon form, in the integers modulo a great prime: exact and quick."""
    rows = [row[:] for row in equations]
    done = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((r for r in range(done, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        inverse = pow(rows[done][column], -1, PRIME)
        rows[done] = [x * inverse % PRIME for x in rows[done]]
        for r in range(len(rows)):
            if r != done and (factor := rows[r][column]):
                rows[r] = [
                    (x - factor * y) % PRIME for x, y in zip(rows[r], rows[done], strict=True)
                ]
        done += 1
    return rows[:done]


def follows(known: list[list[int]], asked: list[int]) -> bool:
    """Whether a sum is a combination of what is known."""
    rest = asked
    for row in known:
        lead = next(at for at, x in enumerate(row) if x)
        if factor := rest[lead]:
            rest = [(x - factor * y) % PRIME for x, y in zip(rest, row, strict=True)]
    return not any(rest)


def test_without_the_neighbours_the_same_system_does_tell() -> None:
    """The attack works where only the small number itself is withheld."""
    months = [date(2025, 1, 1), date(2025, 2, 1)]
    quarter, february = [1, 1], [0, 1]
    assert follows(reduced([quarter, february]), [1, 0])
    told = told_of({"row": {months[0]: (3,), months[1]: (20,)}})
    assert told.tells("row", Node(months[0], 3))
    assert not told.tells("row", Node(months[1], 1))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=9)
)
def test_what_the_own_office_handled_is_always_told_to_it(
    numbers: list[tuple[int, int, bool]],
) -> None:
    sheet, month = Sheet(), date(2025, 1, 1)
    for k, (settled, failed, own) in enumerate(numbers):
        counts = {"settled": settled, "decided": settled + failed}
        sheet.add(f"row {k}", month, counts, own=own)
    lines = [Line(f"row {k}", f"row {k}", month, month) for k in range(len(numbers))]
    alone = all(own for *_, own in numbers)
    for told, (settled, failed, own) in zip(shares_of(sheet, SHARE, lines), numbers, strict=True):
        if alone:
            assert (told["n"], told["of"]) == (settled, settled + failed)
        if not own and is_small((settled + failed,)):
            assert told["of"] is None
        if not own and is_small((settled, failed)):
            assert told["n"] is None


@given(st.integers(0, 400), st.integers(0, 60))
def test_a_period_is_made_up_of_its_months_once_each(start: int, length: int) -> None:
    first = later(date(2000, 1, 1), start)
    last = later(first, length)
    spans = list(parts_of(first, last))
    covered = [later(span.first, k) for span in spans for k in range(span.months)]
    assert covered == [later(first, k) for k in range(length + 1)]
    assert len(spans) <= 2 + 3 + 3 + 2 + length // 12 + 2


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


def test_the_widest_span_holds_every_month() -> None:
    assert spans_of(date(2026, 5, 1)) == (
        Node(date(2026, 5, 1), 1),
        Node(date(2026, 4, 1), 3),
        Node(date(2026, 1, 1), 12),
        ALL,
        ROOT,
    )
