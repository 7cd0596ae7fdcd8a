"""Datums: half a kilometre is another cell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.datum import Datum, datum_named, from_wgs84, to_wgs84
from geo.errors import UnevenLists, UnknownDatum
from geo.metres import scale_at

SEAT = (107.245, 31.912)  # Tongjiang, the county seat
every_datum = pytest.mark.parametrize("datum", list(Datum))


def test_at_the_county_seat_gcj02_shows_a_point_426_m_east_and_243_m_south_of_the_truth() -> None:
    """So the correction, WGS-84 minus GCJ-02, is −426 m east and +243 m north."""
    lon, lat = from_wgs84(*SEAT, Datum.GCJ02)
    east, north = scale_at(SEAT[1])
    assert (lon - SEAT[0]) * east == pytest.approx(426, abs=1)
    assert (lat - SEAT[1]) * north == pytest.approx(-243, abs=1.5)


def test_published_examples_are_met() -> None:
    """Beijing, from the examples of a widely used JavaScript library; Shanghai from another."""
    assert from_wgs84(116.404, 39.915, Datum.GCJ02) == pytest.approx(
        (116.41024449916938, 39.91640428150164), abs=1e-9
    )
    assert from_wgs84(121.5272106, 31.1774276, Datum.GCJ02) == pytest.approx(
        (121.531541859215, 31.17530398364597), abs=1e-9
    )
    gcj02_of = to_wgs84(116.404, 39.915, Datum.GCJ02)
    assert from_wgs84(*gcj02_of, Datum.BD09) == pytest.approx(
        (116.41036949371029, 39.92133699351021), abs=1e-9
    )


@every_datum
@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.floats(72.004, 137.8347), st.floats(0.8293, 55.8271)), min_size=1, max_size=50
    )
)
def test_there_and_back_is_the_same_place_everywhere_in_china(
    datum: Datum, places: list[tuple[float, float]]
) -> None:
    lon, lat = np.array(places).T
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert np.abs(back_lon - lon).max() < 1e-9
    assert np.abs(back_lat - lat).max() < 1e-9


@every_datum
@settings(deadline=None, max_examples=50)
@given(st.floats(97, 109), st.floats(26, 35))
def test_back_and_there_is_the_same_reading_in_and_around_sichuan(
    datum: Datum, lon: float, lat: float
) -> None:
    assert from_wgs84(*to_wgs84(lon, lat, datum), datum) == pytest.approx((lon, lat), abs=1e-9)


@every_datum
@pytest.mark.parametrize(
    "place",
    [(0.0, 0.0), (71.9, 30.0), (137.9, 30.0), (105.0, 0.7), (105.0, 55.9), (-180.0, 90.0)],
)
def test_outside_the_rectangle_nothing_is_shifted(datum: Datum, place: tuple[float, float]) -> None:
    assert tuple(map(float, from_wgs84(*place, datum))) == place
    assert tuple(map(float, to_wgs84(*place, datum))) == place


def test_at_the_edge_of_the_rectangle_the_shift_begins_at_once() -> None:
    inside, _ = from_wgs84(72.004, 30.0, Datum.GCJ02)
    outside, _ = from_wgs84(np.nextafter(72.004, 0), 30.0, Datum.GCJ02)
    assert abs(inside - outside) > 1e-4


@pytest.mark.parametrize("datum", [Datum.WGS84, Datum.CGCS2000])
def test_cgcs2000_is_taken_as_wgs84(datum: Datum) -> None:
    assert tuple(map(float, from_wgs84(*SEAT, datum))) == SEAT


@every_datum
def test_missing_coordinates_stay_missing_and_harm_no_others(datum: Datum) -> None:
    lon, lat = to_wgs84([np.nan, SEAT[0], np.inf], [31.9, SEAT[1], np.nan], datum)
    assert np.isnan(lon[0])
    assert np.isinf(lon[2])
    assert (lon[1], lat[1]) == to_wgs84(*SEAT, datum)


@every_datum
def test_shapes_are_kept_and_what_was_given_is_not_touched(datum: Datum) -> None:
    lon, lat = np.full((2, 3), SEAT[0]), np.full((2, 3), SEAT[1])
    shown_lon, shown_lat = from_wgs84(lon, lat, datum)
    assert shown_lon.shape == shown_lat.shape == (2, 3)
    assert (lon == SEAT[0]).all()
    assert not np.shares_memory(shown_lon, lon)
    none, _ = to_wgs84([], [], datum)
    assert none.shape == (0,)


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(UnevenLists):
        to_wgs84([107.0, 107.1], [31.0, 31.1, 31.2], Datum.GCJ02)


@pytest.mark.parametrize("name", ["GCJ-02", "gcj02", " Gcj 02 ", "GCJ_02"])
def test_a_datum_is_known_by_its_usual_spellings(name: str) -> None:
    assert datum_named(name) is Datum.GCJ02


def test_an_unknown_datum_is_refused_with_the_choices() -> None:
    with pytest.raises(UnknownDatum, match=r"请选用 wgs84、gcj02.*choose wgs84"):
        datum_named("beijing54")
