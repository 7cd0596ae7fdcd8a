"""A redraw, a first placing and PostGIS say the same; tokens and phones are worked out right."""

from __future__ import annotations

import random
from uuid import UUID, uuid5

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from geo.redraw import Cell, Homes, redraw
from server.households.rules import Clues, PlacedBy, place
from server.moves.redraw.homes import REASONS
from server.moves.redraw.rules import dispute_cell
from server.moves.rules import Load, Serves, canonical, phone_loads, shift, shown, vouched
from tests.moves.conftest import Mover, line
from tests.smallcounty import SOUTH, VILLAGES, WEST, id_of

HERE, THERE = id_of("here"), id_of("there")
CELL = {code: id_of(code) for code in ("1", "2", "3")}


@given(
    st.sampled_from([None, 0.5, 1.0, 1.5, 2.5, 9.0]),
    st.sampled_from([None, 1, 2, 3, 4]),
)
def test_a_redraw_places_a_household_as_a_first_placing_does(
    lon: float | None, group: int | None
) -> None:
    new = {
        "1": Cell(box(0, 0, 1, 1), frozenset([1, 2])),
        "2": Cell(box(1, 0, 2, 1), frozenset([2, 3])),
    }
    around = {"3": Cell(box(2, 0, 3, 1))}
    where = np.array([np.nan if lon is None else lon])
    lat = np.where(np.isnan(where), np.nan, 0.5)
    home = Homes(where, lat, np.array([group or 0]), np.array([""]))
    found = redraw(new, new, around, home)

    covering = [
        code
        for code, cell in {**new, **around}.items()
        if lon is not None
        and cell.polygon
        and cell.polygon.bounds[0] <= lon <= cell.polygon.bounds[2]
    ]
    naming = [code for code, cell in new.items() if group in cell.groups]
    clues = Clues(
        village_id=HERE,
        has_point=lon is not None,
        at_point=(CELL[covering[0]], HERE if covering[0] in new else THERE) if covering else None,
        has_group=group is not None,
        cells_of_group=len(naming),
        cell_of_group=CELL[naming[0]] if naming else None,
    )
    first = place(clues)
    assert (CELL[found.cell[0]] if found.cell[0] else None) == first.cell_id
    assert (PlacedBy(found.way[0]) if found.way[0] else None) == first.placed_by
    why = found.why[0]
    assert (REASONS[why] if why else None) == first.unplaced


_LOWEST = """
    SELECT h.id, h.cell_id,
           (SELECT c.id FROM grid_cell c JOIN boundary b ON b.cell_id = c.id AND b.valid_to IS NULL
             WHERE c.ended_at IS NULL AND ST_Covers(b.geom, h.geom)
             ORDER BY c.code COLLATE "C" LIMIT 1)
      FROM household h WHERE h.geom IS NOT NULL
"""
_SCATTER = """
    INSERT INTO household (id, village_id, unplaced, head_name, geom, created_at)
    SELECT gen_random_uuid(), :village, 'no_place', '\\x00',
           ST_SetSRID(ST_MakePoint(lon, lat), 4326), now()
      FROM unnest(cast(:lons AS float8[]), cast(:lats AS float8[])) p (lon, lat)
"""


@pytest.mark.parametrize("seed", [1, *(pytest.param(k, marks=pytest.mark.long) for k in (2, 3))])
def test_after_any_redraws_postgis_finds_everybody_where_they_are(mover: Mover, seed: int) -> None:
    """Points inside, on borders and corners; slanting and bent cuts, one after another."""
    chance = random.Random(seed)
    steps = [k / 80 for k in range(9)]
    spots = [(chance.choice(steps), chance.choice(steps)) for _ in range(150)]
    spots += [(chance.random() / 10, chance.random() / 10) for _ in range(150)]
    mover.run(
        _SCATTER,
        village=id_of("A1"),
        lons=[WEST["A1"] + x for x, _ in spots],
        lats=[SOUTH + y for _, y in spots],
    )
    for _ in range(3):
        mover.county.clock.pass_time(hours=1)
        cell = chance.choice(_cells(mover))
        mover.move(_cut(mover, cell, chance))
        wrong = [row for row in mover.ask(_LOWEST) if row[1] != row[2]]
        assert wrong == []
    assert mover.ask("SELECT count(*) FROM household WHERE cell_id IS NULL") == [(0,)]


