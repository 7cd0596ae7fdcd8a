"""The application behind a real web server on loopback, in threads of the test's own process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Condition, Thread
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

PATIENCE = 20  # seconds for answers that are still on their way when a test is over


class _Quiet(WSGIRequestHandler):
    """No line per request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class _Counted:
    """The application, knowing how many of its answers are on their way.

    The database goes back as new when a test is over, so nothing may be at work in it by then.
    """

    def __init__(self, app: Flask) -> None:
        self._app, self._at_work, self._changed = app, 0, Condition()

    def __call__(self, environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        self._count(1)
        try:
            # Whole before it is sent: a generator could still be reading the database.
            answer = self._app(environ, start_response)
            try:
                return [b"".join(answer)]
            finally:
                if close := getattr(answer, "close", None):
                    close()
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._changed:
            self._at_work += change
            self._changed.notify_all()

    def wait(self) -> None:
        """Until nothing is at work."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._at_work, PATIENCE)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve the app on a free port; gives its address."""
    logging.getLogger("wangge.request").setLevel(logging.WARNING)
    counted = _Counted(app)
    server = make_server("127.0.0.1", 0, counted, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined] # a browser may keep its connection
    thread = Thread(target=server.serve_forever, args=(0.05,), name="test-web", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        counted.wait()
        server.server_close()
