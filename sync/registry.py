"""Entity: what may sync, and how it applies. The narrow door from the protocol to the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from sync.errors import SyncError
from sync.model import Op, Ready


class TryAgain(SyncError):
    """The whole transaction is lost, not one change: serialization, deadlock, lock timeout, line.

    `Store.attempt` raises it from the driver's error. A push lets it through; the server answers
    503 and the phone sends the same again.
    """


class Refused(SyncError):
    """One change of a run cannot be applied; nothing of the run was kept by whoever raises it.

    `index` counts within the run that was given to `apply`; `reason` is a stable slug.
    """

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(f"change {index}: {reason}")
        self.index = index
        self.reason = reason


class Entity(Protocol):
    """One kind of row that phones hold."""

    @property
    def name(self) -> str: ...

    @property
    def ops(self) -> frozenset[Op]:
        """What a phone may do with it; empty for what only the server writes."""

    @property
    def mutable(self) -> frozenset[str]:
        """Fields that a patch may name."""

    @property
    def sensitive(self) -> frozenset[str]:
        """Mutable fields whose disputes a person decides."""

    def columns(self, schema: int) -> Sequence[str]:
        """What a phone of this schema version gets, in wire order, without `id` and `rev`."""

    def apply(self, handle: Any, run: Sequence[Ready]) -> None:
        """Apply a whole run of changes with the same op, in order: all of it, or raise `Refused`.

        A run of patches may name one row twice; the later one was merged into the earlier.
        The author's permission is judged here: for an append at `times.recorded_at`, for a patch at
        receipt. A patch that lost every field comes with an empty `set`: judge it, write nothing.
        """


class Registry(Mapping[str, Entity]):
    """The entities by name, in the order in which a phone must store them (parents first).

    `schema` is the newest version of their columns; a phone gets that or its own, if that is older.
    """

    def __init__(self, entities: Iterable[Entity], schema: int = 1) -> None:
        self._entities = {entity.name: entity for entity in entities}
        self.schema = schema

    def __getitem__(self, name: str) -> Entity:
        return self._entities[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entities)

    def __len__(self) -> int:
        return len(self._entities)
