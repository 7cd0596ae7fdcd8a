"""The private cluster: who may come in, what it survives, and that nothing of it stays behind."""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.cluster import PORT, ROLES, Cluster, ClusterError, temporary_cluster
from server.cluster.machine import account, find_programs
from server.cluster.private import MEMORY, has_room
from server.cluster.settings import identities

heard: list[str] = []

SETTINGS = (
    "SELECT concat_ws(' ', current_setting('server_encoding'), current_setting('fsync'), "
    "current_setting('full_page_writes'), current_setting('max_prepared_transactions'))"
)


@contextlib.contextmanager
def passable() -> Iterator[Path]:
    """A directory that the cluster's user may pass through; pytest's own is closed to it."""
    with tempfile.TemporaryDirectory(prefix="wangge-", dir="/tmp") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture
def place() -> Iterator[Path]:
    with passable() as made:
        yield made


@pytest.fixture(scope="module")
def pattern() -> Iterator[Cluster]:
    """A cluster as it is after the first `ensure`, to copy from: making one takes a second."""
    with passable() as made:
        cluster = Cluster(made / "postgres", temporary=True)  # it waits for no disk
        cluster.ensure()
        yield cluster


@pytest.fixture
def cluster(place: Path, pattern: Cluster) -> Iterator[Cluster]:
    made = copy(pattern, place / "postgres")
    heard.clear()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def served(pattern: Cluster) -> Iterator[Cluster]:
    """A cluster that runs, for questions that leave it as it is."""
    with passable() as made:
        cluster = copy(pattern, made / "postgres")
        with cluster.serving():
            yield cluster
        cluster.remove()


def copy(pattern: Cluster, to: Path) -> Cluster:
    to.parent.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", pattern.home.path, to], check=True)
    return Cluster(to, say=heard.append)


def ask(url: str, statement: str) -> str:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        answer = connection.execute(sa.text(statement))
        return str(answer.scalar_one()) if answer.returns_rows else ""


def pid_of(cluster: Cluster) -> int:
    return int((cluster.home.pgdata / "postmaster.pid").read_text().split()[0])


def await_end(pid: int) -> bool:
    """Whether the process ends within half a minute; waits on the process, not on the clock."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with contextlib.closing(os.fdopen(watched, "rb", buffering=0)):
        ready, _, _ = select.select([watched], [], [], 30)
    return bool(ready)


def words_of(pid: int) -> list[bytes]:
    """The command line of a living process."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
    return []


