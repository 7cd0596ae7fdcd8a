"""A real, tiny mail server on loopback: it keeps what it takes and refuses whom it is told to."""

from __future__ import annotations

import base64
import email
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from threading import Event, Thread

from server.settings import MailServer, Tls


@dataclass
class Mailbox:
    """What was handed in, in order. `refuses`: addresses; `greeting` may send everybody away."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    greeting: str = "220 here"
    connections: int = 0
    signed_in: list[str] = field(default_factory=list)

    @property
    def server(self) -> MailServer:
        """As settings name it."""
        return MailServer("127.0.0.1", self.port, Tls.START)


@contextmanager
def receiving_mail(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A mail server, until the end of the block; with `tls` it speaks STARTTLS and asks who."""
    mailbox = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            mailbox.connections += 1
            self.say(mailbox.greeting)
            while line := self.rfile.readline():
                verb, _, rest = line.decode().strip().partition(" ")
                if not self.answer(verb.upper(), rest):
                    return

        def answer(self, verb: str, rest: str) -> bool:
            if verb == "RCPT" and any(one in rest for one in mailbox.refuses):
                self.say(f"550 {rest.removeprefix('TO:')} no such mailbox")
            elif verb == "EHLO" and tls:
                self.say("250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN")
            elif verb == "STARTTLS" and tls:
                self.say("220 go on")
                return self.secure(tls)
            elif verb == "AUTH":
                mailbox.signed_in.append(base64.b64decode(rest.split()[1]).decode())
                self.say("235 welcome")
            elif verb == "DATA":
                self.say("354 go on")
                mailbox.taken.append(self.read_letter())
                self.say("250 kept")
            elif verb == "QUIT":
                self.say("221 bye")
                return False
            else:
                self.say("250 fine")
            return True

        def secure(self, context: ssl.SSLContext) -> bool:
            try:
                self.request = context.wrap_socket(self.request, server_side=True)
            except OSError:
                return False  # the other side does not trust us
            self.setup()
            return True

        def finish(self) -> None:
            super().finish()
            self.request.close()

        def read_letter(self) -> EmailMessage:
            lines = []
            while line := self.rfile.readline():
                if line == b".\r\n":
                    break
                lines.append(line.removeprefix(b"."))
            letter = email.message_from_bytes(b"".join(lines), policy=default)
            assert isinstance(letter, EmailMessage)
            return letter

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer((host, 0), Handler) as server:
        mailbox.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield mailbox
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def dripping() -> Iterator[MailServer]:
    """A mail server that greets a letter at a time, faster than any time-out, for four seconds."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            over = Event()
            try:
                for _ in range(200):
                    self.request.sendall(b"2")
                    over.wait(0.02)
            except OSError:
                return
            self.request.sendall(b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield MailServer("127.0.0.1", server.server_address[1], Tls.NONE)
        finally:
            server.shutdown()
            thread.join()
