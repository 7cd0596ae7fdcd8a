"""How tiles are answered: kept copies, compression, nonsense; and disputes, which are placed."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
import shapely
from shapely import box
from sqlalchemy import text
from sqlalchemy.engine import make_url

from server.db import transaction
from server.places import queries as places
from server.policies.service import ensure_policy
from tests.maps.tilereader import ask, read_all, width
from tests.smallcounty import SOUTH, WEST, Desk, SmallCounty, id_of

HERE = (10, 816, 416)  # a tile of the small county, with households in it


def etag(desk: Desk, layer: str, **query: Any) -> str:
    """What a client keeps a copy by."""
    return str(ask(desk, layer, HERE, query_string=query).headers["ETag"])


def again(desk: Desk, layer: str, kept: str) -> int:
    """The status of asking whether a kept copy is still good."""
    return int(ask(desk, layer, HERE, headers={"If-None-Match": kept}).status_code)


def by_hand(county: SmallCounty, statement: str, **values: Any) -> None:
    """Something done by the county's own hand."""
    with transaction(county.worker) as session:
        session.execute(text(statement), values)


# ---------------------------------------------------------------------------- kept copies


@pytest.mark.parametrize("layer", ["areas", "cells", "households", "disputes"])
def test_an_unchanged_tile_is_not_sent_again(county: SmallCounty, layer: str) -> None:
    desk = county.sign_in("township-a")
    first = ask(desk, layer, HERE)
    kept = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, max-age=60, must-revalidate"
    # Whoever signs in next at a shared browser is shown nothing of what it kept.
    assert {"Authorization", "Cookie"} <= {
        word.strip() for word in first.headers["Vary"].split(",")
    }
    answer = ask(desk, layer, HERE, headers={"If-None-Match": kept})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", kept)


def test_an_unchanged_tile_is_answered_without_a_look_at_any_row(county: SmallCounty) -> None:
    """Somebody holds the tables for themselves; who has a good copy does not wait for them."""
    desk = county.sign_in("township-a")
    kept = etag(desk, "cells")
    url = make_url(county.url)
    elsewhere = psycopg2.connect(
        user="postgres", dbname=url.database, host=url.query["host"], port=url.query["port"]
    )
    try:
        elsewhere.cursor().execute("LOCK TABLE household, visit, dispute, boundary")
        assert again(desk, "cells", kept) == 304
    finally:
        elsewhere.close()


def test_a_household_that_moves_makes_the_copy_stale(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    kept = etag(desk, "households")
    move = (
        "UPDATE household SET geom = ST_SetSRID(ST_MakePoint(107.03, 31.91), 4326) WHERE id = :id"
    )
    by_hand(county, move, id=id_of("A1w-1"))
    assert again(desk, "households", kept) == 200


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE user_account SET name = '示例新名' WHERE login = 'worker-a1w'",
        "UPDATE assignment SET leads = false WHERE role = 'grid_worker'",
        "UPDATE boundary SET geom = ST_Multi(ST_Buffer(geom, -0.001)) WHERE cell_id IS NOT NULL",
        "UPDATE grid_cell SET name = '示例新网格'",
    ],
)
def test_what_no_phone_holds_makes_the_copy_stale_too(county: SmallCounty, change: str) -> None:
    desk = county.sign_in("township-a")
    kept = etag(desk, "cells")
    assert again(desk, "cells", kept) == 304
    by_hand(county, change)
    assert again(desk, "cells", kept) == 200


def test_nobody_is_served_from_a_colleagues_copy(county: SmallCounty) -> None:
    kept = etag(county.sign_in("worker-a1w"), "households")
    assert again(county.sign_in("worker-a1e"), "households", kept) == 200


