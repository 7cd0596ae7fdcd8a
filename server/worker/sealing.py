"""The worker's hand in the audit: acts are sealed, heads signed and sent, what is old removed."""

from __future__ import annotations

from typing import Final

from flask import current_app

from server.audit.headbook import book_of
from server.audit.rules.signing import Head, Signer
from server.audit.service.sealing import BATCH, attest, cut_old, seal
from server.db import Identity, transaction
from server.notices.rules import Kind, Notice
from server.notices.service import owe
from server.settings import Settings

BATCHES: Final = 20  # in one round: after an upgrade all acts there ever were wait
CUTS: Final = 10


def seal_acts(by: Identity) -> int:
    """Seal what waits; how many acts. Commits batch by batch.

    With a key, the head is signed every hour and sent, and acts older than their months go.
    """
    sealed = seal_waiting(by)
    settings: Settings = current_app.extensions["wangge.settings"]
    if settings.audit_key:
        _attest_and_cut(by, settings, Signer(settings.audit_key))
    return sealed


def seal_waiting(by: Identity) -> int:
    """Seal what waits, and nothing else; how many acts."""
    sealed = 0
    for _ in range(BATCHES):
        with transaction(by) as session:
            batch = seal(session, by)
        sealed += batch
        if batch < BATCH:
            break
    return sealed


def _attest_and_cut(by: Identity, settings: Settings, signer: Signer) -> None:
    book = book_of(settings.data_dir)
    with transaction(by) as session:
        head = attest(session, by, signer, book)
        if head:
            owe(session, by, [tell(head)])
    for _ in range(CUTS):
        with transaction(by) as session:
            if not cut_old(session, by, signer, book):
                break


def tell(head: Head) -> Notice:
    """A head as the notice that carries a copy of it out of the house."""
    signature = head.signature.hex()
    body = {
        "installation": head.installation,
        "number": head.number,
        "hash": head.hash.hex(),
        "count": head.count,
        "at": head.at,
        "key": head.key,
        "signature": [signature[:64], signature[64:]],
    }
    return Notice(Kind.AUDIT_HEAD, None, (), body)
