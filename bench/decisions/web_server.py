"""granian against gunicorn: an indexed 50-row SELECT over keep-alive, patience with slow phones.

Needs the program `wrk`; with `nginx` at hand, slow phones are tried through it as well.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.decisions.small_app import POINTS
from bench.ground import connect
from bench.web import await_answer, child, free_port
from server.cli.serve import BACKPRESSURE, THREADS
from server.cluster import temporary_cluster

PROCESSES = 2
CONNECTIONS = 32
SECONDS = 4
TURNS = 5
SLOW = (40, 200)  # phones that have begun a request and say no more
APP = "bench.decisions.small_app:app"


def main() -> None:
    """Measure and show."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is needed to measure this: apt install wrk")
    with temporary_cluster() as cluster, ExitStack() as stack:
        _fill(cluster.admin_url())
        environment = {"SMALL_APP_DATABASE": cluster.admin_url()}
        ports = {name: free_port() for name in ("granian", "gunicorn", "gunicorn --reuse-port")}
        for name, port in ports.items():
            process = stack.enter_context(child(_command(name, port), environment))
            await_answer(process, port, "/fifty/0")
        _show_speed(ports)
        _show_patience(ports)


def _command(name: str, port: int) -> list[str]:
    """Each with what `wangge serve` gives granian: as many processes, as many threads in each."""
    if name == "granian":
        options = ["--interface", "wsgi", "--workers", PROCESSES, "--blocking-threads", THREADS]
        options += ["--backpressure", BACKPRESSURE, "--port", port, "--no-ws"]
        options += ["--log-level", "error"]
    else:
        options = ["--worker-class", "gthread", "--workers", PROCESSES, "--threads", THREADS]
        options += ["--bind", f"127.0.0.1:{port}", "--keep-alive", 75, "--log-level", "error"]
        options += ["--reuse-port"] if "reuse" in name else []
    return [sys.executable, "-m", name.split()[0], *map(str, options), APP]


def _fill(url: str) -> None:
    connection = connect(url)
    cursor = connection.cursor()
    cursor.execute(
        f"""CREATE TABLE fifty AS SELECT k AS id, 'c:' || k / 50 AS bucket, now() AS at
              FROM generate_series(0, {POINTS - 1}) k"""
    )
    cursor.execute("CREATE INDEX ON fifty (bucket)")
    connection.commit()
    connection.close()


def _show_speed(ports: Mapping[str, int]) -> None:
    """Turn by turn: requests per second, p50 and p99."""
    turns = [{name: _load(port) for name, port in ports.items()} for _ in range(TURNS + 1)][1:]
    table = Table(title=f"{CONNECTIONS} connections kept, {TURNS} turns of {SECONDS} s")
    for head in ("server", "req/s", "min–max", "ratio", "min–max", "p50 ms", "p99 ms", "worst p99"):
        table.add_column(head, no_wrap=True)
    for name in ports:
        rates, halves, tails = zip(*(turn[name] for turn in turns), strict=True)
        ratios = [turn[name][0] / turn["granian"][0] for turn in turns]
        row = [f"{median(rates):.0f}", f"{min(rates):.0f}–{max(rates):.0f}"]
        row += [f"{median(ratios):.2f}", f"{min(ratios):.2f}–{max(ratios):.2f}"]
        row += [f"{median(halves):.1f}", f"{median(tails):.1f}", f"{max(tails):.1f}"]
        table.add_row(name, *row)
    Console(width=100).print(table)


def _load(port: int) -> tuple[float, float, float]:
    """Requests per second, p50 and p99 (ms) of wrk against one server."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency"]
    url = f"http://127.0.0.1:{port}/fifty/7"
    said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    return float(rate[1]) if rate else 0.0, _percentile(said, 50), _percentile(said, 99)


def _percentile(said: str, percent: int) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", said)
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]] if found else 0.0


def _show_patience(ports: Mapping[str, int]) -> None:
    """How many of 10 quick requests are answered within 2 s, while slow phones hold on."""
    table = Table(title="10 quick requests beside slow phones: answered within 2 s")
    table.add_column("server")
    for slow in SLOW:
        table.add_column(f"{slow} slow in headers")
        table.add_column(f"{slow} slow in bodies")
    for name, port in ports.items():
        table.add_row(name, *_patience(port))
    if shutil.which("nginx"):
        for name, port in ports.items():
            with _buffered(port) as front:
                table.add_row(f"nginx, {name}", *_patience(front))
    Console(width=100).print(table)


def _patience(port: int) -> Sequence[str]:
    return [str(_answered(port, slow, begun)) for slow in SLOW for begun in (_HEADERS, _BODY)]


def _answered(port: int, slow: int, begun: bytes) -> int:
    with ExitStack() as stack:
        for _ in range(slow):
            phone = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            phone.sendall(begun)
        return sum(_is_answered(port) for _ in range(10))


def _is_answered(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/fifty/3", headers={"Connection": "close"})
        with connection.getresponse() as answer:
            return answer.status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _buffered(port: int) -> Iterator[int]:
    """nginx that takes the whole request before it asks the server, as docker/nginx.conf does."""
    front = free_port()
    with tempfile.TemporaryDirectory() as directory:
        conf = Path(directory) / "nginx.conf"
        conf.write_text(_NGINX.format(directory=directory, front=front, port=port))
        command = ["nginx", "-p", directory, "-c", str(conf), "-e", "stderr"]
        with child(command, {}) as process:
            await_answer(process, front, "/fifty/0")
            yield front


_HEADERS = b"GET /fifty/1 HTTP/1.1\r\nHost: x\r\n"
_BODY = b"POST /taken HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nslow"
_NGINX = """\
daemon off; pid {directory}/pid; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{front};
        location / {{ proxy_pass http://127.0.0.1:{port}; proxy_request_buffering on; }}
    }}
}}
"""


if __name__ == "__main__":
    main()
