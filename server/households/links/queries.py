"""All SQL of links between households."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.households.links.errors import LinkExists, LinkNotFound
from server.households.links.models import Link
from server.households.models import Household
from server.sealed import bound


def list_links(household_id: UUID) -> Select[tuple[Link]]:
    """Links from and to a household, past ones too."""
    return select(Link).where(or_(Link.from_id == household_id, Link.to_id == household_id))


def get_link(session: Session, link_id: UUID) -> Link:
    """One link. Raises LinkNotFound, also where both its ends are hidden."""
    link = session.get(Link, link_id)
    if link is None:
        raise LinkNotFound
    return link


def insert_links(session: Session, rows: Sequence[Mapping[str, Any]]) -> Sequence[Link]:
    """New links. Raises LinkExists where one of them is there already and has not ended."""
    statement = insert(Link).on_conflict_do_nothing().returning(Link)
    made = session.scalars(statement, bound(Link, rows)).all()
    if len(made) < len(rows):
        raise LinkExists
    return made


def list_seen(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Which of these households the asker may see."""
    return set(session.scalars(select(Household.id).where(Household.id.in_(ids))))
