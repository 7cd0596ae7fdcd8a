"""The demo's field: a clock that the story moves, phones with clocks of their own, a shaky line."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sync.clock import to_ms
from sync.ids import RANDOM_BITS, uuid7
from sync.line import HttpLine, Line, LineLost, Verb
from sync.phone import Phone


class StoryClock:
    """The time of the story. Nothing sleeps: the story moves it."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def move_to(self, moment: datetime) -> None:
        """Time never goes back."""
        self.now = max(self.now, moment)

    def tick(self, seconds: float = 1) -> None:
        """A little later."""
        self.now += timedelta(seconds=seconds)


class PhoneClock:
    """A phone's clocks: its wall is wrong by a fixed amount, its boot changes when it restarts."""

    def __init__(self, story: StoryClock, wrong: timedelta) -> None:
        self._story, self._wrong = story, wrong
        self._started = story.now
        self._boots = 1

    @property
    def boot(self) -> str:
        return f"boot-{self._boots}"

    def wall(self) -> int:
        return to_ms(self._story.now + self._wrong)

    def elapsed(self) -> int:
        return to_ms(self._story.now) - to_ms(self._started)

    def restart(self) -> None:
        """The phone was switched off and on."""
        self._started, self._boots = self._story.now, self._boots + 1


class ShakyLine:
    """A line that loses requests on the way there and answers on the way back."""

    def __init__(self, line: Line, chance: random.Random) -> None:
        self._line, self._chance = line, chance
        self.asks_lost = self.answers_lost = 0

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        fate = self._chance.random()
        if fate < 0.12:
            self.asks_lost += 1
            raise LineLost("on the way there")
        answer = self._line.call(verb, body)
        if fate < 0.30:
            self.answers_lost += 1  # the server has done it, and the phone does not know
            raise LineLost("on the way back")
        return answer


class FieldPhone:
    """A worker's phone in the demo: the reference phone, its clock and its shaky line."""

    def __init__(
        self, path: str, base_url: str, login: str, password: str, story: StoryClock, seed: int
    ) -> None:
        self.login = login
        self.chance = random.Random(seed)
        self.clock = PhoneClock(story, timedelta(minutes=self.chance.randint(-90, 90)))
        new_id = _ids(story, self.chance)
        device = new_id()
        line = HttpLine(base_url, login, password, {"id": device, "name": "示例手机"})
        self.line = ShakyLine(line, self.chance)
        self.phone = Phone(path, self.line, self.clock, new_id, device=device, connect=_unsynced)
        self._hang_up = line.close

    def sync(self, tries: int = 40) -> int:
        """Sync until it goes through; how often the line broke before it did."""
        for lost in range(tries):
            if not self.phone.sync().lost:
                return lost
        raise LineLost(f"{tries} times in a row")

    def close(self) -> None:
        """Hang up and close the file."""
        self._hang_up()
        self.phone.close()


def _unsynced(path: str) -> sqlite3.Connection:
    """A demo phone need not survive a power cut, and a thousand syncs of a disk take a minute."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def _ids(story: StoryClock, chance: random.Random) -> Callable[[], str]:
    return lambda: uuid7(to_ms(story.now), chance.getrandbits(RANDOM_BITS))
