"""`wangge up`, what `make run` calls: everything starts, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from server.cluster import Cluster
from tests.cli.keyboard import Keyboard

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory of its own, that the cluster's user may enter."""
    with tempfile.TemporaryDirectory(prefix="wangge-up-", dir="/tmp") as made:
        Path(made).chmod(0o711)
        yield Path(made)
        Cluster(Path(made) / "var" / "postgres", say=lambda line: None).remove()


@pytest.fixture
def keyboard() -> Iterator[Keyboard]:
    """For who is refused before anything starts: the database that they name leads nowhere."""
    ends = signal.getsignal(signal.SIGTERM)  # `up` takes it for Ctrl-C
    yield Keyboard({"DATABASE_URL": "nowhere"})
    signal.signal(signal.SIGTERM, ends)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(place: Path, port: int) -> subprocess.Popen[str]:
    """`wangge up --no-demo` in this directory."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("WANGGE_", "DATABASE"))}
    return subprocess.Popen(
        [sys.executable, "-m", "server.cli", "up", "--no-demo", "--port", str(port)],
        cwd=place,
        env={**environment, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What it says, up to a line with these words (or its end)."""
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    return said


def get(port: int, path: str) -> int:
    """The status of a page."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def test_everything_starts_and_ctrl_c_leaves_nothing_behind(
    place: Path, monkeypatch: pytest.MonkeyPatch, keyboard: Keyboard
) -> None:
    monkeypatch.chdir(place)
    port = free_port()
    first = start(place, port)
    try:
        said = read_until(first, "Ctrl-C")
        assert f"http://127.0.0.1:{port}/api/docs/" in said, said
        assert [get(port, path) for path in ("/readyz", "/api/docs/", "/api/openapi.json")] == [
            200,
            200,
            200,
        ]
        assert "already runs" in keyboard.fails("up", "--port", port)
    finally:
        first.send_signal(signal.SIGINT)
        end, _ = first.communicate(timeout=60)
    assert first.returncode == 0, end
    assert "已停止" in end
    assert not Cluster(place / "var" / "postgres", say=lambda line: None).running()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_that_is_taken_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keyboard: Keyboard
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} is taken" in keyboard.fails("up", "--port", port)
