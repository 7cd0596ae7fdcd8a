"""Users as they are shown: with what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.accounts.users import queries
from server.access.models import Assignment, User
from server.db import Identity


def user(session: Session, by: Identity, user_id: UUID) -> dict[str, Any]:
    """One user with all they hold, held and will hold, and how their invitation stands."""
    one = session.get_one(User, user_id, populate_existing=True)
    held = queries.map_held(session, [user_id], by.now, past=True)
    return _told(one, held[user_id]) | {"invitation": queries.find_invitation(session, user_id)}


def ended(
    session: Session, by: Identity, user_id: UUID, ended: Sequence[Assignment]
) -> dict[str, Any]:
    """The same, after these were ended, with those of them that nobody else holds."""
    unserved = queries.list_unserved(session, [one.id for one in ended])
    return user(session, by, user_id) | {"unserved": unserved}


def users(session: Session, by: Identity, found: Sequence[User]) -> list[dict[str, Any]]:
    """Users with what they hold and will hold."""
    held = queries.map_held(session, [one.id for one in found], by.now)
    return [_told(one, held[one.id]) for one in found]


def _told(one: User, held: Sequence[Any]) -> dict[str, Any]:
    return {
        "id": one.id,
        "login": one.login,
        "name": one.name,
        "active": one.active,
        "created_at": one.created_at,
        "assignments": held,
    }