def watchers(pgdata: Path) -> list[int]:
    every = (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
    return [pid for pid in every if {b"wangge-watch", os.fsencode(pgdata)} <= {*words_of(pid)}]


def test_each_role_comes_in_by_the_socket_and_nobody_by_the_network(served: Cluster) -> None:
    ask(served.admin_url(), "CREATE ROLE wangge_app LOGIN")
    ask(served.admin_url(), "CREATE ROLE stranger LOGIN")
    assert ask(served.url("wangge_app", "postgres"), "SELECT current_user") == "wangge_app"
    with pytest.raises(sa.exc.OperationalError, match=r"[Pp]eer"):
        ask(served.url("stranger", "postgres"), "SELECT 1")
    assert ask(served.admin_url(), "SHOW listen_addresses") == ""
    methods = "SELECT string_agg(type || ' ' || auth_method, ',') FROM pg_hba_file_rules"
    assert ask(served.admin_url(), methods) == "local peer"
    assert served.home.path.stat().st_mode & 0o077 == 0
    assert served.home.socket.stat().st_mode & 0o077 == 0


def test_it_keeps_utf8_and_survives_power_cuts(served: Cluster) -> None:
    assert ask(served.admin_url(), SETTINGS) == "UTF8 on on 0"


def test_a_failing_statement_leaves_no_personal_data_in_the_log(served: Cluster) -> None:
    ask(served.admin_url(), "CREATE TABLE told (name text PRIMARY KEY)")
    ask(served.admin_url(), "INSERT INTO told VALUES ('synthetic-name')")
    with pytest.raises(sa.exc.IntegrityError):
        ask(served.admin_url(), "INSERT INTO told VALUES ('synthetic-name')")
    log = served.home.log.read_text()
    assert "told_pkey" in log
    assert "synthetic-name" not in log


def test_it_lives_in_a_session_of_its_own_so_that_ctrl_c_reaches_us_alone(
    served: Cluster,
) -> None:
    assert os.getsid(pid_of(served)) != os.getsid(0)
    assert [os.getsid(pid) for pid in watchers(served.home.pgdata)] != [os.getsid(0)]


def test_a_second_starter_does_not_stop_it_and_whoever_cleans_up_may(cluster: Cluster) -> None:
    second = Cluster(cluster.home.asked)
    with cluster.serving():
        before = pid_of(cluster)
        with second.serving():
            assert pid_of(second) == before
        assert cluster.running()
        Cluster(cluster.home.asked).stop()
        assert not cluster.running()


def test_data_outlives_a_server_that_was_killed(cluster: Cluster) -> None:
    cluster.start()
    ask(cluster.admin_url(), "CREATE TABLE kept AS SELECT 42 AS answer")
    killed = pid_of(cluster)
    os.kill(killed, signal.SIGKILL)
    assert await_end(killed)
    again = Cluster(cluster.home.asked)
    with again.serving():
        assert pid_of(again) != killed
        assert ask(again.admin_url(), "SELECT answer FROM kept") == "42"
    cluster.stop()


def test_a_lock_file_that_names_a_foreign_process_does_not_bar_the_start(
    cluster: Cluster,
) -> None:
    with open(os.devnull, "wb") as nowhere:
        stranger = account().spawn(["sleep", "600"], cwd=Path("/"), output=nowhere)
    lock = f"{stranger.pid}\n{cluster.home.pgdata}\n0\n{PORT}\n{cluster.home.socket}\n\n 0 0\n"
    (cluster.home.pgdata / "postmaster.pid").write_text(lock)
    try:
        assert not cluster.running()
        with cluster.serving():
            assert ask(cluster.admin_url(), "SELECT 1") == "1"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_cluster_that_was_left_half_made_is_made_anew(cluster: Cluster) -> None:
    cluster.home.pgdata.rename(cluster.home.path / "pgdata.unfinished")
    (cluster.home.path / "pgdata.unfinished" / "PG_VERSION").unlink()
    with cluster.serving():
        assert ask(cluster.admin_url(), "SELECT 1") == "1"


def test_a_start_that_fails_shows_the_log_and_leaves_nothing_running(cluster: Cluster) -> None:
    with (cluster.home.pgdata / "postgresql.auto.conf").open("a") as conf:
        conf.write("no_such_setting = 1\n")
    with pytest.raises(ClusterError, match="did not start") as refused:
        cluster.start()
    assert "\n" not in str(refused.value)
    assert any("no_such_setting" in line for line in heard)
    assert not cluster.running()
    assert watchers(cluster.home.pgdata) == []


@pytest.mark.parametrize("name", ["a" * 90, "网格 a, it's b%20c"])
def test_any_path_will_do(place: Path, pattern: Cluster, name: str) -> None:
    cluster = copy(pattern, place / name / "postgres")
    with cluster.serving():
        assert ask(cluster.admin_url(), "SELECT 1") == "1"
    socket = cluster.home.socket
    assert len(os.fsencode(socket)) <= 100
    cluster.remove()
    assert not socket.exists()


def test_a_checkout_that_only_root_may_enter_keeps_its_data_elsewhere(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    cluster = Cluster(closed / "var" / "postgres", say=heard.append)
    heard.clear()
    with cluster.serving():
        assert ask(cluster.admin_url(), "SELECT 1") == "1"
    lies = cluster.home.path
    as_root = os.geteuid() == 0  # any other user owns the checkout, and can enter it
    assert (lies.parent == Path("/var/lib")) is as_root
    assert len(heard) == as_root
    cluster.remove()
    assert not lies.exists()
    assert not cluster.home.asked.is_symlink()


def test_remove_deletes_a_cluster_and_nothing_else(place: Path) -> None:
    (place / "postgres").mkdir()
    (place / "postgres" / "letter.txt").write_text("not ours")
    Cluster(place / "postgres").remove()
    assert (place / "postgres" / "letter.txt").exists()


def test_a_directory_that_others_can_write_is_refused(place: Path) -> None:
    (place / "open").mkdir(mode=0o777)
    (place / "open").chmod(0o777)
    with pytest.raises(ClusterError, match="0700"):
        account().make_directory(place / "open")


def test_a_temporary_cluster_is_fast_and_gone_even_after_an_error() -> None:
    with contextlib.suppress(ZeroDivisionError), temporary_cluster(in_memory=True) as cluster:
        home, pid = cluster.home, pid_of(cluster)
        assert ask(cluster.admin_url(), SETTINGS) == "UTF8 off off 0"
        raise ZeroDivisionError
    assert not home.asked.parent.exists()
    assert await_end(pid)


def test_files_are_put_into_memory_only_where_much_of_it_is_free(tmp_path: Path) -> None:
    told = tmp_path / "meminfo"
    for free, room in ((64 << 20, has_room(MEMORY)), (3 << 20, False)):
        told.write_text(f"MemTotal:  99999999 kB\nMemAvailable: {free:>9} kB\n")
        assert has_room(MEMORY, told) is room
    assert not has_room(tmp_path / "none", told)


def test_a_temporary_cluster_is_gone_even_when_its_starter_is_killed() -> None:
    program = (
        "from server.cluster import temporary_cluster\n"
        "with temporary_cluster() as cluster:\n"
        "    print(cluster.home.pgdata, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        pgdata = Path(starter.stdout.readline().strip())
        server = int((pgdata / "postmaster.pid").read_text().split()[0])
        [watcher] = watchers(pgdata)
        starter.kill()
    assert await_end(watcher)
    assert words_of(server) == []
    assert not pgdata.parent.parent.exists()


def test_the_newest_postgresql_with_postgis_is_taken(place: Path) -> None:
    usr = installed(place, 14, 15, 16, 17)
    control = usr / "share/postgresql/16/extension/postgis.control"
    control.parent.mkdir(parents=True)
    control.touch()
    assert find_programs(debian=usr, path="/none").parent.name == "16"
    assert find_programs(17, debian=usr, path="/none").parent.name == "17"


@pytest.mark.parametrize("majors", [(), (13, 14)])
def test_a_missing_or_too_old_postgresql_is_one_line(place: Path, majors: tuple[int, ...]) -> None:
    usr = installed(place, *majors)
    with pytest.raises(ClusterError, match="postgresql-15") as refused:
        find_programs(debian=usr, path="/none")
    assert "\n" not in str(refused.value)


def test_a_postgresql_on_the_path_is_asked_for_its_version(place: Path) -> None:
    (place / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 16.4'\n")
    (place / "postgres").chmod(0o755)
    assert find_programs(16, debian=place / "none", path=str(place)) == place


def test_every_user_that_may_knock_has_every_role() -> None:
    lines = identities(["root", "postgres", "root"]).splitlines()
    assert len(lines) == 2 * len(ROLES)
    assert 'wangge "root" wangge_worker' in lines


def test_make_clean_needs_no_environment(cluster: Cluster) -> None:
    bare = shutil.which("python3", path="/usr/bin") or sys.executable
    subprocess.run(
        [bare, "-m", "server.cluster", "remove", str(cluster.home.asked)],
        cwd=Path(__file__).parents[1],
        env={"PATH": "/usr/bin:/bin"},
        check=True,
    )
    assert not cluster.home.asked.exists()


def installed(place: Path, *majors: int) -> Path:
    for major in majors:
        programs = place / f"lib/postgresql/{major}/bin"
        programs.mkdir(parents=True)
        (programs / "postgres").touch()
    return place
