"""The handed-over list, read back by somebody who was not told what is in it."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import Point

from geo.datum import Datum, to_wgs84
from geo.groups import group_number
from server.demo.county import County, read_boundary
from server.demo.people import Counts, spellings, write_households_csv

COLUMNS = "编号,乡镇,行政村,村代码,村组,户主,联系电话,地址,户类型,经度,纬度,人口"
Row = dict[str, str]


@pytest.fixture(scope="module")
def county(drawn_county: County) -> County:
    return drawn_county


@pytest.fixture(scope="module")
def handed_over(county: County, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counts]:
    path = tmp_path_factory.mktemp("list") / "households.csv"
    return path, write_households_csv(county, path)


@pytest.fixture(scope="module")
def rows(handed_over: tuple[Path, Counts]) -> list[Row]:
    return read(handed_over[0])


@pytest.fixture(scope="module")
def counts(handed_over: tuple[Path, Counts]) -> Counts:
    return handed_over[1]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Reader:
    """What a careful clerk makes of each row, with the county's cells at hand."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.tree = shapely.STRtree([cell.polygon for cell in county.cells])
        self.seen: set[str] = set()
        self.homes: set[tuple[str, str, str]] = set()

    def read(self, rows: list[Row]) -> Iterator[tuple[str, str]]:
        """Kind and cell ("" for none) of each row."""
        for row in rows:
            home = (row["村代码"], row["户主"], row["地址"])
            if row["编号"] in self.seen:
                yield "duplicate_id", ""
            elif home in self.homes:
                yield "duplicate_household", ""
            else:
                yield self.place(row)
            self.seen.add(row["编号"])
            self.homes.add(home)

    def place(self, row: Row) -> tuple[str, str]:
        village = row["村代码"]
        if not village:
            return "no_village", ""
        if village not in self.county.village_shapes:
            return ("unknown_village" if village[:6] == "511921" else "other_county"), ""
        if not row["户主"]:
            return "no_head", ""
        if row["经度"].startswith("东经"):
            return "text_coordinate", ""
        return self.by_point(row) if row["经度"] else self.by_group(row)

    def by_point(self, row: Row) -> tuple[str, str]:
        shown = float(row["经度"]), float(row["纬度"])
        if shown == (0.0, 0.0):
            return "zero", ""
        if shown[0] < shown[1]:
            return "swapped", ""
        lon, lat = to_wgs84(*shown, Datum.GCJ02)
        found = self.tree.query(Point(float(lon), float(lat)), predicate="intersects")
        if len(found) == 0:
            return "outside", ""
        [position] = found.tolist()
        cell = self.county.cells[position]
        assert cell.code[:12] == row["村代码"]
        if not row["村组"]:
            return "by_point", cell.code
        assert group_number(row["村组"]) in cell.groups
        return "by_point_and_group", cell.code

    def by_group(self, row: Row) -> tuple[str, str]:
        if not row["村组"]:
            return "no_place", ""
        number, village = group_number(row["村组"]), row["村代码"]
        assert number is not None
        for cell in self.county.cells:
            if cell.code[:12] == village and number in cell.groups:
                return "by_group", cell.code
        known = number <= self.county.group_counts[village]
        return ("group_not_covered" if known else "group_unknown"), ""


def test_a_clerk_finds_what_the_counts_promise(
    county: County, rows: list[Row], counts: Counts
) -> None:
    read = list(Reader(county).read(rows))
    assert Counter(kind for kind, _ in read) == counts.kinds
    assert Counter(cell for _, cell in read if cell) == counts.placed_in
    assert len(rows) == counts.rows == 6000
    assert all(counts.kinds.values())


def test_two_thirds_name_a_village_and_a_group_only(rows: list[Row]) -> None:
    assert rows[0].keys() == dict.fromkeys(COLUMNS.split(",")).keys()
    group_only = [row for row in rows if row["村组"] and not row["经度"]]
    assert 0.65 * len(rows) < len(group_only) < 0.69 * len(rows)


