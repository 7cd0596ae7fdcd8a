"""How phones and desks of the town reach the application: real requests, and a clock that ticks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from sync.line import LineLost, Verb
from tests.smallcounty import PASSWORD, Clock
from tests.sync.histories.hands import HistoryLine

if TYPE_CHECKING:
    from tests.syncing.town import Town

TICK = timedelta(milliseconds=7)


@dataclass
class TickingClock(Clock):
    """No two requests come at the same time."""

    lock: Any = field(default_factory=Lock)

    def __call__(self) -> datetime:
        with self.lock:
            self.now += TICK
            return self.now


class TownLine(HistoryLine):
    """The line to the application, signed in as one user on one device."""

    county: Town  # type: ignore[assignment] # a stage is a county as far as a line can tell
    token: str | None = None

    def _serve(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._post(verb, body)
        if answer.status_code == 401:
            self._sign_in(body["device"])
            answer = self._post(verb, body)
        if answer.status_code == 503:
            raise LineLost("answered 503")
        assert answer.status_code == 200, answer.text
        heard = dict(answer.json)
        self.calls.append((verb, body, heard))
        self.told(verb, body, heard)
        return heard

    def _post(self, verb: Verb, body: dict[str, Any]) -> Any:
        client = self.county.county.app.test_client()
        headers = {"Authorization": f"Bearer {self.token}"}
        sent = json.dumps(body).encode()
        return client.post(
            f"/api/v1/sync/{verb}", data=sent, headers=headers, content_type="application/json"
        )

    def _sign_in(self, device: str) -> None:
        client = self.county.county.app.test_client()
        login = {
            "login": self.user,
            "password": PASSWORD,
            "device": {"id": device, "name": "phone"},
        }
        answer = client.post("/api/v1/sessions", json=login)
        assert answer.status_code == 201, answer.text
        assert answer.json is not None
        self.token = answer.json["access"]
