"""Sealing: every act that can be seen and has no seal gets the next number of the chain.

The number is the order of the chain, not the act's id: a long transaction that commits late gets a
later number than acts that were written after its own. Nothing of the chain is taken in the act.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from server.audit.headbook import HeadBook
from server.audit.queries import chain as queries
from server.audit.queries import heads
from server.audit.rules.chain import link, to_us
from server.audit.rules.keeping import months_before, removable
from server.audit.rules.signing import Cut, Head, Signer
from server.audit.service.acts import record
from server.db import Identity

BATCH: Final = 10_000
CUT: Final = 5_000
HEADS_EVERY: Final = timedelta(hours=1)


def seal(session: Session, by: Identity, batch: int = BATCH) -> int:
    """Seal a batch of what waits; how many. 0 also where somebody else seals just now."""
    if not queries.take_turn(session):
        return 0
    waiting = queries.list_waiting(session, batch)
    if not waiting:
        return 0
    last, previous = queries.find_last(session)
    hashes, at_us = [], to_us(by.now)
    for number, act in enumerate(waiting, last + 1):
        previous = link(previous, number, at_us, act)
        hashes.append(previous)
    queries.insert_seals(session, last, by.now, [act.id for act in waiting], hashes)
    return len(waiting)


def attest(
    session: Session, by: Identity, signer: Signer, book: HeadBook, every: timedelta = HEADS_EVERY
) -> Head | None:
    """Sign the chain's head, once in so long, and write it outside; None: it is not time, or there
    is nothing new.

    It is on the disk before it commits: a head too many there does no harm.
    """
    newest = heads.find_newest_head(session)
    if newest and timedelta(0) <= by.now - newest.at < every:
        return None
    if not queries.take_turn(session):
        return None
    number, hash_ = queries.find_last(session)
    if number == 0 or (newest and (newest.number, newest.hash) == (number, hash_)):
        return None
    return _sign(session, by, signer, book, number, hash_)


def sign_head(session: Session, by: Identity, signer: Signer, book: HeadBook) -> Head | None:
    """Sign the head as it stands now, by order; None where nothing was ever sealed."""
    number, hash_ = queries.find_last(session)
    if number == 0:
        return None
    record(session, "audit.heads", number=number)
    return _sign(session, by, signer, book, number, hash_)


def _sign(
    session: Session, by: Identity, signer: Signer, book: HeadBook, number: int, hash_: bytes
) -> Head:
    installation, links = heads.get_settings(session).installation, queries.count_links(session)
    head = signer.sign_head(Head(installation, number, hash_, links, by.now))
    book.add([head])
    heads.insert_head(session, head)
    return head


def cut_old(
    session: Session, by: Identity, signer: Signer, book: HeadBook, batch: int = CUT
) -> int:
    """Remove a batch of the oldest links with their acts, once the months they are kept are over.

    The last hash that goes is signed as a head, too. How many went; call it until it answers 0.
    """
    settings = heads.get_settings(session)
    until = months_before(by.now, settings.months)
    if not queries.is_older(session, until) or not queries.take_turn(session):
        return 0
    old = removable(queries.list_oldest(session, batch), until)
    if not old:
        return 0
    last, newest = old[-1], max(link.latest for link in old)
    span = (old[0].number, last.number, last.hash)
    signed = signer.sign_cut(Cut(settings.installation, *span, newest, by.now))
    head = Head(settings.installation, last.number, last.hash, len(old), by.now)
    book.add([signer.sign_head(head)])
    gone = queries.cut(session, signed)
    record(session, "audit.cut", first=old[0].number, last=last.number)
    return gone
