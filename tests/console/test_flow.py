"""Where it sticks: what the page tells is what the figures tell, and every number has its list."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from flask_babel import force_locale
from sqlalchemy import event

from server.console.county.flow.telling import roughly
from server.db import db
from server.figures.rules.tens import TEN
from server.sealed.ring import keyring, row_key
from tests.figures.conftest import Books, books, held, lending
from tests.smallcounty import SmallCounty

__all__ = ["books", "lending"]  # fixtures


@pytest.fixture
def kept(books: Books) -> Books:
    """The first quarter of 2026: mostly settled in the village, some went up, some are open."""
    march = ("2026-03-02", "2026-03-03", "2026-03-09")
    books.many(12, "A1", held("A1", *march, "settle"))
    books.many(6, "A2", held("A2", *march, "settle"), category="pollution")
    books.many(
        5,
        "A1",
        held("A1", *march, "climb"),
        held("A", "2026-03-09", "2026-03-10", "2026-03-12", "settle", begun="climb"),
    )
    books.many(2, "A1", held("A1", *march, "escalate"), held("A", "2026-03-09", begun="escalate"))
    books.many(5, "B1", held("B1", "2026-03-03", "2026-03-04"))
    books.case("B1", held("B1", *march, "refer"))
    as_registered(books)
    books.count()
    return books


def as_registered(books: Books) -> None:
    """What the books leave out of cases, which a list of them shows: place, level and story."""
    books.write(
        "INSERT INTO dispute_place (dispute_id, village_id) SELECT id, area_id FROM dispute"
    )
    books.write(
        "UPDATE dispute d SET level = h.level FROM holding h"
        " WHERE h.dispute_id = d.id AND h.n = (SELECT max(n) FROM holding WHERE dispute_id = d.id)"
    )
    for case in {row[0] for row in books.rows("SELECT id FROM dispute")}:
        story = keyring().seal("dispute.story", row_key(case), "示例经过")
        books.write("UPDATE dispute SET story = %(s)s WHERE id = %(id)s", {"s": story, "id": case})


def page(books: Books, login: str, path: str, status: int = 200, **headers: str) -> str:
    """The page as a browser gets it; its text without what is between the tags' brackets."""
    answer = answered(books, login, path, **headers)
    assert answer.status_code == status, answer.text
    return str(answer.text)


def answered(books: Books, login: str, path: str, **headers: str) -> Any:
    """What a browser is answered."""
    desk = books.desk(login)
    sent = {"Authorization": f"Bearer {desk.tokens['access']}", "Accept": "text/html", **headers}
    return desk.client.get(path, headers=sent)


