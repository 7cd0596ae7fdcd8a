"""The door of every view: who asks, may they, and the identity that PostgreSQL is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final, TypeVar
from uuid import UUID

from flask import current_app, g, request
from sqlalchemy.orm import Session

from server.access import browsers, queries
from server.access.errors import DeviceRevoked, ProveAgain, SecondFactorNeeded, SessionOver
from server.access.pace import keep_pace
from server.access.permissions import (
    ENROLLING,
    OPEN,
    REVOKED_DEVICE,
    SECOND_FACTOR,
    Scope,
    scope_of,
)
from server.access.queries import SignedIn
from server.access.service import digest
from server.bodies import Blueprint
from server.db import Identity, nobody
from server.errors import NotSignedIn, NotYours

View = TypeVar("View", bound=Callable[..., Any])
FRESH: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who has signed in and may do `action` as far as `scope` reaches."""

    identity: Identity
    user_id: UUID
    device_id: UUID
    device_revoked: bool
    roles: tuple[str, ...]
    scope: Scope
    login_id: UUID  # this very pair of tokens
    proved_at: datetime | None

    def places(self, session: Session) -> frozenset[str] | None:
        """Buckets that a query must stay within; None: the whole county."""
        if self.scope is Scope.COUNTY:
            return None
        return frozenset(queries.list_places(session, self.user_id, self.identity.now))


def may(action: str) -> Callable[[View], View]:
    """Let a view be reached only by those whom the permission table names for `action`."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if action not in OPEN:
                g.asker = _admit(action)
            return view(*args, **kwargs)

        guarded.action = action  # type: ignore[attr-defined] # the route matrix reads it
        # The description asks for a token everywhere but here.
        told = Blueprint.doc(security=[])(guarded) if action in OPEN else guarded
        return told  # type: ignore[return-value] # wraps keeps the signature

    return guard


def asker() -> Asker:
    """Who asks, in a view behind `may`."""
    found: Asker = g.asker
    return found


def fresh() -> None:
    """First in the view of a sensitive act: the asker proved in the last ten minutes, in this very
    session, who they are. Raises ProveAgain.
    """
    me = asker()
    # A clock that was set back makes no proof last longer.
    if me.proved_at is None or abs(me.identity.now - me.proved_at) >= FRESH:
        raise ProveAgain


def clock() -> datetime:
    """The server's time: passed in by the composition root, so that a month can be played."""
    now: datetime = current_app.extensions["wangge.clock"]()
    return now


def stranger() -> Identity:
    """The identity of a request before anybody is known."""
    return nobody(clock(), g.request_id)


def _token() -> str | None:
    """A phone's or a script's says `Bearer`; a browser's is in its cookie. Raises ForeignForm."""
    said = request.headers.get("Authorization")
    if said is None:
        return browsers.token(request)
    scheme, _, token = said.partition(" ")
    return token if scheme.lower() == "bearer" else None


def _admit(action: str) -> Asker:
    token = _token()
    if not token:
        raise NotSignedIn
    now = clock()
    found = queries.find_signed_in(digest(token), now)
    if found is None:
        raise SessionOver
    scope = _reach(found, action)
    by = Identity(now, found.user_id, found.device_id, g.request_id)
    keep_pace(action, by, current_app.extensions["wangge.settings"].device_knocks)
    return Asker(
        identity=by,
        user_id=found.user_id,
        device_id=found.device_id,
        device_revoked=found.device_revoked,
        roles=tuple(found.roles),
        scope=scope,
        login_id=found.login_id,
        proved_at=found.proved_at,
    )


def _reach(found: SignedIn, action: str) -> Scope:
    """How far this person may do this. Raises DeviceRevoked, SecondFactorNeeded, NotYours."""
    if found.device_revoked and action not in REVOKED_DEVICE:
        raise DeviceRevoked
    scope = scope_of(action, found.roles)
    if scope is None:
        raise NotYours
    required = current_app.extensions["wangge.settings"].second_factor
    lacking = required and not found.second_factor and SECOND_FACTOR.intersection(found.roles)
    if lacking and action not in ENROLLING:
        raise SecondFactorNeeded
    return scope
