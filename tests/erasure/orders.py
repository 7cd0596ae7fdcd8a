"""Ordering an erasure, and looking for what should be gone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, text

from server.db import transaction
from server.erasure import rounds
from server.erasure.register import Register
from server.policies.service import ensure_policy
from tests.smallcounty import SmallCounty, id_of

GONE = id_of("A1w-1")
STORY = {"category": "neighbours", "story": "两家为界石争执", "village_id": str(id_of("A1"))}


DISPUTE = {**STORY, "id": str(id_of("a dispute"))}
IDS_ONLY = {"audit_act", "sync_receipt"}


def erase(county: SmallCounty, register: Register, entity: str = "household") -> None:
    """The county office asks; the worker goes round."""
    body = {"entity": entity, "id": str(GONE), "reason": "asked"}
    county.sign_in("county").post("/erasures", body, expect=202)
    assert rounds.go_round(county.worker, register) == 1


def all_text(county: SmallCounty, needle: UUID) -> set[str]:
    """Tables in which an id is still written, in any column, whoever may see it."""
    engine = create_engine(county.url)
    with engine.connect() as connection:
        tables = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'spatial_ref_sys'"
                " AND relnamespace = 'public'::regnamespace"
            )
        ).all()
        found = {
            table
            for table in tables
            if connection.execute(
                text(f"SELECT EXISTS (SELECT FROM {table} t WHERE t::text LIKE :needle)"),
                {"needle": f"%{needle}%"},
            ).scalar()
        }
    engine.dispose()
    return found


def begin_policy(county: SmallCounty) -> None:
    """Limits and working days, without which no case begins."""
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)


def visit_of(household: str, **more: Any) -> dict[str, Any]:
    made = str(id_of(f"visit {household} {more}"))
    return {"id": made, "household_id": str(id_of(household)), "outcome": "met", **more}


def party(household: str, side: str = "applicant", **more: Any) -> dict[str, Any]:
    return {"kind": "household", "household_id": str(id_of(household)), "side": side, **more}
