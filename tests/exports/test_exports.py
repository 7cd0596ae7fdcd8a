"""What somebody may see, taken along: as a list for people, as a layer for a map."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyogrio
import pytest
from flask import Flask
from sqlalchemy import select

from server.audit.models import AuditAct
from server.db import db, transaction
from server.exports import service
from server.exports.catalogue import EXPORTS, Format
from server.households import queries as households
from tests.approvals.conftest import allowed_at
from tests.cli.keyboard import Keyboard, environment
from tests.smallcounty import CELLS, START, VILLAGES, Desk, SmallCounty, id_of


@pytest.fixture(autouse=True)
def _nothing_is_left_open(county: SmallCounty) -> Iterator[None]:
    """Every connection goes back, and every place in the line."""
    yield
    assert in_use(county.app) == 0
    taken = [service._slots.acquire(blocking=False) for _ in range(service.AT_ONCE)]
    for _ in taken:
        service._slots.release()
    assert all(taken)


def in_use(app: Flask) -> int:
    """How many connections somebody holds."""
    with app.app_context():
        found: int = db.engine.pool.checkedout()  # type: ignore[attr-defined] # a queue pool
        return found


def take(desk: Desk, file: str, **query: Any) -> Any:
    """An export that is given."""
    answer = desk.call("GET", f"/exports/{file}", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer


def rows_of(answer: Any) -> list[dict[str, str]]:
    """A CSV by its titles."""
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def acts(county: SmallCounty, action: str) -> list[AuditAct]:
    """What was written down."""
    with transaction(county.worker) as session:
        return list(session.scalars(select(AuditAct).where(AuditAct.action == action)))


def a_household(county: SmallCounty, name: str, **fields: Any) -> None:
    """One more household in A1w."""
    row = {
        "id": id_of(name),
        "village_id": id_of("A1"),
        "cell_id": id_of("A1w"),
        "placed_by": "hand",
        "head_name": name,
        "created_at": START,
        **fields,
    }
    with transaction(county.worker) as session:
        households.insert_households(session, [row], [None])


def a_dispute(county: SmallCounty) -> str:
    """A quarrel in village A1; its id."""
    id_ = str(uuid4())
    new = {
        "id": id_,
        "category": "neighbours",
        "story": "示例：院墙之争",
        "village_id": str(id_of("A1")),
        "cell_id": str(id_of("A1w")),
    }
    county.sign_in("mediator-a1").post("/disputes", new)
    return id_


def test_a_list_holds_what_one_may_see_and_no_more(county: SmallCounty) -> None:
    mine = rows_of(take(county.sign_in("worker-a1w"), "households.csv"))
    assert {row["系统编号"] for row in mine} == {str(id_of(f"A1w-{k}")) for k in (1, 2, 3)}
    theirs = rows_of(take(county.sign_in("township-b"), "households.csv"))
    assert {row["村代码"] for row in theirs} == {VILLAGES["B1"]}
    assert len(rows_of(take(county.sign_in("county"), "households.csv"))) == 18


def test_it_is_masked_and_its_words_are_chinese(county: SmallCounty) -> None:
    row = rows_of(take(county.sign_in("worker-a1w"), "households.csv"))[0]
    assert row["户主"] == "示*****"
    assert row["联系电话"].startswith("*********")
    assert "地址" not in row
    assert (row["户类型"], row["状态"], row["落格方式"]) == ("家庭", "常住", "坐标")
    assert row["登记时间"] == "2026-02-10 09:00:00"  # local
    assert (row["经度"], row["纬度"]) in {
        ("107.02", "31.95"),
        ("107.03", "31.95"),
        ("107.04", "31.95"),
    }


def test_unmasked_needs_a_reason_and_a_desk_above_the_village(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    answer = desk.call("POST", "/exports/households.csv/reveal", json={"reason": "汛期转移名单"})
    row = rows_of(answer)[0]
    assert row["户主"].startswith("示某A")
    assert row["联系电话"].startswith("0001380000")
    assert "地址" in row
    (act,) = acts(county, "export.reveal")
    assert (act.reason, act.user_id) == ("汛期转移名单", id_of("user township-a"))
    assert act.what["rows"] == 12
    assert desk.call("POST", "/exports/households.csv/reveal", json={}).status_code == 422
    for login in ("worker-a1w", "mediator-a1"):
        sent = {"reason": "想看看"}
        refused = county.sign_in(login).call("POST", "/exports/households.csv/reveal", json=sent)
        assert refused.status_code == 403


def test_every_export_is_written_down_with_how_much_it_was(county: SmallCounty) -> None:
    take(county.sign_in("county"), "households.csv", under="511921100")
    (act,) = acts(county, "export.read")
    assert act.what["export"] == "households"
    assert (act.what["format"], act.what["rows"]) == ("csv", 12)
    assert act.what["under"] == "511921100"


def test_everything_can_be_had_in_every_form_and_says_the_same(
    county: SmallCounty, tmp_path: Path
) -> None:
    a_dispute(county)
    visit = {"id": str(uuid4()), "household_id": str(id_of("A1w-1")), "outcome": "met"}
    county.sign_in("worker-a1w").post("/visits", visit)
    desk = county.sign_in("county")
    expected = {"households": 18, "cells": 6, "areas": 8, "visits": 1, "disputes": 1}
    assert expected.keys() == EXPORTS.keys()
    for name, form in product(EXPORTS, Format):
        answer = take(desk, f"{name}.{form}")
        assert f'filename="{name}-2026-03-02.{form}"' in answer.headers["Content-Disposition"]
        assert count(answer.data, form, tmp_path) == expected[name], (name, form)


def count(data: bytes, form: Format, folder: Path) -> int:
    """How many rows a file has, read by what its readers read it with."""
    if form is Format.GEOJSON:
        return len(json.loads(data)["features"])
    if form is Format.CSV:
        return len(list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))) - 1
    if form is Format.XLSX:
        return sheet(data).count("<row ") - 1
    path = folder / "layer.gpkg"
    path.write_bytes(data)
    found: int = pyogrio.read_info(path)["features"]
    return found


def sheet(data: bytes) -> str:
    """The first sheet of an XLSX as it is stored."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return book.read("xl/worksheets/sheet1.xml").decode("utf-8")