def test_about_one_in_a_hundred_lies_outside(counts: Counts) -> None:
    assert counts.kinds["outside"] == 60
    assert counts.broken == 30


def test_points_lie_well_inside_their_cells(county: County, rows: list[Row]) -> None:
    edges = shapely.STRtree([cell.polygon.boundary for cell in county.cells])
    inside = [r for r in rows if r["经度"].startswith("10") and r["纬度"].startswith("3")]
    lons, lats = to_wgs84(
        [float(r["经度"]) for r in inside], [float(r["纬度"]) for r in inside], Datum.GCJ02
    )
    points = shapely.points(lons, lats)
    _, gaps = edges.query_nearest(points, return_distance=True, all_matches=False)
    assert gaps.min() > 2e-5  # degrees: at least two metres


def test_points_outside_are_clearly_outside(county: County, rows: list[Row]) -> None:
    strays = [row for row in rows if row["经度"].startswith("10") and not row["村组"]]
    lons, lats = to_wgs84(
        [float(r["经度"]) for r in strays], [float(r["纬度"]) for r in strays], Datum.GCJ02
    )
    gaps = np.asarray(shapely.distance(read_boundary(), shapely.points(lons, lats)))
    assert gaps[gaps > 0].min() > 0.015


def test_the_busy_cells_keep_24_phones_at_work(county: County, counts: Counts) -> None:
    busy, placed_in = counts.busy_cells, counts.placed_in
    assert len({code[:12] for code in busy}) == 24
    assert len({code[:9] for code in busy}) == 8
    assert all(40 <= placed_in[code] <= 60 for code in busy)
    quiet = [placed_in.get(cell.code, 0) for cell in county.cells if cell.code not in busy]
    assert max(quiet) - min(quiet) <= 1


def test_in_every_busy_township_two_villages_are_neighbours(county: County, counts: Counts) -> None:
    for first in range(0, 24, 3):
        here, there, third = counts.busy_cells[first : first + 3]
        assert here[:9] == there[:9] == third[:9]
        shared = county.village_shapes[here[:12]].intersection(county.village_shapes[there[:12]])
        assert shared.length > 0


def test_groups_are_written_in_every_way_and_each_can_be_read() -> None:
    for number in range(1, 100):
        assert {group_number(text) for text in spellings(number)} == {number}
    assert set(spellings(3)) >= {"三社", "3组", "叁组", "第三组", "３组", "3 社"}
    assert "二十一社" in spellings(21)
    assert "十组" not in spellings(11)


def test_nobody_in_the_list_can_be_real(rows: list[Row]) -> None:
    assert all("某" in row["户主"] or "示意" in row["户主"] or not row["户主"] for row in rows)
    telephones = {row["联系电话"] for row in rows} - {""}
    assert all(len(t) == 11 and t.startswith("000") and t.isdigit() for t in telephones)
    assert all("示意路" in row["地址"] for row in rows)


def test_shops_enterprises_and_institutions_are_a_few_in_a_hundred(rows: list[Row]) -> None:
    kinds = Counter(row["户类型"] for row in rows)
    assert kinds.keys() == {"家庭", "商铺", "企业", "单位"}
    assert 0.9 < kinds["家庭"] / len(rows) < 0.97


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(
    county: County, handed_over: tuple[Path, Counts], tmp_path: Path
) -> None:
    path, counts = handed_over
    again, other = tmp_path / "again.csv", tmp_path / "other.csv"
    assert write_households_csv(county, again) == counts
    assert again.read_bytes() == path.read_bytes()
    assert write_households_csv(county, other, seed=1) != counts
    assert other.read_bytes() != path.read_bytes()


def test_a_short_list_still_holds_every_kind(county: County, tmp_path: Path) -> None:
    counts = write_households_csv(county, tmp_path / "short.csv", count=50)
    rows = read(tmp_path / "short.csv")
    assert len(rows) == 50
    assert Counter(kind for kind, _ in Reader(county).read(rows)) == counts.kinds
    with pytest.raises(ValueError, match="too short"):
        write_households_csv(county, tmp_path / "shorter.csv", count=49)
