"""A supervisor has a village divided: the draft is a plan, and only an applied plan draws cells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import shapely
from shapely.geometry import shape
from sqlalchemy import func, select, text

from geo.partition import check
from server.db import transaction
from server.households import queries
from server.households.models import Household
from server.moves.draft import rules
from server.moves.draft.rules import read_lines
from server.moves.draft.service import survey_ground
from server.moves.errors import BadPlan
from server.places.models import Boundary, GridCell
from tests.smallcounty import CELLS, START, VILLAGES, SmallCounty, id_of

A1 = shapely.box(107.0, 31.9, 107.1, 32.0)
ROAD = {"type": "LineString", "coordinates": [[106.9, 31.951], [107.05, 31.953], [107.2, 31.951]]}


def settle(county: SmallCounty, *hamlets: tuple[float, float, int, int | None]) -> None:
    """Hamlets of A1 as (lon, lat, households, group), houses some ten metres apart."""
    rows, points = [], []
    for lon, lat, many, group in hamlets:
        for k in range(many):
            points.append((lon + (k % 5) * 1e-4, lat + (k // 5) * 1e-4))
            rows.append(
                {
                    "id": uuid4(),
                    "village_id": id_of("A1"),
                    "cell_id": id_of("A1w" if lon < 107.05 else "A1e"),
                    "placed_by": "point",
                    "head_name": "示某",
                    "group_no": group,
                    "created_at": START - timedelta(days=10),
                }
            )
    with transaction(county.worker) as session:
        queries.insert_households(session, rows, points)


def asked(**more: Any) -> dict[str, Any]:
    return {"village": VILLAGES["A1"], "low": 10, "high": 20, **more}


def slugs(made: dict[str, Any]) -> set[str]:
    return {warning["slug"] for warning in made["warnings"]}


def polygons(made: dict[str, Any]) -> dict[str, Any]:
    features = made["draft"]["features"]
    return {str(f["properties"]["number"]): shape(f["geometry"]) for f in features}


def test_a_draft_tiles_the_village_and_changes_nothing(county: SmallCounty) -> None:
    settle(county, (107.02, 31.98, 12, 1), (107.08, 31.98, 12, 2), (107.05, 31.91, 12, 3))
    with transaction(county.worker) as session:
        before = session.execute(select(func.count()).select_from(Boundary)).scalar()
    made = county.sign_in("township-a").post("/moves/draft", asked(), expect=200)
    assert check(A1, polygons(made), tolerance_m2=1e-4, sliver_m=0).ok
    features = [feature["properties"] for feature in made["draft"]["features"]]
    assert sum(each["households"] for each in features) == 42
    assert all(10 <= each["households"] <= 20 for each in features)
    with transaction(county.worker) as session:
        assert session.execute(select(func.count()).select_from(Boundary)).scalar() == before


def test_the_plan_goes_through_preview_and_apply_as_it_is(county: SmallCounty) -> None:
    settle(county, (107.02, 31.98, 12, 1), (107.08, 31.98, 12, 2), (107.05, 31.91, 12, 3))
    desk = county.sign_in("township-a")
    made = desk.post("/moves/draft", asked(), expect=200)
    preview = desk.post("/moves/preview", {"plan": made["plan"]}, expect=200)
    county.clock.pass_time(minutes=1)
    sent = {"plan": made["plan"], "token": preview["token"], "why": "初次划分"}
    desk.post("/moves/apply", sent, expect=201)
    with transaction(county.worker) as session:
        rows = session.execute(
            select(GridCell.code, func.count())
            .join(Household, Household.cell_id == GridCell.id)
            .where(GridCell.village_id == id_of("A1"), GridCell.ended_at.is_(None))
            .group_by(GridCell.code)
        )
        households = sorted(count for _, count in rows)
    drawn = sorted(feature["properties"]["households"] for feature in made["draft"]["features"])
    assert households == drawn


def test_a_present_cell_goes_on_where_most_of_its_land_is(county: SmallCounty) -> None:
    settle(county, (107.02, 31.95, 12, 1), (107.08, 31.95, 12, 3))
    made = county.sign_in("township-a").post("/moves/draft", asked(), expect=200)
    assert {c["code"] for c in made["plan"]["cells"]} == {CELLS["A1w"], CELLS["A1e"]}
    assert made["plan"]["ended"] == []
    one = county.sign_in("township-a").post("/moves/draft", asked(low=300, high=500), expect=200)
    assert len(one["plan"]["cells"]) == len(one["plan"]["ended"]) == 1
    assert {"cells-end", "small-village"} <= slugs(one)


def test_groups_that_only_the_present_cells_name_stay_with_their_land(
    county: SmallCounty,
) -> None:
    desk = county.sign_in("township-a")
    one = desk.post("/moves/draft", asked(), expect=200)  # six households: the whole village
    assert [cell["groups"] for cell in one["plan"]["cells"]] == [[1, 2, 3, 4]]
    settle(county, (107.05, 31.98, 15, 1), (107.05, 31.91, 15, 3))
    two = desk.post("/moves/draft", asked(), expect=200)  # each across both present cells
    assert sorted(cell["groups"] for cell in two["plan"]["cells"]) == [[1], [3]]
    (told,) = [w["text"] for w in two["warnings"] if w["slug"] == "group-unseen"]
    assert "2、4 组" in told


def test_an_edge_follows_the_road_that_was_given(county: SmallCounty) -> None:
    settle(county, (107.02, 31.98, 10, 1), (107.08, 31.92, 10, 2))
    with transaction(county.worker) as session:  # nobody lives along the middle
        session.execute(text("UPDATE household SET state = 'ended' WHERE group_no IS NULL"))
    made = county.sign_in("county").post("/moves/draft", asked(low=8, lines=ROAD), expect=200)
    north, south = polygons(made).values()
    shared = shapely.intersection(shapely.boundary(north), shapely.boundary(south))
    assert shared.within(shape(ROAD).buffer(1e-7))
    elsewhere = {"type": "LineString", "coordinates": [[100.0, 30.0], [100.1, 30.0]]}
    again = county.sign_in("county").post("/moves/draft", asked(lines=elsewhere), expect=200)
    assert "lines-elsewhere" in slugs(again)


def test_what_a_draft_cannot_see_is_said(county: SmallCounty) -> None:
    settle(county, (107.05, 31.95, 30, 4))
    row = {
        "id": uuid4(),
        "village_id": id_of("A1"),
        "unplaced": "group_unknown",
        "head_name": "示某",
        "group_no": 9,
        "created_at": START,
    }
    with transaction(county.worker) as session:
        queries.insert_households(session, [row], [None])
    made = county.sign_in("township-a").post("/moves/draft", asked(), expect=200)
    assert {"without-point", "group-unseen", "cluster-cut", "group-cut"} <= slugs(made)
    kinds = {f["properties"]["kind"] for f in made["concerns"]["features"]}
    assert {"cluster_cut", "group_cut"} <= kinds


NOT_THEIRS = [
    ("township-b", "not-in-charge"),
    ("mediator-a1", "not-yours"),
    ("worker-a1w", "not-yours"),
    ("auditor", "not-yours"),
]


def test_nobody_drafts_a_village_that_is_not_theirs(county: SmallCounty) -> None:
    for login, slug in NOT_THEIRS:
        answer = county.sign_in(login).post("/moves/draft", asked(), expect=403)
        assert answer["type"] == f"/problems/{slug}", login


def test_the_second_wall_shows_no_houses_of_another_township(county: SmallCounty) -> None:
    with transaction(county.identity("township-b")) as session:
        assert len(survey_ground(session, VILLAGES["A1"], None).houses.at) == 0
    with transaction(county.identity("township-a")) as session:
        assert len(survey_ground(session, VILLAGES["A1"], None).houses.at) == 6


SCRIBBLE = [[107 + (k * 37 % 100) / 1000, 31.9 + (k * 61 % 100) / 1000] for k in range(1000)]


HATCHED = [[[107 + k / 1e6, 31.9], [107.1 + k / 1e6, 32]] for k in range(2000)]  # none cross
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"low": 0}, "low"),
    ({"low": "10"}, "low"),
    ({"near_m": -1}, "near_m"),
    ({"village": "5119211002"}, "village"),
    ({"lines": []}, "lines"),
    ({"lines": {}}, "lines"),
    ({"lines": {"type": "LineString", "coordinates": [[107.0]]}}, "lines"),
    ({"lines": {"type": "LineString", "coordinates": [[31.9, 107.0], [32, 107]]}}, "lines"),
    ({"lines": {"type": "LineString", "coordinates": SCRIBBLE}}, "lines"),
    ({"lines": {"type": "MultiLineString", "coordinates": HATCHED}}, "lines"),
    ({"lines": {"type": "LineString", "coordinates": [[107, 32], [107.1, 32]] * 26_000}}, "lines"),
]


def test_what_cannot_be_worked_with_is_named(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    for number, (wrong, field) in enumerate(WRONG):
        answer = desk.post("/moves/draft", asked(**wrong), expect=422)
        assert field in answer["errors"].get("json", answer["errors"]), number


def test_bounds_that_cannot_be_and_villages_that_are_none_are_refused(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    said = desk.post("/moves/draft", asked(low=30), expect=422)
    assert said["type"] == "/problems/unusable-cell-size"
    said = desk.post("/moves/draft", asked(village="511921100599"), expect=404)
    assert said["type"] == "/problems/area-not-found"
    with transaction(county.worker) as session:
        session.execute(text("UPDATE boundary SET valid_to = now()"))
    said = desk.post("/moves/draft", asked(), expect=422)
    assert "village" in said["errors"]


def test_a_village_of_more_households_or_cells_than_a_redraw_takes_is_refused(
    county: SmallCounty, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = county.sign_in("county")
    settle(county, (107.02, 31.98, 12, 1))
    monkeypatch.setattr(rules, "MAX_CELLS", 5)
    said = desk.post("/moves/draft", asked(low=2, high=4), expect=422)  # 18 households: six of 3
    assert "high" in said["errors"]
    monkeypatch.setattr(rules, "MAX_HOUSEHOLDS", 5)
    assert "village" in desk.post("/moves/draft", asked(), expect=422)["errors"]


def test_lines_come_as_geometry_feature_or_collection_and_points_are_left_out() -> None:
    feature = {"type": "Feature", "properties": None, "geometry": ROAD}
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [107, 32]}}
    nothing = {"type": "Feature", "geometry": None}
    collection = {"type": "FeatureCollection", "features": [feature, point, nothing]}
    assert read_lines(ROAD) == read_lines(feature) == read_lines(collection)
    assert len(read_lines(collection)) == 1
    with pytest.raises(BadPlan):
        read_lines(["LineString"])
