"""The small county's cells, drawn anew: what stories of moves are told with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Thread
from typing import Any

import pytest
from shapely import box
from shapely.geometry import mapping
from sqlalchemy import create_engine, text

from tests.lending import Lending
from tests.smallcounty import CELLS, SOUTH, VILLAGES, WEST, Desk, SmallCounty


def rectangle(village: str, west: float, east: float) -> dict[str, Any]:
    """A strip of a village (0.1° wide, from west to east) as GeoJSON."""
    left = WEST[village]
    drawn: dict[str, Any] = mapping(box(left + west, SOUTH, left + east, SOUTH + 0.1))
    return drawn


def line(*points: tuple[float, float]) -> dict[str, Any]:
    """A line as GeoJSON."""
    return {"type": "LineString", "coordinates": [list(point) for point in points]}


@dataclass
class Mover:
    """The small county, and somebody who moves things in it."""

    county: SmallCounty
    desks: dict[str, tuple[datetime, Desk]] = field(default_factory=dict)

    def desk(self, login: str) -> Desk:
        """Somebody in the browser, signed in now or a while ago."""
        now = self.county.clock.now
        if login not in self.desks or self.desks[login][0] != now:
            self.desks[login] = (now, self.county.sign_in(login, device="browser"))
        return self.desks[login][1]

    def preview(self, plan: dict[str, Any], login: str = "township-a", expect: int = 200) -> Any:
        """What a plan would do."""
        return self.desk(login).post("/moves/preview", {"plan": plan}, expect=expect)

    def apply(
        self, plan: dict[str, Any], token: str, login: str = "township-a", expect: int = 201
    ) -> Any:
        """Carry a plan out."""
        body = {"plan": plan, "token": token, "why": "示例：户数太多"}
        return self.desk(login).post("/moves/apply", body, expect=expect)

    def move(self, plan: dict[str, Any], login: str = "township-a") -> Any:
        """Preview and apply; the preview."""
        seen = self.preview(plan, login)
        self.apply(plan, seen["token"], login)
        return seen

    def run(self, statement: str, **values: Any) -> None:
        """Do something behind everybody's back, as superuser."""
        engine = create_engine(self.county.url)
        with engine.begin() as connection:
            connection.execute(text(statement), values)
        engine.dispose()

    def ask(self, statement: str, **values: Any) -> Sequence[tuple[Any, ...]]:
        """Look at something behind everybody's back, as superuser."""
        engine = create_engine(self.county.url)
        with engine.connect() as connection:
            rows = [tuple(row) for row in connection.execute(text(statement), values)]
        engine.dispose()
        return rows

    def await_waiting(self, thread: Thread) -> None:
        """Return once the thread waits for a lock in the database, or has ended without."""
        waiting = (
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted"
        )
        while thread.is_alive() and self.ask(waiting) == [(0,)]:
            pass

    def cell_of(self, household_id: Any) -> str | None:
        """The present code of a household's cell."""
        ((code,),) = self.ask(
            "SELECT c.code FROM household h LEFT JOIN grid_cell c ON c.id = h.cell_id"
            " WHERE h.id = :id",
            id=household_id,
        )
        return None if code is None else str(code)


def split_of(cell: str = "A1w", at: float = 0.035, **more: Any) -> dict[str, Any]:
    """Split a west cell along a line from north to south, `at` degrees from the village's west."""
    lon = WEST[cell[:2]] + at
    cut = line((lon, SOUTH - 0.01), (lon, SOUTH + 0.11))
    return {
        "kind": "redraw",
        "village": VILLAGES[cell[:2]],
        "split": {"cell": CELLS[cell], "line": cut, **more},
    }


@pytest.fixture
def lending(governed_lending: Lending) -> Lending:
    """Cases need a policy and a calendar: these tests begin with both."""
    return governed_lending


@pytest.fixture
def mover(county: SmallCounty) -> Mover:
    """The small county with its ladder."""
    return Mover(county)
