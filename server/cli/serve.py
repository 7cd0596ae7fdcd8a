"""`wangge serve`: the web server. Why granian: docs/decisions."""

from __future__ import annotations

import gc
import os

import click
from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from server import logs
from server.patience import bound_silence
from server.settings import from_environment

THREADS = 10  # for each process; its pool holds 8 connections and lends 4 more
BACKPRESSURE = 64  # requests that one process has in hand before it leaves others waiting
HEADERS = HTTP1Settings(
    header_read_timeout=10_000,  # milliseconds; nginx, which has patience, sends them at once
    max_buffer_size=64 << 10,  # bytes of a request's head; nginx takes at most half of that
)
GRACE_SECONDS = 20  # requests at hand may end; compose and systemd wait longer than that


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 Address")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口")
@click.option(
    "--processes",
    default=lambda: min(os.cpu_count() or 2, 8),
    show_default="CPU 核数 cores",
    type=click.IntRange(1, 32),
    help="进程数 Processes",
)
def serve(host: str, port: int, processes: int) -> None:
    """网页与接口服务。 The web server, until stopped; put nginx in front of it.

    慢速手机须由 nginx 缓冲请求。 nginx buffers the requests of slow phones (docker/nginx.conf).
    """
    settings = from_environment(os.environ)  # what is missing is said here, once
    Granian(
        "server.cli.serve:web",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=processes,
        blocking_threads=THREADS,
        backpressure=BACKPRESSURE,
        http1_settings=HEADERS,
        websockets=False,
        log_access=False,
        log_level=_LEVELS.get(settings.log_level, "info"),  # type: ignore[arg-type] # its enum
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
    ).serve()


def web() -> Flask:
    """The application of one process."""
    settings = from_environment(os.environ)
    logs.to_stderr(settings.log_level)
    bound_silence()
    gc.disable()  # what is loaded stays: to look through it again and again is a seventh of it all
    try:
        from server.app import create_app  # which the process that watches these does not need

        return create_app(settings)
    finally:
        gc.freeze()
        gc.enable()


_LEVELS = {"DEBUG": "debug", "INFO": "info", "WARNING": "warning", "ERROR": "error"}
