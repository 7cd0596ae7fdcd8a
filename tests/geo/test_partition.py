"""Do the cells tile their village: what a redraw may leave behind, and what it may not."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

from geo.metres import area_m2
from geo.partition import Findings, Kind, check
from geo.repair import Action, repair

METRE = 1 / 111_000  # degrees, roughly
VILLAGE = shapely.box(107.20, 31.90, 107.24, 31.93)
WEST, EAST = shapely.box(107.20, 31.90, 107.22, 31.93), shapely.box(107.22, 31.90, 107.24, 31.93)
TWO = {"001": WEST, "002": EAST}


def kinds(findings: Findings) -> list[tuple[str, tuple[str, ...]]]:
    return [(finding.kind.value, finding.cells) for finding in findings.found]


def test_two_halves_tile_their_village() -> None:
    assert check(VILLAGE, TWO).ok


def test_a_cell_drawn_across_its_neighbour_overlaps_it() -> None:
    wider = shapely.box(107.20, 31.90, 107.221, 31.93)
    findings = check(VILLAGE, {**TWO, "001": wider})
    assert kinds(findings) == [("overlap", ("001", "002"))]
    # 0.001° by 0.03° at 31.915° N: 94.6 m by 3,326 m.
    assert findings.found[0].area_m2 == pytest.approx(94.6 * 3326, rel=0.002)


def test_land_that_nobody_covers_is_a_gap_beside_its_neighbours() -> None:
    narrower = shapely.box(107.20, 31.90, 107.219, 31.93)
    assert kinds(check(VILLAGE, {**TWO, "001": narrower})) == [("gap", ("001", "002"))]


def test_a_village_without_cells_is_one_gap() -> None:
    assert kinds(check(VILLAGE, {})) == [("gap", ())]


def test_a_cell_that_reaches_into_the_next_village_is_told_so() -> None:
    beyond = shapely.box(107.22, 31.90, 107.25, 31.93)
    assert kinds(check(VILLAGE, {**TWO, "002": beyond})) == [("outside", ("002",))]


def test_edges_drawn_twice_half_a_metre_apart_leave_a_sliver() -> None:
    nearly = shapely.box(107.20, 31.90, 107.22 - METRE / 2, 31.93)
    findings = check(VILLAGE, {**TWO, "001": nearly})
    assert kinds(findings) == [("sliver", ("001", "002"))]
    assert findings.found[0].detail == "gap"
    assert check(VILLAGE, {**TWO, "001": nearly}, sliver_m=0.1).found[0].kind is Kind.GAP


def test_what_the_tolerance_allows_is_allowed() -> None:
    nearly = {**TWO, "001": shapely.box(107.20, 31.90, 107.22 - METRE / 2, 31.93)}
    area = check(VILLAGE, nearly).found[0].area_m2
    assert check(VILLAGE, nearly, tolerance_m2=area).ok
    assert not check(VILLAGE, nearly, tolerance_m2=area * 0.999).ok


def test_an_exclave_and_a_hole_belong_to_whoever_covers_them() -> None:
    exclave = shapely.box(107.225, 31.91, 107.226, 31.911)
    cells = {"001": shapely.union_all([WEST, exclave]), "002": EAST.difference(exclave)}
    assert check(VILLAGE, cells).ok
    assert kinds(check(VILLAGE, {**cells, "001": WEST})) == [("gap", ("002",))]


def test_the_same_cell_twice_overlaps_whole() -> None:
    assert kinds(check(VILLAGE, {**TWO, "003": EAST})) == [("overlap", ("002", "003"))]


BOW_TIE = shapely.Polygon([(107.2, 31.9), (107.22, 31.93), (107.22, 31.9), (107.2, 31.93)])
with np.errstate(invalid="ignore"):
    NOWHERE = shapely.Polygon([(107.2, 31.9), (107.2, np.nan), (107.22, 31.9), (107.2, 31.9)])


@pytest.mark.parametrize(
    ("shape", "kind", "detail"),
    [
        (BOW_TIE, Kind.INVALID, "Self-intersection"),
        (NOWHERE, Kind.INVALID, "out of range"),
        (shapely.box(31.90, 107.20, 31.93, 107.22), Kind.INVALID, "out of range"),  # swapped
        (shapely.LineString([(107.2, 31.9), (107.3, 31.9)]), Kind.INVALID, "LineString"),
        (shapely.Polygon(), Kind.EMPTY, ""),
    ],
)
def test_a_boundary_that_is_none_is_named_before_anything_is_judged(
    shape: BaseGeometry, kind: Kind, detail: str
) -> None:
    findings = check(VILLAGE, {**TWO, "001": shape})
    assert [(finding.kind, finding.cells) for finding in findings.found] == [(kind, ("001",))]
    assert detail in findings.found[0].detail
    json.dumps(findings.as_geojson(), allow_nan=False)
    assert kinds(check(shape, TWO)) == [(kind.value, ())]


def test_a_boundary_with_too_many_vertices_is_not_worked_through() -> None:
    fine = shapely.segmentize(WEST, 0.0001)
    findings = check(VILLAGE, {**TWO, "001": fine}, max_vertices=500)
    assert kinds(findings) == [("too_many_vertices", ("001",))]
    assert check(VILLAGE, {**TWO, "001": fine}).ok


def test_heights_are_ignored() -> None:
    assert check(VILLAGE, {**TWO, "001": shapely.force_3d(WEST, 600.0)}).ok


def test_findings_go_to_the_map_as_geojson_with_advice() -> None:
    beyond = shapely.box(107.22, 31.90, 107.25, 31.93)
    collection = check(VILLAGE, {**TWO, "002": beyond}).as_geojson()
    (feature,) = json.loads(json.dumps(collection))["features"]
    assert shapely.from_geojson(json.dumps(feature["geometry"])).equals(beyond.difference(VILLAGE))
    assert feature["properties"]["kind"] == "outside"
    assert feature["properties"]["cells"] == ["002"]
    assert "网格超出本村" in feature["properties"]["message"]
    assert feature["properties"]["area_m2"] == pytest.approx(
        area_m2(beyond.difference(VILLAGE)), abs=0.01
    )


@st.composite
def tilings(draw: st.DrawFn) -> dict[str, BaseGeometry]:
    """The village cut by up to seven straight lines, each through one piece: T-junctions abound."""
    pieces: list[BaseGeometry] = [VILLAGE]
    for _ in range(draw(st.integers(1, 7))):
        piece = pieces.pop(draw(st.integers(0, len(pieces) - 1)))
        west, south, east, north = piece.bounds
        left, right = draw(st.floats(0.2, 0.8)), draw(st.floats(0.2, 0.8))
        line = shapely.LineString(
            [
                (west - 1, south + left * (north - south)),
                (east + 1, south + right * (north - south)),
            ]
            if draw(st.booleans())
            else [
                (west + left * (east - west), south - 1),
                (west + right * (east - west), north + 1),
            ]
        )
        pieces += [part for part in split(piece, line).geoms if not part.is_empty]
    return {f"{number:03d}": piece for number, piece in enumerate(pieces, 1)}


@settings(deadline=None, max_examples=60)
@given(tilings())
def test_however_a_village_is_cut_up_the_pieces_tile_it(cells: dict[str, BaseGeometry]) -> None:
    assert check(VILLAGE, cells).ok


@settings(deadline=None, max_examples=60)
@given(tilings(), st.data())
def test_a_tiling_with_one_cell_moved_or_left_out_is_refused(
    cells: dict[str, BaseGeometry], data: st.DataObject
) -> None:
    code = data.draw(st.sampled_from(sorted(cells)))
    metres = data.draw(st.sampled_from([3, 30, 300]))
    # A corner smaller than the tolerance can be moved without anybody losing land.
    assume(cells[code].area > (100 * METRE) ** 2)
    moved = translate(cells[code], xoff=metres * METRE, yoff=metres * METRE)
    findings = check(VILLAGE, {**cells, code: moved})
    assert any(code in finding.cells for finding in findings.found)
    left_out = check(VILLAGE, {other: cells[other] for other in cells if other != code})
    assert [finding.kind for finding in left_out.found] == [Kind.GAP]
    assert left_out.found[0].area_m2 == pytest.approx(area_m2(cells[code]), rel=1e-3)


def suggested(findings: Findings) -> list[tuple[str, str | None]]:
    return [(finding.repair.action.value, finding.repair.to) for finding in findings.found]


def test_land_claimed_twice_goes_to_whom_it_is_joined_by_the_longer_edge() -> None:
    # A notch of 001's neighbour, open to 002 on three sides and to 001 on one.
    notch = shapely.box(107.22, 31.91, 107.222, 31.912)
    claimed = {"001": shapely.union_all([WEST, notch]), "002": EAST}
    assert suggested(check(VILLAGE, claimed)) == [("give", "002")]
    mended = repair(VILLAGE, claimed)
    assert mended["001"].equals(WEST)
    assert mended["002"].equals(EAST)


def test_where_the_edges_are_equal_the_lower_code_has_the_land() -> None:
    strip = shapely.box(107.219, 31.90, 107.221, 31.93)
    claimed = {"002": shapely.union_all([WEST, strip]), "001": shapely.union_all([EAST, strip])}
    assert suggested(check(VILLAGE, claimed)) == [("give", "001")]
    assert repair(VILLAGE, claimed)["001"].equals(claimed["001"])


def test_a_gap_goes_to_the_neighbour_with_the_longest_edge() -> None:
    hole = shapely.box(107.22, 31.91, 107.23, 31.912)
    gapped = {"001": WEST, "002": EAST.difference(hole)}
    assert suggested(check(VILLAGE, gapped)) == [("give", "002")]
    assert repair(VILLAGE, gapped)["002"].equals(EAST)
    assert suggested(check(VILLAGE, {})) == [("draw", None)]


def test_what_lies_outside_is_clipped_and_a_sliver_snapped() -> None:
    beyond = {**TWO, "002": shapely.box(107.22, 31.90, 107.25, 31.93)}
    assert suggested(check(VILLAGE, beyond)) == [("clip", None)]
    assert repair(VILLAGE, beyond)["002"].equals(EAST)
    nearly = {**TWO, "001": shapely.box(107.20, 31.90, 107.22 - METRE / 2, 31.93)}
    assert suggested(check(VILLAGE, nearly)) == [("give", "001")]
    assert check(VILLAGE, repair(VILLAGE, nearly), tolerance_m2=1e-6, sliver_m=0).ok


def test_a_shape_that_crosses_itself_is_made_valid_and_one_that_is_nowhere_is_drawn_anew() -> None:
    (finding,) = check(VILLAGE, {**TWO, "001": BOW_TIE}).found
    assert finding.repair.action is Action.REPLACE
    assert finding.repair.geometry is not None
    assert finding.repair.geometry.is_valid
    assert check(VILLAGE, repair(VILLAGE, {**TWO, "001": BOW_TIE}), tolerance_m2=1e-6).ok
    assert suggested(check(VILLAGE, {**TWO, "001": NOWHERE})) == [("draw", None)]
    assert set(repair(VILLAGE, {**TWO, "001": NOWHERE})) == {"002"}


def test_a_twin_is_left_out_of_what_is_repaired() -> None:
    mended = repair(VILLAGE, {**TWO, "003": EAST})
    assert set(mended) == {"001", "002"}
    assert check(VILLAGE, mended, tolerance_m2=1e-6).ok


def test_a_suggestion_goes_to_the_map_with_its_words() -> None:
    beyond = shapely.box(107.22, 31.90, 107.25, 31.93)
    (feature,) = check(VILLAGE, {**TWO, "002": beyond}).as_geojson()["features"]
    told = json.loads(json.dumps(feature["properties"]["repair"]))
    assert (told["action"], told["to"]) == ("clip", None)
    assert "裁去" in told["message"]
    assert shapely.from_geojson(json.dumps(told["geometry"])).equals(beyond.difference(VILLAGE))


@settings(deadline=None, max_examples=60)
@given(tilings(), st.data())
def test_whatever_was_moved_the_repair_tiles_the_village(
    cells: dict[str, BaseGeometry], data: st.DataObject
) -> None:
    code = data.draw(st.sampled_from(sorted(cells)))
    metres = data.draw(st.sampled_from([0.3, 3, 300]))
    moved = {**cells, code: translate(cells[code], xoff=metres * METRE, yoff=metres * METRE)}
    if data.draw(st.booleans()) and len(cells) > 1:
        del moved[data.draw(st.sampled_from(sorted(set(cells) - {code})))]
    mended = repair(VILLAGE, moved)
    assert check(VILLAGE, mended, tolerance_m2=1e-4, sliver_m=0).ok
    assert repair(VILLAGE, mended).keys() == mended.keys()
