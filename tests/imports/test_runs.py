"""A list is loaded while others work: places change, a second run begins, the plug is pulled."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from geo.datum import Datum
from server.cli.queries import count_unstamped, count_wrong_heads
from server.db import transaction
from server.errors import TryLater
from server.households.imports.errors import ListBusy
from server.households.imports.queries import hold_list
from server.households.imports.service import Loaded, load_households
from tests.cli.keyboard import as_admin
from tests.imports.lists import A2, row, write
from tests.imports.test_households import found, load
from tests.moves.conftest import Mover, lending, mover  # noqa: F401 (fixtures)
from tests.moves.test_areas import MERGE, do
from tests.smallcounty import SmallCounty, id_of

WEST_CELL, EAST_CELL = str(id_of("A1w")), str(id_of("A1e"))


def test_two_runs_of_one_list_do_not_mix(county: SmallCounty, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", [row(n) for n in range(1, 4)])
    with hold_list("county_list"), pytest.raises(ListBusy):
        load(county, path)
    with hold_list("another_list"):
        assert load(county, path).by_group == 3
    assert load(county, path).already == 3


def test_cells_that_change_while_a_list_is_read_are_the_ones_it_is_placed_in(
    county: SmallCounty, tmp_path: Path
) -> None:
    """Group 3 passes from the east cell to the west one after the first batch was written."""
    path = write(tmp_path / "list.csv", [row(n, 村组="三组") for n in range(1, 21)])

    def change(read: int) -> None:
        if read == 8:
            with as_admin(county.url) as cursor:
                cursor.execute("UPDATE grid_cell SET groups = '{1,2,3}' WHERE id = %s", [WEST_CELL])
                cursor.execute("UPDATE grid_cell SET groups = '{4}' WHERE id = %s", [EAST_CELL])

    loaded = load_households(county.worker, path, Datum.GCJ02, batch=1, told=change)
    assert loaded.by_group == 20
    assert found(county, 1).cell_id == id_of("A1e")
    assert {found(county, n).cell_id for n in range(12, 21)} == {id_of("A1w")}


@pytest.mark.parametrize("cells", [True, False])
def test_a_village_that_is_merged_while_a_list_is_read_takes_nobody_along(
    mover: Mover,  # noqa: F811
    tmp_path: Path,
    cells: bool,
) -> None:
    """What the list still says of the old village arrives in the one that it became part of."""
    rows = [row(n, 村组="五组" if cells else "", 村代码=A2) for n in range(1, 21)]
    path = write(tmp_path / "list.csv", rows)
    if cells:
        mover.run("UPDATE grid_cell SET groups = '{5}' WHERE id = :id", id=id_of("A2w"))
    else:
        mover.run("UPDATE household SET cell_id = NULL, placed_by = NULL, unplaced = 'no_place'")
        mover.run("DELETE FROM boundary WHERE cell_id IN (:w, :e)", w=id_of("A2w"), e=id_of("A2e"))
        mover.run(
            "UPDATE grid_cell SET ended_at = now() WHERE id IN (:w, :e)",
            w=id_of("A2w"),
            e=id_of("A2e"),
        )

    def change(read: int) -> None:
        if read == 5:  # nothing is written yet, so the preview still holds
            do(mover, MERGE)

    load_households(mover.county.worker, path, Datum.GCJ02, batch=5, told=change)
    there = mover.ask(
        "SELECT DISTINCT a.code, h.cell_id FROM household h JOIN area a ON a.id = h.village_id"
        " WHERE h.external_id IS NOT NULL"
    )
    assert there == [("511921100201", id_of("A2w") if cells else None)]


def test_two_lists_of_different_systems_are_loaded_at_once(
    county: SmallCounty, tmp_path: Path
) -> None:
    path = write(tmp_path / "list.csv", [row(n) for n in range(1, 101)])
    loaded: dict[str, Loaded] = {}

    def run(system: str) -> None:
        with county.app.app_context():
            loaded[system] = load_households(
                county.worker,
                path,
                Datum.GCJ02,
                system=system,
                batch=7,
                reports=tmp_path / system,
            )

    runs = [Thread(target=run, args=[system]) for system in ("police", "health")]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert {system: result.by_group for system, result in loaded.items()} == {
        "police": 100,
        "health": 100,
    }
    check_feed(county)
    with transaction(county.worker) as session:
        pairs = session.execute(text("SELECT count(*) FROM likely_duplicate")).scalar()
    assert pairs == 100  # whoever was last has seen them all


def test_a_run_that_is_cut_off_leaves_the_reports_of_the_one_before(
    county: SmallCounty, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    begun = [row(1, 户主=""), row(2), row(3, 户主="张某甲2", 地址="示意路2号")]
    load(county, write(path, begun))
    reports = [path.with_name(f"{path.name}.{kind}.csv") for kind in ("rejected", "duplicates")]
    before = [report.read_bytes() for report in reports]
    with as_admin(county.url) as cursor:
        cursor.execute("ALTER TABLE household ADD CHECK (external_id <> 'H009') NOT VALID")
    write(path, [row(7), row(8, 户主=""), row(9)])
    with pytest.raises(IntegrityError):
        load(county, path, batch=1)
    assert found(county, 7).external_id == "H007"  # the first batch is in, the run is not whole
    assert [report.read_bytes() for report in reports] == before
    assert sorted(tmp_path.iterdir()) == sorted([path, *reports])


def interrupt(county: SmallCounty) -> None:
    raise KeyboardInterrupt


def cut_connections(county: SmallCounty) -> None:
    """PostgreSQL goes away, and with it every connection."""
    with as_admin(county.url) as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize(
    ("happens", "told"), [(interrupt, KeyboardInterrupt), (cut_connections, TryLater)]
)
def test_a_run_that_is_stopped_in_the_middle_is_completed_by_the_next(
    county: SmallCounty,
    tmp_path: Path,
    happens: Callable[[SmallCounty], None],
    told: type[BaseException],
) -> None:
    path = write(tmp_path / "list.csv", [row(n) for n in range(1, 41)])

    def stop(read: int) -> None:
        if read == 20:
            happens(county)

    with pytest.raises(told):
        load_households(county.worker, path, Datum.GCJ02, batch=2, told=stop)
    assert list(tmp_path.iterdir()) == [path]
    with transaction(county.worker) as session:
        query = text("SELECT count(*) FROM household WHERE external_id IS NOT NULL")
        begun = session.execute(query).scalar_one()
    assert 0 < begun < 40
    assert begun % 2 == 0  # no half batch
    again = load(county, path, batch=2)
    assert (again.already, again.by_group) == (begun, 40 - begun)
    check_feed(county)


@pytest.mark.parametrize("column", ["编号", "户主", "地址", "联系电话", "村组"])
def test_half_a_character_costs_its_row_at_most(
    county: SmallCounty, tmp_path: Path, column: str
) -> None:
    """GeoJSON can spell half an emoji, which no database can hold."""
    path = tmp_path / "list.geojson"
    rows = [row(1), row(2, **{column: "示\ud83d"}), row(3)]
    features = [{"type": "Feature", "properties": one, "geometry": None} for one in rows]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    loaded = load(county, path)
    assert loaded.by_group + sum(loaded.unplaced.values()) + sum(loaded.rejected.values()) == 3
    assert loaded.by_group == 2


def check_feed(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        assert (count_unstamped(session), count_wrong_heads(session)) == (0, 0)
