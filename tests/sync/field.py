"""The field: phones with bad clocks, a line that loses things, and power that fails."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sync.clock import to_ms
from sync.line import LineLost, LoginLost, Verb
from sync.memory import MemoryStore
from sync.model import Op
from sync.phone import Phone
from sync.pull import pull
from sync.push import push
from sync.wire import decode_pull, decode_push, encode_page, encode_pushed
from tests.sync.sample import SampleCounty


class Killed(BaseException):
    """The phone died here. It stays dead until it is opened again."""


MET = {"outcome": "met"}
Open = Callable[..., Phone]


def visit(phone: Phone, house: str) -> str:
    return phone.record("visit", Op.APPEND, {"house": house, **MET})


@dataclass
class FieldClock:
    """A phone's clocks, fed by the county's time: the wall may be wrong, the boot may change."""

    county: SampleCounty
    boot: str = "boot-0"
    wrong: int = 0  # milliseconds

    def wall(self) -> int:
        return to_ms(self.county.time) + self.wrong

    def elapsed(self) -> int:
        return to_ms(self.county.time) - 1_700_000_000_000


class FieldLine:
    """The line to a county in memory, through the same JSON as over HTTP.

    `faults` says for each call what goes wrong: "ask" loses the request, "answer" loses the
    answer, "twice" delivers the request twice, "full" is a server that takes no change now,
    "login" one that no longer knows the login, "" a good line; when used up all is good.
    """

    def __init__(self, county: SampleCounty, user: str) -> None:
        self.county, self.user = county, user
        self.faults: Iterator[str] = iter(())
        self.stuck: dict[str, Any] | None = None  # the one answer of a server that went wrong
        self.calls: list[tuple[Verb, dict[str, Any], dict[str, Any]]] = []
        self.watch: Callable[[Verb, MemoryStore, dict[str, Any]], None] = lambda *_: None

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        if self.stuck:
            return self.stuck
        fault = next(self.faults, "")
        if fault == "ask":
            raise LineLost("on the way there")
        if fault == "login":
            raise LoginLost("answered 401")
        if fault == "full":
            body = {**body, "changes": []}
        answer = self._serve(verb, json.loads(json.dumps(body)))
        if fault == "twice":
            answer = self._serve(verb, json.loads(json.dumps(body)))
        if fault == "answer":
            raise LineLost("on the way back")
        return answer

    def _serve(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        with self.county.open(self.user, body["device"]) as store:
            if verb == "push":
                pushed = push(decode_push(body), self.county.registry, store)
                answer = encode_pushed(pushed)
            else:
                page = pull(decode_pull(body), self.county.registry, store, 1000, 10**6)
                answer = encode_page(page)
            answer = dict(json.loads(json.dumps(answer)))
            self.watch(verb, store, answer)
        self.calls.append((verb, body, answer))
        return answer


class FrailConnection(sqlite3.Connection):
    """A sqlite file on a phone whose power fails before the given statement."""

    left: int | None = None

    def execute(self, *args: Any) -> sqlite3.Cursor:
        self._spend()
        return super().execute(*args)

    def executemany(self, *args: Any) -> sqlite3.Cursor:
        self._spend()
        return super().executemany(*args)

    def _spend(self) -> None:
        if self.left is None:
            return
        if self.left == 0:
            raise Killed
        self.left -= 1


@dataclass
class FieldPhone:
    """A phone in somebody's hand: it can die at any statement and be switched on again."""

    county: SampleCounty
    user: str
    device: str
    path: str
    page: int = 1000
    batch: int = 200
    line: FieldLine = field(init=False)
    clock: FieldClock = field(init=False)
    app: Phone = field(init=False)
    db: FrailConnection = field(init=False)
    boots: int = 0

    def __post_init__(self) -> None:
        self.line = FieldLine(self.county, self.user)
        self.clock = FieldClock(self.county)
        self.switch_on()

    def switch_on(self) -> None:
        self.app = Phone(
            self.path,
            self.line,
            self.clock,
            self.county.new_id,
            device=self.device,
            page=self.page,
            batch=self.batch,
            connect=self._connect,
        )

    def die_after(self, statements: int, deed: Callable[[], Any]) -> bool:
        """Do this, and lose power after so many statements; whether it came to that."""
        self.db.left = statements
        try:
            deed()
        except Killed:
            self.db.close()
            self.boots += 1
            self.clock.boot = f"boot-{self.boots}"
            self.switch_on()
            return True
        finally:
            self.db.left = None
        return False

    def _connect(self, path: str) -> sqlite3.Connection:
        self.db = sqlite3.connect(path, factory=FrailConnection)
        # Power fails by Killed here; what the disk does then is sqlite's own matter.
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("PRAGMA journal_mode = MEMORY")
        return self.db
