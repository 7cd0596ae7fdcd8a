"""What is counted stays what the books say, whatever changes and however late."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from server.db import DbRole, transaction
from server.figures import service
from tests.figures.conftest import Books, at, held
from tests.smallcounty import id_of

SHARES = ("decided", "settled", "ended", "received", "climbed", "accept_due", "handle_on_time")
# What the worker keeps for the Area itself, and what the views say of it, side by side.
KEPT = """
    SELECT area_id::text, month, level, category, sum(decided), sum(settled), sum(ended),
           sum(received), sum(climbed), sum(accept_due), sum(handle_on_time)
      FROM figure_month WHERE NOT below AND category <> '' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
SAID = """
    SELECT area_id::text, date_trunc('month', day)::date, level, category,
           sum(decided), sum(settled), sum(ended), sum(received), sum(climbed),
           sum(accept_due), sum(handle_on_time)
      FROM (SELECT area_id, day, level, category, 1 AS decided, settled::int AS settled, 0 AS ended,
                   0 AS received, 0 AS climbed, 0 AS accept_due, 0 AS handle_on_time
              FROM figure_settled
            UNION ALL
            SELECT area_id, day, level, category, 0, 0, (move = 'ended')::int,
                   (move = 'received')::int, (move = 'climbed')::int, 0, 0 FROM figure_moves
            UNION ALL
            SELECT area_id, day, level, category, 0, 0, 0, 0, 0, (step = 'accept')::int,
                   (step = 'handle' AND on_time)::int FROM figure_on_time
            UNION ALL
            SELECT area_id, day, level, category, 0, 0, 0, 0, 0, 0, 0 FROM figure_times) said
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


def in_step(books: Books) -> None:
    """The worker's sums are those of the views, and those above are those below together."""
    books.count()
    assert books.rows(KEPT) == books.rows(SAID)
    above = """
        SELECT month, level, category, sum(decided), sum(received), sum(ended) FROM figure_month
         WHERE {} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
    county = id_of("county")
    assert books.rows(above.format(f"below AND area_id = '{county}'")) == books.rows(
        above.format("NOT below")
    )


def test_a_record_that_came_late_changes_yesterday(books: Books) -> None:
    """The case climbed; two days later a phone delivers that it was settled before."""
    case = books.case(
        "A1",
        held("A1", "2025-03-03", "2025-03-03", "2025-03-31", "climb"),
        held("A", "2025-03-31", begun="climb"),
    )
    in_step(books)
    assert books.told("mediator-a1", "settled", level="village")["total"] == "0/1"
    assert books.told("mediator-a1", "moves", level="village")["total"]["climbed"] == "1/1"
    books.amend(case, 2, ended_at=at("2025-04-02"), ended_how="withdrawn_climb", due_at=None)
    books.amend(case, 1, ended_at=at("2025-03-30"), ended_how="settle")
    in_step(books)
    assert books.told("mediator-a1", "settled", level="village")["total"] == "1/1"
    assert books.told("mediator-a1", "moves", level="village")["total"]["climbed"] == "0/1"
    assert books.told("township-a", "moves", level="township")["total"]["reopened"] == "0/0"


def test_a_settlement_that_belongs_into_another_month_leaves_the_first(books: Books) -> None:
    case = books.case("A1", held("A1", "2025-03-03", "2025-03-03", "2025-05-02", "settle"))
    in_step(books)
    books.amend(case, 1, ended_at=at("2025-04-29"))
    in_step(books)
    by_month = books.told("mediator-a1", "settled", by="month", level="village")
    assert by_month == {"2025-03": "0/0", "2025-04": "1/1", "total": "1/1"}


def test_a_case_that_lies_elsewhere_or_is_of_another_kind_is_counted_there(books: Books) -> None:
    case = books.case("A1", held("A1", "2025-03-03", "2025-03-03", "2025-03-04", "settle"))
    in_step(books)
    values = {"case": case, "area": id_of("A2")}
    books.write("UPDATE dispute SET area_id = %(area)s WHERE id = %(case)s", values)
    books.write("UPDATE dispute SET category = 'traffic' WHERE id = %(case)s", values)
    in_step(books)
    rows = books.rows("SELECT area_id::text, category FROM figure_month WHERE NOT below")
    assert {(area, category) for area, category in rows} == {
        (str(id_of("A2")), ""),
        (str(id_of("A2")), "traffic"),
    }


def test_a_village_that_joins_another_takes_its_figures_along(books: Books) -> None:
    """A1 becomes part of B1, in another township; its cases are read where it lies now."""
    books.many(6, "A1", held("A1", "2025-03-03", "2025-03-03", "2025-03-04", "settle"))
    books.many(7, "B1", held("B1", "2025-03-03", "2025-03-03", "2025-03-04", "fail"))
    books.count()
    assert books.told("county", "settled", by="area")["511921100"] == "0/0"
    ids = {"old": id_of("A1"), "new": id_of("B1")}
    books.write(
        "INSERT INTO area_successor (from_id, to_id, kind, at) "
        "VALUES (%(old)s, %(new)s, 'merged', '2025-06-01')",
        ids,
    )
    books.write("UPDATE area SET ended_at = '2025-06-01' WHERE id = %(old)s", ids)
    books.count()
    assert books.told("county", "settled", by="area") == {
        "511921100": "0/0",
        "511921101": "0/10",
        "511921": "0/0",
        "total": "0/10",
    }
    assert books.told("county", "settled", area="511921101", by="area")["511921101201"] == "0/10"


def test_a_warning_a_request_or_an_objection_changes_no_figure(books: Books) -> None:
    case = books.case("A1", held("A1", "2025-03-03", "2025-03-03"))
    books.count()
    books.amend(case, 1, warned_at=at("2025-03-20"), due_at=at("2025-03-21"))
    assert books.rows("SELECT count(*) FROM figure_dirty") == [(0,)]


def test_figures_say_as_of_when_they_are_right(books: Books) -> None:
    county = books.county
    books.case("A1", held("A1", "2025-03-03", "2025-03-03"))
    books.count()
    assert books.ask("county", "settled")["as_of"] == county.clock.now.isoformat()
    waiting = county.clock.now - timedelta(minutes=3)
    books.write(
        "INSERT INTO figure_dirty (area_id, month, at) VALUES (%(area)s, '2025-03-01', %(at)s)",
        {"area": id_of("A1"), "at": waiting},
    )
    assert books.ask("county", "settled")["as_of"] == waiting.isoformat()
    books.count()
    assert books.ask("county", "settled")["as_of"] == county.clock.now.isoformat()


def test_one_counts_and_the_other_worker_finds_nothing_to_do(books: Books) -> None:
    books.case("A1", held("A1", "2025-03-03", "2025-03-03"))
    books.write("BEGIN")
    with books.connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(511921, 19)")
        with transaction(books.county.worker) as session:
            assert service.count(session) == 0
    books.connection.rollback()
    assert books.count() == 3  # the month of the village, the township and the county


ENDS = (
    *("settle", "settle", "settle", "fail", "refer", "withdraw", "refuse", "climb", "escalate"),
    *("go", "hand_down", "return", "transfer", "pass_over", "uphold_objection", "merge"),
    "withdrawn_climb",
)


def random_holding(chance: random.Random) -> dict[str, Any]:
    """A Holding of any kind."""
    day = at("2025-01-01") + timedelta(days=chance.randrange(500))
    accepted = day + timedelta(days=chance.randrange(6)) if chance.random() < 0.7 else None
    ended = (accepted or day) + timedelta(days=chance.randrange(70))
    how = chance.choice(ENDS)
    is_open = chance.random() < 0.1
    return {
        **held("A1", day.date().isoformat()),
        "received": day,
        "accepted": accepted,
        "ended": None if is_open else ended,
        "how": None if is_open else how,
        "due": ended if is_open else None,
        "overdue": ended if is_open and chance.random() < 0.5 else None,
        "extended": chance.random() < 0.2,
        "begun": chance.choice(("register", "reopen", "climb")),
        "office": chance.choice(("A1", "A2", "A", "B1", "county")),
        "level": chance.choice(("village", "township", "county")),
    }


@pytest.mark.parametrize("seed", [0, *(pytest.param(k, marks=pytest.mark.long) for k in (1, 2))])
def test_any_books_are_counted_as_the_views_say_and_again_after_any_change(
    books: Books, seed: int
) -> None:
    chance = random.Random(seed)
    areas = ("A1", "A2", "B1", "A", "county")
    cases = [
        books.case(
            chance.choice(areas),
            random_holding(chance),
            category=chance.choice(("traffic", "other")),
        )
        for _ in range(60)
    ]
    in_step(books)
    for case in chance.sample(cases, 20):
        one = random_holding(chance)
        books.amend(
            case, 1, accepted_at=one["accepted"], ended_at=one["ended"], ended_how=one["how"],
            due_at=one["due"], overdue_at=one["overdue"],
        )  # fmt: skip
    in_step(books)


def test_the_county_office_reads_all_and_a_township_only_its_own(books: Books) -> None:
    """The second wall: even without the service, rows of others are not there."""
    for area in ("A1", "A2", "B1", "A", "county"):
        books.case(area, held(area, "2025-03-03", "2025-03-03"))
    books.count()

    def areas(login: str | None) -> set[str]:
        from sqlalchemy import text

        with transaction(books.county.identity(login, DbRole.APP)) as session:
            rows = session.execute(text("SELECT DISTINCT area_id FROM figure_month"))
            return {str(area) for (area,) in rows}

    everything = {str(id_of(name)) for name in ("A1", "A2", "B1", "A", "B", "county")}
    assert areas("county") == everything
    assert areas("township-a") == {str(id_of(name)) for name in ("A1", "A2", "A")}
    assert areas("mediator-a1") == {str(id_of("A1"))}
    assert areas("worker-a1w") == set()
    assert areas("auditor") == set()
    assert areas(None) == set()


def test_no_column_of_a_figure_knows_a_person(books: Books) -> None:
    named = books.rows("""
        SELECT c.relname, a.attname, obj_description(c.oid, 'pg_class') IS NOT NULL
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
         WHERE c.relname LIKE 'figure\\_%' AND c.relkind IN ('v', 'r')
    """)
    views = {view for view, *_ in named}
    assert {"figure_settled", "figure_times", "figure_on_time", "figure_moves"} <= views
    for view, column, _ in named:
        words = ("user", "device", "party", "done", "recorded", "sent")
        assert not any(word in column for word in words), (view, column)
    documented = books.rows("""
        SELECT relname, coalesce(obj_description(oid, 'pg_class'), '') FROM pg_class
         WHERE relkind = 'v' AND relname LIKE 'figure\\_%'
    """)
    assert all("Left out" in said for _, said in documented), documented
