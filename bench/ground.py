"""The ground of the bench: a county of areas, cells and boundaries, copied for each row."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg2
from psycopg2 import extensions
from sqlalchemy.engine import make_url

from server.db import transaction, worker
from server.demo.county import (
    AREAS_CSV,
    SEED,
    County,
    draw,
    write_cells_geojson,
    write_villages_geojson,
)
from server.demo.people import Counts, write_households_csv
from server.installation import Installation, open_installation, opened
from server.places.imports.service import load_areas, load_boundaries, load_cells
from server.syncing.healing.service import ensure_epoch

_number = count(1)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured in one pair."""

    households: int = 20_000  # rows of the list
    many: int = 200_000  # rows of the list of a large county
    pushes: int = 12  # of each phone
    # Phones at once × visits a push.
    loads: Sequence[tuple[int, int]] = tuple((p, b) for p in (1, 8, 32) for b in (1, 20, 100))
    homes: int = 1_000  # households of each phone that syncs for the first time
    phones: int = 100  # that do so at once
    pulls: int = 200  # with nothing new
    open_cases: int = 1_000_000  # of the county, and a tenth of it beside it
    due: int = 10_000  # cases that climb at once
    processes: int = min(os.cpu_count() or 2, 8)  # of the web server, as `wangge serve` has them
    county: Callable[[int], County] = draw


@dataclass(frozen=True, slots=True)
class Ground:
    """A database with the county's places in it, and a list of its households beside it."""

    template: Installation
    size: Size
    path: Path
    counts: Counts
    began: datetime  # a day ago: when the places were drawn and everybody was hired

    @contextmanager
    def fresh(self) -> Iterator[Installation]:
        """A copy of the database, for as long as it is wanted."""
        name = f"{make_url(self.template.admin_url).database}_{next(_number)}"
        source = make_url(self.template.admin_url).database
        execute(self.template.admin_url, f"CREATE DATABASE {name} TEMPLATE {source}")
        try:
            yield _settled(self.template.at(name))
        finally:
            execute(self.template.admin_url, f"DROP DATABASE {name} WITH (FORCE)")


def _settled(copy: Installation) -> Installation:
    """A copy is another database: the web opens it when an epoch of its own has begun."""
    by = worker(datetime.now(UTC))
    with opened(copy.settings("worker")), transaction(by) as session:
        ensure_epoch(session, by)
    return copy


def lay(admin_url: str, directory: Path, size: Size) -> Ground:
    """Make the county in the database that the superuser's URL names; its files in `directory`."""
    county = size.county(SEED)
    began = datetime.now(UTC) - timedelta(days=1)
    template = open_installation(directory / "var", admin_url, private=True)
    template.migrate()
    _load_places(template, county, directory, began)
    path = directory / "households.csv"
    counts = write_households_csv(county, path, SEED, size.households)
    return Ground(template, size, path, counts, began)


def connect(url: str) -> extensions.connection:
    """A plain connection of the driver: no pool, no identity, nothing of ours."""
    plain = make_url(url).set(drivername="postgresql")
    return psycopg2.connect(plain.render_as_string(hide_password=False))


def settle(connection: extensions.connection) -> None:
    """Committed, vacuumed and written out: what was laid down is as if it had lain there long."""
    connection.commit()
    connection.autocommit = True
    connection.cursor().execute("VACUUM ANALYZE")
    connection.cursor().execute("CHECKPOINT")


def execute(admin_url: str, statement: str) -> None:
    """One statement of the superuser's about databases, from outside of all of them."""
    connection = connect(make_url(admin_url).set(database="postgres").render_as_string(False))
    try:
        connection.autocommit = True
        connection.cursor().execute(statement)
    finally:
        connection.close()


def _load_places(template: Installation, county: County, directory: Path, at: datetime) -> None:
    villages, cells = directory / "villages.geojson", directory / "cells.geojson"
    write_villages_geojson(county, villages)
    write_cells_geojson(county, cells)
    by = worker(at)
    with opened(template.settings("worker")):
        with transaction(by) as session:
            load_areas(session, by, AREAS_CSV)
        with transaction(by) as session:
            load_boundaries(session, by, villages)
            load_cells(session, by, cells)
