"""A hand that holds a phone: what it writes down and when it syncs follows from a seed.

What it saw with its own eyes is kept in a diary: what was recorded, and what the server answered.
The diary is written before the next step begins, so it outlives the phone's death.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sync.ids import RANDOM_BITS, uuid7
from sync.line import HttpLine, Line, Verb
from sync.model import Op
from sync.phone import Phone, Summary

TIMEOUT = 20.0  # seconds that a phone waits for an answer
PAUSE = 0.25  # seconds before a worker tries again
STEPS = {"visit": 8, "edit": 3, "place": 2, "house": 2, "dispute": 1, "wrong": 1, "sync": 7}


class RealClock:
    """A phone's clocks over this machine's; the wall is wrong by a fixed amount."""

    def __init__(self, boot: str, wrong: int) -> None:
        self.boot, self._wrong = boot, wrong

    def wall(self) -> int:
        return int(time.time() * 1000) + self._wrong

    def elapsed(self) -> int:
        return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)


class Diary:
    """Lines of what was seen, on disk at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, **seen: Any) -> None:
        """Add a line; it is the kernel's when this returns."""
        with self._path.open("ab", buffering=0) as file:
            file.write(json.dumps(seen).encode() + b"\n")

    def read(self) -> list[dict[str, Any]]:
        """All lines; a last one that was cut off is none."""
        lines = self._path.read_bytes().split(b"\n")[:-1] if self._path.exists() else []
        return [json.loads(line) for line in lines]


class Witness:
    """A line whose answers are written into the diary before the phone hears them."""

    def __init__(self, line: Line, diary: Diary) -> None:
        self._line, self._diary = line, diary

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._line.call(verb, body)
        changes = {change["mid"]: change for change in body.get("changes", ())}
        for outcome in answer.get("outcomes", ()):
            change = changes.get(outcome["mid"], {})
            self._diary.note(
                heard=outcome["mid"],
                status=outcome["status"],
                **{name: change.get(name) for name in ("n", "entity", "id")},
            )
        return answer


@dataclass(frozen=True)
class Owner:
    """Whose phone it is, where its file lies, and what it is told to do."""

    seed: str
    name: str
    login: str
    password: str
    cell: str  # the code of the cell that its worker serves
    directory: Path
    wrong_ms: int = 0

    @property
    def device(self) -> str:
        return str(uuid5(NAMESPACE_OID, f"{self.seed} {self.name}"))

    @property
    def diary(self) -> Diary:
        return Diary(self.directory / f"{self.name}.diary")

    @contextmanager
    def phone(
        self,
        base_url: str,
        boot: str = "boot-0",
        **more: Any,
    ) -> Iterator[Phone]:
        """Switch it on; `more` goes to the phone."""
        device = {"id": self.device, "name": self.name}
        with closing(HttpLine(base_url, self.login, self.password, device, TIMEOUT)) as line:
            phone = Phone(
                str(self.directory / f"{self.name}.sqlite3"),
                Witness(line, self.diary),
                RealClock(boot, self.wrong_ms),
                new_id,
                device=self.device,
                page=40,  # many pages: more requests that can go wrong
                batch=7,
                **more,
            )
            with closing(phone):
                yield phone


def new_id() -> str:
    """Ids are never drawn twice, whatever the seed says."""
    return uuid7(int(time.time() * 1000), secrets.randbits(RANDOM_BITS))


class Hand:
    """Takes steps on one phone."""

    def __init__(self, phone: Phone, chance: random.Random, diary: Diary) -> None:
        self._phone, self._chance, self._diary = phone, chance, diary

    def step(self) -> None:
        """One thing that a worker does."""
        kind = self._chance.choices(list(STEPS), list(STEPS.values()))[0]
        if kind == "sync" or not self._households():
            self.sync()
        else:
            getattr(self, f"_{kind}")()

    def sync(self) -> Summary:
        """Sync; alarms go into the diary: nothing that happens here may raise one."""
        summary = self._phone.sync()
        if summary.lost:
            time.sleep(PAUSE)
        if summary.alarms:
            self._diary.note(alarms=summary.alarms)
        return summary

    def _visit(self) -> None:
        self._visit_of(self._chance.choice(self._households()))

    def _edit(self) -> None:
        address = f"三组 {self._chance.randint(1, 99)} 号（合成）"
        self._patch({"address": address})

    def _place(self) -> None:
        lon = 107.0 + self._chance.randint(1, 9) / 1000
        self._patch({"location": [lon, 31.95, "wgs84", 5.0]})

    def _house(self) -> None:
        """A household that the list did not have, and its first visit."""
        cells = self._phone.rows("cell")
        cell_id = self._chance.choice(sorted(cells))
        fields = {
            "village_id": cells[cell_id]["village_id"],
            "cell_id": cell_id,
            "head_name": f"示某{self._chance.randint(1, 999)}",
        }
        self._visit_of(self._record("household", Op.CREATE, fields))

    def _dispute(self) -> None:
        rows = self._phone.rows("household")
        household_id = self._chance.choice(self._households())
        cell_id = self._chance.choice(sorted(self._phone.rows("cell")))
        village_id = str(rows[household_id]["village_id"])
        told = {
            "category": "neighbours",
            "story": "两家院墙滴水，为排水方向争执。（合成示例）",
            "village_id": village_id,
            "cell_id": cell_id,
            "channel": "visit",
            "parties": [
                {"side": "applicant", "kind": "household", "household_id": household_id},
                {"side": "respondent", "kind": "outsider"},
            ],
        }
        self._record("dispute", Op.CREATE, told)

    def _wrong(self) -> None:
        """What a bad program might write: none of it may hold up the rest."""
        mine = self._chance.choice(self._households())
        fields: dict[str, Any] = self._chance.choice(
            [
                {"household_id": mine, "outcome": "inspected"},
                {"household_id": mine, "outcome": "met", "note": "cut \ud83d"},
                {"household_id": mine, "outcome": "met", "note": "长" * 30_000},
                {"household_id": new_id(), "outcome": "met"},
                {"outcome": "met", "companions": -1},
            ]
        )
        self._record("visit", Op.APPEND, fields)

    def _visit_of(self, household_id: str) -> None:
        outcome = self._chance.choice(["met", "nobody_home", "by_telephone"])
        self._record("visit", Op.APPEND, {"household_id": household_id, "outcome": outcome})

    def _patch(self, fields: dict[str, Any]) -> None:
        self._record("household", Op.PATCH, fields, self._chance.choice(self._households()))

    def _record(self, entity: str, op: Op, fields: dict[str, Any], id_: str | None = None) -> str:
        made = self._phone.record(entity, op, fields, id_)
        self._diary.note(recorded=made, entity=entity, op=op.value)
        return made

    def _households(self) -> list[str]:
        return sorted(self._phone.rows("household"))


class Doomed(sqlite3.Connection):
    """The file of a phone whose process ends before the given statement."""

    left: int | None = None

    def execute(self, *args: Any) -> sqlite3.Cursor:
        self._spend()
        return super().execute(*args)

    def executemany(self, *args: Any) -> sqlite3.Cursor:
        self._spend()
        return super().executemany(*args)

    def _spend(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), 9)