def _cells(mover: Mover) -> list[str]:
    cells = mover.desk("township-a").get("/places/cells", under=VILLAGES["A1"])["items"]
    return [cell["code"] for cell in cells]


def _cut(mover: Mover, cell: str, chance: random.Random) -> dict[str, object]:
    """A line that cuts the cell in two: over its middle, at any angle."""
    ((west, south, east, north),) = mover.ask(
        "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM"
        " (SELECT b.geom AS e FROM boundary b JOIN grid_cell c ON c.id = b.cell_id"
        "   WHERE c.code = :c AND c.ended_at IS NULL AND b.valid_to IS NULL) t",
        c=cell,
    )
    middle, tilt = (south + north) / 2, chance.uniform(-0.4, 0.4) * (north - south)
    cut = line((west - 0.001, middle - tilt), (east + 0.001, middle + tilt))
    return {"kind": "redraw", "village": VILLAGES["A1"], "split": {"cell": cell, "line": cut}}


def test_one_text_for_one_value() -> None:
    assert canonical({"b": [1.0], "a": id_of("x")}) == canonical({"a": str(id_of("x")), "b": [1.0]})
    assert vouched({"a": 1}, {}) != vouched({"a": 2}, {}) != vouched({"a": 2}, {"x": 1})


def test_a_long_list_is_cut_and_a_short_one_whole() -> None:
    assert shown([1, 2, 3], most=2) == [1, 2]
    assert shown([1]) == [1]


def test_what_comes_to_one_phone_goes_from_another() -> None:
    worker, mediator, village = id_of("w"), id_of("m"), id_of("v")
    cells = {village: {CELL["1"], CELL["2"]}}
    serves = [Serves(worker, village, CELL["1"]), Serves(mediator, village, None)]
    heads = {f"c:{CELL['1']}": 10, f"c:{CELL['2']}": 20, f"v:{village}": 2, "ref": 3}
    moved = shift([(f"c:{CELL['1']}", f"c:{CELL['2']}", 4), ("x", "x", 9)])
    loads = phone_loads({worker, mediator}, serves, serves, cells, cells, heads, moved)
    assert loads == {worker: Load(15, 11), mediator: Load(35, 35)}


@pytest.mark.parametrize(
    ("heir", "lived_in", "after", "cell"),
    [
        ("1", {}, {}, "1"),  # of no household: with its cell
        (None, {}, {}, None),  # which was cut up
        ("1", {"a": "1"}, {"a": "1"}, "1"),
        ("1", {"a": "1"}, {"a": "2"}, "2"),
        ("1", {"a": "1", "b": "1"}, {"a": "2", "b": "2"}, "2"),
        ("1", {"a": "1", "b": "1"}, {"a": "1", "b": "2"}, None),
        ("1", {"a": "1"}, {"a": None}, None),  # its household became unplaced
    ],
)
def test_a_dispute_follows_its_households_or_is_known_in_the_village(
    heir: str | None, lived_in: dict[str, str], after: dict[str, str | None], cell: str | None
) -> None:
    def ids(found: dict[str, str | None]) -> dict[UUID, UUID | None]:
        return {uuid5(HERE, home): CELL[code] if code else None for home, code in found.items()}

    found = dispute_cell(
        CELL[heir] if heir else None,
        ids(dict(lived_in)),  # type: ignore[arg-type]
        ids(after),
    )
    assert found == (CELL[cell] if cell else None)