def test_a_copy_does_not_outlive_the_assignment(county: SmallCounty) -> None:
    end = county.clock.now + timedelta(minutes=10)
    held = "UPDATE assignment SET valid_to = :end WHERE user_id = :id"
    by_hand(county, held, end=end, id=id_of("user township-a"))
    desk = county.sign_in("township-a")
    kept = etag(desk, "cells")
    county.clock.pass_time(minutes=11)
    assert again(desk, "cells", kept) == 403  # nothing is held any more


def test_other_days_are_another_tile(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    march = {"from": "2026-03-01", "to": "2026-03-31"}
    tags = {
        etag(desk, "cells"),
        etag(desk, "cells", **march),
        etag(desk, "cells", as_of="2026-03-02"),
    }
    assert len(tags) == 3


def test_a_tile_travels_packed(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    by_hand(county, "UPDATE grid_cell SET name = repeat('长', 40) || code")
    packed = ask(desk, "cells", HERE, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == ask(desk, "cells", HERE).data
    assert packed.content_type == "application/vnd.mapbox-vector-tile"


def test_where_nothing_is_the_answer_is_empty(county: SmallCounty) -> None:
    answer = ask(county.sign_in("county"), "cells", (10, 1, 1))
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["ETag"]


# ------------------------------------------------------------------------------- nonsense


NO_TILES = [
    ("3/8/0", "invalid-tile"),
    ("3/0/-1", "invalid-tile"),
    ("-1/0/0", "invalid-tile"),
    ("32/0/0", "invalid-tile"),
    ("9" * 40 + "/0/0", "invalid-tile"),
    ("3/1.5/0", "invalid-tile"),
    ("３/0/0", "invalid-tile"),
    ("z/x/y", "invalid-tile"),
    ("21/0/0", "tile-too-fine"),
]


def test_a_tile_that_cannot_be(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    for tile, slug in NO_TILES:
        for layer in ("areas", "cells", "households", "disputes"):
            answer = desk.call("GET", f"/tiles/{layer}/{tile}.mvt")
            said = (answer.status_code, answer.json["type"])
            assert said == (422, f"/problems/{slug}"), (layer, tile)


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-03-02", "to": "2026-03-01"},
        {"from": "2025-01-01", "to": "2026-02-05"},  # 401 days
        {"from": "2026-03-02"},
        {"to": "2026-03-02"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"from": "9999-12-30", "to": "9999-12-31"},
        {"from": "yesterday", "to": "2026-03-02"},
        {"as_of": "2026-02-30"},
        {"as_of": ""},
        {"as_of": "9999-12-31"},
    ],
)
def test_days_that_cannot_be(county: SmallCounty, query: dict[str, str]) -> None:
    answer = ask(county.sign_in("county"), "cells", HERE, query_string=query)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"


def test_four_hundred_days_are_drawn(county: SmallCounty) -> None:
    query = {"from": "2025-01-01", "to": "2026-02-04"}
    assert ask(county.sign_in("county"), "cells", HERE, query_string=query).status_code == 200


def test_there_is_no_other_layer(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    assert ask(desk, "visits", HERE).status_code == 404
    answer = desk.call("GET", "/tiles/visits.json")
    assert (answer.status_code, answer.json["type"]) == (404, "/problems/no-such-layer")


# ------------------------------------------------------------------------------- disputes


@pytest.fixture
def ladder(county: SmallCounty) -> SmallCounty:
    """The small county with its limits and working days."""
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    return county


def register(desk: Desk, name: str, **fields: Any) -> None:
    """A dispute of the household A1w-3, whose point is not the middle of its cell."""
    party = {"side": "applicant", "kind": "household", "household_id": str(id_of("A1w-3"))}
    desk.post(
        "/disputes",
        {
            "id": str(id_of(name)),
            "category": "neighbours",
            "story": "示例：院墙",
            "parties": [party],
            **fields,
        },
    )


IN_CELL = {"cell_id": str(id_of("A1w")), "village_id": str(id_of("A1"))}
MIDDLE = shapely.Point(WEST["A1"] + 0.025, SOUTH + 0.05)
HOME = shapely.Point(WEST["A1"] + 0.04, SOUTH + 0.05)


def test_only_who_handles_a_dispute_sees_where_its_household_lives(ladder: SmallCounty) -> None:
    register(ladder.sign_in("worker-a1w"), "quarrel", **IN_CELL)
    unit = width(13) / 4096
    for login, place in {
        "mediator-a1": HOME,
        "worker-a1w": MIDDLE,
        "township-a": MIDDLE,
        "county": MIDDLE,
    }.items():
        (drawn,) = read_all(ladder.sign_in(login), "disputes", 13)
        assert drawn.shape.distance(place) < unit, login
        assert drawn["precise"] == (place is HOME)
    assert read_all(ladder.sign_in("mediator-a2"), "disputes", 13) == []
    assert read_all(ladder.sign_in("worker-a1e"), "disputes", 13) == []


def test_a_dispute_says_how_it_stands_and_nothing_of_what_it_is_about(ladder: SmallCounty) -> None:
    desk = ladder.sign_in("mediator-a1")
    register(desk, "quarrel", **IN_CELL)
    (drawn,) = read_all(desk, "disputes", 13)
    assert drawn.columns == {
        "id": str(id_of("quarrel")),
        "status": "registered",
        "level": "village",
        "category": "neighbours",
        "overdue": False,
        "precise": True,
    }


def test_a_dispute_of_no_cell_lies_in_its_village(ladder: SmallCounty) -> None:
    register(ladder.sign_in("mediator-a1"), "quarrel", village_id=str(id_of("A1")), parties=[])
    (drawn,) = read_all(ladder.sign_in("township-a"), "disputes", 13)
    middle = shapely.Point(WEST["A1"] + 0.05, SOUTH + 0.05)
    assert drawn.shape.distance(middle) < width(13) / 4096


def test_what_is_past_its_limit_is_late_on_the_map_and_in_its_cell(ladder: SmallCounty) -> None:
    register(ladder.sign_in("worker-a1w"), "quarrel", **IN_CELL)
    register(ladder.sign_in("worker-a1w"), "quarrel two", **IN_CELL)
    by_hand(
        ladder,
        "UPDATE holding SET due_at = begun_at + interval '1 hour' WHERE dispute_id = :id",
        id=id_of("quarrel"),
    )
    ladder.clock.pass_time(hours=2)
    desk = ladder.sign_in("mediator-a1")
    (cluster,) = read_all(desk, "disputes", 9)
    assert (cluster["disputes"], cluster["late"]) == (2, 1)
    assert sorted(one["overdue"] for one in read_all(desk, "disputes", 13)) == [False, True]
    cells = {one["code"]: one for one in read_all(desk, "cells", 9)}
    cell = cells["511921100201001"]
    assert (cell["open"], cell["overdue"]) == (2, 1)


def test_a_dispute_that_is_settled_leaves_the_map(ladder: SmallCounty) -> None:
    desk = ladder.sign_in("mediator-a1")
    register(desk, "quarrel", **IN_CELL)
    by_hand(ladder, "UPDATE dispute SET status = 'settled' WHERE id = :id", id=id_of("quarrel"))
    assert read_all(desk, "disputes", 13) == []


def test_a_bent_cell_has_its_middle_inside(ladder: SmallCounty) -> None:
    """The centroid of a horseshoe lies outside of it."""
    west = WEST["A1"]
    bent = box(west, SOUTH, west + 0.05, SOUTH + 0.1) - box(west, SOUTH + 0.01, west + 0.045, 31.99)
    with transaction(ladder.worker) as session:
        places.set_boundaries(session, [id_of("A1w")], [bent.wkb], ladder.clock.now, cells=True)
        inside = session.execute(
            text("""SELECT ST_Covers(geom, middle) AND NOT ST_Covers(geom, ST_Centroid(geom))
                      FROM boundary WHERE cell_id = :id AND valid_to IS NULL"""),
            {"id": id_of("A1w")},
        ).scalar()
    assert inside
