"""Codes are dated labels: what was renamed is found under its old code, and as of any day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from migrations.upgrade import downgrade, upgrade
from server.db import transaction
from server.places import queries as places
from server.places.errors import AreaNotFound, CodeIsOld, SeveralSuccessors
from server.places.rules import EARLIEST, LATEST, LOCAL, end_of_day
from tests.smallcounty import CELLS, START, VILLAGES, SmallCounty, id_of

A1, NEW = VILLAGES["A1"], "511921100299"


def run(county: SmallCounty, *statements: str, **values: Any) -> None:
    """Write places as the county's own hand, at the county's time."""
    with transaction(county.worker) as session:
        for statement in statements:
            session.execute(text(statement), values)


def recode(county: SmallCounty, village: str, old: str, new: str) -> None:
    """A village gets another code, its cells with it."""
    run(
        county,
        "UPDATE area SET code = :new WHERE id = :village",
        "UPDATE grid_cell SET code = :new || substr(code, 13) WHERE village_id = :village",
        village=id_of(village),
        new=new,
    )


def merge(county: SmallCounty, source: str, target: str) -> None:
    """A village ends and is part of another, by hand-written SQL."""
    run(
        county,
        "UPDATE area SET ended_at = :at WHERE id = :source",
        "INSERT INTO area_successor VALUES (:source, :target, :at, 'merged')",
        source=id_of(source),
        target=id_of(target),
        at=county.clock.now,
    )


def test_an_old_code_still_finds_its_village_and_the_answer_says_so(county: SmallCounty) -> None:
    county.clock.pass_time(days=10)
    recode(county, "A1", A1, NEW)
    desk = county.sign_in("township-a")
    found = desk.get(f"/places/areas/{A1}")
    assert (found["id"], found["code"]) == (str(id_of("A1")), NEW)
    assert (found["asked_code"], found["present_code"]) == (A1, NEW)
    assert "asked_code" not in desk.get(f"/places/areas/{NEW}")
    cell = desk.get(f"/places/cells/{A1}001")
    assert (cell["id"], cell["present_code"]) == (str(id_of("A1w")), f"{NEW}001")


LISTS = [
    ("/households", A1, "village"),
    ("/households", f"{A1}001", "cell"),
    ("/disputes", A1, "village"),
    ("/places/cells", A1, "under"),
]


def test_every_list_takes_an_old_code(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    before = [desk.get(path, **{query: code}) for path, code, query in LISTS]
    county.clock.pass_time(minutes=1)
    recode(county, "A1", A1, NEW)
    for (path, code, query), was in zip(LISTS, before, strict=True):
        after = desk.get(path, **{query: code})
        assert "codes" not in was
        assert [one["id"] for one in after["items"]] == [one["id"] for one in was["items"]]
        assert after["codes"] == [{"asked_code": code, "present_code": code.replace(A1, NEW)}]


def test_a_present_code_wins_over_a_past_one(county: SmallCounty) -> None:
    """A1 gave its code up; A2 has it now."""
    county.clock.pass_time(days=1)
    recode(county, "A1", A1, NEW)
    county.clock.pass_time(days=1)
    recode(county, "A2", VILLAGES["A2"], A1)
    desk = county.sign_in("county")
    assert desk.get(f"/places/areas/{A1}")["id"] == str(id_of("A2"))
    uses = desk.get(f"/places/codes/{A1}")
    assert [use["id"] for use in uses["uses"]] == [str(id_of("A1")), str(id_of("A2"))]
    assert uses["present_code"] == A1


def test_a_code_is_unique_among_those_that_have_not_ended(county: SmallCounty) -> None:
    merge(county, "A2", "A1")
    code = VILLAGES["A2"]
    run(county, "UPDATE area SET code = :code WHERE id = :id", code=code, id=id_of("A1"))
    with transaction(county.worker) as session:
        assert places.get_area(session, code).id == id_of("A1")


def test_an_ended_village_is_followed_to_what_it_became(county: SmallCounty) -> None:
    county.clock.pass_time(days=1)
    merge(county, "A2", "A1")
    county.clock.pass_time(days=1)
    recode(county, "A1", A1, NEW)
    desk = county.sign_in("county")
    assert desk.get(f"/places/areas/{VILLAGES['A2']}")["present_code"] == NEW
    (use,) = desk.get(f"/places/codes/{VILLAGES['A2']}")["uses"]
    assert (use["name"], use["level"], use["what"]) == ("示例A2村", "village", "area")
    assert [(b["kind"], b["code"]) for b in use["became"]] == [("merged", NEW)]
    assert use["valid_to"] == use["ended_at"] is not None
    assert VILLAGES["A2"] not in {a["code"] for a in desk.get("/places/areas")["items"]}


def test_a_village_that_became_several_names_them(county: SmallCounty) -> None:
    county.clock.pass_time(days=1)
    merge(county, "A2", "A1")
    run(
        county,
        "INSERT INTO area_successor VALUES (:source, :target, :at, 'split')",
        source=id_of("A2"),
        target=id_of("B1"),
        at=county.clock.now,
    )
    answer = county.sign_in("county").call("GET", f"/places/areas/{VILLAGES['A2']}")
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/several-successors")
    assert A1 in answer.json["detail"]
    assert VILLAGES["B1"] in answer.json["detail"]
    with transaction(county.worker) as session, pytest.raises(SeveralSuccessors):
        places.get_area(session, VILLAGES["A2"])


def test_successors_that_go_in_a_circle_end(county: SmallCounty) -> None:
    merge(county, "A2", "A1")
    merge(county, "A1", "A2")
    with transaction(county.worker) as session, pytest.raises(AreaNotFound):
        places.get_area(session, A1)
    desk = county.sign_in("county")
    assert desk.call("GET", f"/places/areas/{A1}").status_code == 404
    assert desk.get(f"/places/codes/{A1}")["present_code"] is None


WRONG = [
    ("/places/codes/511921100599", 404, "code-not-found"),
    ("/places/codes/abc", 422, "invalid-code"),
    ("/places/codes/511921000000", 422, "invalid-code"),
    ("/places/areas/999", 404, "area-not-found"),
    (f"/places/areas/{'1' * 400}", 404, "area-not-found"),
    (f"/places/cells/{A1}", 404, "cell-not-found"),
    (f"/places/cells/{A1}009", 404, "cell-not-found"),
    ("/places/areas/%00", 400, "unstorable"),
    ("/places/cells/%00/boundary", 400, "unstorable"),
    (f"/places/areas/{A1}?as_of=2020-01-01", 404, "area-not-found"),
    (f"/places/areas/{A1}?as_of=1", 422, "invalid"),
    (f"/places/areas/{A1}?as_of=9999-12-31", 422, "invalid"),
    ("/places/areas/511921/boundary", 404, "boundary-not-found"),
    (f"/places/areas?under={A1}x", 422, "invalid"),
]


def test_bad_codes_and_days_are_told_apart(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    for path, status, slug in WRONG:
        answer = desk.call("GET", path)
        assert (answer.status_code, answer.json["type"]) == (status, f"/problems/{slug}"), path


def test_no_write_goes_round_the_labels(county: SmallCounty) -> None:
    """Hand-written SQL of a superuser, who is nobody."""
    engine = create_engine(county.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE area SET name = '新名' WHERE code = :c"), {"c": A1})
        connection.execute(
            text("UPDATE grid_cell SET groups = '{9}' WHERE code LIKE :c"), {"c": f"{A1}%"}
        )
        named = connection.execute(
            text("SELECT name, valid_to IS NULL FROM area_label WHERE area_id = :id ORDER BY 2"),
            {"id": id_of("A1")},
        ).all()
        grouped = connection.execute(
            text("SELECT count(*) FROM cell_label WHERE groups = '{9}' AND valid_to IS NULL")
        ).scalar()
    engine.dispose()
    assert [tuple(row) for row in named] == [("示例A1村", False), ("新名", True)]
    assert grouped == 2


def test_a_write_that_changes_no_label_leaves_none_behind(county: SmallCounty) -> None:
    run(county, "UPDATE area SET name = name", "UPDATE grid_cell SET synthetic = false")
    with transaction(county.worker) as session:
        for table, of in (("area_label", "area"), ("cell_label", "grid_cell")):
            counted = session.execute(
                text(f"SELECT (SELECT count(*) FROM {table}), (SELECT count(*) FROM {of})")
            ).one()
            assert counted[0] == counted[1]


def test_spans_meet_when_the_clock_goes_backwards(county: SmallCounty) -> None:
    for days in (5, -9, 3):
        county.clock.pass_time(days=days)
        run(county, "UPDATE area SET name = name || '*' WHERE id = :id", id=id_of("A1"))
    with transaction(county.worker) as session:
        spans = session.execute(
            text("""SELECT valid_from, valid_to FROM area_label
                     WHERE area_id = :id ORDER BY valid_from, valid_to NULLS LAST"""),
            {"id": id_of("A1")},
        ).all()
    assert len(spans) == 4
    assert all(one.valid_to == after.valid_from for one, after in pairwise(spans))


def test_as_of_answers_with_the_codes_of_that_day(county: SmallCounty) -> None:
    first = county.clock.now.astimezone(LOCAL).date()
    county.clock.pass_time(days=10)
    recode(county, "A1", A1, NEW)
    merge(county, "A2", "A1")
    desk = county.sign_in("county")
    day = first + timedelta(days=10)
    for as_of, under, codes in [
        (first, A1[:9], [A1, VILLAGES["A2"]]),
        (day - timedelta(days=1), A1[:9], [A1, VILLAGES["A2"]]),
        (day, A1[:9], [NEW]),
        (day, A1, []),
        (first - timedelta(days=1), A1[:9], []),
    ]:
        page = desk.get("/places/areas", as_of=as_of.isoformat(), under=under, level="village")
        assert sorted(area["code"] for area in page["items"]) == sorted(codes), as_of
        assert page["total"] == len(codes)
    then = desk.get(f"/places/cells/{A1}001", as_of=first.isoformat())
    assert (then["code"], then["id"]) == (f"{A1}001", str(id_of("A1w")))
    assert then["valid_from"].startswith("2026-03-02")
    # Asked by the code of today, a past day still answers with its own.
    assert desk.get(f"/places/cells/{NEW}001", as_of=first.isoformat())["code"] == f"{A1}001"


def test_pages_of_a_past_day_follow_each_other(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    day = county.clock.now.date().isoformat()
    seen: list[str] = []
    after = None
    while after or not seen:
        query: dict[str, Any] = {"after": after} if after else {}
        page = desk.get("/places/cells", as_of=day, limit=4, **query)
        seen += [cell["code"] for cell in page["items"]]
        after = page["next"]
    assert sorted(seen) == sorted(CELLS.values())


def test_what_was_there_before_labels_has_one_since_its_boundary(database: str) -> None:
    downgrade(database, "0006")
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE grid_cell SET ended_at = :at WHERE code = :c"),
            {"at": START, "c": f"{A1}002"},
        )
    upgrade(database)
    with engine.begin() as connection:
        areas = connection.execute(
            text("""SELECT l.valid_from FROM area_label l JOIN area a
                        ON a.id = l.area_id AND (a.code, a.name) = (l.code, l.name)
                       AND a.parent_id IS NOT DISTINCT FROM l.parent_id""")
        ).all()
        cells = connection.execute(
            text("""SELECT c.code, l.valid_from, l.valid_to FROM cell_label l JOIN grid_cell c
                        ON c.id = l.cell_id
                       AND (c.code, c.village_id, c.groups) = (l.code, l.village_id, l.groups)""")
        ).all()
    engine.dispose()
    assert (len(areas), {row.valid_from for row in areas}) == (8, {START})
    assert (len(cells), {row.valid_from for row in cells}) == (6, {START})
    assert {row.code for row in cells if row.valid_to is not None} == {f"{A1}002"}


def test_an_old_list_does_not_bring_places_back(county: SmallCounty) -> None:
    recode(county, "A1", A1, NEW)
    area = {"id": id_of("x"), "level": "village", "code": A1, "name": "旧", "parent_id": id_of("A")}
    with pytest.raises(CodeIsOld, match=A1), transaction(county.worker) as session:
        places.upsert_areas(session, [area])


def test_a_day_ends_at_midnight_in_shanghai() -> None:
    assert end_of_day(date(2026, 3, 2)) == datetime(2026, 3, 2, 16, tzinfo=UTC)


@given(st.dates(EARLIEST, LATEST))
def test_the_end_of_a_day_is_the_beginning_of_the_next(day: date) -> None:
    end = end_of_day(day)
    assert end.astimezone(LOCAL).date() == day + timedelta(days=1)
    assert (end - timedelta(microseconds=1)).astimezone(LOCAL).date() == day
