"""A small county in which every number is counted by hand."""

from __future__ import annotations

import pytest

from tests.figures.conftest import Books, held

SETTLED = {"shares": {"settled": {"n": 8, "of": 13, "ratio": 0.6154, "ratio_step": None}}}


@pytest.fixture
def year(books: Books) -> Books:
    """Of village A1, over two years; the county's people are not asked here, so nothing is small.

    Village A1: 8 settled, 2 unsettled, 1 withdrawn, 1 climbed, 1 escalated, 1 handed on, 1 open,
    1 merged into another case, 1 withdrawn climb. Township A: 1 settled of 2.
    """
    for k in range(6):  # accepted the next day, settled k days later
        books.case("A1", held("A1", "2025-03-03", "2025-03-04", f"2025-03-{4 + k:02}", "settle"))
    # Settled on the spot; and late, after an extension that did not reach so far.
    books.case("A1", held("A1", "2025-04-01", None, "2025-04-01", "settle"))
    books.case(
        "A1",
        held("A1", "2025-04-02", "2025-04-08", "2025-07-11", "settle", extended=True,
             handle_days=90),
    )  # fmt: skip
    for _ in range(2):
        books.case("A1", held("A1", "2025-05-05", "2025-05-05", "2025-05-25", "fail"))
    books.case("A1", held("A1", "2025-05-05", "2025-05-07", "2025-05-08", "withdraw"))
    # Nobody accepted it: the clock took it up, where it was settled in time.
    books.case(
        "A1",
        held("A1", "2025-06-02", None, "2025-06-05", "climb"),
        held("A", "2025-06-05", "2025-06-06", "2025-06-20", "settle", begun="climb"),
        category="traffic",
    )
    # A person took this one up; the township has not come to an end with it.
    books.case(
        "A1",
        held("A1", "2025-06-02", "2025-06-03", "2025-06-10", "escalate"),
        held("A", "2025-06-10", "2025-06-10", begun="escalate"),
    )
    # The township sends another back down to where it had come from; then it climbs.
    books.case(
        "A1",
        held("A1", "2025-08-01", "2025-08-01", "2025-08-02", "transfer"),
        held("A", "2025-08-02", "2025-08-03", "2025-09-01", "climb", begun="transfer"),
        held("county", "2025-09-01", overdue="2025-09-04", begun="climb"),
    )
    books.case("A1", held("A1", "2026-01-05", "2026-01-05", "2026-01-06", "merge"))
    # A climb that a late record withdrew: the village has it again, and it is open.
    books.case(
        "A1",
        held("A1", "2026-02-02", "2026-02-03"),
        held("A", "2026-02-05", None, "2026-02-06", "withdrawn_climb", begun="climb"),
    )
    books.count()
    return books


def test_the_share_settled_of_what_ended_here_or_went_up(year: Books) -> None:
    answer = year.ask("mediator-a1", "settled", level="village")
    assert answer["total"] == {"key": "total", "name": "合计 total", **SETTLED}
    (row,) = answer["rows"]
    assert row == {"key": "village", "name": "村级", **SETTLED}
    assert year.told("township-a", "settled", level="township")["total"] == "1/2"


def test_acceptance_and_handling_on_time(year: Books) -> None:
    """15 were accepted or would have had to be: one was late (6 days), one not at all. 13 came to
    an end or went up: the long one was late, and one went up by the clock.
    """
    on_time = year.told("mediator-a1", "on-time", level="village")["total"]
    assert on_time == {"accepted": "13/15", "handled": "11/13"}
    # Accepted in time by the township: 3 of 3; handled: 1 of 2, since one climbed.
    assert year.told("township-a", "on-time", level="township")["total"] == {
        "accepted": "3/3",
        "handled": "1/2",
    }
    # At the county one stands overdue unaccepted; its handling limit has not passed.
    assert year.told("county", "on-time", level="county")["total"] == {
        "accepted": "0/1",
        "handled": "0/0",
    }


def test_how_long_each_step_took(year: Books) -> None:
    steps = year.told("mediator-a1", "times", level="village")["total"]
    # To acceptance: 1 × 6, 6, 0 × 2, 2, 1, 0, 1: sorted 0 0 0 1 … 1 2 6.
    assert steps["to_accept"] == (13, 1, 2)
    # To the end: 0 1 2 3 4 5, 94, 20 20, 1, 7: sorted 0 1 1 2 3 4 5 7 20 20 94.
    assert steps["to_end"] == (11, 4, 20)
    # Whole cases that came to rest: 1 2 3 4 5 6, 0, 100, 20 20, 3.
    assert steps["whole_case"] == (11, 4, 20)
    # The case that climbed took 18 days in all; the township itself took 14.
    township = year.told("township-a", "times", level="township")["total"]
    assert township["whole_case"] == (1, 18, 18)
    assert township["to_end"] == (2, 14, 29)


