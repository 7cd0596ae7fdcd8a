"""The private cluster's life: made, started, stopped, removed."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from server.cluster import settings
from server.cluster.errors import ClusterError
from server.cluster.home import Home
from server.cluster.machine import Account, account, find_programs, own_name
from server.cluster.watch import Watch

START_SECONDS: Final = 120.0  # recovery after a power cut takes a while on a slow disk
STOP_SECONDS: Final = 60.0
ORPHAN_SECONDS: Final = 90.0  # killed while it recovered, a server leaves one that tries for 60
LOG_BYTES: Final = 10_000_000
MEMORY: Final = Path("/dev/shm")  # noqa: S108 (mkdtemp inside)
MEMINFO: Final = Path("/proc/meminfo")
ROOM_BYTES: Final = (
    4 << 30
)  # what every database of a run of tests needs at most, and as much again
NO_PROCESS: Final = "2147483647"  # greater than any process id that Linux gives


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


class Cluster:
    """One cluster below `data`, e.g. `var/postgres`.

    `temporary` trades safety against power cuts for speed. `say` receives single lines for
    people. Keep the object as long as the server is wanted: with it goes the server.
    """

    def __init__(
        self, data: Path, *, temporary: bool = False, say: Callable[[str], None] = _tell
    ) -> None:
        self.home = Home(data)
        self.temporary = temporary
        self._say = say
        self._server: subprocess.Popen[bytes] | None = None
        self._watch: Watch | None = None

    def ensure(self) -> None:
        """Make the cluster unless it is there. Raises ClusterError."""
        owner = account()
        self.home.claim(owner, self._say)
        with self.home.locked():
            self._ensure(owner)

    def start(self) -> bool:
        """Start the server (making the cluster first) and wait until it takes connections.

        False when somebody else had started it already; then it is theirs to stop.
        Raises ClusterError after showing the end of the server's log.
        """
        owner = account()
        self.home.claim(owner, self._say)
        with self.home.locked():
            if self.running():
                return False
            self._watch = Watch(self.home.pgdata, self._afterwards())
            try:
                self._ensure(owner)
                self._configure(owner)
                self._launch(owner)
            except BaseException:
                self._abandon()
                raise
        return True

    def stop(self) -> None:
        """Stop the server: roll back what is open, write out the rest. Harmless when stopped.

        Raises ClusterError when the server is another user's, or does not go away.
        """
        pid = self._pid()
        if pid is not None:
            self._end(pid)
        self._abandon()

    def running(self) -> bool:
        """Whether a server runs on this cluster, whoever started it."""
        return self._pid() is not None

    @contextlib.contextmanager
    def serving(self) -> Iterator["Cluster"]:
        """A running server for a while: started if need be, and stopped only then."""
        started = self.start()
        try:
            yield self
        finally:
            if started:
                self.stop()

    def remove(self) -> None:
        """Stop the server and delete the cluster with all that is in it. Raises ClusterError."""
        self.stop()
        self.home.remove()

    def url(self, role: str, dbname: str) -> str:
        """SQLAlchemy URL of one database as one of `settings.ROLES`."""
        return (
            f"postgresql+psycopg2://{quote(role, safe='')}@/{quote(dbname, safe='')}"
            f"?host={quote(str(self.home.socket), safe='/')}&port={settings.PORT}"
        )

    def admin_url(self, dbname: str = "postgres") -> str:
        """SQLAlchemy URL of one database as the superuser: migrations, backup, tests."""
        return self.url(settings.ROLES[0], dbname)

    def program(self, name: str) -> Path:
        """Path of a PostgreSQL program (`pg_dump`, …) of this cluster's version.

        Raises ClusterError when that version is not installed.
        """
        made = self.home.made
        return find_programs(self._major() if made else None) / name

    def _major(self) -> int:
        return int((self.home.pgdata / "PG_VERSION").read_text())

    def _afterwards(self) -> Path | None:
        return self.home.path.parent if self.temporary else None

    def _ensure(self, owner: Account) -> None:
        if self.home.made:
            return
        unfinished = self.home.path / "pgdata.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        command: list[str | Path] = [self.program("initdb"), "-D", unfinished, "--auth=peer"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", f"--username={settings.ROLES[0]}"]
        made = owner.run(command + ["--no-sync"] * self.temporary, cwd=self.home.path)
        if made.returncode != 0:
            self._say(made.stdout.decode(errors="replace").strip())
            raise ClusterError(
                "initdb 失败，原因见上，排除后重试。 initdb failed, see above: mend it, run again"
            )
        with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write("include 'wangge.conf'\n")
        unfinished.rename(self.home.pgdata)

    def _configure(self, owner: Account) -> None:
        owner.make_directory(self.home.socket)
        conf = settings.configuration(self.home.socket, temporary=self.temporary)
        users = settings.identities([owner.name, own_name()])
        owner.write(self.home.pgdata / "wangge.conf", conf)
        owner.write(self.home.pgdata / "pg_hba.conf", settings.host_access())
        owner.write(self.home.pgdata / "pg_ident.conf", users)

    def _launch(self, owner: Account) -> None:
        """Start, again for a while if the orphans of a killed server still hold its memory."""
        end = time.monotonic() + ORPHAN_SECONDS
        while True:
            self._forget_the_dead()
            self._server = self._spawn(owner)
            if self._ready(self._server):
                return
            if time.monotonic() > end or not any("still in use" in w for w in self._last_words()):
                break
            time.sleep(0.1)
        for line in self._last_words():
            self._say(line)
        raise ClusterError(
            f"PostgreSQL 未能启动，原因见上及 {self.home.log}，排除后重试。 "
            f"PostgreSQL did not start, see above and {self.home.log}: mend it, run again"
        )

    def _forget_the_dead(self) -> None:
        """A lock file may outlive its server and name a process that is somebody else's by now.

        The number alone is replaced: the rest of the file lets PostgreSQL notice orphans of the
        dead server that still write.
        """
        lock = self.home.pgdata / "postmaster.pid"
        if lock.exists():
            lines = lock.read_text().splitlines(keepends=True)
            lock.write_text("".join([f"{NO_PROCESS}\n", *lines[1:]]))
        (self.home.socket / f".s.PGSQL.{settings.PORT}.lock").unlink(missing_ok=True)

    def _spawn(self, owner: Account) -> subprocess.Popen[bytes]:
        log = self.home.log
        mode = "ab" if log.exists() and log.stat().st_size < LOG_BYTES else "wb"
        with log.open(mode) as output:
            command: list[str | Path] = [self.program("postgres"), "-D", self.home.pgdata]
            return owner.spawn(command, cwd=self.home.pgdata, output=output)

    def _ready(self, server: subprocess.Popen[bytes]) -> bool:
        """Wait until the server takes connections; False if it ends, or takes too long."""
        end = time.monotonic() + START_SECONDS
        while server.poll() is None and time.monotonic() < end:
            lines = self._lock_lines()
            if lines[:1] == [str(server.pid)] and lines[7:8] == ["ready"]:
                return True
            time.sleep(0.02)
        return False

    def _last_words(self) -> list[str]:
        return self.home.log.read_text(errors="replace").splitlines()[-10:]

    def _lock_lines(self) -> list[str]:
        try:
            text = (self.home.pgdata / "postmaster.pid").read_text()
        except OSError:
            return []
        return [line.strip() for line in text.split("\n")]

    def _pid(self) -> int | None:
        """The server's process, if it lives and is this cluster's."""
        first = "".join(self._lock_lines()[:1])
        ours = first.isdecimal() and os.fsencode(self.home.pgdata) in _command(int(first))
        return int(first) if ours else None

    def _end(self, pid: int) -> None:
        for how, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10.0)):
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                return
            except PermissionError:
                break
            if self._gone(pid, seconds):
                return
        raise ClusterError(
            f"无法停止 PostgreSQL（进程 {pid}），请由启动它的用户停止。 "
            f"PostgreSQL (process {pid}) does not stop: let the user who started it stop it"
        )

    def _gone(self, pid: int, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not _command(pid):
                return True
            time.sleep(0.02)
        return False

    def _abandon(self) -> None:
        """Let go of what we started ourselves, and of nothing else."""
        if self._server is not None:
            if self._server.poll() is None:
                self._end(self._server.pid)
            self._server.wait()
            self._server = None
        if self._watch is not None:
            self._watch.end()
            self._watch = None


@contextlib.contextmanager
def temporary_cluster(*, in_memory: bool = False) -> Iterator[Cluster]:
    """A running cluster of its own for tests and benches; nothing of it stays behind.

    `in_memory` puts its files into memory where there is room: what copies a database for each
    test waits for the disk most of the time otherwise.
    """
    wanted = MEMORY if in_memory and has_room(MEMORY) else None
    with tempfile.TemporaryDirectory(prefix="wangge-", dir=_open_place(wanted)) as place:
        Path(place).chmod(0o711)  # the cluster's user passes through; its home inside is 0700
        with Cluster(Path(place) / "postgres", temporary=True).serving() as cluster:
            yield cluster


def _command(pid: int) -> list[bytes]:
    """The words that started a living process; none for one that is gone, or dead and unread."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
    except OSError:
        return []


def has_room(place: Path, meminfo: Path = MEMINFO) -> bool:
    """It may be as large as half of the memory, however much of that is taken by others."""
    told = re.search(r"^MemAvailable:\s+(\d+) kB$", meminfo.read_text(), re.M)
    available = int(told[1]) << 10 if told else 0
    return place.is_dir() and min(shutil.disk_usage(place).free, available) >= ROOM_BYTES


def _open_place(wanted: Path | None) -> Path:
    """The wanted or the usual place for temporary files, if the cluster's user can go there."""
    usual = wanted or Path(tempfile.gettempdir())
    return usual if account().may_enter(usual) else Path("/tmp")  # noqa: S108 (mkdtemp inside)