def test_a_geopackage_has_points_types_and_gaps(county: SmallCounty, tmp_path: Path) -> None:
    a_household(county, "示某无", people=4, group_no=3)
    path = tmp_path / "h.gpkg"
    path.write_bytes(take(county.sign_in("mediator-a1"), "households.gpkg").data)
    meta, _, shapes, values = pyogrio.raw.read(path)
    column = dict(zip(meta["fields"], values, strict=True))
    assert meta["geometry_type"] == "Point"
    assert "4326" in meta["crs"]
    assert sorted(shape is None for shape in shapes) == [False] * 6 + [True]
    assert sorted(str(n) for n in column["people"]) == ["4.0"] + ["nan"] * 6
    assert set(column["kind"]) == {"family"}


def test_nothing_of_a_list_is_computed(county: SmallCounty) -> None:
    evil = ["=1+1", "+1+1", "-2", "@sum", "\t=1", "＝1", '=HYPERLINK("http://x")']
    for name in evil:
        a_household(county, name, telephone="+8613800000000", address="https://example.org")
    desk, why = county.sign_in("township-a"), {"reason": "核对"}
    rows = rows_of(desk.call("POST", "/exports/households.csv/reveal", json=why))
    assert {row["户主"] for row in rows} >= {f"'{name}" for name in evil if name != "\t=1"}
    assert "'\t'=1" in {row["户主"] for row in rows}  # a tab may part cells, too
    assert {row["联系电话"] for row in rows} >= {"+8613800000000"}
    book = desk.call("POST", "/exports/households.xlsx/reveal", json=why).data
    assert "<f>" not in sheet(book)
    assert "=1+1" in sheet(book)
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert not [name for name in parts.namelist() if "rels" in name and "sheet" in name]


def test_the_story_of_a_case_is_for_those_who_say_why(county: SmallCounty) -> None:
    id_ = a_dispute(county)
    desk = county.sign_in("township-a")
    (masked,) = rows_of(take(desk, "disputes.csv"))
    assert masked["系统编号"] == id_
    assert (masked["类别"], masked["状态"], masked["层级"]) == ("邻里", "已登记", "村级")
    assert "经过" not in masked
    answer = desk.call("POST", "/exports/disputes.csv/reveal", json={"reason": "会商"})
    assert rows_of(answer)[0]["经过"] == "示例：院墙之争"
    assert rows_of(take(county.sign_in("township-b"), "disputes.csv")) == []
    (feature,) = json.loads(take(desk, "disputes.geojson").data)["features"]
    lon, lat = feature["geometry"]["coordinates"]
    assert 107.0 < lon < 107.05
    assert 31.9 < lat < 32.0


