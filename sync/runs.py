"""Runs: consecutive changes of one entity and op, judged, merged and applied set-wise.

Where the set-wise way fails, the run is split until the one bad change stands alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from sync import judge
from sync.merge import merge
from sync.model import (
    Change,
    Conflict,
    Key,
    Locked,
    Op,
    Presence,
    Ready,
    Row,
    Stamp,
    Status,
    Times,
)
from sync.registry import Entity, Refused, Registry, TryAgain
from sync.store import Store

log = logging.getLogger(__name__)
ABSENT = Locked(Presence.ABSENT)


@dataclass(frozen=True, slots=True)
class Fresh:
    """A change that the server had not answered before, with its corrected times and its stamp."""

    change: Change
    times: Times
    stamp: Stamp
    reset: bool  # its n was used before by another change


class Verdict(NamedTuple):
    """What became of a fresh change."""

    status: Status
    reason: str | None = None
    conflicts: tuple[Conflict, ...] = ()


def set_aside(reason: str) -> Verdict:
    """Kept whole for a person; but of what was erased nothing may be kept, here or anywhere."""
    status = Status.REJECTED if reason == judge.ERASED else Status.QUARANTINED
    return Verdict(status, reason)


def key_of(change: Change) -> Key:
    return Key(change.entity, change.id)


def settle(fresh: Sequence[Fresh], registry: Registry, store: Store) -> dict[str, Verdict]:
    """Lock the rows in id order, then judge, merge and apply in the given order: mid → verdict.

    Every entity must be in the registry. Raises `TryAgain` when the transaction is lost.
    """
    keys = sorted({key_of(item.change) for item in fresh}, key=lambda key: (key.id, key.entity))
    rows = dict(store.lock(keys)) if keys else {}
    verdicts: dict[str, Verdict] = {}
    for name, run in _runs(fresh):
        _settle_run(run, registry[name], store, rows, verdicts)
    return verdicts


def _runs(fresh: Sequence[Fresh]) -> Iterator[tuple[str, Sequence[Fresh]]]:
    for (name, _), run in groupby(fresh, key=lambda item: (item.change.entity, item.change.op)):
        yield name, tuple(run)


def _settle_run(
    run: Sequence[Fresh],
    entity: Entity,
    store: Store,
    rows: MutableMapping[Key, Locked],
    verdicts: MutableMapping[str, Verdict],
) -> None:
    draft = _draft(run, entity, rows)
    try:
        _apply(draft.ready, entity, store)
    except TryAgain:
        raise
    except Exception as error:  # noqa: BLE001 (a fault of one change must not block the rest)
        parts = _split(run, draft, error, verdicts)
    else:
        rows.update(draft.rows)
        verdicts.update(draft.verdicts)
        return
    for part in parts:
        if part:
            _settle_run(part, entity, store, rows, verdicts)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A run judged and merged on paper: what to apply, and how things stand if that succeeds."""

    ready: list[Ready]
    verdicts: dict[str, Verdict]
    rows: dict[Key, Locked]


def _draft(run: Sequence[Fresh], entity: Entity, rows: Mapping[Key, Locked]) -> _Draft:
    draft = _Draft([], {}, {})
    for item in run:
        key = key_of(item.change)
        locked = draft.rows.get(key) or rows.get(key) or ABSENT
        reason = judge.judge_presence(item.change, locked)
        if reason:
            draft.verdicts[item.change.mid] = set_aside(reason)
            continue
        winner, conflicts = _meet(item, entity, locked)
        draft.ready.append(winner)
        draft.verdicts[item.change.mid] = _verdict(item, conflicts)
        draft.rows[key] = _after(locked, winner.set, winner.stamps)
    return draft


def _meet(item: Fresh, entity: Entity, locked: Locked) -> tuple[Ready, tuple[Conflict, ...]]:
    change = item.change
    if change.op is Op.PATCH:
        merged = merge(locked, change, item.stamp, entity.mutable, entity.sensitive)
        return Ready(change, item.times, merged.set, merged.stamps), merged.conflicts
    stamps = {field: item.stamp for field in change.set if field in entity.mutable}
    return Ready(change, item.times, change.set, stamps), ()


def _verdict(item: Fresh, conflicts: tuple[Conflict, ...]) -> Verdict:
    reason = judge.DEVICE_RESET if item.reset else None
    if any(conflict.open for conflict in conflicts):
        return Verdict(Status.CONFLICT, reason, conflicts)
    return Verdict(Status.MERGED if conflicts else Status.APPLIED, reason, conflicts)


def _after(locked: Locked, won: Row, stamps: Mapping[str, Stamp]) -> Locked:
    return Locked(Presence.PRESENT, {**locked.row, **won}, {**locked.stamps, **stamps})


def _apply(ready: Sequence[Ready], entity: Entity, store: Store) -> None:
    """Apply and read back in one attempt: what the author cannot read is taken back again."""
    if not ready:
        return
    with store.attempt():
        entity.apply(store.handle, ready)
        keys = [key_of(item.change) for item in ready]
        seen = store.seen(frozenset(keys), bare=True)
        for index, key in enumerate(keys):
            if key not in seen:
                raise Refused(index, judge.NOT_READ_BACK)


def _split(
    run: Sequence[Fresh], draft: _Draft, error: Exception, verdicts: MutableMapping[str, Verdict]
) -> Sequence[Sequence[Fresh]]:
    """Set aside the change that was refused, and name the parts of the run to do again.

    What stood before it was judged good; what follows is unknown and halved, so that a run of
    nothing but bad changes costs n log n and not n².
    """
    if isinstance(error, Refused) and 0 <= error.index < len(draft.ready):
        bad = draft.ready[error.index].change
        at = next(i for i, item in enumerate(run) if item.change is bad)
        verdicts[bad.mid] = set_aside(error.reason)
        return run[:at], *_halves(run[at + 1 :])
    if len(run) > 1:
        return _halves(run)
    change = run[0].change
    # The text of the error may hold personal fields; its kind does not.
    log.error("change %s of %s not applied: %s", change.mid, change.entity, type(error).__name__)
    verdicts[change.mid] = set_aside(judge.NOT_APPLIED)
    return ()


def _halves(run: Sequence[Fresh]) -> tuple[Sequence[Fresh], Sequence[Fresh]]:
    middle = len(run) // 2
    return run[:middle], run[middle:]