def words(html: str) -> str:
    """What a reader sees, in one line."""
    told = re.sub(r"<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(told.split())


def table(html: str, name: str) -> list[list[str]]:
    """The rows of a table, each cell in plain words."""
    inside = html.split(f'id="{name}"', 1)[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", inside, re.DOTALL)[1:]
    return [
        [words(c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", r, re.DOTALL)] for r in rows
    ]


def sheets_of(book: bytes) -> list[str]:
    """The sheets of a workbook, as they are written."""
    with ZipFile(BytesIO(book)) as parts:
        names = sorted(name for name in parts.namelist() if "worksheets/sheet" in name)
        return [parts.read(name).decode() for name in names]


def cells(sheet: str) -> list[str]:
    """Texts and numbers of a sheet, row by row."""
    return re.findall(r"<(?:t|v)(?: [^>]*)?>([^<]*)</", sheet)


def test_the_answer_is_in_words_and_the_table_says_the_same(kept: Books) -> None:
    html = page(kept, "county", "/flow?lang=zh&period=2026-Q1")
    assert "村级 了结或上报 20 件，化解 10/20" in words(html).replace("村级了结", "村级 了结")
    told = kept.ask("county", "flow", from_="2026-01", to="2026-03")
    for row, one in zip(table(html, "flow"), [*told["rows"], told["total"]], strict=True):
        for cell, name in zip(
            row[2:6], ("settled", "climbed", "escalated", "otherwise"), strict=True
        ):
            n, of = one["shares"][name]["n"], one["shares"][name]["of"]
            assert cell.startswith(f"{n}/{of}" if of else "0"), (one["key"], name)


def test_a_ratio_of_few_is_told_roughly_in_words_table_picture_and_workbook(books: Books) -> None:
    march = ("2026-03-02", "2026-03-03", "2026-03-09")
    for village, settled, climbed in (("A1", 46, 9), ("B1", 22, 13)):
        books.many(settled, village, held(village, *march, "settle"))
        books.many(climbed, village, held(village, *march, "climb"))
    books.count()
    quarter = "/flow?lang=zh&period=2026-Q1"
    for area, zh in (("511921100", "约八成（40/50）"), ("511921101", "五至七成（20/30）")):
        html = page(books, "county", f"{quarter}&area={area}")
        assert f"化解 {zh}" in words(html)
        rows = table(html, "flow")
        assert (rows[0][2], rows[-1][2]) == (zh, zh.split("（")[1][:-1]), "all levels: no ratio"
        drawn = json.loads(html.split('id="picture-of">')[1].split("</script>")[0])
        shares = {one["id"]: one["settled"] for one in drawn["nodes"]}
        assert shares["village"] == zh.split("（")[0]
    by_area = f"{quarter}&by=area&level=village"
    told = {row[0]: row for row in table(page(books, "county", by_area), "paces")}
    assert told["示例A镇"][1] == "约八成（40/50）"
    assert told["示例A镇"][3] == "约九成或以上（50/50）"
    assert told["示例B镇"][3] == "七成以上（30/30）"
    assert told["合计"][1] == "约八成（60/90）"
    offered = re.findall(r'href="/flow\?([^"]*)#pace"', page(books, "county", quarter))
    assert ["level=village" in one for one in offered[:3]] == [False, True, True]
    flow, paces = sheets_of(answered(books, "county", by_area.replace("/flow", "/flow.xlsx")).data)
    assert "约八成" in cells(flow)
    assert "五至七成" in cells(paces)


def test_both_languages_say_how_rough_a_ratio_is_and_where_it_is_open(county: SmallCounty) -> None:
    said = {
        (0.1, 0.1): ("约一成或以下", "about 10% or less"),
        (0.5, 0.1): ("约五成", "about 50%"),
        (0.9, 0.1): ("约九成或以上", "about 90% or more"),
        (0.2, 0.2): ("三成以下", "under 30%"),
        (0.6, 0.2): ("五至七成", "50 to 70%"),
        (0.8, 0.2): ("七成以上", "70% or more"),
    }
    with county.app.test_request_context():
        for (ratio, step), told in said.items():
            for language, text in zip(("zh", "en"), told, strict=True):
                with force_locale(language):
                    assert roughly(ratio, step) == text


def test_small_numbers_of_others_are_not_told(kept: Books) -> None:
    """Two cases went up by a person and one was referred: the county is told neither. The village
    itself reads them all.
    """
    village = table(page(kept, "county", "/flow?lang=zh&period=2026-Q1"), "flow")[0]
    assert village[2:6] == ["10/20", "0/20", "0/20", "0/20"]
    own = table(page(kept, "mediator-a1", "/flow?lang=zh&period=2026-Q1"), "flow")[0]
    assert own[2:6] == ["63%（12/19）", "26%（5/19）", "11%（2/19）", "0%（0/19）"]
    told = kept.ask("county", "flow")["rows"][0]["shares"]
    assert [one["n"] for one in told.values()] == [10, 0, 0, 0]


def test_every_number_leads_to_its_cases_one_by_one(kept: Books) -> None:
    """Of others the number is told in tens; the list behind it leaves none out."""
    for login in ("county", "township-a"):
        html = page(kept, login, "/flow?lang=zh&period=2026-Q1")
        links = re.findall(r'<a[^>]*href="(/disputes\?[^"]+)"[^>]*>([^<]+)</a>', html)
        assert len(links) > 4
        for href, told in dict(links).items():
            number = int((re.search(r"（([\d,]+)/", told) or re.search(r"([\d,]+)", told))[1])  # type: ignore[index]
            if "ended=accepted" in href or "ended=decided" in href:
                continue  # of these the denominator is listed
            listed = kept.desk(login).call("GET", href.replace("&amp;", "&") + "&limit=200").json
            assert number <= listed["total"] < number + TEN, (login, href, told)


def test_what_is_open_is_of_now_and_the_own_office_knows_its_own(kept: Books) -> None:
    asked = kept.desk("township-a").get("/figures/open", by="level")
    assert [row["shares"]["overdue"]["of"] for row in asked["rows"]] == [0, 2, 0]
    county = kept.desk("county").get("/figures/open", by="level")
    assert [row["shares"]["overdue"]["of"] for row in county["rows"]] == [0, 0, 0]
    assert county["total"]["shares"]["overdue"] == {
        "n": 0,
        "of": 0,
        "ratio": None,
        "ratio_step": None,
    }
    for wrong in ({"from": "2026-01"}, {"to": "2026-01"}, {"by": "month"}):
        assert (
            kept.desk("county").call("GET", "/figures/open", query_string=wrong).status_code == 422
        )


def test_by_area_in_the_order_of_codes_and_one_step_further_in(kept: Books) -> None:
    html = page(kept, "county", "/flow?lang=zh&period=2026-Q1&by=area&level=village")
    assert [row[0] for row in table(html, "paces")] == ["示例A镇", "示例B镇", "跨乡镇", "合计"]
    inside = re.search(r'<a href="(/flow\?[^"]*area=511921100[^"]*)"', html)
    assert inside
    further = page(kept, "county", inside[1].replace("&amp;", "&") + "&lang=zh")
    assert [row[0] for row in table(further, "paces")][:2] == ["示例A1村", "示例A2村"]
    english = page(kept, "county", "/flow?lang=en&period=2026-Q1&by=category&level=village")
    assert "pollution" in english


def test_what_was_allowed_stands_beside_what_was_used(kept: Books) -> None:
    html = page(kept, "county", "/flow?lang=zh&period=2026-Q1")
    village = table(html, "paces")[0]
    assert "1 / 1 （" in village[2]
    assert "限 3 个工作日" in village[2]
    assert "限 30 日" in village[4]


def test_a_page_asks_the_database_as_little_for_many_areas_as_for_few(kept: Books) -> None:
    asked: list[str] = []

    def note(*call: Any) -> None:
        asked.append(call[2])

    page(kept, "county", "/flow")  # who asks is known now
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        page(kept, "county", "/flow?period=2026")
        by_level = len(asked)
        page(kept, "county", "/flow?period=2026&by=area")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert by_level <= 12, "\n\n".join(asked)
    assert len(asked) - by_level <= 20


def test_as_a_workbook_in_which_nothing_computes(kept: Books) -> None:
    kept.write("UPDATE area SET name = '=1+1' WHERE code = '511921100'")
    answer = answered(kept, "county", "/flow.xlsx?lang=zh&period=2026-Q1&by=area")
    assert answer.status_code == 200
    assert "flow-511921-2026-Q1.xlsx" in answer.headers["Content-Disposition"]
    flow, paces = sheets_of(answer.data)
    assert "<f>" not in flow + paces
    titles, village = cells(flow)[:12], cells(flow)[12:18]
    assert titles[:4] == ["层级", "了结或上报", "化解", "占比"]
    assert village == ["村级", "20", "10", "0", "0", "0"]
    assert "整 10 件" in flow
    assert "=1+1" in cells(paces)


def test_wrong_questions_are_told_so_and_foreign_ones_refused(kept: Books) -> None:
    cases = {
        "period=2026-Q5": 422,
        "period=99999": 422,
        "period=" + "2" * 5000: 422,
        "category=quarrel": 422,
        "by=person": 422,
        "level=province": 422,
        "area=511921' OR 1=1": 422,
        "area=511921999": 404,
        "area=511921&period=": 200,
        "period=1999": 422,
    }
    for query, status in cases.items():
        answer = answered(kept, "county", f"/flow?{query}")
        assert (answer.status_code, answer.mimetype) == (status, "text/html"), query
    for login, area, status in (
        ("mediator-a1", "511921100202", 403),
        ("township-a", "511921101", 403),
        ("worker-a1w", "511921100201", 403),
        ("auditor", "511921", 403),
    ):
        answer = answered(kept, login, f"/flow?area={area}", Accept="application/json")
        assert answer.status_code == status, login
        assert json.loads(answer.text)["status"] == status


def test_nothing_is_an_answer_and_the_page_is_light(county: SmallCounty, books: Books) -> None:
    html = page(books, "county", "/flow?lang=zh")
    assert "村级：没有了结或上报的，" in html
    assert "现在没有在办的，" in html
    weight = 0
    for path in {"/flow", *re.findall(r'(?:src|href)="(/static/[^"]+)"', html)}:
        answer = answered(books, "county", path, **{"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, path
        weight += len(answer.data)
    assert weight <= 600_000


def test_the_list_behind_a_figure_is_taken_along_narrowed_the_same(kept: Books) -> None:
    span = "from=2026-01-01&to=2026-03-31"
    path = f"/disputes.xlsx?held_at=village&ended=settled&{span}"
    taken = answered(kept, "county", path)
    assert taken.status_code == 200, taken.text
    (sheet,) = sheets_of(taken.data)
    assert "<f>" not in sheet
    assert sum("neighbours" in cell or "邻里" in cell for cell in cells(sheet)) == 12
