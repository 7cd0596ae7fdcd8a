"""Three-way merge by value, field by field. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sync.model import Change, Conflict, Locked, Row, Stamp


@dataclass(frozen=True, slots=True)
class Merged:
    """The fields that won, the stamps they carry from now on, and what two people said unlike."""

    set: Row
    stamps: Mapping[str, Stamp]
    conflicts: tuple[Conflict, ...]


def merge(
    current: Locked,
    change: Change,
    stamp: Stamp,
    mutable: Collection[str],
    sensitive: Collection[str],
) -> Merged:
    """Merge a patch into the present row.

    The greater stamp wins a field, so that any order and repetition ends in the same row. `was`
    only decides whether both values are logged. A sensitive field keeps the server's value when
    somebody else changed it meanwhile, and a person decides. Equal values are no conflict, but the
    greater stamp stays, or a third value between the two would win in one order and not in another.
    """
    fields = [field for field in change.set if field in mutable]
    met = {field: _meet(field, current, change, stamp, field in sensitive) for field in fields}
    won = [field for field, (wins, _) in met.items() if wins]
    return Merged(
        {field: change.set[field] for field in won},
        dict.fromkeys(won, stamp),
        tuple(conflict for _, conflict in met.values() if conflict),
    )


def _meet(
    field: str, current: Locked, change: Change, stamp: Stamp, sensitive: bool
) -> tuple[bool, Conflict | None]:
    """Whether the patch wins this field, and the conflict if there is one."""
    ours, theirs, was = current.row.get(field), change.set[field], change.was.get(field)
    held = current.stamps.get(field)
    newer = held is None or stamp > held
    if _same(ours, theirs):
        return newer, None
    if newer and _same(was, ours):
        return True, None
    # A value that loses is logged even where the phone had read ours: it must not vanish.
    conflict = Conflict(
        change.mid, change.entity, change.id, field, ours, theirs, was, open=sensitive
    )
    return newer and not sensitive, conflict


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON values: true is not 1, though Python says so."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
