"""`wangge load`: what the county's IT types, and reads."""

from __future__ import annotations

from pathlib import Path

from server.demo.county import AREAS_CSV
from tests.cli.keyboard import Keyboard
from tests.imports.lists import A1, feature, row, square, write, write_geojson
from tests.smallcounty import SmallCounty


def flat(said: str) -> str:
    """A printed table without its rules, so that a number follows its words."""
    return " ".join(word for word in said.split() if not set(word) <= set("│├┤─┌┐└┘┬┴┼"))


def test_from_nothing_to_placed_households(bare_keyboard: Keyboard, tmp_path: Path) -> None:
    said = flat(bare_keyboard.type("load", "areas", AREAS_CSV))
    assert "读取 read 403 新增 new 403" in said
    village = "511921001001"
    drawn = [feature(f"{village}001", square(107.2, 107.3), groups="1,2")]
    cells = write_geojson(tmp_path / "cells.geojson", drawn)
    assert "新增 new 1" in flat(bare_keyboard.type("load", "cells", cells))
    rows = [row(1, 村代码=village), row(2, 村代码=village, 村组="七社"), row(3, 户主="")]
    path = write(tmp_path / "h.csv", rows, "gb18030")
    said = flat(bare_keyboard.type("load", "households", path, "--datum", "gcj02"))
    assert "placed by point 0" in said
    assert "placed by group 1" in said
    assert "no cell of the village names the group 1" in said
    assert "未接受 rejected：缺户主 no head 1" in said
    assert str(tmp_path / "h.csv.rejected.csv") in said
    assert "already there 2" in flat(
        bare_keyboard.type("load", "households", path, "--datum", "GCJ-02")
    )


def test_reports_go_where_they_are_asked_to(keyboard: Keyboard, tmp_path: Path) -> None:
    path = write(tmp_path / "h.csv", [row(1), row(1)])
    (tmp_path / "reports").mkdir()
    report = tmp_path / "reports" / "march"
    keyboard.type("load", "households", path, "--datum", "wgs84", "--report", report)
    assert [file.name for file in report.parent.iterdir()] == ["march.rejected.csv"]
    lost = tmp_path / "nowhere" / "march"
    said = keyboard.fails("load", "households", path, "--datum", "wgs84", "--report", lost)
    assert "march.rejected.csv" in said


def test_a_list_is_recorded_as_of_the_time_it_speaks_of(
    keyboard: Keyboard, county: SmallCounty, tmp_path: Path
) -> None:
    path = write(tmp_path / "h.csv", [row(1)])
    keyboard.environment |= {"WANGGE_WORKER_DATABASE_URL": county.url}
    keyboard.type("load", "--as-of", "2026-02-01T08:00", "households", path, "--datum", "wgs84")
    found = county.sign_in("worker-a1w").get("/households")["items"]
    assert "2026-02-01T00:00:00+00:00" in {h["created_at"] for h in found}


def test_no_file_is_too_wrong_for_one_line_of_advice(keyboard: Keyboard, tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"", b"\xff\xfe\x00", b"{}", b"x" * 300_000, b"a,b\n1,2\n"):
        path.write_bytes(content)
        for what in ("areas", "cells", "boundaries"):
            keyboard.fails("load", what, path)
        keyboard.fails("load", "households", path, "--datum", "wgs84")


def test_a_list_of_which_nothing_can_be_taken_is_a_failure(
    keyboard: Keyboard, tmp_path: Path
) -> None:
    path = write(tmp_path / "h.csv", [row(1, 村代码="511902001001")])
    said = keyboard.fails("load", "households", path, "--datum", "wgs84")
    assert "No row could be loaded" in said


def test_a_datum_nobody_knows_is_asked_about(keyboard: Keyboard, tmp_path: Path) -> None:
    path = write(tmp_path / "h.csv", [row(1)])
    result = keyboard.result("load", "households", path, "--datum", "mars")
    assert result.exit_code == 2
    assert "gcj02" in result.output


def test_cells_that_overlap_leave_a_map_of_where(keyboard: Keyboard, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "c.geojson", [feature(f"{A1}001", square(107.0, 107.06))])
    assert "overlap" in keyboard.fails("load", "cells", path)
    assert '"overlap"' in (tmp_path / "c.geojson.findings.geojson").read_text()


def test_faults_are_listed_line_by_line(keyboard: Keyboard, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,name\n51,四川省\n9,错\n511921100201x,错\n")
    said = keyboard.fails("load", "areas", path).splitlines()
    assert [line.split("：")[0].strip() for line in said[:2]] == ["第 3 行", "第 4 行"]
    assert ["line 3:" in said[0], "line 4:" in said[1]] == [True, True]
    assert len(said) == 3


def test_a_database_that_is_away_or_empty_says_what_to_do(
    keyboard: Keyboard, tmp_path: Path
) -> None:
    away = Keyboard({**keyboard.environment, "WANGGE_WORKER_DATABASE_URL": nowhere(tmp_path)})
    assert "wangge doctor" in away.fails("load", "areas", AREAS_CSV)
    without = Keyboard(dict.fromkeys(keyboard.environment, ""))
    assert "WANGGE_WORKER_DATABASE_URL" in without.fails("load", "areas", AREAS_CSV)


def nowhere(directory: Path) -> str:
    """A URL at which no server listens."""
    return f"postgresql+psycopg2://wangge_worker@/x?host={directory}&port=1"
