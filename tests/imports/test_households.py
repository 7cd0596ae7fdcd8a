"""A county's list comes in: placed, kept unplaced, or rejected, and never twice."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from geo.datum import Datum, from_wgs84
from server.audit.models import AuditAct
from server.cli.queries import count_unstamped, count_wrong_heads
from server.db import transaction
from server.households.imports.errors import NoPlaces
from server.households.imports.reports import Reports, Twin
from server.households.imports.service import Loaded, load_households
from server.households.models import Household, Placing
from server.sealed import keyring
from server.sheets import BadSheet
from tests.imports.lists import A2, B1, row, write
from tests.smallcounty import SmallCounty, id_of


def gcj02(lon: float, lat: float) -> dict[str, str]:
    """Coordinates as the maps in use show a true point."""
    east, north = from_wgs84([lon], [lat], Datum.GCJ02)
    return {"经度": f"{east[0]:.7f}", "纬度": f"{north[0]:.7f}"}


def load(county: SmallCounty, path: Path, **options: int) -> Loaded:
    return load_households(county.worker, path, Datum.GCJ02, **options)  # type: ignore[arg-type]


def found(county: SmallCounty, number: int) -> Household:
    with transaction(county.worker) as session:
        query = select(Household).where(Household.external_id == f"H{number:03d}")
        return session.scalars(query).one()


def count(county: SmallCounty) -> int:
    with transaction(county.worker) as session:
        return session.scalar(select(func.count()).select_from(Household)) or 0


WEST_CELL, EAST_CELL = str(id_of("A1w")), str(id_of("A1e"))
STORY = [
    row(1, 村组="叁组", **gcj02(107.02, 31.95)),  # the point is in the west, group 3 in the east
    row(2, 村组="４组"),
    row(3, 村组="", 村代码=""),  # found by name; nobody knows where
    row(4, 村组="九组"),  # no cell names it
    row(5, **gcj02(107.12, 31.95)),  # truly in village A2
    row(6, **gcj02(108.5, 31.95)),
    row(7, 经度="31.95", 纬度="107.02"),
    row(8, 经度="0", 纬度="0"),
    row(9, 村代码=B1, 户类型="商铺", 人口=""),
]


def test_a_list_is_placed_by_point_and_by_group_and_the_rest_is_kept(
    county: SmallCounty, tmp_path: Path
) -> None:
    loaded = load(county, write(tmp_path / "list.csv", STORY))
    assert loaded == Loaded(
        read=9,
        by_point=1,
        by_group=2,
        unplaced={"group_unknown": 1, "no_place": 1, "other_village": 1, "outside_county": 3},
        rejected={},
        already=0,
        likely_duplicates=0,
        odd={"swapped": 1, "zero": 1},
    )
    by_point, by_group, shop = found(county, 1), found(county, 2), found(county, 9)
    assert (by_point.cell_id, by_point.placed_by) == (id_of("A1w"), "point")
    assert (by_group.cell_id, by_group.placed_by) == (id_of("A1e"), "group")
    assert (shop.cell_id, shop.kind, shop.people) == (id_of("B1w"), "shop", None)
    assert found(county, 3).village_id == id_of("A1")
    # The reading stays as it was given, beside what it was taken to mean.
    assert (by_point.datum, f"{by_point.lon:.7f}") == ("gcj02", STORY[0]["经度"])
    assert (found(county, 7).lat, found(county, 7).geom) == (107.02, None)


def test_a_second_run_changes_nothing(county: SmallCounty, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", STORY)
    load(county, path)
    before = everything(county)
    county.clock.pass_time(days=1)
    again = load(county, path)
    assert (again.already, again.by_point, again.by_group, again.unplaced) == (9, 0, 0, {})
    assert everything(county) == before


def everything(county: SmallCounty) -> list[object]:
    """Households with their versions, placings, and where every feed head stands."""
    with transaction(county.worker) as session:
        rows = session.execute(text("SELECT id, xmin::text, bucket FROM household ORDER BY id"))
        placings = session.execute(text("SELECT id, valid_to FROM household_placing ORDER BY id"))
        heads = session.execute(text("SELECT bucket, seq, n, h FROM feed_head ORDER BY bucket"))
        return [*rows.all(), *placings.all(), *heads.all()]


def test_a_longer_list_adds_what_is_new(county: SmallCounty, tmp_path: Path) -> None:
    """A run that was cut off after its first batch is completed in the same way."""
    load(county, write(tmp_path / "begun.csv", STORY[:4]), batch=2)
    whole = load(county, write(tmp_path / "whole.csv", STORY), batch=2)
    assert (whole.already, whole.by_group, sum(whole.unplaced.values())) == (4, 1, 4)


def test_batches_give_what_one_batch_gives(county: SmallCounty, tmp_path: Path) -> None:
    rows = [row(n, 村代码=(A2, B1)[n % 2], 村组=f"{n % 6}组") for n in range(1, 41)]
    small = load(county, write(tmp_path / "list.csv", rows), batch=7)
    placed = {n: found(county, n).cell_id for n in range(1, 41)}
    assert small.by_group + small.unplaced["group_unknown"] + small.unplaced["no_place"] == 40
    assert placed[1] == id_of("B1w")
    assert placed[4] == id_of("A2e")
    with transaction(county.worker) as session:
        acts = session.scalars(select(AuditAct).where(AuditAct.action == "household.load")).all()
    assert sorted(act.what["made"] for act in acts) == [5, 7, 7, 7, 7, 7]


def test_every_household_has_its_placing_and_every_phone_hears_of_it(
    county: SmallCounty, tmp_path: Path
) -> None:
    load(county, write(tmp_path / "list.csv", STORY))
    with transaction(county.worker) as session:
        unopened = session.scalar(
            select(func.count())
            .select_from(Household)
            .outerjoin(Placing, (Placing.household_id == Household.id) & Placing.valid_to.is_(None))
            .where(Placing.id.is_(None) | (Placing.cell_id.is_distinct_from(Household.cell_id)))
        )
        assert unopened == 0
        assert (count_unstamped(session), count_wrong_heads(session)) == (0, 0)
    mine = county.sign_in("worker-a1w").get("/households", unplaced="outside_county")
    assert {h["external_id"] for h in mine["items"]} == {"H006", "H007", "H008"}


def test_ids_follow_the_order_of_the_list(county: SmallCounty, tmp_path: Path) -> None:
    load(county, write(tmp_path / "list.csv", [row(n) for n in range(1, 31)]), batch=4)
    with transaction(county.worker) as session:
        ids = session.scalars(
            select(Household.external_id).where(Household.external_id.is_not(None)).order_by("id")
        ).all()
    assert ids == [f"H{n:03d}" for n in range(1, 31)]


def test_a_dry_run_says_all_and_writes_nothing(county: SmallCounty, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", STORY)
    before = everything(county)
    rehearsed = load_households(county.worker, path, Datum.GCJ02, dry_run=True)
    assert everything(county) == before
    with transaction(county.worker) as session:
        assert not session.scalars(
            select(AuditAct).where(AuditAct.action == "household.load")
        ).all()
    assert load(county, path) == rehearsed


def test_names_and_numbers_are_sealed_before_they_reach_the_database(
    county: SmallCounty, tmp_path: Path
) -> None:
    load(county, write(tmp_path / "list.csv", [row(1, 户主="张某甲", 联系电话="000-1380 0001")]))
    index = keyring().blind("household.telephone", "00013800001")
    with transaction(county.worker) as session:
        raw = session.execute(
            text("SELECT head_name, telephone FROM household WHERE telephone_index = :index"),
            {"index": index},
        ).one()
    assert all("张某甲".encode() not in bytes(sealed) for sealed in raw)
    opened = found(county, 1)
    assert (opened.head_name, opened.telephone) == ("张某甲", "00013800001")


def test_text_that_is_special_to_copy_arrives_as_it_was(
    county: SmallCounty, tmp_path: Path
) -> None:
    odd = "示意路\\8号\t左\n右\\N"
    load(county, write(tmp_path / "list.csv", [row(1, 地址=odd)]))
    assert found(county, 1).address == odd


def test_rejected_rows_are_reported_without_names(county: SmallCounty, tmp_path: Path) -> None:
    rows = [row(1), row(1), row(2, 户主=""), row(3, 村代码="511902001001"), row(4, 编号="=1+1")]
    rows += [row(5, 编号="=2", 人口="x"), row(6, 编号="＝2", 人口="x")]
    loaded = load(county, write(tmp_path / "list.csv", rows))
    assert loaded.rejected == {
        "bad_people": 2,
        "duplicate_id": 1,
        "head_missing": 1,
        "other_county": 1,
    }
    report = (tmp_path / "list.csv.rejected.csv").read_text(encoding="utf-8-sig")
    lines = list(csv.reader(report.splitlines()))[1:]
    assert [line[:3] for line in lines] == [
        ["3", "H001", "duplicate_id"],
        ["4", "H002", "head_missing"],
        ["5", "H003", "other_county"],
        ["7", "'=2", "bad_people"],  # no spreadsheet program takes it for a formula
        ["8", "'＝2", "bad_people"],  # nor do those that read full-width signs
    ]
    assert all(len(line[3]) > 10 for line in lines)
    assert "张某甲" not in report


def test_a_mended_list_leaves_no_old_report(county: SmallCounty, tmp_path: Path) -> None:
    load(county, write(tmp_path / "list.csv", [row(1), row(2, 户主="")]))
    mended = load(county, write(tmp_path / "list.csv", [row(1), row(2)]))
    assert (mended.already, mended.by_group) == (1, 1)
    assert list(tmp_path.iterdir()) == [tmp_path / "list.csv"]


def test_reports_that_somebody_interrupts_are_not_put_in_place(tmp_path: Path) -> None:
    def report(*lines: int) -> None:
        with Reports(tmp_path / "list.csv") as reports:
            for line in lines:
                reports.suspect(Twin(line, f"H{line}", 2))
                if line == 5:
                    raise KeyboardInterrupt

    report(3)
    (whole,) = tmp_path.iterdir()
    before = whole.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        report(4, 5)
    assert (list(tmp_path.iterdir()), whole.read_bytes()) == ([whole], before)


@pytest.mark.parametrize("kind", ["rejected", "duplicates"])
def test_where_no_report_can_be_written_nothing_is_loaded(
    county: SmallCounty, tmp_path: Path, kind: str
) -> None:
    path = write(tmp_path / "list.csv", [row(1)])
    before = count(county)
    (tmp_path / f"list.csv.{kind}.csv").mkdir()
    with pytest.raises(IsADirectoryError, match=f"{kind}.csv"):
        load(county, path)
    assert count(county) == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["list.csv", f"list.csv.{kind}.csv"]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_households(county.worker, path, Datum.GCJ02, reports=tmp_path / "nowhere" / "list")
    assert count(county) == before


def test_likely_duplicates_are_kept_and_listed_never_merged(
    county: SmallCounty, tmp_path: Path
) -> None:
    rows = [row(1), row(2, 户主="张某甲1", 地址="示意路 1号"), row(3, 户主="张某甲1")]
    loaded = load(county, write(tmp_path / "list.csv", rows))
    assert (loaded.likely_duplicates, loaded.by_group) == (1, 3)
    report = (tmp_path / "list.csv.duplicates.csv").read_text(encoding="utf-8-sig")
    assert report.splitlines()[1:] == ["3,H002,2"]


def test_a_file_that_breaks_off_changes_nothing(county: SmallCounty, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", [row(n) for n in range(1, 30)])
    path.write_text(path.read_text() + 'H030,示例A镇,"没有结束')
    before = count(county)
    with pytest.raises(BadSheet, match="quotes"):
        load(county, path, batch=5)
    assert count(county) == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_list_of_another_county_changes_nothing(county: SmallCounty, tmp_path: Path) -> None:
    before = count(county)
    rows = [row(n, 村代码="511902001001") for n in range(1, 4)]
    loaded = load(county, write(tmp_path / "list.csv", rows, "gb18030"))
    assert loaded.nothing
    assert loaded.rejected == {"other_county": 3}
    assert count(county) == before


def test_before_there_are_villages_there_is_nowhere_to_load_to(
    bare_county: SmallCounty, tmp_path: Path
) -> None:
    with pytest.raises(NoPlaces):
        load(bare_county, write(tmp_path / "list.csv", [row(1)]))


def test_a_list_with_old_village_codes_is_taken_and_said(
    county: SmallCounty, tmp_path: Path
) -> None:
    """Village A1 got another code since somebody wrote the list."""
    county.clock.pass_time(days=1)
    with transaction(county.worker) as session:
        session.execute(
            text("UPDATE area SET code = '511921100299' WHERE id = :id"), {"id": id_of("A1")}
        )
    rows = [row(1), row(2), row(3, 村代码="511921100299"), row(4, 村代码="511921100298")]
    loaded = load(county, write(tmp_path / "list.csv", rows))
    assert (loaded.read, loaded.odd) == (4, {"old_code": 2})
    assert loaded.rejected == {"village_unknown": 1}
    assert found(county, 1).village_id == found(county, 3).village_id == id_of("A1")
