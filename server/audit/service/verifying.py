"""Verifying: the whole chain in one pass, against itself and every head that is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from server.audit.queries import chain, heads
from server.audit.rules.signing import Head, name_of
from server.audit.rules.verdict import Verdict
from server.audit.rules.verifying import Known, Verifier
from server.db import Identity

STEP = 1000  # links between two reports of how far it has come


def verify(
    session: Session,
    by: Identity,
    keys: Sequence[Ed25519PublicKey],
    outside: Sequence[Head],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Verdict:
    """What is wrong with the chain, if anything; `outside`: heads that the database cannot reach.

    In one snapshot, so that nothing sealed meanwhile is taken for missing. Heads that the database
    keeps are judged too, but prove no end. `progress` is told how many links of how many are done.
    """
    installation = heads.get_settings(session).installation
    known = Known(
        installation=installation,
        keys={name_of(key): key for key in keys},
        heads=outside,
        cuts=heads.list_cuts(session, installation),
        inside=heads.list_all_heads(session, installation),
    )
    links, verifier = chain.count_links(session), Verifier(known)
    for number, seal in enumerate(chain.stream_chain(session), 1):
        verifier.take(seal)
        if number % STEP == 0 or number == links:
            progress(number, links)
    unsealed, gone = chain.list_unsealed(session), chain.list_queued_gone(session)
    return verifier.end(unsealed, gone, by.now)
