"""More Offices for the small county, with somebody in each; and what the tables say of a case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from server.codes import new_code
from server.db import resident, transaction
from server.disputes import service
from server.disputes.service import NewEvent
from server.disputes.service.codes import digest_of, keep_codes
from tests.disputes.conftest import Ladder
from tests.smallcounty import START, id_of

_ROLES = {"village": "mediator", "township": "township_supervisor", "county": "county_office"}


def open_office(
    ladder: Ladder, name: str, area: str, level: str, login: str, kind: str = "village_committee"
) -> str:
    """An Office beside the lead one of its Area, and a person who acts for it; its id."""
    with transaction(ladder.county.worker) as session:
        values = {
            "id": id_of(name),
            "area": id_of(area),
            "level": level,
            "kind": kind,
            "name": f"示例{name}",
            "login": login,
            "user": id_of(f"user {login}"),
            "role": _ROLES[level],
            "at": START - timedelta(days=30),
            "assignment": id_of(f"assignment {login}"),
        }
        for statement in _OFFICE:
            session.execute(text(statement), values)
    return str(id_of(name))


_OFFICE = (
    """
    INSERT INTO office (id, area_id, level, kind, name, lead)
    VALUES (:id, :area, :level, :kind, :name, false)
    """,
    "INSERT INTO user_account (id, login, name, created_at) VALUES (:user, :login, :name, :at)",
    """
    INSERT INTO credential (user_id, password_hash)
    SELECT :user, password_hash FROM credential LIMIT 1
    """,
    """
    INSERT INTO assignment (id, user_id, role, office_id, leads, valid_from)
    VALUES (:assignment, :user, :role, :id, true, :at)
    """,
)


def leave_office(ladder: Ladder, login: str) -> None:
    """Somebody's assignment ends now."""
    with transaction(ladder.county.worker) as session:
        session.execute(
            text("UPDATE assignment SET valid_to = :at WHERE id = :id"),
            {"at": ladder.county.clock.now, "id": id_of(f"assignment {login}")},
        )


def table(ladder: Ladder, sql: str, **values: Any) -> list[Any]:
    """Rows, as the county's own hand reads them."""
    with transaction(ladder.county.worker) as session:
        return list(session.execute(text(sql), values).all())


def holdings(ladder: Ladder, dispute: str) -> list[tuple[str, str, str | None]]:
    """(level, how it began, how it ended) of each Holding of a case, in their order."""
    rows = table(
        ladder,
        "SELECT level, begun_how, ended_how FROM holding WHERE dispute_id = :id ORDER BY n",
        id=dispute,
    )
    return [(row.level, row.begun_how, row.ended_how) for row in rows]


def present(ladder: Ladder, dispute: str) -> Any:
    """The last Holding of a case that counts."""
    return table(
        ladder,
        """
        SELECT * FROM holding
         WHERE dispute_id = :id AND ended_how IS DISTINCT FROM 'withdrawn_climb'
         ORDER BY n DESC LIMIT 1
        """,
        id=dispute,
    )[0]


def told(ladder: Ladder, dispute: str, kind: str) -> list[set[UUID]]:
    """The Offices that notices of a kind are owed to, one set for each notice."""
    rows = table(
        ladder,
        "SELECT office_ids FROM notice WHERE dispute_id = :id AND kind = :kind ORDER BY id",
        id=dispute,
        kind=kind,
    )
    return [set(row.office_ids) for row in rows]


def party_of(ladder: Ladder, dispute: str, side: str = "applicant") -> UUID:
    """The id of the party on this side."""
    rows = table(
        ladder,
        "SELECT id FROM party WHERE dispute_id = :id AND side = :side",
        id=dispute,
        side=side,
    )
    found: UUID = rows[0].id
    return found


def by_code(ladder: Ladder, dispute: str, event: str, side: str = "applicant", **said: Any) -> None:
    """A party acts by the own code."""
    party, now = party_of(ladder, dispute, side), ladder.county.clock.now
    code = new_code(party.bytes)
    with transaction(ladder.county.worker) as session:
        keep_codes(session, ladder.county.worker, [(party, code)])
    by = resident(now, digest_of(code))
    new = NewEvent(id_of(f"{event} {side} {now}"), {"event": event, **said}, now, now)
    with transaction(by) as session:
        service.act_as_party(session, by, UUID(dispute), party, new)
