"""Questions at the door: who may ask what, in what form, and what a wrong one is told."""

from __future__ import annotations

import csv
import io
from itertools import product

import pytest

from server.db import transaction
from server.heartbeats.queries import map_heartbeats
from server.worker import JOBS, Worker
from tests.figures.conftest import Books, held
from tests.smallcounty import SmallCounty

FIGURES = ("settled", "on-time", "moves", "times")


def test_nothing_is_an_answer(books: Books) -> None:
    ways = ("area", "category", "level", "month")
    for figure, by, login in product(FIGURES, ways, ("mediator-a1", "township-a", "county")):
        answer = books.ask(login, figure, by=by)
        told = [*answer["rows"], answer["total"]]
        for row in told:
            for number in (row.get("shares") or row["steps"]).values():
                assert number["of"] == 0, (figure, by, login)
                assert number.get("ratio") is None
                assert number.get("median_days") is None
    assert len(books.ask("county", "settled", by="category")["rows"]) == 18
    assert [row["key"] for row in books.ask("township-a", "settled", by="area")["rows"]] == [
        "511921100201",
        "511921100202",
        "511921100",
    ]


def test_left_out_it_is_ones_own_area_this_year_until_now(books: Books) -> None:
    answer = books.desk("township-a").get("/figures/settled")
    assert answer["area"] == {"code": "511921100", "name": "示例A镇", "level": "township"}
    assert (answer["from"], answer["to"], answer["by"]) == ("2026-01-01", "2026-03-31", "level")
    county = books.desk("county").get("/figures/settled", **{"from": "2025-11"})
    assert (county["from"], county["to"]) == ("2025-11-01", "2026-03-31")
    ahead = books.desk("county").get("/figures/settled", **{"from": "2027-01-01"})
    assert (ahead["from"], ahead["to"]) == ("2027-01-01", "2027-01-31")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"from": "2026-03", "to": "2026-02"}, "from"),
        ({"from": "2026-03-02"}, "from"),
        ({"to": "2026-03-30"}, "to"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "0001-01-01", "to": "9999-12-31"}, "from"),
        ({"from": ""}, "from"),
        ({"from": "2026-03\n"}, "from"),
        ({"from": "9" * 5000}, "from"),
        ({"by": "person"}, "by"),
        ({"by": "office"}, "by"),
        ({"category": "quarrel"}, "category"),
        ({"level": "province"}, "level"),
        ({"area": "51"}, "area"),
        ({"area": "511921100201001"}, "area"),
        ({"area": "511921100 OR 1=1"}, "area"),
        ({"format": "xlsx"}, "format"),
        ({"user": "mediator-a1"}, "user"),
    ],
)
def test_a_wrong_question_is_told_what_is_wrong(
    books: Books, query: dict[str, str], wrong: str
) -> None:
    for figure in FIGURES:
        answer = books.desk("county").call("GET", f"/figures/{figure}", query_string=query)
        assert answer.status_code == 422
        assert answer.content_type == "application/problem+json"
        assert wrong in str(answer.json["errors"])


def test_a_huge_span_is_answered_like_any_other(books: Books) -> None:
    books.case("A1", held("A1", "2025-03-03", "2025-03-03", "2025-03-04", "settle"))
    books.count()
    for by in ("month", "level"):
        whole = books.told("mediator-a1", "settled", by=by, from_="2000-01", to="2998-12")
        assert whole["total"] == "1/1"
        assert len(whole) <= 4


@pytest.mark.parametrize(
    ("login", "area", "status"),
    [
        ("mediator-a1", "511921100201", 200),
        ("mediator-a1", "511921100202", 403),
        ("mediator-a1", "511921100", 403),
        ("township-a", "511921100202", 200),
        ("township-a", "511921101", 403),
        ("township-a", "511921", 403),
        ("county", "511921101201", 200),
        ("county", "511921999", 404),
        ("worker-a1w", "511921100201", 403),
        ("auditor", "511921", 403),
        ("system", "511921", 403),
    ],
)
def test_figures_are_for_the_offices_of_an_area_and_those_above(
    books: Books, login: str, area: str, status: int
) -> None:
    for figure in FIGURES:
        query = {"area": area}
        answer = books.desk(login).call("GET", f"/figures/{figure}", query_string=query)
        assert answer.status_code == status, answer.text


def test_who_serves_two_villages_says_which(books: Books, county: SmallCounty) -> None:
    books.write(
        "INSERT INTO assignment (id, user_id, role, office_id, leads, valid_from) "
        "SELECT gen_random_uuid(), a.user_id, a.role, o.office_id, false, a.valid_from "
        "  FROM assignment a, (SELECT office_id FROM assignment JOIN user_account u "
        "                        ON u.id = user_id WHERE login = 'mediator-a2') o "
        "  JOIN user_account me ON me.login = 'mediator-a1' WHERE a.user_id = me.id"
    )
    answer = books.desk("mediator-a1").call("GET", "/figures/settled")
    assert answer.status_code == 422
    assert answer.json["errors"] == {"area": "which"}
    assert books.ask("mediator-a1", "settled", area="511921100202")["total"]


def test_as_a_list_for_a_spreadsheet(books: Books) -> None:
    books.many(6, "A1", held("A1", "2025-03-03", "2025-03-04", "2025-03-09", "settle"))
    books.many(2, "A2", held("A2", "2025-03-03", "2025-03-04", "2025-03-09", "settle"))
    books.write("UPDATE area SET name = '=1+1' WHERE code = '511921100201'")
    books.count()
    for figure in FIGURES:
        is_a_list(books, figure)


def is_a_list(books: Books, figure: str) -> None:
    """A figure of the township by village: six cases in one, two in the other."""
    path, query = f"/figures/{figure}", {"by": "area", "from": "2025-01", "to": "2025-12"}
    asked = books.desk("township-a").call(
        "GET", path, query_string=query, headers={"Accept": "text/csv"}
    )
    named = books.desk("township-a").call("GET", path, query_string={**query, "format": "csv"})
    assert asked.content_type == "text/csv; charset=utf-8"
    assert asked.text == named.text
    assert asked.text.startswith("\ufeff区划代码,名称,")
    assert "511921100" in asked.headers["Content-Disposition"]
    titles, *rows = csv.reader(io.StringIO(asked.text))
    assert {len(row) for row in rows} == {len(titles)}
    assert [row[0] for row in rows] == ["511921100201", "511921100202", "511921100", "total"]
    assert rows[0][1] == "'=1+1"
    assert {row[2] for row in rows[1:3]} == {"0"}
    json = books.desk("township-a").call(
        "GET", path, query_string={**query, "format": "json"}, headers={"Accept": "text/csv"}
    )
    assert json.json["figure"] == figure


def test_the_worker_counts_in_its_rounds(books: Books) -> None:
    books.case("A1", held("A1", "2025-03-03", "2025-03-03", "2025-03-04", "settle"))
    assert books.told("mediator-a1", "settled")["total"] == "0/0"
    job = next(job for job in JOBS if job.name == "figures")
    now = books.county.clock.now
    assert Worker(books.county.app, [job]).run_once(now) == {"figures": True}
    assert books.told("mediator-a1", "settled")["total"] == "1/1"
    with transaction(books.county.worker) as session:
        assert map_heartbeats(session)["figures"] == now
