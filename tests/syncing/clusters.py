"""Whole database servers to lose and to bring back: copies of one small county, each on its own.

A server archives its WAL into a folder of its own, so that a copy of its files can be brought up to
any moment, or follow it as a standby.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2
from flask import Flask

from migrations.upgrade import upgrade
from server import sealed
from server.app import create_app
from server.cluster import PORT, Cluster
from server.cluster.machine import Account, account
from server.db import db, transaction, worker
from server.settings import Settings
from server.worker import Worker
from tests import smallcounty
from tests.smallcounty import START

NAME = "county"


@dataclass
class Server:
    """One PostgreSQL with the county in it: `files` are its data directory, `wal` its archive."""

    place: Path
    owner: Account = field(default_factory=account)

    def __post_init__(self) -> None:
        self.cluster = Cluster(self.place, temporary=True, say=lambda _: None)
        self.cluster.home.claim(self.owner, lambda _: None)

    @property
    def files(self) -> Path:
        """PostgreSQL's data directory."""
        return self.cluster.home.pgdata

    @property
    def wal(self) -> Path:
        """Where this server leaves its WAL, and where its copies look for it."""
        return self.place / "wal"

    def url(self, role: str = "postgres") -> str:
        """URL of the county, as this role."""
        return self.cluster.url(role, NAME)

    def run(self, statement: str) -> Any:
        """One statement with every right, committed; the first value of an answer."""
        connection = psycopg2.connect(
            host=str(self.cluster.home.socket), port=PORT, user="postgres", dbname=NAME
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                found = cursor.fetchone() if cursor.description else None
                return found and found[0]
        finally:
            connection.close()

    def copy_files(self, to: Path) -> Path:
        """Copy the data directory, as it is."""
        self._shell("cp", "-a", self.files, to)
        return to

    def take_files(self, of: Path) -> None:
        """Replace the data directory by a copy of this one. The server stands still."""
        self._shell("rm", "-rf", self.files)
        self._shell("cp", "-a", of, self.files)

    def base_backup(self, to: Path) -> Path:
        """Copy the files while the server runs, as PostgreSQL wants it done."""
        connection = psycopg2.connect(
            host=str(self.cluster.home.socket), port=PORT, user="postgres", dbname=NAME
        )
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backup_start('copy', true)")
            self.copy_files(to)
            cursor.execute("SELECT labelfile FROM pg_backup_stop(false)")
            (label,) = cursor.fetchone() or ("",)
        connection.close()
        self._shell("rm", "-f", to / "postmaster.pid")
        self.owner.write(to / "backup_label", label)
        return to

    def archive_all(self) -> None:
        """Every act until now is in the archive when this returns."""
        self.run("SELECT pg_switch_wal()")
        done = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
        last = self.run("SELECT pg_walfile_name(pg_current_wal_lsn() - 1)")
        while not self.run(done % f"'{last}'"):
            self.run("SELECT pg_sleep(0.02)")

    def follow(self, of: Server, base: Path, signal: str, **settings: str) -> None:
        """Begin from `base` and replay the WAL of another server; `signal`: recovery or standby."""
        self.take_files(base)
        told = {"restore_command": f"cp {of.wal}/%f %p", "archive_mode": "off", **settings}
        lines = "".join(f"{name} = '{value}'\n" for name, value in told.items())
        auto = self.files / "postgresql.auto.conf"
        self.owner.write(auto, auto.read_text() + lines)
        self.owner.write(self.files / f"{signal}.signal", "")

    def _shell(self, *words: str | Path) -> None:
        done = self.owner.run(words, cwd=Path("/"))
        assert done.returncode == 0, done.stdout.decode()


@contextmanager
def servers() -> Iterator[Callable[[], Server]]:
    """A maker of servers, each with the small county in it, not yet started.

    The first is made once; the others are copies of its files. All of it goes at the end.
    """
    memory = Path("/dev/shm")  # noqa: S108 (mkdtemp inside)
    where = memory if memory.is_dir() else None
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wangge-", dir=where)))
        root.chmod(0o711)
        template = Server(root / "template")
        stack.callback(template.cluster.stop)
        _make(template)
        made: list[Server] = []

        def make() -> Server:
            server = Server(root / f"server{len(made)}")
            server.take_files(template.files)
            server.owner.make_directory(server.wal)
            auto = server.files / "postgresql.auto.conf"
            archive = f"archive_mode = on\narchive_command = 'cp %p {server.wal}/%f'\n"
            server.owner.write(auto, auto.read_text() + archive)
            stack.callback(server.cluster.stop)
            made.append(server)
            return server

        yield make


def _make(template: Server) -> None:
    cluster = template.cluster
    cluster.start()
    connection = psycopg2.connect(
        host=str(cluster.home.socket), port=PORT, user="postgres", dbname="postgres"
    )
    connection.autocommit = True
    connection.cursor().execute(f"CREATE DATABASE {NAME}")
    connection.close()
    upgrade(template.url())
    with (
        _app(smallcounty.settings(template.url()), lambda: START),
        transaction(worker(START)) as session,
    ):
        smallcounty.seed(session)
    cluster.stop()


@dataclass
class House:
    """What serves a county: its settings, its clock, its `var`. The database server may change."""

    var: Path
    clock: smallcounty.Clock

    def settings(self, server: Server, role: str = "wangge_app") -> Settings:
        """Of the web, or of the worker."""
        return replace(smallcounty.settings(server.url(role), self.var), admin_url=server.url())

    @contextmanager
    def web(self, server: Server) -> Iterator[Flask]:
        """The web over this server, as it connects in the field."""
        with _app(self.settings(server), self.clock) as app:
            yield app

    @contextmanager
    def hand(self, server: Server) -> Iterator[Flask]:
        """The county's own hand: worker and command line."""
        with _app(self.settings(server, "wangge_worker"), self.clock) as app:
            yield app

    def work(self, server: Server) -> None:
        """The worker goes round once, and every job comes to its end."""
        with self.hand(server) as app:
            done = Worker(app).run_once(self.clock())
        assert all(done.values()), done


@contextmanager
def _app(settings: Settings, clock: Callable[[], Any]) -> Iterator[Flask]:
    app = _application(settings.database_url)
    app.extensions |= {"wangge.settings": settings, "wangge.clock": clock}
    sealed.use(sealed.Keyring(settings.seal_keys, settings.blind_key))  # it is the process's
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@cache
def _application(url: str) -> Flask:
    """Made once for each server and role: a third of a second. It connects anew every time."""
    return create_app(smallcounty.settings(url))
