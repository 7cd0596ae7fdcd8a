"""People who ask and people who decide: the small county with a second county officer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from server.access import queries as access
from server.approvals import service
from server.audit.models import AuditAct
from server.db import transaction
from tests.smallcounty import _HASH, START, SmallCounty, id_of

DISPUTE = str(id_of("some case"))


def add_person(county: SmallCounty, login: str, role: str, **held: UUID) -> None:
    """Somebody with a login and a role, from now on."""
    user = {"id": id_of(f"user {login}"), "login": login, "name": login, "created_at": START}
    place: dict[str, Any] = dict.fromkeys(("cell_id", "office_id", "area_id"))
    assignment = {
        "id": id_of(f"assignment {login} {role}"),
        "user_id": user["id"],
        "role": role,
        **place,
        **held,
        "leads": False,
        "valid_from": county.clock.now,
        "valid_to": None,
    }
    with transaction(county.worker) as session:
        if access.find_user(session, login) is None:
            access.insert_users(session, [{**user, "password_hash": _HASH}])
        access.insert_assignments(session, [assignment])


@pytest.fixture
def offices(county: SmallCounty) -> SmallCounty:
    """The small county; in its county Office a second person, `county-2`."""
    add_person(county, "county-2", "county_office", office_id=id_of("office county"))
    return county


def acts(county: SmallCounty, prefix: str) -> list[AuditAct]:
    """What was written down, in order."""
    with transaction(county.worker) as session:
        query = select(AuditAct).where(AuditAct.action.startswith(prefix)).order_by(AuditAct.id)
        return list(session.scalars(query))


def allowed_at(county: SmallCounty, said: str, login: str = "county") -> str:
    """What a command at the keyboard asked for, allowed by this person; the number it printed."""
    found = re.search(r"approval: ([0-9a-f-]{36})", said)
    assert found, said
    by = replace(county.identity(login), now=datetime.now(UTC))  # the keyboard's own clock
    with transaction(by) as session:
        service.approve(session, by, UUID(found[1]))
    return found[1]
