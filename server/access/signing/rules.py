"""How often somebody may try to sign in. Pure.

Guesses are counted where they come from, so that nobody can lock somebody else out: on a device
that this user has signed in on before, by that device alone; from anywhere else by the network, by
the login as tried from that network, and slowly by the login from everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from server.limits.rules import Bucket

CHALLENGE: Final = timedelta(minutes=5)

Blind = Callable[..., bytes]
"""Parts of a source → its keyed digest."""


@dataclass(frozen=True, slots=True)
class Comer:
    """Somebody at the door, before anything is proved."""

    login: str
    device_id: UUID
    device_name: str
    network: str
    instead_of: UUID | None = None  # one of the own devices that goes for this one


def tries_on_own_device(comer: Comer, blind: Blind) -> Sequence[Bucket]:
    """Ten at once, then one in two minutes."""
    return (Bucket("login.device", blind(str(comer.device_id)), 0.5, 10),)


def tries_of_stranger(comer: Comer, blind: Blind) -> Sequence[Bucket]:
    """The wide before the narrow, except that nobody fills the table with logins of their own: the
    network's is first to be empty. A whole office may share one.
    """
    return (
        Bucket("login.network", blind(comer.network), 6, 60),
        Bucket("login.here", blind(comer.login, comer.network), 0.2, 10),
        Bucket("login.all", blind(comer.login), 0.2, 50),
    )


def tries_of_code(user_id: UUID, device_id: UUID, blind: Blind, *, own: bool) -> Sequence[Bucket]:
    """Guesses of a six-digit code by whoever knows the password: five at once, then six an hour,
    which finds it once in seven years. The user's own devices are counted apart.
    """
    source = (str(user_id), str(device_id)) if own else (str(user_id),)
    return (Bucket("login.code", blind(*source), 0.1, 5),)


def tries_of_proof(user_id: UUID, device_id: UUID, blind: Blind) -> Sequence[Bucket]:
    """Whoever holds a session and does not know the password: ten, then one in two minutes."""
    return (Bucket("login.proof", blind(str(user_id), str(device_id)), 0.5, 10),)
