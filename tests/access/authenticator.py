"""An authenticator app, and somebody who signs in with one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from server.access.factors.rules import code_of, decoded, step_at
from tests.smallcounty import PASSWORD, Desk, SmallCounty, id_of

FACTOR = "/sessions/current/second-factor"
RESET = f"/users/{id_of('user county')}/second-factor/reset"


@dataclass(frozen=True)
class Authenticator:
    """What an app knows: the secret; and what the phone's clock says."""

    county: SmallCounty
    secret: str

    def code(self, later: int = 0) -> str:
        """What it shows now, or so many steps later."""
        return code_of(decoded(self.secret), step_at(self.county.clock.now) + later)


def enrol(county: SmallCounty, desk: Desk) -> tuple[Authenticator, list[str]]:
    """Enrol an authenticator, a minute later confirm it; the app, and the recovery codes."""
    app = Authenticator(county, desk.post(FACTOR, None)["secret"])
    recovery = desk.post(f"{FACTOR}/confirm", {"code": app.code()}, expect=200)["recovery"]
    county.clock.pass_time(minutes=1)
    return app, list(recovery)


def try_to_sign_in(
    county: SmallCounty,
    login: str,
    *,
    password: str = PASSWORD,
    code: str | None = None,
    device: str = "phone",
    address: str = "192.0.2.1",
) -> Any:
    """One request to sign in; the whole answer."""
    asked = {"id": str(id_of(f"{login} {device}")), "name": device}
    body: dict[str, Any] = {"login": login, "password": password, "device": asked}
    if code is not None:
        body["code"] = code
    headers = {"X-Forwarded-For": address}
    return county.app.test_client().post("/api/v1/sessions", json=body, headers=headers)


def answer(county: SmallCounty, challenge: Any, code: str) -> Any:
    """The second step: the code, with what stands for the password."""
    body = {"challenge": challenge, "code": code}
    return county.app.test_client().post("/api/v1/sessions/code", json=body)


def type_of(answered: Any) -> tuple[int, str]:
    """The status and the slug of a problem; of anything else the status alone."""
    body = answered.json or {}
    return answered.status_code, str(body.get("type", "")).removeprefix("/problems/")


@contextmanager
def with_settings(county: SmallCounty, **changed: Any) -> Iterator[None]:
    """Other settings for a while."""
    known = county.app.extensions["wangge.settings"]
    county.app.extensions["wangge.settings"] = replace(known, **changed)
    try:
        yield
    finally:
        county.app.extensions["wangge.settings"] = known


def ask_fresh(desk: Desk) -> tuple[int, str]:
    """Ask for a sensitive act that is never possible; the answer tells how far one came."""
    return type_of(desk.call("POST", RESET, json={"reason": "试一试"}))


def refresh(desk: Desk, token: str) -> Any:
    """Ask for the next pair of tokens."""
    return desk.client.post("/api/v1/sessions/refresh", json={"refresh": token})
