"""SQL of Offices as they are kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from server.access.models import Office


def lock_lead(session: Session, area_id: UUID) -> None:
    """One at a time decides who leads in an Area, to the end of the transaction."""
    session.execute(_LOCK_LEAD, {"area": str(area_id)})


_LOCK_LEAD = text("SELECT pg_advisory_xact_lock(hashtextextended('office lead ' || :area, 0))")


def lead_no_more(session: Session, area_id: UUID) -> None:
    """No Office of this Area receives what comes to it."""
    session.execute(update(Office).where(Office.area_id == area_id, Office.lead).values(lead=False))


def update_office(session: Session, office_id: UUID, values: dict[str, Any]) -> None:
    """Change an Office."""
    if values:
        session.execute(update(Office).where(Office.id == office_id).values(**values))
