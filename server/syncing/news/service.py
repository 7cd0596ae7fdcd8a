"""Answering a pull: most of them bring nothing, and cost one look."""

from __future__ import annotations

from contextlib import suppress

import orjson
from sqlalchemy.orm import Session

from server.audit.service import record_alone
from server.db import Identity
from server.errors import NotSignedIn, TryLater
from server.syncing.entities import REGISTRY
from server.syncing.news import queries
from server.syncing.news.queries import Standing
from server.syncing.news.store import Glance, MoreThanAGlance, Snapshot
from server.syncing.queries import report_of
from sync.model import Page, Pull
from sync.pull import pull
from sync.store import Reading
from sync.unsent import heed

MAX_PAGE_ROWS = 2000
MAX_PAGE_BYTES = 1 << 20  # of rows as JSON, before gzip


def glance(by: Identity, request: Pull) -> Page | None:
    """The page where nothing is new, in one message to PostgreSQL; None where something is.

    What the phone tells that it holds is written down first, in a second one, where it is news.
    """
    empty = not request.cursor.after
    if empty and request.unsent is None:
        return None
    standing = queries.find_standing(by, request.cursor.mark)
    if standing is None:
        raise NotSignedIn
    _heed(by, standing, request)
    if empty:
        return None  # it has nothing yet
    try:
        return _page(request, Glance(by, standing))
    except MoreThanAGlance:
        return None


def answer_pull(session: Session, by: Identity, request: Pull) -> Page:
    """One page, in the open snapshot."""
    return _page(request, Snapshot(session, by, request.cursor.mark))


def record_pull(by: Identity, page: Page) -> None:
    """Personal data left for a phone: which buckets, how many rows. In a transaction of its own."""
    sent = {
        bucket: sum(len(rows) for _, rows in entities.values())
        for bucket, entities in page.put.items()
    }
    if sent:
        record_alone(by, "sync.pull", device=by.device_id, rows=sent)


def tell_news(by: Identity) -> str:
    """What changes when a pull of the asker would bring something. Raises NotSignedIn.

    The version of the columns is in it: after an upgrade phones that know more ask again.
    """
    found = queries.find_news(by)
    if found is None:
        raise NotSignedIn
    return f"{REGISTRY.schema}.{found}"


def _heed(by: Identity, standing: Standing, request: Pull) -> None:
    """Who cannot write it down now (the disk is full) still has rows: the next request tells it."""
    kept = report_of(standing)
    report = heed(request.unsent, kept, by.now)
    if report is not None and report is not kept:
        with suppress(TryLater):
            queries.keep_report(by, report, kept)


def _page(request: Pull, store: Reading) -> Page:
    return pull(
        request, REGISTRY, store, MAX_PAGE_ROWS, MAX_PAGE_BYTES, lambda x: len(orjson.dumps(x))
    )
