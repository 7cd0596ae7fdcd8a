"""The demo: a month in Tongjiang county, played whole; every line of its table is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from server.demo.cases import Fate
from server.demo.play import NotEmpty, play
from server.demo.staff import PASSWORD
from server.demo.web import Browser, serving
from server.installation import Installation
from server.syncing.queries import recompute_heads
from tests.conftest import TestCluster
from tests.demo.played import START, Played, play_once


@pytest.fixture(scope="module")
def played(cluster: TestCluster) -> Played:
    """The month, played once for all tests of the run."""
    return play_once(cluster)


@pytest.fixture(scope="module")
def installation(played: Played) -> Installation:
    """The installation that it was played in."""
    return played.installation


def count(played: Played, what: str) -> int:
    """The count of one line of the table, by a part of its words."""
    (line,) = [line for line in played.lines if line.what.endswith(what)]
    return line.count


def ask(installation: Installation, sql: str) -> int:
    """One number, as superuser."""
    engine = create_engine(make_url(installation.admin_url))
    with engine.connect() as connection:
        number: int = connection.execute(text(sql)).scalar_one()
    engine.dispose()
    return number


def test_the_real_county_with_synthetic_cells(played: Played) -> None:
    assert count(played, "） townships") == 33
    assert count(played, "） villages") == 367
    assert 1850 <= count(played, "cells, synthetic") <= 2000


def test_households_are_placed_as_the_file_was_written(played: Played) -> None:
    kinds = played.counts.kinds
    by_group = kinds["by_group"]
    by_point = kinds["by_point"] + kinds["by_point_and_group"]
    twice = kinds["duplicate_household"]  # kept, and listed as likely duplicates
    assert (
        count(played, "住户 households")
        == played.counts.rows - played.counts.broken - kinds["duplicate_id"]
    )
    assert by_group + by_point <= count(played, "by group") + count(played, "by point")
    assert count(played, "by group") + count(played, "by point") <= by_group + by_point + twice
    assert count(played, "no place") == kinds["no_place"]
    assert count(played, "outside the county") == sum(
        kinds[kind] for kind in ("outside", "zero", "swapped")
    )
    assert count(played, "group unknown") == kinds["group_unknown"] + kinds["group_not_covered"]


def test_every_visit_is_on_the_server_once_although_answers_were_lost(played: Played) -> None:
    assert played.proof.wrong_visits == []
    assert count(played, "visits noted on phones") == count(played, "走访 visits") > 1000
    assert count(played, "nobody home") > 100
    assert count(played, "answers lost on the way") > 20
    assert count(played, "requests lost on the way") > 20
    assert count(played, "still waiting") == 0


def test_each_phone_holds_exactly_what_its_worker_may_see(played: Played) -> None:
    assert played.proof.wrong_phones == []
    assert played.proof.phones == 24


def test_disputes_end_where_their_fate_says(played: Played) -> None:
    fates = played.fates
    assert count(played, "settled in the village") == fates.count(Fate.SETTLED_IN_VILLAGE) > 0
    assert count(played, "settled in the township") == fates.count(Fate.SETTLED_IN_TOWNSHIP) > 0
    at_county = fates.count(Fate.REACHED_COUNTY)
    assert count(played, "at the county, open") >= at_county > 0
    assert count(played, "across villages") == 1
    assert count(played, "矛盾纠纷 disputes") == len(fates) + 1


def test_a_case_climbs_once_per_holding_and_never_early(
    played: Played, installation: Installation
) -> None:
    assert count(played, "climbs by the clock") > 0
    assert ask(installation, "SELECT count(*) FROM holding WHERE ended_how = 'climb'") == count(
        played, "climbs by the clock"
    )
    early = "SELECT count(*) FROM holding h JOIN holding up ON up.climbed_from = h.id WHERE "
    assert ask(installation, early + "up.received_at < least(h.accept_by, h.handle_by)") == 0


def test_what_the_table_says_is_seen_through_the_api(
    played: Played, installation: Installation
) -> None:
    with serving(installation.settings(), lambda: played.now) as base_url:
        desk = Browser(base_url, "county", PASSWORD)
        for line in played.lines:
            if line.where:
                assert desk.get(line.where)["total"] == line.count, line.what


def test_the_feed_is_sound_after_a_month(played: Played, installation: Installation) -> None:
    from sqlalchemy.orm import Session

    engine = create_engine(make_url(installation.admin_url))
    with Session(engine) as session:
        kept = session.execute(text("SELECT bucket, n, h, seq FROM feed_head")).all()
        worked_out = recompute_heads(session)
        assert sorted(map(tuple, kept)) == sorted(map(tuple, worked_out))
    engine.dispose()
    assert ask(installation, "SELECT count(*) FROM feed_entry WHERE seq IS NULL") == 0
    assert played.proof.holds


def test_a_second_demo_is_refused(played: Played, installation: Installation) -> None:
    assert played.proof.holds
    with pytest.raises(NotEmpty):
        play(installation, lambda line: None, START)


def test_it_says_that_the_boundaries_are_synthetic(
    played: Played, installation: Installation
) -> None:
    assert any("合成" in line for line in played.said)
    cells = Path(installation.environment["WANGGE_DATA_DIR"]) / "demo" / "cells.geojson"
    assert "synthetic boundary" in cells.read_text(encoding="utf-8")
    assert ask(installation, "SELECT count(*) FROM grid_cell WHERE NOT synthetic") == 0
    assert count(played, "cells, synthetic") > 0