def test_how_cases_moved(year: Books) -> None:
    assert year.told("mediator-a1", "moves", level="village")["total"] == {
        "reopened": "0/15",
        "extended": "1/14",
        "returned": "0/14",
        "handed_down": "0/14",
        "transferred": "1/14",
        "escalated": "1/14",
        "climbed": "1/14",
    }


def test_by_month_by_category_and_by_area(year: Books) -> None:
    counted = {"2025-03": "6/6", "2025-04": "1/1", "2025-05": "0/3", "2025-06": "0/2"}
    nothing = [*(f"2025-{month:02}" for month in range(8, 13)), "2026-01", "2026-02"]
    assert year.told("mediator-a1", "settled", by="month", level="village") == {
        **counted,
        "2025-07": "1/1",
        **dict.fromkeys(nothing, "0/0"),
        "total": "8/13",
    }
    by_category = year.told("mediator-a1", "settled", by="category", level="village")
    assert by_category["neighbours"] == "8/12"
    assert by_category["traffic"] == "0/1"
    assert by_category["total"] == "8/13"
    assert year.told("mediator-a1", "settled", category="traffic", level="village") == {
        "village": "0/1",
        "total": "0/1",
    }
    by_area = year.told("township-a", "settled", by="area", level="township")
    assert by_area == {
        "511921100201": "1/2",
        "511921100202": "0/0",
        "511921100": "0/0",
        "total": "1/2",
    }


def test_a_period_of_some_months(year: Books) -> None:
    assert year.told("mediator-a1", "settled", level="village", from_="2025-04", to="2025-06") == {
        "village": "1/6",
        "total": "1/6",
    }
    assert year.told("mediator-a1", "settled", level="village", from_="2024-01", to="2024-12") == {
        "village": "0/0",
        "total": "0/0",
    }
    answer = year.ask("mediator-a1", "settled", from_="2024-01-01", to="2024-12-31")
    assert (answer["from"], answer["to"]) == ("2024-01-01", "2024-12-31")
    assert answer["total"]["shares"]["settled"]["ratio"] is None


def test_a_case_that_was_reopened_twice(books: Books) -> None:
    """Each time it was settled it counts, and each time it began anew."""
    books.case(
        "A1",
        held("A1", "2025-03-03", "2025-03-03", "2025-03-05", "settle"),
        held("A1", "2025-04-01", "2025-04-02", "2025-04-11", "settle", begun="reopen"),
        held("A1", "2025-05-01", None, "2025-05-04", "climb", begun="reopen"),
        held("A", "2025-05-04", "2025-05-05", "2025-05-21", "settle", begun="climb"),
    )
    books.count()
    assert books.told("mediator-a1", "settled", level="village")["total"] == "2/3"
    assert books.told("mediator-a1", "moves", level="village")["total"]["reopened"] == "2/3"
    whole = books.told("mediator-a1", "times", level="village")["total"]["whole_case"]
    assert whole == (2, 2, 10)
    # From the last reopening on, through both Offices.
    assert books.told("township-a", "times", level="township")["total"]["whole_case"] == (1, 20, 20)


def test_a_case_across_two_villages_is_the_townships(books: Books) -> None:
    books.many(5, "A", held("A", "2025-03-03", "2025-03-03", "2025-03-05", "settle"))
    books.many(6, "A2", held("A", "2025-03-03", "2025-03-03", "2025-03-05", "settle"))
    books.many(7, "county", held("county", "2025-03-03", "2025-03-03", "2025-03-05", "fail"))
    books.count()
    assert books.told("township-a", "settled", by="area") == {
        "511921100201": "0/0",
        "511921100202": "6/6",
        "511921100": "5/5",
        "total": "11/11",
    }
    # The county's own 7 one by one, the townships' 11 in tens.
    assert books.told("county", "settled", by="area") == {
        "511921100": "10/10",
        "511921101": "0/0",
        "511921": "0/7",
        "total": "10/17",
    }
    assert books.told("county", "settled", by="level") == {
        "village": "0/0",
        "township": "10/10",
        "county": "0/7",
        "total": "10/17",
    }


def test_the_month_is_the_local_one(books: Books) -> None:
    """Ended at 00:30 on the first of May in Asia/Shanghai, when it is still April elsewhere."""
    case = books.case("A1", held("A1", "2025-04-01", "2025-04-01", "2025-04-30", "settle"))
    books.amend(case, 1, ended_at="2025-04-30 16:30:00+00")
    books.count()
    assert books.told("mediator-a1", "settled", level="village", from_="2025-05", to="2025-05") == {
        "village": "1/1",
        "total": "1/1",
    }
