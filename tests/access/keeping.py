"""What stories about accounts share: administrators at their desks, codes that are handed over."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, text

from tests.smallcounty import Desk, SmallCounty, id_of

NEW_PASSWORD = "another-good-one"


def behind(county: SmallCounty, statement: str, **values: Any) -> list[Any]:
    """Look at, or do, something behind everybody's back, as superuser."""
    engine = create_engine(county.url)
    with engine.begin() as connection:
        found = connection.execute(text(statement), values)
        rows = list(found) if found.returns_rows else []
    engine.dispose()
    return rows


def hire(system: Desk, login: str) -> dict[str, Any]:
    """Make somebody; the answer with the code."""
    told: dict[str, Any] = system.post("/users", {"login": login, "name": "示例新人"})
    return told


def accept(county: SmallCounty, code: str, password: str = NEW_PASSWORD) -> Any:
    """Set a password with a code, as nobody yet."""
    body = {"code": code, "password": password}
    return county.app.test_client().post("/api/v1/invitations/accept", json=body)


def try_in(county: SmallCounty, login: str, password: str, **device: Any) -> Any:
    """Try to sign in; the whole answer."""
    told = {"id": str(uuid4()), "name": "示例终端", **device}
    body = {"login": login, "password": password, "device": told}
    return county.app.test_client().post("/api/v1/sessions", json=body)


def user(login: str) -> str:
    """The path of one of the small county's people."""
    return f"/users/{id_of(f'user {login}')}"


def why(answer: Any) -> tuple[int, str]:
    """How a request was refused."""
    return answer.status_code, answer.json["type"].rpartition("/")[2]


def acts(county: SmallCounty) -> list[str]:
    """What the audit has, in order."""
    return [row.action for row in behind(county, "SELECT action FROM audit_act ORDER BY id")]


def give(login: str, role: str, office: str | None = None, **more: Any) -> dict[str, Any]:
    """What is sent to give a role."""
    held_in = {"office_id": str(id_of(f"office {office}"))} if office else {}
    return {"login": login, "role": role, **held_in, **more}
