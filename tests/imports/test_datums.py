"""A list in the wrong datum: said with both numbers, and loaded as it was said to be."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import select

from geo.datum import Datum, from_wgs84
from server.db import transaction
from server.households.imports.datums import Doubt, Fit, clearly, doubt_datums
from server.households.imports.rules import COLUMNS, NEEDED
from server.households.imports.service import load_households
from server.households.models import Household
from server.sheets import ColumnMapping, open_sheet
from tests.cli.keyboard import Keyboard, environment
from tests.imports.lists import A1, A2, row, write
from tests.imports.lists import COLUMNS as TITLES
from tests.smallcounty import SmallCounty, id_of

# Along the border between A2 and B1, where half a kilometre is another village.
BORDER = 107.2


def houses(datum: Datum, count: int = 60) -> list[dict[str, str]]:
    """Houses within 300 m west of a village border, as maps in `datum` show them."""
    drawn = random.Random(1)
    lons = [BORDER - drawn.uniform(0.0002, 0.003) for _ in range(count)]
    lats = [drawn.uniform(31.91, 31.99) for _ in range(count)]
    east, north = from_wgs84(lons, lats, datum)
    return [
        row(n, 村代码=A2, 村组="", 经度=f"{lon:.7f}", 纬度=f"{lat:.7f}")
        for n, (lon, lat) in enumerate(zip(east, north, strict=True))
    ]


def doubt(county: SmallCounty, path: Path, datum: Datum) -> Doubt | None:
    found = doubt_datums(county.worker, open_sheet(path, COLUMNS, NEEDED), datum)
    return found[0] if found else None


@pytest.mark.parametrize("true", [Datum.WGS84, Datum.GCJ02])
@pytest.mark.parametrize("said", list(Datum))
def test_another_datum_that_fits_clearly_better_is_said(
    county: SmallCounty, tmp_path: Path, true: Datum, said: Datum
) -> None:
    path = write(tmp_path / "h.csv", houses(true))
    found = doubt(county, path, said)
    if said is true or {said, true} == {Datum.WGS84, Datum.CGCS2000}:
        assert found is None
    elif (true, said) == (Datum.GCJ02, Datum.WGS84):  # shown 430 m further east: over the border
        assert found is not None
        assert (found.better.datum, found.better.astray, found.said.points) == (true, 0, 60)
        assert found.said.elsewhere > 30
    elif found is not None:
        assert found.better.astray < found.said.astray


def test_a_doubt_needs_more_than_a_few_houses() -> None:
    def fit(outside: int, elsewhere: int = 0, points: int = 1000) -> Fit:
        return Fit(Datum.WGS84, points, outside, elsewhere)

    assert not clearly(fit(5, points=10), fit(0, points=10))
    assert clearly(fit(4, 4, points=10), fit(0, points=10))
    assert not clearly(fit(15, 5), fit(0))  # two in a hundred
    assert clearly(fit(16, 5), fit(0))
    assert not clearly(fit(900), fit(600))  # a list of another county fits nowhere
    assert not clearly(fit(0), fit(0))


def test_the_list_is_loaded_as_it_was_said_to_be(county: SmallCounty, tmp_path: Path) -> None:
    path = write(tmp_path / "h.csv", houses(Datum.GCJ02, 30))
    keyboard = Keyboard(environment(county.url, tmp_path))
    result = keyboard.result("load", "households", path, "--datum", "wgs84")
    assert result.exit_code == 0
    assert "Please check the datum: of 30 points, 30 lie outside" in result.stderr
    assert "0 as gcj02" in result.stderr
    with transaction(county.worker) as session:
        found = session.scalars(select(Household).where(Household.external_id == "H001")).one()
        assert (found.datum, found.unplaced) == ("wgs84", "other_village")
    right = keyboard.result("load", "households", path, "--datum", "gcj02", "--system", "again")
    assert "check the datum" not in right.stderr


def test_a_datum_said_in_the_rows_or_for_all_of_them_is_doubted_too(
    county: SmallCounty, tmp_path: Path
) -> None:
    path = write(tmp_path / "h.csv", houses(Datum.GCJ02))
    fixed = ColumnMapping(fixed={"datum": "wgs84"})
    sheet = open_sheet(path, COLUMNS, NEEDED, fixed)
    (found,) = doubt_datums(county.worker, sheet, None)
    assert (found.said.datum, found.better.datum, found.said.points) == ("wgs84", "gcj02", 60)
    lines = path.read_text("utf-8").splitlines()
    words = ["坐标系", *("gcj02" if n % 2 else "wgs84" for n in range(len(lines) - 1))]
    both = "\n".join(f"{line},{word}" for line, word in zip(lines, words, strict=True))
    path.write_text(both, encoding="utf-8")
    (found,) = doubt_datums(county.worker, open_sheet(path, COLUMNS, NEEDED), Datum.BD09)
    assert (found.said.datum, found.said.points) == ("wgs84", 30)


def lon_lat(datum: Datum) -> dict[str, str]:
    lon, lat = from_wgs84([107.02], [31.95], datum)
    return {"经度": f"{lon[0]:.7f}", "纬度": f"{lat[0]:.7f}"}


def test_each_row_may_be_in_a_datum_of_its_own(county: SmallCounty, tmp_path: Path) -> None:
    rows = [
        dict(row(n, 村代码=A1, **lon_lat(datum)))
        for n, datum in enumerate((Datum.GCJ02, Datum.BD09, Datum.WGS84), start=1)
    ] + [dict(row(4, 村代码=A1)), dict(row(5, 村代码=A1, **lon_lat(Datum.WGS84)))]
    said = ["gcj-02", "百度", "WGS84", "", ""]
    lines = [",".join([*TITLES, "坐标系"])]
    lines += [",".join([*one.values(), word]) for one, word in zip(rows, said, strict=True)]
    path = tmp_path / "h.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    loaded = load_households(county.worker, path, None)
    assert (loaded.by_point, loaded.by_group, loaded.rejected) == (3, 1, {"datum_missing": 1})
    with transaction(county.worker) as session:
        query = select(Household).where(Household.external_id.in_(["H001", "H002", "H003"]))
        found = session.scalars(query.order_by(Household.external_id)).all()
    assert [one.datum for one in found] == ["gcj02", "bd09", "wgs84"]
    assert {one.cell_id for one in found} == {id_of("A1w")}


def test_coordinates_without_a_datum_are_asked_about(county: SmallCounty, tmp_path: Path) -> None:
    keyboard = Keyboard(environment(county.url, tmp_path))
    path = write(tmp_path / "h.csv", [row(1)])
    result = keyboard.result("load", "households", path)
    assert result.exit_code == 2
    assert "--datum" in result.output
    without = tmp_path / "w.csv"
    without.write_text(f"编号,户主,村代码,村组\nH1,张某甲,{A1},1\n", encoding="utf-8")
    assert "by group" in keyboard.type("load", "households", without)
