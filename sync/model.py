"""The words of the protocol: what a phone sends, what it gets, what is kept. Frozen dataclasses.

Ids are UUIDs in their lower-case text form; times on the wire are integer milliseconds since 1970
(UTC), times inside the server are aware datetimes; `elapsed` is in milliseconds since the boot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

Row = Mapping[str, Any]
NOTHING: Row = MappingProxyType({})


class Op(StrEnum):
    """What a change does to its row."""

    CREATE = "create"  # a mutable row that the phone made
    PATCH = "patch"  # some fields of a mutable row
    APPEND = "append"  # an immutable row: a visit, an event


class Status(StrEnum):
    """What became of a change. Every one but `REJECTED` means: the server has it, forget it."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"  # it took effect earlier; this was a replay
    MERGED = "merged"  # it met another edit; both values are logged, the row is the merged one
    CONFLICT = "conflict"  # a sensitive field: the server's value stands until a person decides
    QUARANTINED = "quarantined"  # kept whole on the server, with a reason, for a person to release
    REJECTED = "rejected"  # stays on the phone


class Instant(NamedTuple):
    """What a phone's clocks read when something was written."""

    wall: int
    elapsed: int
    boot: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a phone wrote. `mid` names it for ever; `n` counts per device, from 1 on."""

    mid: str
    n: int
    entity: str
    id: str
    op: Op
    set: Row
    at: Instant
    was: Row = field(default_factory=lambda: NOTHING)


class Proof(StrEnum):
    """How well the time of a change is known."""

    PROVED = "proved"  # same boot: measured by the phone's monotonic clock
    CLAIMED = "claimed"  # another boot: its wall clock plus the offset measured now


@dataclass(frozen=True, slots=True)
class Times:
    """When a change was recorded (corrected), how we know, and when it was received."""

    recorded_at: datetime
    proof: Proof
    received_at: datetime


class Stamp(NamedTuple):
    """Who wrote a field last. Compared as a tuple: the greater one wins, everywhere and always."""

    time: int
    device: str
    n: int


@dataclass(frozen=True, slots=True)
class Ready:
    """A change that was judged and merged: what `Entity.apply` gets."""

    change: Change
    times: Times
    set: Row  # the fields that won; empty for a patch that lost them all
    stamps: Mapping[str, Stamp]  # and the stamps they carry from now on


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two values for one field; both are kept until a person has seen them."""

    mid: str
    entity: str
    id: str
    field: str
    ours: Any  # what the server had
    theirs: Any  # what the phone wrote
    was: Any  # what the phone had read before it wrote
    open: bool  # sensitive: a person must decide; otherwise logged only


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a change was answered, and how. Never its content.

    When it was recorded, as corrected and as read, is written down with it and not read back.
    """

    mid: str
    n: int
    entity: str
    id: str
    status: Status
    reason: str | None = None
    at: Instant | None = field(default=None, compare=False)
    times: Times | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one change."""

    mid: str
    status: Status
    reason: str | None = None
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Unsent:
    """What a phone says that it holds, without what this very request carries. `at`: as it counted.

    `changes` wait to be acknowledged, the first of them written at `oldest`; what was `rejected`,
    and `files` (None: not counted), lie on the phone alone.
    """

    changes: int
    rejected: int
    at: Instant
    files: int | None = None
    oldest: Instant | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The last `Unsent` of a device that the server keeps; `oldest_at` as corrected (sync.clock).

    `boot` and `elapsed` are what its clocks read as it counted: they tell which of two is later.
    """

    changes: int
    rejected: int
    files: int | None
    oldest_at: datetime | None
    told_at: datetime
    boot: str
    elapsed: int


@dataclass(frozen=True, slots=True)
class Push:
    """A push as the phone sends it: `clock` is what its clocks read at that moment."""

    device: str
    epoch: str | None
    clock: Instant
    changes: tuple[Change, ...]
    unsent: Unsent | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """The answer to a push. The phone sends on from `next_n`."""

    next_n: int
    outcomes: tuple[Outcome, ...]
    server_time: datetime


class Key(NamedTuple):
    """Which row, county-wide."""

    entity: str
    id: str


class Presence(StrEnum):
    """What the server has under a key, as far as this author may know inside the server."""

    PRESENT = "present"
    ABSENT = "absent"  # nobody has ever made it
    HIDDEN = "hidden"  # it exists, and this author may not touch it
    DELETED = "deleted"  # it existed; deletes never resurrect
    ERASED = "erased"  # a person's data that was erased: nothing about it is taken or kept again


@dataclass(frozen=True, slots=True)
class Locked:
    """One row under lock."""

    presence: Presence
    row: Row = field(default_factory=lambda: NOTHING)
    stamps: Mapping[str, Stamp] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What the server remembers of a device."""

    next_n: int
    last_time: int  # greatest corrected time so far (ms): stamps are monotone in n
    open_quarantined: int = 0
    revoked: bool = False
    report: Report | None = None


class Entry(NamedTuple):
    """One line of the feed: this row is in (put) or no longer in (not put) this bucket.

    `erased`: it left because it was erased; a phone wipes whatever it keeps of it.
    """

    bucket: str
    entity: str
    id: str
    put: bool
    seq: int
    erased: bool = False


class Head(NamedTuple):
    """Where a bucket stands: last seq, live rows, and the XOR digest over them (16 hex digits)."""

    seq: int
    n: int
    h: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """Bucket → last seq received, with the newest mark seen (a UUID). Opaque to the phone.

    `schema` is the version of the columns in which its rows were sent.
    """

    after: Mapping[str, int] = field(default_factory=dict)
    mark: str | None = None
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull as the phone sends it. `limit` bounds the rows of the page."""

    device: str
    epoch: str | None = None
    cursor: Cursor = field(default_factory=Cursor)
    limit: int = 1000
    schema: int = 1
    resync: tuple[str, ...] = ()
    unsent: Unsent | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a pull. `put`: bucket → entity → (columns, rows); `gone`: bucket → entity → ids.

    The columns begin with `id` and `rev`, and are those of `schema`. Apply `drop` first, then
    `gone`, then `put`. `erased`: entity → ids among the gone whose kept bodies are wiped too.
    """

    epoch: str
    cursor: Cursor
    next_n: int
    more: bool
    server_time: datetime
    put: Mapping[str, Mapping[str, tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]]]
    gone: Mapping[str, Mapping[str, tuple[str, ...]]]
    drop: tuple[str, ...]
    buckets: Mapping[str, Head] | None  # only on the last page
    erased: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    schema: int = 1
