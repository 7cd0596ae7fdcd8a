"""The house that faults happen to: a cluster of its own, `wangge serve` and `wangge work` over it.

Commits wait for the disk here, unlike in the other tests: what was acknowledged must outlive
`kill -9`. Only processes that this module started are ever ended, and all of them end with it.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg2

from server.cluster import Cluster, ClusterError
from server.db import transaction, worker
from server.installation import Installation, open_installation, opened
from tests import smallcounty
from tests.cli.keyboard import as_admin
from tests.faults.fates import Fate, Kind

Process = subprocess.Popen[bytes]

# The shortest life of a token that can be had: phones renew it while things break.
ENVIRONMENT = {
    "WANGGE_ACCESS_MINUTES": "1",
    "WANGGE_MIN_FREE_BYTES": "0",
    "WANGGE_LOG_LEVEL": "WARNING",
    "WANGGE_SECOND_FACTOR": "optional",
    "WANGGE_DEVICE_KNOCKS": "0",  # phones here are faster than any person
}
PATIENCE = 180.0  # seconds: longer than the longest start of PostgreSQL (server/cluster)
DURABLE = ("fsync = on", "synchronous_commit = on", "full_page_writes = on")


class NotBack(AssertionError):
    """Something that was killed did not come back in time."""


@dataclass
class House:
    """Everything that serves one small county."""

    cluster: Cluster
    installation: Installation
    log: Path
    stack: ExitStack
    processes: int = 2
    port: int = field(default_factory=lambda: free_port())
    troubles: list[Exception] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    breaker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "breaker"))
    web: Process = field(init=False)
    jobs: Process = field(init=False)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def admin_url(self) -> str:
        return self.installation.admin_url

    def suffer(self, fate: Fate) -> None:
        """End what a fate says, in the one thread that started what is started again."""
        try:
            self.breaker.submit(self._suffer, fate).result()
        except (ClusterError, NotBack) as trouble:
            self.troubles.append(trouble)

    def _suffer(self, fate: Fate) -> None:
        verbs = {
            Kind.KILL_WEB: self.kill_web,
            Kind.KILL_BACKEND: self.kill_backend,
            Kind.KILL_CLUSTER: self.kill_cluster,
            Kind.KILL_JOBS: self.kill_jobs,
        }
        verbs[fate.kind](random.Random(fate.share))

    def serve(self) -> None:
        """Start the web server."""
        command = ["serve", "--port", str(self.port), "--processes", str(self.processes)]
        self.web = self._start(command)

    def keep(self, ended: Event) -> None:
        """Start the web server again when it has ended, as compose does (`restart: …`).

        It ends by itself when one of its processes dies twice within five seconds.
        """
        while not ended.wait(0.2):
            if self.web.poll() is not None:
                self.killed["web_ended"] += 1
                self.breaker.submit(self.serve).result()

    def work(self) -> None:
        """Start the worker."""
        self.jobs = self._start(["work"])

    def kill_web(self, chance: random.Random) -> None:
        """One of the web server's processes ends between two instructions."""
        if pids := children(self.web.pid):
            self._kill("web", chance.choice(sorted(pids)))

    def kill_backend(self, chance: random.Random) -> None:
        """One of PostgreSQL's backends; the cluster then ends all others and recovers."""
        try:
            with as_admin(self.admin_url) as cursor:
                cursor.execute(_BACKENDS)
                pids = [pid for (pid,) in cursor.fetchall()]
        except psycopg2.Error:
            return  # it is recovering from the last kill
        if pids:
            self._kill("backend", chance.choice(pids))

    def kill_cluster(self, chance: random.Random) -> None:
        """The whole cluster at once, without a last word to the disk; then it starts again."""
        pid = self.cluster._pid()
        if pid is None:
            return
        self._kill("cluster", pid, chance.choice((signal.SIGKILL, signal.SIGQUIT)))
        await_true(lambda: not self.cluster.running(), "the cluster ends")
        self.cluster.stop()  # its watch, which would take the new server for the old one
        self.cluster.start()

    def kill_jobs(self, chance: random.Random) -> None:
        """The worker; whoever looks after the machine starts it again."""
        self._kill("jobs", self.jobs.pid)
        self.jobs.wait()
        self.work()

    def await_ready(self) -> None:
        """Until the web server answers from the database. Raises NotBack."""
        await_true(lambda: is_ready(self.port), "the web server answers")

    def ask(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """What stands in the database, behind everybody's back."""
        with as_admin(self.admin_url) as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

    def _start(self, command: list[str]) -> Process:
        environment = self.installation.environment
        return self.stack.enter_context(_started(command, environment, self.log))

    def _kill(self, what: str, pid: int, how: signal.Signals = signal.SIGKILL) -> None:
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            return
        self.killed[what] += 1


_BACKENDS = """
    SELECT pid FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND usename IN ('wangge_app', 'wangge_worker')
     ORDER BY state = 'idle', pid LIMIT 3
"""


@contextmanager
def standing() -> Iterator[House]:
    """A house that serves the small county, until the block ends."""
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="wangge-faults-", dir="/tmp")
        place = Path(stack.enter_context(made))
        place.chmod(0o711)  # the cluster's user passes through
        cluster = Cluster(place / "postgres", temporary=True, say=lambda line: None)
        cluster.start()
        stack.callback(cluster.stop)
        house = House(cluster, _install(cluster, place / "var"), place / "log", stack)
        stack.callback(house.breaker.shutdown)
        for start in (house.serve, house.work):
            house.breaker.submit(
                start
            ).result()  # they live as long as the thread that started them
        with _kept(house):
            house.await_ready()
            yield house


@contextmanager
def _kept(house: House) -> Iterator[None]:
    ended = Event()
    keeper = Thread(target=house.keep, args=(ended,), name="keeper")
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()


def _install(cluster: Cluster, var: Path) -> Installation:
    installation = open_installation(var, cluster.admin_url("wangge"), private=True)
    environment = {**installation.environment, **ENVIRONMENT}
    installation = replace(installation, environment=environment)
    installation.migrate()
    with opened(installation.settings("worker")), transaction(worker(smallcounty.START)) as session:
        smallcounty.seed(session)
    with as_admin(installation.admin_url) as cursor:
        for setting in DURABLE:
            cursor.execute(f"ALTER SYSTEM SET {setting}")
        cursor.execute("SELECT pg_reload_conf()")
    return installation


@contextmanager
def _started(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[Process]:
    """A `wangge` command; the kernel ends it when the thread that started it ends."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", *command],
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    try:
        yield process
    finally:
        for pid in (process.pid, *children(process.pid)):  # no grace: nothing here is waited for
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def children(pid: int) -> list[int]:
    """The living children of a process."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return sorted(int(child) for one in lists for child in one.read_text().split())


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_true(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Look until it holds. Raises NotBack."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise NotBack(f"in {seconds:.0f} s: {what}")
        time.sleep(0.05)


def is_ready(port: int) -> bool:
    """Whether the web server answers, from the database."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
