"""`wangge up`: everything at once on one machine; what `make run` calls. Ctrl-C stops all of it."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from server.cluster import Cluster
from server.errors import WanggeError

if TYPE_CHECKING:
    from server.installation import Installation

VAR = Path("var")
WORKER_ONLY = ("WANGGE_AUDIT_KEY",)


class CannotStart(WanggeError):
    """A piece is missing, or its place is taken."""

    slug = "cannot-start"


@click.command()
@click.option("--port", envvar="WANGGE_PORT", default=8000, show_default=True, help="端口 Port")
@click.option("--demo/--no-demo", default=True, help="空库时演示一个月 Play the demo when empty")
def up(port: int, demo: bool) -> None:
    """启动全部：数据库、迁移、演示、网页、后台。 Start everything; Ctrl-C stops all of it.

    DATABASE_URL 指定现有 PostGIS（须超级用户）。 DATABASE_URL uses an existing PostGIS instead.
    """
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        with ExitStack() as stack:
            VAR.mkdir(exist_ok=True)
            stack.enter_context(_alone())
            _check_port(port)
            installation = _installed(stack.enter_context(_database()))
            demo = demo and _play(installation)
            if demo:
                installation = _as_demo(installation)
                installation.write_environment(VAR / "environment")
            web, worker = _start(stack, installation.environment, port)
            _await_ready(web, port)
            _greet(port, demo)
            _wait({"web": web, "worker": worker})
    except KeyboardInterrupt:
        _say("已停止 Stopped")


@contextmanager
def _alone() -> Iterator[None]:
    """One `wangge up` in this directory: a second would lose its database with the first."""
    with (VAR / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                "此目录中的服务已在运行。 It already runs in this directory: stop it with Ctrl-C."
            ) from error
        yield


@contextmanager
def _database() -> Iterator[str]:
    """A superuser's URL of the database: DATABASE_URL, or the private cluster under var/."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    _say("启动私有 PostgreSQL Starting the private PostgreSQL in var/postgres")
    with Cluster(VAR / "postgres", say=_say).serving() as cluster:
        yield cluster.admin_url("wangge")


def _installed(url: str) -> Installation:
    """The installation over this database, migrated."""
    from server.installation import open_installation  # who is refused hears it at once

    installation = open_installation(VAR, url, private=not os.environ.get("DATABASE_URL"))
    installation.write_environment(VAR / "environment")
    _say("迁移数据库 Migrating the database")
    installation.migrate()
    return installation


def _play(installation: Installation) -> bool:
    """Whether the database holds the demo now."""
    from server.demo.play import play_unless_present  # a month of imports: only when asked for

    return play_unless_present(installation, say=_say)


def _as_demo(installation: Installation) -> Installation:
    """Nobody is asked for a second factor in a demo county, unless the shell says otherwise."""
    asked = os.environ.get("WANGGE_SECOND_FACTOR", "optional")
    environment = {**installation.environment, "WANGGE_SECOND_FACTOR": asked}
    return replace(installation, environment=environment)


def _start(
    stack: ExitStack, environment: Mapping[str, str], port: int
) -> tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]:
    serve = ["serve", "--host", "127.0.0.1", "--port", str(port)]
    known = {name: said for name, said in environment.items() if name not in WORKER_ONLY}
    web = stack.enter_context(_child(serve, known))
    worker = stack.enter_context(_child(["work"], environment))
    return web, worker


@contextmanager
def _child(
    arguments: list[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A `wangge` command of its own session: Ctrl-C is ours, and it never outlives us."""
    process = subprocess.Popen(  # noqa: S603 (our own command)
        [sys.executable, "-m", "server.cli", *arguments],
        env={**os.environ, **environment},
        start_new_session=True,
        preexec_fn=_die_with_parent,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)  # longer than the web server gives requests at hand
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _die_with_parent() -> None:
    """PR_SET_PDEATHSIG: the kernel ends the child when this process was killed outright."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotStart(
                f"端口 {port} 已被占用：WANGGE_PORT=8001 make run。 "
                f"Port {port} is taken; try WANGGE_PORT=8001 make run."
            ) from error


def _await_ready(web: subprocess.Popen[bytes], port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if web.poll() is not None:
            raise CannotStart(
                "网页服务未能启动，见上方日志。 The web server ended; see its log above."
            )
        if _is_ready(port):
            return
        time.sleep(0.2)
    raise CannotStart(
        "网页服务迟迟未就绪，见上方日志。 The web server is not ready; see its log above."
    )


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _wait(processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Until Ctrl-C, or until one of them ends by itself."""
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                raise CannotStart(f"{name} 意外退出。 {name} ended by itself; see its log above.")
        time.sleep(0.5)


def _greet(port: int, demo: bool) -> None:
    address = f"http://127.0.0.1:{port}"
    _say("")
    _say(f"  网址 Address    {address}")
    _say(f"  接口 API docs   {address}/api/docs/")
    if demo:
        from server.demo.staff import PASSWORD

        _say(f"  演示账号 Demo logins（密码 password: {PASSWORD}）")
        _say("    worker01 … worker24    网格员 grid workers")
        _say("    mediator01 … mediator24  村级调解员 village mediators")
        _say("    township01 … township08  乡镇主管 township supervisors")
        _say("    county                 县级专员 county office")
        _say("    system security auditor  三员 administrators (read no cases)")
    _say("  其他命令 Other commands: set -a; . var/environment; set +a; .venv/bin/wangge doctor")
    _say("  Ctrl-C 停止全部 stops all of it")


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    click.echo(line)
