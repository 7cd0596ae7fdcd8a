"""The real web server in a process of its own, and phones that talk to it."""

from __future__ import annotations

import ctypes
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any

READY_SECONDS = 60.0


@contextmanager
def serving(environment: Mapping[str, str], processes: int) -> Iterator[int]:
    """`wangge serve` on a free loopback port, which is given; it never outlives us."""
    port = free_port()
    options = ["--port", str(port), "--processes", str(processes)]
    command = [sys.executable, "-m", "server.cli", "serve", *options]
    known = {**environment, "WANGGE_LOG_LEVEL": "ERROR", "WANGGE_SECOND_FACTOR": "optional"}
    with child(command, known) as process:
        await_answer(process, port, "/readyz")
        yield port


@contextmanager
def child(
    command: Sequence[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with this block, or with us."""
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, preexec_fn=_die_with_parent
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A loopback port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_answer(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    """Wait until GET `path` is a 200. Raises RuntimeError when that does not come."""
    until = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < until:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError("the web server did not get ready; see its log above")


class Caller:
    """Somebody signed in, over one connection that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "Accept-Encoding": "gzip",
        }

    def sign_in(self, login: str, password: str, device: str) -> str:
        """Sign in on this device; the access token."""
        who = {"login": login, "password": password, "device": {"id": device, "name": "bench"}}
        tokens = unpack(self.post("/sessions", pack(who)))
        self._headers["Authorization"] = f"Bearer {tokens['access']}"
        return str(tokens["access"])

    def post(self, path: str, body: bytes) -> bytes:
        """POST what `pack` made; the answer as it comes. Raises RuntimeError for an error."""
        self._connection.request("POST", f"/api/v1{path}", body, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"POST {path}: {answer.status}")
        return text

    def twin(self) -> Caller:
        """The same login over a connection of its own."""
        twin = Caller(self._connection.port)
        twin._headers = self._headers
        return twin

    def hang_up(self) -> None:
        """The next request connects anew, perhaps to another process of the server."""
        self._connection.close()


def pack(body: Mapping[str, Any]) -> bytes:
    """A body as phones send it: JSON, gzip."""
    return gzip.compress(json.dumps(body, ensure_ascii=False).encode(), 6, mtime=0)


def unpack(answer: bytes) -> Any:
    """The JSON of an answer, packed or not."""
    packed = answer.startswith(b"\x1f\x8b")
    return json.loads(gzip.decompress(answer) if packed else answer)


def _die_with_parent() -> None:
    """PR_SET_PDEATHSIG: the kernel ends the child when this process was killed outright."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
