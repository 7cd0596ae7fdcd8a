"""What the stories of the contract lean on: a county of any store, and workers with phones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any, Protocol
from uuid import uuid4

from sync.model import (
    NOTHING,
    Change,
    Conflict,
    Cursor,
    Entry,
    Head,
    Instant,
    Op,
    Outcome,
    Page,
    Pull,
    Push,
    Pushed,
    Row,
)
from sync.pull import pull
from sync.push import push
from sync.registry import Registry
from sync.store import Store

CLOCK = Instant(1_770_000_000_000, 5_000, "boot-1")


class County(Protocol):
    """What a store's test module must offer."""

    @property
    def registry(self) -> Registry:
        """With the two entities named below."""

    @property
    def house(self) -> str:
        """The name of an entity with create and patch."""

    @property
    def visit(self) -> str:
        """The name of an entity with append, whose rows lie where their house lies."""

    @property
    def plain(self) -> str:
        """A mutable text field of a house that is not sensitive, and is among its columns."""

    @property
    def sensitive(self) -> str:
        """A sensitive field of a house."""

    @property
    def places(self) -> Sequence[Any]:
        """Three good values of the sensitive field; all of them leave a house in its bucket."""

    @property
    def users(self) -> Sequence[str]:
        """Two workers."""

    @property
    def devices(self) -> Sequence[str]:
        """The device of each of them: UUIDs."""

    @property
    def buckets(self) -> Sequence[str]:
        """The buckets of two cells, empty at first."""

    def open(self, user: str, device: str) -> AbstractContextManager[Store]:
        """A transaction of this author: committed when the block ends, undone when it raises."""

    def new_house(self, bucket: str) -> Row:
        """The `set` of a good create in this bucket, with the plain and the sensitive field."""

    def new_visit(self, house_id: str) -> Row:
        """The `set` of a good append."""

    def write_house(self, bucket: str) -> str:
        """A house written by the office, as a browser or a bulk job would; its id."""

    def edit_house(self, id_: str, fields: Mapping[str, Any]) -> None:
        """The office changes mutable fields, stamped with server time."""

    def move_house(self, id_: str, bucket: str) -> None:
        """The house and its visits now lie in the other bucket alone."""

    def delete_house(self, id_: str) -> None:
        """The house is gone for good."""

    def assign(self, user: str, *buckets: str) -> None:
        """From now on the user holds exactly these of the two buckets."""

    def revoke(self, device: str) -> None:
        """The device is lost."""

    def house_row(self, id_: str) -> Row | None:
        """What stands in the database, whoever asks: by field name."""

    def visits(self, house_id: str) -> int:
        """How many visits of this house there are."""

    def conflicts(self, id_: str) -> Sequence[Conflict]:
        """What the conflict log says of this house."""

    def set_aside(self, device: str) -> Mapping[str, str]:
        """Quarantined changes of the device: mid → reason."""


class Worker:
    """One worker with a phone whose outbox the story writes by hand."""

    def __init__(self, county: County, which: int) -> None:
        self.county = county
        self.user, self.device = county.users[which], county.devices[which]
        self.numbers = count(1)

    def change(self, entity: str, op: Op, id_: str, set_: Row, was: Row = NOTHING) -> Change:
        return Change(str(uuid4()), next(self.numbers), entity, id_, op, set_, CLOCK, was)

    def create(self, bucket: str, id_: str | None = None) -> Change:
        id_ = id_ or str(uuid4())
        return self.change(self.county.house, Op.CREATE, id_, self.county.new_house(bucket))

    def patch(self, id_: str, set_: Row, was: Row = NOTHING) -> Change:
        return self.change(self.county.house, Op.PATCH, id_, set_, was)

    def visit(self, house_id: str) -> Change:
        visit = self.county.new_visit(house_id)
        return self.change(self.county.visit, Op.APPEND, str(uuid4()), visit)

    def push(self, *changes: Change) -> Pushed:
        with self.open() as store:
            return push(Push(self.device, None, CLOCK, changes), self.county.registry, store)

    def push_and_break(self, *changes: Change) -> None:
        """The transaction fails when all is done but the commit."""
        with self.open() as store:
            push(Push(self.device, None, CLOCK, changes), self.county.registry, store)
            raise ConnectionError

    def push_one(self, change: Change) -> Outcome:
        (outcome,) = self.push(change).outcomes
        return outcome

    def pull(self, page: Page | None = None, rows: int = 1000) -> Page:
        cursor, epoch = (page.cursor, page.epoch) if page else (Cursor(), None)
        with self.open() as store:
            return pull(
                Pull(self.device, epoch, cursor), self.county.registry, store, rows, 1_000_000
            )

    @contextmanager
    def open(self) -> Iterator[Store]:
        with self.county.open(self.user, self.device) as store:
            yield store


def ids_put(page: Page, bucket: str, entity: str) -> list[str]:
    """The ids of the rows that a page brings into a bucket."""
    _, rows = page.put.get(bucket, {}).get(entity, ((), ()))
    return [row[0] for row in rows]


def read_feed(store: Store, bucket: str) -> list[Entry]:
    return list(store.entries({bucket: 0}, 10_000))


def head_of(store: Store, bucket: str) -> Head:
    heads, _ = store.heads()
    return heads[bucket]


def rest(change: Change, set_: Row | None = None) -> tuple[Any, ...]:
    fields = change.set if set_ is None else set_
    return change.entity, change.id, change.op, fields, change.at, change.was
