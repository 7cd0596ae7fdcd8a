"""Real PostGIS, always: one temporary cluster for the run, one database at a time for every test.

A test's database is a copy of a migrated template with the small county in it, or one that was made
as new again (tests/lending.py): tests commit for real, stamps and triggers included, and cannot see
each other.
"""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from itertools import count
from pathlib import Path

import psycopg2
import pytest
from flask import Flask
from hypothesis import settings as hypothesis_settings
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from migrations.upgrade import upgrade
from server import sealed
from server.access import service as passwords
from server.app import create_app
from server.bare import bare_app
from server.cluster import temporary_cluster
from server.db import db, transaction, worker
from server.demo.county import County
from server.policies.service import ensure_policy
from tests import smallcounty
from tests.demo.once import draw_once
from tests.lending import Lending
from tests.smallcounty import START, Clock, SmallCounty

_EXAMPLES = "WANGGE_EXAMPLES"  # of each property that does not say how many itself
# The machine may be slow and shared: a time limit on an example would only measure that.
hypothesis_settings.register_profile(
    "wangge", deadline=None, derandomize=True, max_examples=int(os.environ.get(_EXAMPLES, "40"))
)
hypothesis_settings.load_profile("wangge")

_CLUSTER = "WANGGE_TEST_CLUSTER"  # how the workers of a parallel run hear of the one cluster
_MIGRATED, _SEEDED, _GOVERNED = "wangge_migrated", "wangge_seeded", "wangge_governed"
_number = count(1)


class TestCluster:
    """The cluster of this run. Databases are copied from templates."""

    __test__ = False

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url

    def url(self, dbname: str, role: str = "postgres") -> str:
        """A URL of one database, as this role."""
        url = make_url(self.admin_url).set(database=dbname, username=role)
        return url.render_as_string(hide_password=False)

    def create(self, dbname: str, template: str = "template1") -> None:
        """Copy a database."""
        # By file: under fsync=off the checkpoints of it cost less than writing 12 MB of WAL.
        self._execute(f"CREATE DATABASE {dbname} TEMPLATE {template} STRATEGY file_copy")

    def drop(self, dbname: str) -> None:
        """Drop a database and whoever is still connected to it."""
        self._execute(f"DROP DATABASE IF EXISTS {dbname} WITH (FORCE)")

    def part(self, dbname: str) -> None:
        """End whoever is still connected to a database."""
        self._execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{dbname}'"
        )

    def slim(self, dbname: str) -> None:
        """Drop the reference systems that nobody here uses: half of what every test copies."""
        self._execute("DELETE FROM spatial_ref_sys WHERE srid NOT IN (4326, 3857)", dbname)
        self._execute("VACUUM FULL spatial_ref_sys", dbname)

    def tune(self) -> None:
        """Nothing tidies up between two tests, and a function plans its statements once.

        What a function is asked here is always a few rows: planned anew for their number each
        time, the plans took a quarter of the database's work.
        """
        self._execute("ALTER SYSTEM SET autovacuum = off")
        self._execute("ALTER SYSTEM SET plan_cache_mode = force_generic_plan")
        self._execute("SELECT pg_reload_conf()")

    def _execute(self, statement: str, dbname: str = "postgres") -> None:
        url = make_url(self.admin_url)
        connection = psycopg2.connect(
            user="postgres", dbname=dbname, host=url.query["host"], port=url.query["port"]
        )
        try:
            connection.autocommit = True
            connection.cursor().execute(statement)
        finally:
            connection.close()


def _prepare(cluster: TestCluster) -> None:
    cluster.create(_MIGRATED)
    upgrade(cluster.url(_MIGRATED))
    cluster.slim(_MIGRATED)
    cluster.create(_SEEDED, _MIGRATED)
    app = bare_app(smallcounty.settings(cluster.url(_SEEDED)))
    with app.app_context(), transaction(worker(START)) as session:
        smallcounty.seed(session)
    _dispose(app)
    cluster.create(_GOVERNED, _SEEDED)
    app = bare_app(smallcounty.settings(cluster.url(_GOVERNED)))
    with app.app_context(), transaction(worker(START)) as session:
        ensure_policy(session, worker(START))
    _dispose(app)


