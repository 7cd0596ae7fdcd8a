"""Somebody signed in proves once more who they are, before a sensitive act."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from server.access import queries, service
from server.access.door import Asker
from server.access.factors import service as factors
from server.access.factors.errors import WrongProof
from server.access.signing import entry
from server.access.signing import service as signing
from server.db import transaction


def prove_anew(me: Asker, password: str, code: str | None) -> None:
    """By the own password, and the second factor's code where there is one: for ten minutes, in
    this very session. Not from within a transaction. Raises WrongProof, TooMany, TryLater.
    """
    with transaction(me.identity) as session:
        login = queries.get_user(session, me.user_id).login
        found = queries.find_credential(session, login, me.device_id)
        factor = factors.standing(session, me.user_id).on
    signing.prove_again(me.identity, me.user_id, me.device_id, found, password)
    try:
        with _counted(me, factor, code), transaction(me.identity) as session:
            on = factors.standing(session, me.user_id).on  # since a moment ago, too
            if on and not factors.spend(session, me.identity, code or ""):
                raise WrongProof
            service.prove_anew(session, me.identity, me.login_id)
    except WrongProof:
        entry.refuse(me.identity)
        raise


def _counted(me: Asker, factor: bool, code: str | None) -> AbstractContextManager[None]:
    """The asker's code is a guess like one at the door; without one nothing was guessed."""
    if not factor or code is None:
        return nullcontext()
    return signing.counting_code(me.identity, me.user_id, me.device_id, own=True)
