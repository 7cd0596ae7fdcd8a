"""The reference phone: an outbox, the rows of its buckets, and the two verbs. Crash-safe.

One sqlite file per user and device; everything that belongs together is one sqlite transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sync.clock import from_ms
from sync.judge import HOLE
from sync.line import Line, LineLost
from sync.model import NOTHING, Change, Instant, Op, Row, Status
from sync.pocket import Fields, Pocket
from sync.wire import MAX_CHANGES, encode_change

ROUNDS = 8  # of push and pull in one sync: resends and resyncs are bounded
BATCH_BYTES = 512 * 1024
KEPT_MS = 30 * 24 * 3600 * 1000
SCHEMA = 1

# The server's row is the phone's row from then on.
TAKEN = frozenset({Status.APPLIED, Status.MERGED, Status.CONFLICT, Status.DUPLICATE})


class Clock(Protocol):
    """The phone's clocks, in milliseconds; `boot` names the run since the last start."""

    @property
    def boot(self) -> str: ...

    def wall(self) -> int: ...

    def elapsed(self) -> int: ...


@dataclass(slots=True)
class Summary:
    """What one sync did. `lost` says that the line broke; what was done until then is kept."""

    pushed: int = 0  # changes that were answered
    received: int = 0  # rows
    lost: bool = False
    retry_after: float | None = None  # seconds, where the server said so
    alarms: list[str] = field(default_factory=list)


