"""Offices: added and kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.access import queries as access
from server.access.accounts.offices import queries
from server.access.errors import OfficeNotFound, WrongPlace
from server.access.models import Office
from server.audit.service import record
from server.db import Identity
from server.ids import new_id
from server.places.models import Area


def add_office(
    session: Session, by: Identity, area: Area, kind: str, name: str, telephone: str | None
) -> UUID:
    """Add an Office of a village, township or county; the first one of its Area leads.

    Raises WrongPlace for an Area above the county.
    """
    if area.level not in {"village", "township", "county"}:
        raise WrongPlace
    queries.lock_lead(session, area.id)
    office_id = new_id(by.now)
    office = {
        "id": office_id,
        "area_id": area.id,
        "level": area.level,
        "kind": kind,
        "name": name,
        "public_telephone": telephone,
        "lead": access.find_lead_office(session, area.id) is None,
    }
    access.insert_offices(session, [office])
    record(session, "office.add", office=office_id, area=area.id)
    return office_id


def amend_office(session: Session, office_id: UUID, changed: dict[str, Any]) -> Office:
    """Change `name`, `kind` or `public_telephone`; with `lead` it receives from now on what comes
    to its Area, and who did so until now does not. Raises OfficeNotFound.
    """
    office = access.find_office(session, office_id)
    if office is None:
        raise OfficeNotFound
    if changed.get("lead"):
        queries.lock_lead(session, office.area_id)
        queries.lead_no_more(session, office.area_id)
    queries.update_office(session, office_id, changed)
    record(session, "office.amend", office=office_id, fields=sorted(changed))
    session.refresh(office)
    return office
