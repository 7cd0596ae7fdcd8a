"""What a pull reads from: first a glance, and only where something is new, the rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.db import Identity
from server.errors import TryLater
from server.syncing.news import queries
from server.syncing.news.queries import Standing
from sync.digest import hexadecimal
from sync.errors import SyncError
from sync.model import DeviceState, Entry, Head

_64_BITS = (1 << 64) - 1


class MoreThanAGlance(SyncError):
    """Something is new: it has to be read in a snapshot."""


class Glance:
    """Where a phone stands, read in one look; that is all that an empty pull asks for."""

    def __init__(self, by: Identity, standing: Standing) -> None:
        self._by = by
        self._standing = standing

    @property
    def now(self) -> datetime:
        return self._by.now

    @property
    def epoch(self) -> str:
        if self._standing.epoch is None:
            raise TryLater("数据库尚未初始化。 Run `wangge migrate` first.")
        return self._standing.epoch

    def device(self, device: str, *, lock: bool) -> DeviceState:
        """The asker's own; the view has checked that it is the one in the envelope."""
        next_n = self._standing.next_n
        if next_n is None:
            return DeviceState(next_n=1, last_time=0, revoked=True)
        return DeviceState(next_n, last_time=0, revoked=bool(self._standing.revoked))

    def heads(self) -> tuple[Mapping[str, Head], str | None]:
        at, mark = self._standing, self._standing.newest_mark
        numbers = (at.seqs or (), at.ns or (), at.hs or ())
        lines = zip(at.buckets or (), *numbers, strict=True)
        heads = {b: Head(seq, n, hexadecimal(h & _64_BITS)) for b, seq, n, h in lines}
        return heads, mark

    def knows(self, mark: str) -> bool:
        """Asked of the cursor's mark alone, which the look was told."""
        return self._standing.knows_mark

    def entries(self, after: Mapping[str, int], limit: int) -> Sequence[Entry]:
        raise MoreThanAGlance

    def rows(
        self, entity: str, ids: Collection[str], columns: Sequence[str]
    ) -> Mapping[str, Sequence[Any]]:
        raise MoreThanAGlance


class Snapshot(Glance):
    """One author's view of the feed and the rows, in one snapshot that row security bounds."""

    def __init__(self, session: Session, by: Identity, mark: str | None) -> None:
        super().__init__(by, queries.get_standing(session, by, mark))
        self._session = session

    def entries(self, after: Mapping[str, int], limit: int) -> Sequence[Entry]:
        return queries.list_entries(self._session, after, limit)

    def rows(
        self, entity: str, ids: Collection[str], columns: Sequence[str]
    ) -> Mapping[str, Sequence[Any]]:
        return queries.map_values(self._session, entity, ids, columns)
