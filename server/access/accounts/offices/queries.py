"""SQL of Offices as they are kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from server.access.models import Office


def lead_no_more(session: Session, area_id: UUID) -> None:
    """No Office of this Area receives what comes to it."""
    session.execute(update(Office).where(Office.area_id == area_id, Office.lead).values(lead=False))


def update_office(session: Session, office_id: UUID, values: dict[str, Any]) -> None:
    """Change an Office."""
    if values:
        session.execute(update(Office).where(Office.id == office_id).values(**values))
