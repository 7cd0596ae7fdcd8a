"""The door of moves: how far the asker answers for places, and the transaction of a mover."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from server.access.door import asker
from server.access.permissions import Scope, scope_of
from server.db import DbRole, transaction
from server.errors import NotYours
from server.moves import queries
from server.moves.errors import NotInCharge
from server.moves.form import Moving, Plan


def charge_of(session: Session) -> frozenset[UUID] | None:
    """The villages that the asker answers for; None: the whole county."""
    me = asker()
    if me.scope is Scope.COUNTY:
        return None
    return queries.list_charge(session, me.user_id, me.identity.now)


def answer_for(session: Session, village: UUID) -> None:
    """Raises NotInCharge unless the asker answers for this village."""
    charge = charge_of(session)
    if charge is not None and village not in charge:
        raise NotInCharge


@contextmanager
def moving_by(plan: Plan) -> Iterator[Moving]:
    """The transaction of a mover. Raises NotYours where this kind of move is not the asker's."""
    me = asker()
    scope = scope_of(plan.kind.action, me.roles)
    if scope is None:
        raise NotYours
    rows = current_app.extensions["wangge.settings"].phone_rows
    with transaction(replace(me.identity, role=DbRole.MOVER)) as session:
        whole = scope is Scope.COUNTY
        charge = None if whole else queries.list_charge(session, me.user_id, me.identity.now)
        yield Moving(session, me.identity, charge, rows)
