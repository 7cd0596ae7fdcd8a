"""Signing in elsewhere: to the county's identity provider and back, as whom it was linked with.

Who is who is never guessed from a name or an address of mail: somebody has linked them.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.access import queries as access
from server.access import service as sessions
from server.access.accounts.errors import TooManyDevices
from server.access.errors import UserNotFound
from server.access.factors import service as factors
from server.access.factors.errors import CodeNeeded, WrongCode
from server.access.federation import provider, queries, slips
from server.access.federation.errors import (
    BadAnswer,
    BadSubject,
    LinkNotFound,
    LinkTaken,
    NotLinked,
)
from server.access.federation.rules import (
    FLOW,
    Flow,
    Identified,
    checked_code,
    good_subject,
    where_to,
)
from server.access.service import Elsewhere, Spans, Tokens
from server.access.signing import entry
from server.access.signing import service as signing
from server.access.signing.rules import CHALLENGE
from server.audit.service import record
from server.db import Identity, transaction
from server.limits import service as limits
from server.limits.rules import Bucket
from server.settings import Oidc

_FLOW: Final = "flow"
_KNOWN: Final = "known"


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom the provider named, and which user that is."""

    who: Identified
    user_id: UUID
    login: str


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody comes in, and which of the own devices goes for it."""

    device_id: UUID
    name: str
    instead_of: UUID | None = None


def begin(oidc: Oidc, back: str, path: str, now: datetime, *, anew: bool) -> tuple[str, str]:
    """Where to send a browser that wants to come to `path`, and the slip that it keeps meanwhile.

    Raises ProviderAway.
    """
    said = provider.metadata(oidc, now)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    flow = Flow(state, nonce, verifier, path)
    slip = slips.written(_FLOW, [flow.state, flow.nonce, flow.verifier, path], now + FLOW)
    return where_to(said, oidc, flow, back, anew=anew), slip


def flow_of(slip: str, state: str, now: datetime) -> Flow:
    """What this browser was sent away with, if this is its answer. Raises BadAnswer."""
    said = slips.read(_FLOW, slip, now)
    if said is None or not hmac.compare_digest(said[0].encode(), state.encode()):
        raise BadAnswer
    return Flow(*said)


def identify(
    stranger: Identity, oidc: Oidc, flow: Flow, answer: Mapping[str, str], back: str, network: str
) -> Known:
    """Who came back. Each try counts, unless it was good or the provider was away; one that failed
    is written down. Raises BadAnswer, NotLinked, ProviderAway, TooMany.
    """
    said = provider.metadata(oidc, stranger.now)
    code = checked_code(answer, said, oidc.issuer)
    taken = (Bucket("login.network", partial(limits.blind, stranger)(network), 6, 60),)
    limits.knock_all(taken, stranger)
    with signing.given_back(stranger, taken, unless=(BadAnswer, NotLinked)):
        try:
            token = provider.redeem(said, oidc, code, flow.verifier, back)
            who = provider.identify(said, oidc, token, flow.nonce, stranger.now)
        except BadAnswer:
            entry.refuse(stranger)
            raise
        return _known(stranger, oidc.issuer, who)


def come_in(
    stranger: Identity, oidc: Oidc, known: Known, browser: Browser, spans: Spans, code: str = ""
) -> Tokens:
    """A session for whom the provider named; with our own code, unless theirs counts or there is
    none. Raises CodeNeeded and TooManyDevices (with a challenge for `answer`), WrongCode, TooMany,
    NotLinked.
    """
    identity = replace(stranger, user_id=known.user_id, device_id=browser.device_id)
    try:
        with _holding(identity, oidc, known) as session:
            on = not known.who.factor and factors.standing(session, known.user_id).on
            if not on:
                return _open(session, identity, known, browser, spans)
            device = access.find_device(session, browser.device_id)
            own = device is not None and device.revoked_at is None
        if not code:
            raise CodeNeeded(_challenge(known, browser, stranger.now))
        with (
            signing.counting_code(identity, known.user_id, browser.device_id, own=own),
            _holding(identity, oidc, known) as session,
        ):
            if not factors.spend(session, identity, code):
                raise WrongCode
            return _open(session, identity, known, browser, spans)
    except WrongCode:
        entry.refuse(stranger)
        raise
    except TooManyDevices as error:
        error.members["challenge"] = _challenge(known, browser, stranger.now)
        error.members["code"] = bool(code)  # it was not used up
        raise


def answer(
    stranger: Identity,
    oidc: Oidc,
    challenge: str,
    code: str,
    instead_of: UUID | None,
    spans: Spans,
) -> Tokens:
    """The second step, within five minutes: the code, or which device goes. Raises WrongCode where
    the challenge is none, and what `come_in` raises.
    """
    said = slips.read(_KNOWN, challenge, stranger.now)
    if said is None:
        raise WrongCode
    subject, proved, factor, user_id, login, device_id, name = said
    proved_at = datetime.fromisoformat(proved) if proved else None
    known = Known(Identified(subject, proved_at, factor), UUID(user_id), login)
    browser = Browser(UUID(device_id), name, instead_of)
    return come_in(stranger, oidc, known, browser, spans, code)


def link(session: Session, by: Identity, login: str, issuer: str, subject: str) -> None:
    """This subject of that issuer is this user from now on; as the worker. Twice is once.

    Raises UserNotFound, BadSubject, LinkTaken.
    """
    if not good_subject(subject):
        raise BadSubject
    user = access.get_known(session, login)
    found = queries.find_link(session, issuer, subject)
    if found is not None:
        if found.user_id != user.id:
            raise LinkTaken
        return
    new = {"issuer": issuer, "subject": subject, "user_id": user.id, "linked_at": by.now}
    queries.insert_link(session, **new)
    record(session, "user.link", user=user.id, issuer=issuer, subject=subject)


def unlink(session: Session, login: str, issuer: str, subject: str) -> None:
    """It is no longer; whatever that user has open ends. As the worker. Raises UserNotFound,
    LinkNotFound.
    """
    user = access.find_user(session, login)
    if user is None:
        raise UserNotFound
    sessions.hold_sessions(session, user.id)
    if not queries.delete_link(session, issuer, subject, user.id):
        raise LinkNotFound
    sessions.end_sessions(session, user.id)
    record(session, "user.unlink", user=user.id, issuer=issuer, subject=subject)


def _known(stranger: Identity, issuer: str, who: Identified) -> Known:
    with transaction(stranger) as session:
        found = queries.find_linked(session, issuer, who.subject)
        if found is None:
            record(session, "session.unlinked", issuer=issuer, subject=who.subject)
    if found is None:  # raised when it is written down
        raise NotLinked(who.subject)
    return Known(who, found.user_id, found.login)


@contextmanager
def _holding(identity: Identity, oidc: Oidc, known: Known) -> Iterator[Session]:
    """A transaction in which the link still stands, and the sessions are held."""
    with transaction(identity) as session:
        sessions.hold_sessions(session, known.user_id)
        found = queries.find_linked(session, oidc.issuer, known.who.subject)
        if found is None or found.user_id != known.user_id:
            raise NotLinked(known.who.subject)
        yield session


def _open(
    session: Session, identity: Identity, known: Known, browser: Browser, spans: Spans
) -> Tokens:
    proof = Elsewhere(known.who.proved_at, known.who.factor)
    return sessions.open_session(
        session, identity, browser.name, spans, browser.instead_of, elsewhere=proof
    )


def _challenge(known: Known, browser: Browser, now: datetime) -> str:
    """What stands for the provider's word until the code comes."""
    who = known.who
    said = [
        who.subject,
        who.proved_at.isoformat() if who.proved_at else None,
        who.factor,
        str(known.user_id),
        known.login,
        str(browser.device_id),
        browser.name,
    ]
    return slips.written(_KNOWN, said, now + CHALLENGE)
