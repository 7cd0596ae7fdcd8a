"""A password is set or changed: what takes longer than a transaction may.

It is proved and hashed outside of any: both are slow on purpose.
"""

from __future__ import annotations

from dataclasses import replace

from server.access import queries as access
from server.access.accounts.errors import BadPassword
from server.access.accounts.invitations import service
from server.access.accounts.rules import ACCEPTS_A_MINUTE
from server.access.door import Asker
from server.access.rules import good_password
from server.access.service import hash_password
from server.access.signing.service import prove_again
from server.db import Identity, transaction
from server.limits.service import blind, knock


def accept(by: Identity, network: str, code: str, password: str) -> str:
    """Set a password with the code that one was handed, as a stranger; with which login to sign in.

    Everything signed in before ends. Raises BadPassword, BadInvitation, TooMany.
    """
    knock("invitation", blind(by, "invitation", network), ACCEPTS_A_MINUTE, by)
    with transaction(by) as session:
        found = service.find_invited(session, code, password)
    password_hash = hash_password(password)
    by = replace(by, user_id=found.user_id)
    with transaction(by) as session:
        service.accept(session, by, code, password_hash)
    login: str = found.login
    return login


def change(me: Asker, old: str, new: str) -> None:
    """Change one's own; what is signed in elsewhere has to sign in again.

    Raises WrongProof, BadPassword, TooMany, TryLater.
    """
    with transaction(me.identity) as session:
        login = access.get_user(session, me.user_id).login
        found = access.find_credential(session, login, me.device_id)
    prove_again(me.identity, me.user_id, me.device_id, found, old)
    if not good_password(new, login):
        raise BadPassword
    password_hash = hash_password(new)
    with transaction(me.identity) as session:
        service.change_password(session, me.identity, password_hash, me.login_id)
