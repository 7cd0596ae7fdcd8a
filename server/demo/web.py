"""The demo's web server: the same app in a thread of this process, over the story's clock."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPConnection
from threading import Thread
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from werkzeug.serving import WSGIRequestHandler, make_server

from server.app import create_app
from server.settings import Settings


class _Quiet(WSGIRequestHandler):
    """No line per request: the story prints what happened."""

    protocol_version = "HTTP/1.1"  # a phone keeps its connection

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(settings: Settings, clock: Callable[[], datetime]) -> Iterator[str]:
    """Serve the app on a free loopback port; gives its base URL."""
    logging.getLogger("wangge.request").setLevel(logging.WARNING)
    app = create_app(settings, clock)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, name="demo-web", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Browser:
    """Somebody at a desk, over HTTP, with one demo login."""

    def __init__(self, base_url: str, login: str, password: str) -> None:
        self._host = base_url.removeprefix("http://")
        device = {"id": str(uuid5(NAMESPACE_URL, f"demo:{login}")), "name": "示例浏览器"}
        self._access = self._refresh = ""
        self._credentials = {"login": login, "password": password, "device": device}

    def get(self, path: str) -> Any:
        """The JSON at a path below /api/v1."""
        return self._call("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send a body to a path below /api/v1."""
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        status, answer = self._send(method, path, body)
        if status == 401:  # signed in too long ago, in the story's time
            self._renew()
            status, answer = self._send(method, path, body)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    def _renew(self) -> None:
        status, tokens = 401, dict[str, str]()
        if self._refresh:
            status, tokens = self._send("POST", "/sessions/refresh", {"refresh": self._refresh})
        if status != 201:
            _, tokens = self._send("POST", "/sessions", self._credentials)
        self._access, self._refresh = tokens["access"], tokens["refresh"]

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        connection = HTTPConnection(self._host, timeout=30)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._access}"}
        connection.request(
            method, f"/api/v1{path}", json.dumps(body) if body is not None else None, headers
        )
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None
