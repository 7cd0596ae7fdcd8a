"""How disputes sync: phones make disputes and append events; the server says how it goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from server.db import Acting
from server.disputes import service
from server.disputes.errors import BadDispute, BadDisputeEvent
from server.disputes.queries import phones
from server.disputes.service import NewDispute, NewEvent
from server.policies.errors import CalendarMissing, NoPolicy
from server.refusal import Fields, refusing
from sync.model import Op, Ready, Stamp
from sync.registry import Refused


class DisputeEntity:
    """矛盾纠纷 on phones. Its status is never patched: it follows from events."""

    name = "dispute"
    ops = frozenset({Op.CREATE})
    mutable: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    def columns(self, schema: int) -> Sequence[str]:
        """Schema 3 tells the file: claims, terms, what waits for an answer."""
        columns = phones.DISPUTE_COLUMNS
        return columns if schema >= 3 else [c for c in columns if c not in phones.SINCE_3]

    def selection(self) -> Select[Any]:
        """Disputes as phones hold them."""
        return phones.select_sync_disputes()

    def apply(self, acting: Acting, run: Sequence[Ready]) -> None:
        """Register a run of disputes."""
        with refusing(), _without_limits(run):
            service.register_disputes(*acting, [_dispute(i, ready) for i, ready in enumerate(run)])

    def read(self, session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Disputes as phones hold them."""
        return phones.list_sync_disputes(session, ids)

    def lock(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Stamp]]:
        """Phones change none that is there: seeing it is enough, and nothing carries a stamp."""
        return {row.id: {} for row in phones.list_sync_disputes(session, ids)}


class DisputeEventEntity:
    """办理记录 on phones. A move that the ladder refuses is kept as a note."""

    name = "dispute_event"
    ops = frozenset({Op.APPEND})
    mutable: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    def columns(self, schema: int) -> Sequence[str]:
        """Schema 2 tells how well the time is known; schema 3 the party, and details."""
        later = {2: ("proof",), 3: phones.EVENT_SINCE_3}
        unknown = {name for since, names in later.items() if schema < since for name in names}
        return [name for name in phones.EVENT_COLUMNS if name not in unknown]

    def selection(self) -> Select[Any]:
        """Events as phones hold them."""
        return phones.select_sync_events()

    def apply(self, acting: Acting, run: Sequence[Ready]) -> None:
        """Append a run of events."""
        with refusing(), _without_limits(run):
            service.append_events(*acting, [_event(i, ready) for i, ready in enumerate(run)])

    def read(self, session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Events as phones hold them."""
        return phones.list_sync_events(session, ids)

    def lock(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Stamp]]:
        """Events never change."""
        return {row.id: {} for row in phones.list_sync_events(session, ids)}


@contextmanager
def _without_limits(run: Sequence[Ready]) -> Iterator[None]:
    """What the county lacks, a policy or days of its calendar, holds up no other work of a phone.

    Which change of a run met it is not known: the push halves the run until one stands alone, and
    that one waits for a person, who releases it once `wangge migrate` has filled the gap.
    """
    try:
        yield
    except (NoPolicy, CalendarMissing) as error:
        if len(run) > 1:
            raise
        raise Refused(0, error.slug) from error


def _dispute(index: int, ready: Ready) -> NewDispute:
    fields = Fields(ready.set, BadDispute, index)
    return NewDispute(
        id=UUID(ready.change.id),
        occurred_at=fields.take_time("occurred_at") or ready.times.recorded_at,
        recorded_at=ready.times.recorded_at,
        proof=ready.times.proof,
        done_by=fields.take_id("done_by"),
        fields=fields.left,
    )


def _event(index: int, ready: Ready) -> NewEvent:
    fields = Fields(ready.set, BadDisputeEvent, index)
    return NewEvent(
        id=UUID(ready.change.id),
        occurred_at=fields.take_time("occurred_at") or ready.times.recorded_at,
        recorded_at=ready.times.recorded_at,
        proof=ready.times.proof,
        done_by=fields.take_id("done_by"),
        fields=fields.left,
    )
