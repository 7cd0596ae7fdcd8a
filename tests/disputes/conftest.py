"""The small county with its ladder, and the people who use it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.db import transaction
from server.disputes import service
from server.disputes.service import NewDispute
from server.syncing.queries import find_epoch
from sync.clock import to_ms
from tests.lending import Lending
from tests.smallcounty import Desk, SmallCounty, id_of


@dataclass
class Phone:
    """A worker's phone: writes things down while offline, and delivers them later."""

    login: str
    county: SmallCounty
    changes: list[dict[str, Any]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def note(self, entity: str, **fields: Any) -> str:
        """Write something down now; it waits in the outbox."""
        change = {
            "mid": str(uuid4()),
            "n": next(self.numbers),
            "entity": entity,
            "id": str(uuid4()),
            "op": "create" if entity == "dispute" else "append",
            "set": fields,
            "at": self._clock(),
        }
        self.changes.append(change)
        return str(change["id"])

    def deliver(self, expect: int = 200) -> list[dict[str, Any]]:
        """Sign in and push the outbox: the outcomes. What is not taken stays in it."""
        desk = self.county.sign_in(self.login)
        body = {
            "device": desk.tokens["device_id"],
            "epoch": self._epoch(),
            "clock": self._clock(),
            "changes": self.changes,
        }
        answer = desk.post("/sync/push", body, expect=expect)
        if expect != 200:
            return []
        self.changes = []
        outcomes: list[dict[str, Any]] = answer["outcomes"]
        return outcomes

    def _clock(self) -> dict[str, Any]:
        now = to_ms(self.county.clock.now)
        return {"wall": now, "elapsed": now - to_ms(datetime(2026, 1, 1).astimezone()), "boot": "b"}

    def _epoch(self) -> str:
        with transaction(self.county.worker) as session:
            epoch = find_epoch(session)
            assert epoch
            return str(epoch.id)


@dataclass
class Ladder:
    """The small county, and what is told about its disputes."""

    county: SmallCounty
    desks: dict[str, tuple[datetime, Desk]] = field(default_factory=dict)

    def desk(self, login: str) -> Desk:
        """Somebody in the browser, signed in now or a while ago."""
        now = self.county.clock.now
        if login not in self.desks or self.desks[login][0] != now:
            self.desks[login] = (now, self.county.sign_in(login, device="browser"))
        return self.desks[login][1]

    def phone(self, login: str) -> Phone:
        """Somebody's phone."""
        return Phone(login, self.county)

    def register(self, login: str, name: str, **fields: Any) -> str:
        """Register a dispute at somebody's desk; its id."""
        body = {"id": str(id_of(name)), "category": "neighbours", "story": "示例：院墙", **fields}
        return str(self.desk(login).post("/disputes", body)["id"])

    def act(self, login: str, dispute: str, event: str, **fields: Any) -> dict[str, Any]:
        """Act on a dispute at somebody's desk; where it stands then."""
        body = {"id": str(uuid4()), "event": event, **fields}
        answer: dict[str, Any] = self.desk(login).post(f"/disputes/{dispute}/events", body)
        return answer

    def refusal(self, login: str, dispute: str, event: str, **fields: Any) -> str:
        """The slug with which the ladder refuses an act."""
        body = {"id": str(uuid4()), "event": event, **fields}
        answer = self.desk(login).post(f"/disputes/{dispute}/events", body, expect=409)
        return str(answer["errors"]["event"])

    def read(self, login: str, dispute: str) -> dict[str, Any]:
        """A case as somebody reads it."""
        answer: dict[str, Any] = self.desk(login).get(f"/disputes/{dispute}")
        return answer

    def climb(self, at: datetime | None = None) -> int:
        """Let the clock's jobs run until nothing is due; how many cases it took."""
        at, total = at or self.county.clock.now, 0
        for _ in range(100):
            with transaction(self.county.worker) as session:
                taken = service.climb(session, at)
            total += taken
            if not taken:
                return total
        raise AssertionError("the climb finds something due for ever")

    def register_many(self, login: str, count: int, **fields: Any) -> Sequence[UUID]:
        """Many disputes at once, as a phone would bring them."""
        by = self.county.identity(login, device="browser")
        whole = {"category": "neighbours", "story": "示例", "village_id": id_of("A1"), **fields}
        new = [NewDispute(id_of(f"many {k}"), whole, by.now, by.now) for k in range(count)]
        self.desk(login)  # enrols the device
        with transaction(by) as session:
            service.register_disputes(session, by, new)
        return [dispute.id for dispute in new]

    def heights(self, dispute: str) -> list[tuple[str, str | None]]:
        """(level, how it ended) of each Holding, in order, as the county sees them."""
        return [(h["level"], h["ended_how"]) for h in self.read("county", dispute)["holdings"]]

    def kinds(self, dispute: str) -> list[str]:
        """The kinds of its events, in order, as the county sees them."""
        return [event["kind"] for event in self.read("county", dispute)["events"]]


@pytest.fixture
def lending(governed_lending: Lending) -> Lending:
    """Cases need a policy and a calendar: these tests begin with both."""
    return governed_lending


@pytest.fixture
def ladder(county: SmallCounty) -> Ladder:
    """The small county with the default policy and its calendar."""
    return Ladder(county)
