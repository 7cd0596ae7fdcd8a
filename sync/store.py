"""Store: what a database must offer to the two verbs. Set-wise, ten verbs at most.

Two stores satisfy it and pass one contract suite: `sync.memory` (the model) and the PostgreSQL
store of the server. A store is opened for one author and one transaction: it knows who is asking,
and shows only what that author may see.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from sync.model import (
    Change,
    Conflict,
    DeviceState,
    Entry,
    Head,
    Key,
    Locked,
    Receipt,
    Row,
)


class Reading(Protocol):
    """What a pull asks of one author's view of the database: nothing is written or locked."""

    @property
    def now(self) -> datetime:
        """The server's time of this request, aware."""

    @property
    def epoch(self) -> str:
        """Changes when the database is no longer the one that phones knew."""

    def device(self, device: str, *, lock: bool) -> DeviceState:
        """What is known of the device. `lock=True` (push) holds it to the end: one push at a time.

        A device that never pushed has `next_n` 1 and `last_time` 0.
        """

    def heads(self) -> tuple[Mapping[str, Head], str | None]:
        """Heads of every bucket that the author holds now (seq 0 when empty); the newest mark."""

    def entries(self, after: Mapping[str, int], limit: int) -> Sequence[Entry]:
        """Feed entries of these buckets behind these seqs, `limit` at most.

        Within a bucket in seq order without a gap: a limit cuts behind a seq, never before one.
        """

    def rows(
        self, entity: str, ids: Collection[str], columns: Sequence[str]
    ) -> Mapping[str, Sequence[Any]]:
        """Rows by id, values in the order of `columns`, as JSON-ready values."""

    def knows(self, mark: str) -> bool:
        """Whether this mark was written by this history of this database."""


class Store(Reading, Protocol):
    """One author's view of the database, inside one transaction."""

    @property
    def handle(self) -> Any:
        """What `Entity.apply` works with; opaque to the protocol."""

    def receipts(self, device: str, mids: Collection[str]) -> Mapping[str, Receipt]:
        """Receipts of those changes that were answered before."""

    def lock(self, keys: Collection[Key]) -> Mapping[Key, Locked]:
        """Lock the rows that exist, in id order; absent, hidden and deleted are told apart."""

    def attempt(self) -> AbstractContextManager[None]:
        """A savepoint: an exception inside undoes what was done inside, and passes on.

        An error after which the transaction itself is lost passes on as `registry.TryAgain`.
        """

    def seen(self, keys: Collection[Key], *, bare: bool = False) -> Mapping[Key, Row]:
        """Read back as the author, after applying: what is missing here is not acknowledged.

        `bare`: it is enough to know that they are there; their rows may be empty.
        """

    def keep(
        self,
        device: str,
        state: DeviceState,
        receipts: Sequence[Receipt],
        conflicts: Sequence[Conflict],
        quarantined: Sequence[tuple[Change, str]],
    ) -> None:
        """Write receipts, the conflict log, quarantined changes (whole, with reason) and next_n."""
