"""What phones send, put together by hand: one change after the other, each push as it travels."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, text

from sync.clock import to_ms
from tests.smallcounty import Desk, SmallCounty, id_of

BOOT = "示例-boot"
MINUTE = 60_000  # ms


class Sender:
    """One worker's phone: numbers what it writes and sends it on."""

    def __init__(self, county: SmallCounty, login: str, device: str = "phone") -> None:
        self.county, self.login, self.next_n = county, login, 1
        self.device, self._name = str(id_of(f"{login} {device}")), device
        self.outbox: list[dict[str, Any]] = []
        self._sign_in()

    @property
    def desk(self) -> Desk:
        """Its owner, signed in on it: an access token lasts for minutes, a story for days."""
        if self.county.clock.now - self._since > timedelta(minutes=10):
            self._sign_in()
        return self._desk

    def _sign_in(self) -> None:
        self._desk = self.county.sign_in(self.login, self._name)
        self._since = self.county.clock.now

    def write(
        self,
        entity: str,
        op: str,
        said: dict[str, Any],
        row: str | None = None,
        was: dict[str, Any] | None = None,
    ) -> str:
        """Write something down now; its mid. The clock of this phone is right."""
        change = {
            "mid": str(uuid4()),
            "n": self.next_n,
            "entity": entity,
            "id": row or str(uuid4()),
            "op": op,
            "set": said,
            "was": was or {},
            "at": self.reading(),
        }
        self.next_n += 1
        self.outbox.append(change)
        return str(change["mid"])

    def visit(self, household: str, **more: Any) -> str:
        """A visit; `household` is an id or a name of the small county."""
        known = household if len(household) == 36 else str(id_of(household))
        return self.write("visit", "append", {"household_id": known, "outcome": "met", **more})

    def household(self, village: str = "A1", **more: Any) -> tuple[str, str]:
        """A new household; (mid, id)."""
        said = {"village_id": str(id_of(village)), "head_name": "示某新", "group_no": 1, **more}
        mid = self.write("household", "create", said)
        return mid, str(self.outbox[-1]["id"])

    def send(
        self,
        changes: list[dict[str, Any]] | None = None,
        unsent: dict[str, Any] | None = None,
        **clock: Any,
    ) -> dict[str, Any]:
        """Push what was written since the last time; mid → outcome. A minute passes.

        `unsent`: what it tells that it still holds.
        """
        changes, self.outbox = changes or self.outbox, []
        body = {
            "device": self.device,
            "epoch": None,
            "clock": {**self.reading(), **clock},
            "changes": changes,
            "unsent": unsent,
        }
        answer = self.desk.post("/sync/push", body, expect=200)
        self.county.clock.pass_time(minutes=1)
        return {outcome["mid"]: outcome for outcome in answer["outcomes"]}

    def reading(self) -> dict[str, Any]:
        """What its clocks read now."""
        ms = to_ms(self.county.clock.now)
        return {"wall": ms, "elapsed": ms - 1_700_000_000_000, "boot": BOOT}


class Teller(Sender):
    """A phone that also tells what it holds."""

    page: dict[str, Any] | None = None

    def unsent(self, changes: int, rejected: int = 0, ago: int = 0, **more: Any) -> dict[str, Any]:
        """What it tells; the oldest was written so many minutes ago."""
        at = self.reading()
        oldest = {**at, "elapsed": at["elapsed"] - ago * MINUTE} if changes else None
        return {"changes": changes, "rejected": rejected, "oldest": oldest, "at": at, **more}

    def push(self, told: Any, *, expect: int = 200) -> Any:
        """Push what was written since the last time, with this beside it."""
        changes, self.outbox = self.outbox, []
        body = {"device": self.device, "epoch": None, "clock": self.reading(), "changes": changes}
        return self.desk.post("/sync/push", {**body, "unsent": told}, expect=expect)

    def pull(self, told: Any, *, expect: int = 200) -> Any:
        """Pull from where it stands, with this beside it."""
        at = self.page or {"epoch": None, "cursor": None}
        body = {"device": self.device, "epoch": at["epoch"], "cursor": at["cursor"]}
        answer = self.desk.post("/sync/pull", {**body, "unsent": told}, expect=expect)
        if expect == 200:
            self.page = answer
        return answer

    def reported(self) -> Any:
        """What the server says of this phone, to its owner."""
        (phone,) = [p for p in self.desk.get("/sync/status")["phones"] if p["name"] == self._name]
        return phone["unsent"]


def run(county: SmallCounty, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Behind everybody's back, as superuser; the rows, where there are any."""
    engine = create_engine(county.url)
    try:
        with engine.begin() as connection:
            found = connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []
    finally:
        engine.dispose()


def end_work(county: SmallCounty, login: str, at: datetime | None = None) -> None:
    """Somebody's assignments end, now unless said otherwise."""
    user, at = id_of(f"user {login}"), at or county.clock.now
    run(county, "UPDATE assignment SET valid_to = :at WHERE user_id = :user", at=at, user=user)


def acts(county: SmallCounty, action: str) -> list[tuple[Any, ...]]:
    """Audit rows of one action: (user, reason, what)."""
    return run(
        county,
        "SELECT user_id, reason, what FROM audit_act WHERE action = :action ORDER BY id",
        action=action,
    )