def test_a_place_and_a_time_bar_the_rows(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    assert len(rows_of(take(desk, "households.csv", under=CELLS["A2e"]))) == 3
    assert len(rows_of(take(desk, "households.csv", under=VILLAGES["A2"]))) == 6
    assert len(rows_of(take(desk, "cells.csv", under=VILLAGES["A2"]))) == 2
    since = "2026-03-01T00:00:00+08:00"
    assert rows_of(take(desk, "households.csv", since=since)) == []
    a_household(county, "示某新")
    assert len(rows_of(take(desk, "households.csv", since=since))) == 1
    until = START.isoformat()
    assert rows_of(take(desk, "households.csv", since=since, until=until)) == []
    a_dispute(county)
    assert len(rows_of(take(desk, "disputes.csv", under=CELLS["A1w"]))) == 1
    assert rows_of(take(desk, "disputes.csv", under=VILLAGES["B1"])) == []


REFUSED: list[tuple[str, dict[str, str], int]] = [
    ("people.csv", {}, 404),
    ("households.pdf", {}, 404),
    ("households.", {}, 404),
    ("../../etc/passwd.csv", {}, 404),
    ("households.csv", {"under": "999999"}, 404),
    ("households.csv", {"under": "x"}, 422),
    ("households.csv", {"under": "5" * 99}, 422),
    ("households.csv", {"since": "tomorrow"}, 422),
    ("households.csv", {"since": START.isoformat(), "until": START.isoformat()}, 422),
    ("households.csv", {"until": "0001-01-01T00:00:00+00:00"}, 422),
    ("cells.csv", {"since": START.isoformat()}, 422),
    ("households.csv", {"surprise": "1"}, 422),
    ("households.csv", {"unmasked": "true"}, 422),
]


def test_what_cannot_be_exported_is_said_and_not_written_down(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    for file, query, status in REFUSED:
        answer = desk.call("GET", f"/exports/{file}", query_string=query)
        assert answer.status_code == status, (file, query, answer.text)
        assert answer.content_type == "application/problem+json", (file, query)
    assert acts(county, "export.read") == []


def test_no_administrator_takes_anything_along(county: SmallCounty) -> None:
    for login in ("system", "security", "auditor"):
        answer = county.sign_in(login).call("GET", "/exports/cells.csv")
        assert answer.status_code == 403, login


def test_a_reader_who_goes_away_gives_the_connection_back(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    answer = desk.call("GET", "/exports/households.geojson", buffered=False)
    pieces = iter(answer.response)
    assert b"FeatureCollection" in next(pieces)
    assert in_use(county.app) == 1
    answer.close()
    assert in_use(county.app) == 0


def test_too_many_at_once_are_asked_to_wait(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    slow = [desk.call("GET", "/exports/cells.csv", buffered=False) for _ in range(service.AT_ONCE)]
    answer = desk.call("GET", "/exports/cells.csv")
    assert (answer.status_code, answer.json["type"]) == (503, "/problems/exports-busy")
    assert answer.headers["Retry-After"] == "30"
    for one in slow:
        one.close()
    take(desk, "cells.csv")


def test_what_is_written_meanwhile_is_not_in_it(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    answer = desk.call("GET", "/exports/households.csv", buffered=False)
    a_household(county, "示某晚")
    assert b"".join(answer.response).decode("utf-8-sig").count("\n") == 19
    answer.close()


def test_a_file_leaves_nothing_on_the_disk(county: SmallCounty, tmp_path: Path) -> None:
    settings = county.app.extensions["wangge.settings"]
    object.__setattr__(settings, "data_dir", tmp_path / "var")
    desk = county.sign_in("county")
    for form in ("xlsx", "gpkg"):
        assert len(take(desk, f"households.{form}").data) > 1000
    assert list((tmp_path / "var").iterdir()) == []


def test_nobody_is_told_what_a_list_of_many_pages_says(
    county: SmallCounty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches end anywhere; what is said does not depend on where."""
    desk = county.sign_in("county")
    whole = {form: take(desk, f"households.{form}").data for form in ("csv", "geojson")}
    monkeypatch.setattr("server.exports.queries.BATCH", 5)
    assert {form: take(desk, f"households.{form}").data for form in whole} == whole


def test_at_the_keyboard_the_form_is_that_of_the_name(county: SmallCounty, tmp_path: Path) -> None:
    keyboard = Keyboard(environment(county.url, tmp_path))
    for form in Format:
        file = tmp_path / f"all.{form}"
        keyboard.type("export", "households", file, "--under", VILLAGES["A1"])
        assert count(file.read_bytes(), form, tmp_path) == 6
    file = tmp_path / "why.csv"
    said = keyboard.type("export", "households", file, "--unmasked", "年度归档", expect=1)
    assert not file.exists()
    allowed = ("--approval", allowed_at(county, said))
    keyboard.type("export", "households", file, "--unmasked", "年度归档", *allowed)
    assert "示某A1w1" in file.read_text("utf-8-sig")
    assert file.stat().st_mode & 0o777 == 0o600  # names and numbers, on a server of many
    (act,) = acts(county, "export.reveal")
    assert (act.reason, act.user_id) == ("年度归档", None)
    assert ".gpkg" in keyboard.fails("export", "households", tmp_path / "all.pdf")
    assert "no folder" in keyboard.fails("export", "cells", tmp_path / "no" / "all.csv")
    keyboard.fails("export", "cells", tmp_path / "none.csv", "--under", "999999")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"all.csv", "all.geojson", "all.gpkg", "all.xlsx", "layer.gpkg", "why.csv"}
