"""Tallies of cells: whatever happened, they tell what counting the visits tells; nobody more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import text

from server.db import transaction
from server.maps.measures import service
from server.worker.jobs import JOBS
from server.worker.loop import Worker
from tests.maps.test_measures import cells_of, numbers, run, visit
from tests.smallcounty import CELLS, Desk, SmallCounty, id_of

Told = dict[str, tuple[int | None, ...]]


def tally(county: SmallCounty) -> int:
    """The worker's round; how many cells it counted."""
    with transaction(county.worker) as session:
        return service.tally(session, county.worker)


def told(desk: Desk, **asked: Any) -> Told:
    """Code → the measures of a cell."""
    return {code: numbers(cell) for code, cell in cells_of(desk, days=20, **asked).items()}


def counted(county: SmallCounty, desk: Desk, **asked: Any) -> Told:
    """The same, when no tally is right."""
    run(county, "UPDATE cell_tally SET seq = 0")
    return told(desk, **asked)


def ended(household: str) -> str:
    return f"UPDATE household SET state = 'ended' WHERE id = '{id_of(household)}'"


def moved(household: str, cell: str | None) -> str:
    to = f"'{id_of(cell)}', placed_by = 'hand'" if cell else "NULL, placed_by = NULL"
    why = "NULL" if cell else "'no_place'"
    return f"""UPDATE household SET cell_id = {to}, unplaced = {why}
                WHERE id = '{id_of(household)}'"""


def test_whatever_happens_tallies_tell_what_a_count_tells(county: SmallCounty) -> None:
    """Each time before the worker comes round again, and after."""
    county.clock.pass_time(days=59)  # 2026-04-30
    desk, day = county.sign_in("county"), date(2026, 4, 29)
    wrong = visit(desk, "A1w-1", "met", day)
    steps: dict[str, Callable[[], object]] = {
        "nothing yet": lambda: None,
        "met": lambda: visit(desk, "A1w-2", "by_telephone", day),
        "met long ago": lambda: visit(desk, "A1w-3", "met", date(2026, 3, 20)),
        "met again": lambda: visit(desk, "A1w-3", "met", date(2026, 4, 1)),
        "nobody home": lambda: visit(desk, "B1e-1", "nobody_home", day),
        "amended": lambda: visit(desk, "A1w-1", "declined", day, supersedes_id=wrong),
        "redrawn": lambda: run(county, moved("A1w-2", "A1e")),
        "lost": lambda: run(county, moved("A1w-3", None)),
        "found": lambda: run(county, moved("A1w-3", "A1w")),
        "left": lambda: run(county, ended("A1w-2")),
        "erased": lambda: run(county, f"DELETE FROM visit WHERE household_id = '{id_of('A1w-1')}'"),
        "renamed": lambda: run(county, "UPDATE grid_cell SET name = '示例' || name"),
    }
    for step, take in steps.items():
        tally(county)
        take()
        before = told(desk)
        tally(county)
        after = told(desk)
        assert tally(county) == 0, step
        assert before == after == counted(county, desk), step
    county.clock.pass_time(days=15)  # what was right stays right as days go by
    desk = county.sign_in("county")
    tally(county)
    after = told(desk)
    assert after == counted(county, desk)
    assert after[CELLS["A1w"]] == (2, 0, 2, 0, 0, 0)


def test_a_map_of_the_present_is_read_from_tallies_and_of_a_past_period_from_visits(
    county: SmallCounty,
) -> None:
    county.clock.pass_time(days=59)
    desk = county.sign_in("county")
    visit(desk, "A1w-1", "met", date(2026, 3, 10))
    visit(desk, "A1w-1", "met", date(2026, 4, 29))  # the last one is no longer of March
    worker = Worker(county.app, [job for job in JOBS if job.name == "tallies"])
    assert worker.run_once(county.clock.now) == {"tallies": True}
    march = {"from": "2026-03-01", "to": "2026-03-31"}
    assert told(desk, **march)[CELLS["A1w"]][:3] == (3, 1, 2)
    run(county, "UPDATE cell_tally SET homes = '{7,9}' WHERE cardinality(homes) = 2")
    assert told(desk)[CELLS["A1w"]][:3] == (9, 2, 7)
    assert told(desk, **march)[CELLS["A1w"]][:3] == (3, 1, 2)


def test_a_tally_is_told_to_whom_its_cell_is(county: SmallCounty) -> None:
    tally(county)
    own = {
        "worker-a1w": {"A1w"},
        "mediator-a1": {"A1e", "A1w"},
        "township-b": {"B1e", "B1w"},
        "county": set(CELLS),
        "auditor": set(),
    }
    asked = text("SELECT cell_id FROM gate.tallied(now(), now())")
    for login, cells in own.items():
        with transaction(county.identity(login)) as session:
            seen = set(session.scalars(asked))
        assert seen == {id_of(cell) for cell in cells}, login
