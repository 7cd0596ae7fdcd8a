"""The month: who walks where, what is written down, when phones find a network, what climbs."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from server.demo.cases import FATES, Desks, tell
from server.demo.field import FieldPhone, StoryClock
from server.demo.staff import PASSWORD, Post, Staff
from server.ids import new_id
from sync.model import Op

DAYS = 31
# 走访结果 as a village in the busy season gives them.
OUTCOMES = ("met",) * 5 + ("nobody_home",) * 3 + ("by_telephone", "declined")
NOTES = (
    "",
    "",
    "家中老人身体尚好。（合成示例）",
    "想了解医保缴费。（合成示例）",
    "外出务工未归。（合成示例）",
)
LAST_NOTED_DAY = 3  # what is noted by then has time to climb twice within the month


@dataclass
class Walker:
    """A grid worker, their phone, and what they wrote down in this month."""

    post: Post
    phone: FieldPhone
    every: int  # days between two places with a network
    visits: list[str] = field(default_factory=list)
    disputes: list[str] = field(default_factory=list)
    lost: int = 0

    def walk(self) -> None:
        """A day outside: some households, in the order of the way."""
        households = sorted(self.phone.phone.rows("household"))
        chance = self.phone.chance
        for household_id in chance.sample(households, min(len(households), chance.randint(1, 4))):
            note = chance.choice(NOTES)
            self.visits.append(
                self.phone.phone.record(
                    "visit",
                    Op.APPEND,
                    {
                        "household_id": household_id,
                        "outcome": chance.choice(OUTCOMES),
                        **({"note": note} if note else {}),
                    },
                )
            )

    def note_dispute(self) -> str:
        """Somebody at the door complains about somebody."""
        rows = self.phone.phone.rows("household")
        household_id = self.phone.chance.choice(sorted(rows))
        (cell_id,) = self.phone.phone.rows("cell")
        village_id = str(rows[household_id]["village_id"])
        told = tell(self.phone.chance, household_id, cell_id, village_id)
        dispute_id = self.phone.phone.record("dispute", Op.CREATE, told)
        self.disputes.append(dispute_id)
        return dispute_id

    def find_network(self) -> None:
        """A place with a line, such as it is."""
        self.lost += self.phone.sync()


@dataclass
class Month:
    """Plays the days; what it needs of the server beyond HTTP is the climb."""

    clock: StoryClock
    staff: Staff
    desks: Desks
    climb: Callable[[datetime], int]
    say: Callable[[str], None]
    walkers: list[Walker] = field(default_factory=list)
    across: list[str] = field(default_factory=list)
    slips: list[str] = field(default_factory=list)  # codes that residents went home with

    def equip(self, directory: Path, seed: int) -> None:
        """Every worker gets a phone, and its first sync over a shaky line."""
        for k, post in enumerate(self.staff.workers):
            path = str(directory / f"{post.login}.sqlite3")
            phone = FieldPhone(
                path, self.desks.base_url, post.login, PASSWORD, self.clock, seed * 1000 + k
            )
            walker = Walker(post, phone, every=2 + k % 4)
            walker.find_network()
            self.walkers.append(walker)

    def play(self, seed: int) -> None:
        """All days, from the first morning to the last evening."""
        fates = random.Random(seed)
        start = self.clock.now
        for day in range(1, DAYS):
            self.clock.move_to(start + timedelta(days=day))
            self._morning(day, fates)
            if day % 2 == 0:
                self.desks.work()
            climbed = self.climb(self.clock.now)
            if climbed or day % 7 == 0:
                self.say(f"  第 {day:2} 天 day {day:2}: 上报 climbed {climbed}")
        for walker in self.walkers:
            walker.find_network()

    def _morning(self, day: int, fates: random.Random) -> None:
        if day == 2:
            self._across_villages()
        for walker in self.walkers:
            self.clock.tick(20)
            walker.walk()
            if day <= LAST_NOTED_DAY and fates.random() < 0.6:
                self.desks.fates[walker.note_dispute()] = fates.choice(FATES)
            if walker.phone.chance.random() < 0.05:
                walker.phone.clock.restart()
            if day % walker.every == 0:
                walker.find_network()

    def _across_villages(self) -> None:
        """Two neighbouring villages and one water channel: it starts at the township."""
        first, second = neighbours(self.staff.workers)
        supervisor = self.staff.supervisor_of(first.code[:9])
        desk = self.desks.browser(supervisor)
        sides = [
            desk.get(f"/households?cell={post.code}&limit=1")["items"][0]
            for post in (first, second)
        ]
        dispute_id = str(new_id(self.clock.now))
        made = self.desks.register(supervisor, _channel_dispute(dispute_id, sides))
        self.across.append(made["id"])
        self.slips.append(self.desks.across_villages(supervisor, dispute_id))


def neighbours(workers: Sequence[Post]) -> tuple[Post, Post]:
    """The first two workers of one township whose villages differ."""
    for first in workers:
        for second in workers:
            if first.code[:9] == second.code[:9] and first.code[:12] < second.code[:12]:
                return first, second
    raise ValueError("no two busy cells lie in two villages of one township")


def _channel_dispute(dispute_id: str, sides: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": dispute_id,
        "category": "forest_and_land",
        "story": "两村共用水渠，天旱争水。（合成示例）",
        "village_id": sides[0]["village_id"],
        "channel": "walk_in",
        "parties": [
            {"side": side, "kind": "household", "household_id": household["id"]}
            for side, household in zip(("applicant", "respondent"), sides, strict=True)
        ],
    }