def _dispose(app: object) -> None:
    with app.app_context():  # type: ignore[attr-defined] # a Flask app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def _all_alive(app: Flask) -> bool:
    """Whether nobody ended a connection that waits in the pool: a test before may have."""
    with app.app_context(), ExitStack() as held:
        try:
            for _ in range(db.engine.pool.checkedin()):  # type: ignore[attr-defined] # a QueuePool
                held.enter_context(db.engine.connect()).exec_driver_sql("SELECT")
        except DBAPIError:
            return False
    return True


_stack = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """In a parallel run the controller starts what its workers share before they start."""
    parallel = getattr(config.option, "numprocesses", None)
    if parallel and not hasattr(config, "workerinput"):
        _start(files=True)


def pytest_collection_finish() -> None:
    """What is imported stays: the collector of garbage need not go through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what this process started; nothing of it stays behind."""
    _stack.close()


def _write_beside(cluster: Path) -> None:
    """Files of tests lie where the cluster's do, in memory where there is room, and go with them:
    a phone waits for the disk at each record, which was half of many a test.
    """
    _stack.enter_context(pytest.MonkeyPatch.context()).setenv("TMPDIR", str(cluster.parent))
    tempfile.tempdir = None  # it is looked up anew
    _stack.callback(setattr, tempfile, "tempdir", None)


def _start(*, files: bool = False) -> TestCluster:
    started = _stack.enter_context(temporary_cluster(in_memory=True))
    cluster = TestCluster(started.admin_url("postgres"))
    if files:
        _write_beside(started.home.path)
    cluster.tune()
    _prepare(cluster)
    os.environ[_CLUSTER] = cluster.admin_url
    _stack.callback(os.environ.pop, _CLUSTER, None)
    return cluster


@pytest.fixture(scope="session")
def cluster() -> TestCluster:
    """The cluster of this run."""
    if url := os.environ.get(_CLUSTER):
        return TestCluster(url)
    return _start()


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> None:
    """Argon2id is slow on purpose; here everybody's hash, and nobody's, costs next to nothing."""
    passwords._hasher = smallcounty.HASHER


@pytest.fixture(scope="session")
def drawn_county(cluster: TestCluster) -> County:
    """The real county as the demonstration draws it; it takes seconds. Only to be read."""
    return draw_once(cluster)


@pytest.fixture(scope="session")
def lending(cluster: TestCluster) -> Iterator[Lending]:
    """This process's database; under one name, so that one application serves all tests."""
    lending = Lending(cluster, f"t_{os.getpid()}", _SEEDED)
    yield lending
    lending.close()


@pytest.fixture
def database(lending: Lending) -> Iterator[str]:
    """URL (superuser) of the seeded county, as new."""
    yield lending.lend()
    lending.take_back()


@pytest.fixture
def empty_database(cluster: TestCluster) -> Iterator[str]:
    """URL (superuser) of a fresh copy of the migrated template: no county in it."""
    name = f"e_{os.getpid()}_{next(_number)}"
    cluster.create(name, _MIGRATED)
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture(scope="session")
def governed_lending(cluster: TestCluster) -> Iterator[Lending]:
    """As `lending`, of a county with the default policy and four years of calendar, as every real
    one has: a folder whose tests are about cases says that its `lending` is this one.
    """
    lending = Lending(cluster, f"g_{os.getpid()}", _GOVERNED)
    yield lending
    lending.close()


@pytest.fixture
def county(database: str, lending: Lending) -> Iterator[SmallCounty]:
    """The small county of this test, with its app and its clock."""
    app, clock = _application(database)
    if app.extensions.get("tests.database") != lending.number or not _all_alive(app):
        _dispose(app)
        app.extensions["tests.database"] = lending.number
    settings = smallcounty.settings(database)
    clock.now, app.extensions["wangge.settings"] = START, settings
    sealed.use(sealed.Keyring(settings.seal_keys, settings.blind_key))  # it is the process's
    with app.app_context():
        yield SmallCounty(app, clock, database)
        db.session.remove()


@cache
def _application(url: str) -> tuple[Flask, Clock]:
    """Made once in each process: it keeps nothing from one test to the next but its routes."""
    clock = Clock()
    return create_app(smallcounty.settings(url), clock=clock), clock
