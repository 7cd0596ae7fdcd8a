"""Another system: a real HTTP server on loopback that hears webhooks, and answers as it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any


@dataclass(frozen=True)
class Heard:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return json.loads(self.body)


Reply = Callable[[BaseHTTPRequestHandler, Heard], None]


def answer(status: int, text: str = "", **headers: str) -> Reply:
    """A plain answer."""

    def reply(request: BaseHTTPRequestHandler, heard: Heard) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("content-length", str(len(text.encode())))
        request.end_headers()
        request.wfile.write(text.encode())

    return reply


@dataclass
class Receiver:
    """Hears on a port of its own. `replies` are used up in order; then everything is taken."""

    server: ThreadingHTTPServer
    heard: list[Heard] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    always: Reply = field(default_factory=lambda: answer(204))
    over: Event = field(default_factory=Event)  # set at the end: whoever keeps one waiting stops
    _lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        """Where webhooks are sent to."""
        return f"http://127.0.0.1:{self.server.server_port}/hook?from=wangge"

    def next_reply(self, heard: Heard) -> Reply:
        with self._lock:
            self.heard.append(heard)
            return self.replies.pop(0) if self.replies else self.always


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard = Heard(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            try:
                receiver.next_reply(heard)(self, heard)
            except OSError:
                self.close_connection = True  # the sender had enough

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def silence() -> Iterator[str]:
    """The URL of somebody who takes a connection and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def nobody_there() -> str:
    """A URL at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}/"


def is_signed(heard: Heard, secret: str) -> bool:
    """Whether it is from whoever knows the secret: as a receiver works it out for itself."""
    content = f"{heard.id}.{heard.headers['webhook-timestamp']}.{heard.body.decode()}"
    key = base64.b64decode(secret.split("_", 1)[1])
    digest = hmac.new(key, content.encode(), hashlib.sha256).digest()
    expected = base64.b64encode(digest).decode()
    offered = [one.split(",", 1) for one in heard.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and signature == expected for version, signature in offered)
