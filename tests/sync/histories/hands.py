"""Phones in people's hands: two may share one, files are copied and put back, power fails."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sync.line import Verb
from sync.phone import Phone
from tests.sync.field import FieldClock, FieldLine, FieldPhone, FrailConnection

Heard = Callable[["Hand", Verb, dict[str, Any], dict[str, Any]], None]
ALIVE = 10**9  # statements
ROOM = 10**12  # bytes on the phone's disk


class HistoryLine(FieldLine):
    """A line whose every exchange with the server is told, heard by the phone or not."""

    told: Callable[[Verb, dict[str, Any], dict[str, Any]], None]

    def _serve(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        answer = super()._serve(verb, body)
        self.told(verb, body, answer)
        return answer


@dataclass
class Hand(FieldPhone):
    """One user's store on a phone. `shares` is the other user's store on the same phone."""

    heard: Heard = field(kw_only=True)
    make_line: Callable[[Any, str], HistoryLine] = field(kw_only=True, default=HistoryLine)
    shares: Hand | None = field(kw_only=True, default=None)
    schema: int = field(kw_only=True, default=1)
    copied: bool = field(kw_only=True, default=False)
    gone_with_file: set[str] = field(kw_only=True, default_factory=set)  # mids
    sent_again: set[str] = field(kw_only=True, default_factory=set)  # mids, under others

    def __post_init__(self) -> None:
        self.line = self.make_line(self.county, self.user)
        self.line.told = lambda *exchange: self.heard(self, *exchange)
        self.clock = FieldClock(self.county)
        if self.shares:
            self.clock, self.shares.shares = self.shares.clock, self
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
            schema=self.schema,
            room=lambda: ROOM,
            connect=self._connect,
        )

    def dying(self, statements: int | None, deed: Callable[[], Any]) -> None:
        """Do this, and lose power after so many statements; then switch on what lost it."""
        if self.die_after(ALIVE if statements is None else statements, deed) and self.shares:
            self.shares.db.close()
            self.shares.switch_on()

    def reboot(self) -> None:
        """Switch off and on."""
        self.dying(0, self.app.sync)

    def learn(self, schema: int) -> None:
        """The program is updated and knows more columns."""
        self.schema = schema
        self.app.close()
        self.switch_on()

    def copy_file(self) -> None:
        self.app.close()
        shutil.copy(self.path, self.path + ".copy")
        self.copied = True
        self.switch_on()

    def put_copy_back(self) -> None:
        """Somebody restores the phone from yesterday's copy of it."""
        before = {change["mid"] for change, _ in self.kept()}
        self.app.close()
        shutil.copy(self.path + ".copy", self.path)
        self.switch_on()
        self.gone_with_file |= before - {change["mid"] for change, _ in self.kept()}

    def send_again(self, death: int | None) -> None:
        """Everything that met a full quarantine is offered once more."""
        for change, status, reason in self.app.set_aside():
            if (status, reason) == ("rejected", "quarantine_full"):
                self.dying(death, partial(self.app.send_again, change["mid"]))
        again = {change["mid"] for change, status in self.kept() if status == "sent_again"}
        self.sent_again |= again

    def kept(self) -> list[tuple[dict[str, Any], str | None]]:
        """Everything that the file keeps of what was written here: (change, status)."""
        lines = self.db.execute("SELECT change, status FROM outbox ORDER BY n")
        return [(json.loads(change), status) for change, status in lines]

    def _connect(self, path: str) -> sqlite3.Connection:
        """As every phone here, but a thread may take it over from another."""
        self.db = sqlite3.connect(path, factory=FrailConnection, check_same_thread=False)
        self.db.execute("PRAGMA synchronous = OFF")
        return self.db
