"""The database and geo.tiles give every point the same square, whichever way it was written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from geo.tiles import QUADKEY_ZOOM, bounds, quadkey
from server.db import transaction
from tests.smallcounty import SmallCounty, id_of

BESIDE = 1e-9  # degrees: a tenth of a millimetre
_OF_POINTS = text("""
    SELECT quadkey_of(ST_SetSRID(ST_MakePoint(lon, lat), 4326))
      FROM unnest(cast(:lons AS float8[]), cast(:lats AS float8[])) WITH ORDINALITY p (lon, lat, n)
     ORDER BY n
""")

squares = st.integers(0, 2**QUADKEY_ZOOM - 1)
anywhere = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
corners = st.builds(lambda x, y: bounds(QUADKEY_ZOOM, x, y)[::3], squares, squares)


def in_database(county: SmallCounty, points: list[tuple[float, float]]) -> list[int]:
    """What the database makes of these points."""
    lons, lats = zip(*points, strict=True)
    with transaction(county.worker) as session:
        found = session.execute(_OF_POINTS, {"lons": list(lons), "lats": list(lats)})
        return list(found.scalars())


def test_the_database_and_python_agree_on_every_point(county: SmallCounty) -> None:
    """On the very edge of a square (a tenth of a millimetre) either side is right."""

    @given(st.lists(anywhere | corners, min_size=1, max_size=50))
    @settings(max_examples=60)
    def check(points: list[tuple[float, float]]) -> None:
        lons, lats = np.array(points).T
        beside = [
            quadkey(np.clip(lons + a * BESIDE, -180, 180), np.clip(lats + b * BESIDE, -90, 90))
            for a in (-1, 0, 1)
            for b in (-1, 0, 1)
        ]
        for n, key in enumerate(in_database(county, points)):
            assert key in {int(keys[n]) for keys in beside}, points[n]

    check()


def test_within_a_square_they_agree_to_the_number(county: SmallCounty) -> None:
    rng = np.random.default_rng(7)
    lons, lats = rng.uniform(106, 109, 20_000), rng.uniform(31, 33, 20_000)
    found = in_database(county, list(zip(lons.tolist(), lats.tolist(), strict=True)))
    assert (np.array(found) != quadkey(lons, lats)).sum() == 0


def test_a_household_that_moves_gets_another_square_and_nobody_writes_it(
    county: SmallCounty,
) -> None:
    with transaction(county.worker) as session:
        one = {"id": id_of("A1w-1")}
        move = "UPDATE household SET geom = ST_SetSRID(ST_MakePoint({}), 4326) WHERE id = :id"
        ask = text("SELECT quadkey FROM household WHERE id = :id")
        session.execute(text(move.format("107.03, 31.97")), one)
        assert session.execute(ask, one).scalar() == int(quadkey(107.03, 31.97))
        session.execute(text("UPDATE household SET geom = NULL WHERE id = :id"), one)
        assert session.execute(ask, one).scalar() is None
    with (
        pytest.raises(ProgrammingError, match="quadkey"),
        transaction(county.worker) as session,
    ):
        session.execute(text("UPDATE household SET quadkey = 1"))


def test_an_empty_point_lies_nowhere(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        empty = "SELECT quadkey_of(ST_SetSRID('POINT EMPTY'::geometry, 4326))"
        assert session.execute(text(empty)).scalar() is None


def test_a_boundary_knows_its_four_edges(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        edges = session.execute(
            text("SELECT west, south, east, north FROM boundary WHERE cell_id = :id"),
            {"id": id_of("A1e")},
        ).one()
    assert tuple(edges) == pytest.approx((107.05, 31.9, 107.1, 32.0))