class Phone:
    """One installation of one user."""

    def __init__(
        self,
        path: str,
        line: Line,
        clock: Clock,
        new_id: Callable[[], str],
        *,
        device: str | None = None,
        page: int = 1000,
        batch: int = 200,
        connect: Callable[[str], sqlite3.Connection] = sqlite3.connect,
    ) -> None:
        """Open the file or make it. `device` is kept with it; without one, `new_id` makes it.

        `page` bounds the rows of a pull's page, `batch` the changes of a push.
        """
        self._pocket = Pocket(connect(path))
        self._line, self._clock, self._new_id = line, clock, new_id
        self._page, self._batch = page, min(batch, MAX_CHANGES)
        with self._pocket.transaction():
            self.device: str = self._pocket.fact("device") or device or new_id()
            self._pocket.keep_fact("device", self.device)

    def record(
        self,
        entity: str,
        op: Op,
        set: Row,
        id: str | None = None,
        was: Row | None = None,
    ) -> str:
        """Write something down; it is seen at once and waits in the outbox. Returns the row's id.

        A create or an append makes its id; a patch needs one, and takes as `was` what is seen now
        unless the caller knows what its form had shown.
        """
        if op is Op.PATCH and id is None:
            raise ValueError("a patch needs the id of its row")
        row_id = id or self._new_id()
        with self._pocket.transaction():
            if was is None:
                was = self._shown(entity, row_id, set) if op is Op.PATCH else NOTHING
            self._put_out(entity, row_id, op, set, was)
        return row_id

    def rows(self, entity: str) -> dict[str, Fields]:
        """The rows as the person sees them, by id: the server's, with the outbox laid over them."""
        return self._pocket.rows(entity)

    def waiting(self) -> list[Fields]:
        """Changes that the server has not acknowledged, in order, in their wire form."""
        return list(self._pocket.waiting())

    def set_aside(self) -> list[tuple[Fields, str, str | None]]:
        """Changes that took no effect: (change, quarantined or rejected, reason)."""
        return self._pocket.answered([Status.QUARANTINED, Status.REJECTED])

    def close(self) -> None:
        """Close the file. Nothing is lost by not calling it."""
        self._pocket.close()

    def sync(self) -> Summary:
        """Push until the outbox is empty, then pull until done. A lost line ends it, gently.

        Raises `LoginLost` when a person must log in again, `LineRefused` on a fault of the program.
        """
        summary = Summary()
        try:
            for _ in range(ROUNDS):
                self._push_all(summary)
                self._pull_all(summary)
                if not self._unfinished():
                    break
        except LineLost as lost:
            summary.lost, summary.retry_after = True, lost.retry_after
        return summary

    # Push.

    def _push_all(self, summary: Summary) -> None:
        while batch := self._next_batch():
            answer = self._line.call("push", self._push_body(batch))
            with self._pocket.transaction():
                settled = [self._settle(o, answer["server_time"]) for o in answer["outcomes"]]
                again = self._hear(answer, summary)
            summary.pushed += sum(settled)
            if again or not any(settled):
                return  # the next round sends again, and rounds are bounded

    def _push_body(self, batch: list[Fields]) -> dict[str, Any]:
        return self._envelope(clock=self._read_clock()._asdict(), changes=batch)

    def _next_batch(self) -> list[Fields]:
        batch: list[Fields] = []
        room = BATCH_BYTES
        for change in self._pocket.waiting():
            room -= len(json.dumps(change))
            if batch and (room < 0 or len(batch) == self._batch):
                break
            batch.append(change)
        return batch

    def _settle(self, outcome: Mapping[str, Any], server_time: int) -> bool:
        """Take an outcome; whether it answers a change of ours."""
        change = self._pocket.find_change(outcome["mid"])
        if change is None:
            return False
        status, entity, id_ = outcome["status"], change["entity"], change["id"]
        self._pocket.acknowledge(change["mid"], status, outcome.get("reason"), server_time)
        if status in TAKEN:
            # The next pull brings the row anew or lets it go: this spares a flicker until then.
            self._pocket.hold(entity, id_, outcome.get("row") or change["set"])
        self._pocket.let_go(entity, id_)
        return True

    def _hear(self, answer: Mapping[str, Any], summary: Summary) -> bool:
        """Listen to `next_n`: a server that forgot gets everything from there once more.

        What is no longer kept is declared as a hole, or the server would wait for it for ever.
        """
        heard = answer["next_n"]
        mine = self._pocket.fact("next_n") or 1
        if heard > mine:  # this file was older than the device: numbers below are taken
            self._pocket.keep_fact("next_n", heard)
        if heard >= mine:
            return False
        forgotten = self._pocket.reopen(heard)
        missing = sorted(set(range(heard, mine)) - self._pocket.numbers(heard))
        for n in missing:
            self._put_out(HOLE, self._new_id(), Op.APPEND, NOTHING, NOTHING, n)
        if forgotten:
            summary.alarms.append("server_forgot_changes")
        if missing:
            summary.alarms.append("hole_declared")
        return bool(forgotten or missing)

    # Pull.

    def _pull_all(self, summary: Summary) -> None:
        more = True
        while more:
            resync = self._pocket.fact("resync") or []
            before = self._pocket.fact("cursor")
            page = self._line.call("pull", self._pull_body(before, resync))
            with self._pocket.transaction():
                self._take(page, resync, summary)
                self._hear(page, summary)
            more = page["more"] and page["cursor"] != before  # no server may keep us asking

    def _pull_body(self, cursor: str | None, resync: list[str]) -> dict[str, Any]:
        return self._envelope(cursor=cursor, limit=self._page, schema=SCHEMA, resync=resync)

    def _take(self, page: Mapping[str, Any], resync: list[str], summary: Summary) -> None:
        for bucket in resync:
            self._pocket.doubt(bucket)
        for bucket in page["drop"]:
            self._pocket.drop(bucket)
        for bucket, entities in page["del"].items():
            for entity, ids in entities.items():
                self._pocket.remove(bucket, entity, ids)
        for bucket, entities in page["put"].items():
            for entity, table in entities.items():
                self._pocket.put(bucket, entity, table["cols"], table["rows"])
                summary.received += len(table["rows"])
        if self._pocket.fact("epoch") not in (None, page["epoch"]):
            summary.alarms.append("epoch_changed")
        for name in ("epoch", "cursor", "server_time"):
            self._pocket.keep_fact(name, page[name])
        self._pocket.keep_fact("resync", [])
        self._pocket.keep_fact("dropped", [*(self._pocket.fact("dropped") or []), *page["drop"]])
        if not page["more"]:
            self._finish(page, summary)

    def _finish(self, page: Mapping[str, Any], summary: Summary) -> None:
        """Everything is in: let go of what is not held, and check that the rest is right."""
        buckets, now = page["buckets"], page["server_time"]
        self._pocket.tidy(list(buckets))
        if not buckets.keys().isdisjoint(self._pocket.fact("dropped")):
            summary.alarms.append("started_from_zero")  # our cursor was of another history
        self._pocket.keep_fact("dropped", [])
        self._pocket.forget(now - KEPT_MS, kept=Status.REJECTED)
        wrong = [
            bucket
            for bucket, head in buckets.items()
            if self._pocket.digest(bucket) != (head["n"], head["h"])
        ]
        if wrong:
            summary.alarms.append("digest_mismatch")
        today = _day(from_ms(now))
        again = [bucket for bucket in wrong if self._pocket.may_resync(bucket, today)]
        self._pocket.keep_fact("resync", again)

    # Both.

    def _unfinished(self) -> bool:
        return bool(self._next_batch() or self._pocket.fact("resync"))

    def _envelope(self, **more: Any) -> dict[str, Any]:
        return {"device": self.device, "epoch": self._pocket.fact("epoch"), **more}

    def _read_clock(self) -> Instant:
        return Instant(self._clock.wall(), self._clock.elapsed(), self._clock.boot)

    def _shown(self, entity: str, id_: str, fields: Row) -> Row:
        row = self._pocket.row(entity, id_)
        return {name: row.get(name) for name in fields}

    def _put_out(
        self, entity: str, id_: str, op: Op, fields: Row, was: Row, n: int | None = None
    ) -> None:
        """Number a change and put it in the outbox; `n` is given only to fill a hole."""
        number = n or self._pocket.fact("next_n") or 1
        at = self._read_clock()
        change = Change(self._new_id(), number, entity, id_, op, fields, at, was)
        self._pocket.put_out(encode_change(change))
        if n is None:
            self._pocket.keep_fact("next_n", number + 1)


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
