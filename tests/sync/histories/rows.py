"""Houses and visits of the histories in memory: how they sync, and who may write them when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sync.clock import to_ms
from sync.memory import MemoryStore, Record
from sync.model import Key, Op, Ready
from sync.registry import Refused
from tests.sync.sample import NORTH, SOUTH, write

if TYPE_CHECKING:
    from tests.sync.histories.village import Village

CELLS = (NORTH, SOUTH)
HEAD = "user-office"  # who decides there: serves everything, always


class House:
    """A house: `lay` tells where it was since when, `recused` who may not see it."""

    name = "house"
    ops = frozenset({Op.CREATE, Op.PATCH})
    mutable = frozenset({"note", "place"})
    sensitive = frozenset({"place"})

    def __init__(self, village: Village) -> None:
        self.village = village

    def columns(self, schema: int) -> Sequence[str]:
        return ("cell", "note", "place") if schema < 2 else ("cell", "note", "place", "lamp")

    def apply(self, handle: MemoryStore, run: Sequence[Ready]) -> None:
        for index, ready in enumerate(run):
            key = Key(self.name, ready.change.id)
            if ready.change.op is Op.CREATE:
                self._create(handle, key, ready, index)
            elif not handle.holds(key):  # made in this very push, in a colleague's cell
                raise Refused(index, "no_such_row")
            elif ready.set:
                old = handle.state.records[key]
                write(handle, key, {**old.row, **ready.set}, old.buckets, ready.stamps)
            handle.note(ready.change.mid)

    def _create(self, handle: MemoryStore, key: Key, ready: Ready, index: int) -> None:
        cell = ready.set["cell"]
        if not self.village.held_cells(handle.state, handle.user):
            raise Refused(index, "not_yours")
        if cell not in CELLS:
            raise Refused(index, "no_such_cell")
        hidden = {"lay": [(to_ms(handle.now), cell)], "recused": (), "lamp": "lit"}
        write(handle, key, {**ready.set, **hidden}, {cell}, ready.stamps)


class Visit:
    """A visit lies where its house lies; its author must have served that when writing it down."""

    name = "visit"
    ops = frozenset({Op.APPEND})
    mutable: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    def __init__(self, village: Village) -> None:
        self.village = village

    def columns(self, schema: int) -> Sequence[str]:
        return ("house", "outcome") if schema < 2 else ("house", "outcome", "proof")

    def apply(self, handle: MemoryStore, run: Sequence[Ready]) -> None:
        for index, ready in enumerate(run):
            house = handle.state.records.get(Key("house", str(ready.change.set["house"])))
            if house is not None and house.erased:
                raise Refused(index, "erased")
            if house is None or house.deleted or not self._served(handle.user, house, ready):
                raise Refused(index, "not_served")
            row = {
                "done_by": handle.user,
                **ready.change.set,
                "recorded_by": handle.user,
                "proof": ready.times.proof.value,
            }
            handle.write(Key(self.name, ready.change.id), row, house.buckets)
            handle.note(ready.change.mid)

    def _served(self, user: str, house: Record, ready: Ready) -> bool:
        """Whether the house lay in a cell of this user when it was written down."""
        when, lay = to_ms(ready.times.recorded_at), house.row["lay"]
        cells = lay_at(self.village.served.get(user, []), when, frozenset())
        return user == HEAD or lay_at(lay, when, lay[0][1]) in cells


def lay_at(story: Sequence[tuple[int, Any]], when: int, before: Any) -> Any:
    """The last of a story, in order of time, that had begun by then."""
    for since, value in story:
        if since <= when:
            before = value
    return before
