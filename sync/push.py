"""Push: a phone delivers its outbox. One transaction, one outcome per change that was reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sync import judge
from sync.clock import REMEMBERED, correct, stamp
from sync.model import (
    Change,
    DeviceState,
    Key,
    Op,
    Outcome,
    Presence,
    Push,
    Pushed,
    Receipt,
    Status,
)
from sync.registry import Registry
from sync.runs import Fresh, Verdict, set_aside, settle
from sync.store import Store
from sync.unsent import heed

# These took effect, or met what stood; a replay of them is a duplicate.
EFFECTIVE = frozenset({Status.APPLIED, Status.DUPLICATE, Status.MERGED, Status.CONFLICT})

# An applied change needs no row: the phone has what it wrote, and the next pull brings its rev.
WITH_ROW = frozenset({Status.DUPLICATE, Status.MERGED, Status.CONFLICT})


def push(request: Push, registry: Registry, store: Store) -> Pushed:
    """Take a phone's changes: replays answered again, the rest judged, merged, applied and kept.

    Changes are taken in the order of n; at a hole (n beyond `next_n`) it stops, and `next_n` tells
    the phone from where to send on. Raises `TryAgain` when the transaction is lost.

    The epoch that the phone names is not asked about: an outbox is as good after a restore as it
    was before, and what the server had already is told by `mid`. It is at a pull that a phone of
    another epoch has something to do.
    """
    state = store.device(request.device, lock=True)
    mids = {change.mid for change in request.changes}
    receipts = dict(store.receipts(request.device, mids)) if mids else {}
    line = _line_up(request.changes, receipts, state.next_n)
    fresh, last_time = _date(line, request, state, store)
    verdicts = _decide(fresh, registry, store, state)
    report = heed(request.unsent, state.report, store.now)
    after = replace(state, next_n=line.next_n, last_time=last_time, report=report)
    if fresh or after != state:
        receipts |= _keep(fresh, verdicts, after, request.device, store)
    outcomes = _answer(line, receipts, state.revoked, store)
    return Pushed(line.next_n, outcomes, store.now)


@dataclass(frozen=True, slots=True)
class _Line:
    """The changes up to the first hole, in the order of n; the new ones among them apart."""

    reached: Sequence[Change]
    fresh: Sequence[Change]
    resets: frozenset[str]  # mids of the new ones whose n was used before
    next_n: int


def _line_up(changes: Sequence[Change], receipts: Mapping[str, Receipt], next_n: int) -> _Line:
    reached: list[Change] = []
    fresh: dict[str, Change] = {}
    resets = set()
    for change in sorted(changes, key=lambda change: change.n):
        if change.n > next_n:
            break
        reached.append(change)
        if change.mid not in receipts and change.mid not in fresh:
            fresh[change.mid] = change
            if change.n < next_n:
                resets.add(change.mid)
        next_n = max(next_n, change.n + 1)
    return _Line(reached, tuple(fresh.values()), frozenset(resets), next_n)


def _date(
    line: _Line, request: Push, state: DeviceState, store: Store
) -> tuple[Sequence[Fresh], int]:
    """Give every new change its times and stamp; also the greatest time so far."""
    fresh, last_time = [], state.last_time
    for change in line.fresh:
        times = correct(change.at, request.clock, store.now)
        reset = change.mid in line.resets
        # Perhaps a replay whose receipt is gone: it must not win over what followed it.
        floor = 0 if reset and store.now - times.recorded_at >= REMEMBERED else last_time
        mark = stamp(times, request.device, change.n, floor, reset=reset)
        fresh.append(Fresh(change, times, mark, reset))
        last_time = max(last_time, mark.time)
    return fresh, last_time


def _decide(
    fresh: Sequence[Fresh], registry: Registry, store: Store, state: DeviceState
) -> Mapping[str, Verdict]:
    verdicts = {}
    good = []
    for item in fresh:
        verdict = _before_locking(item.change, registry, state)
        if verdict:
            verdicts[item.change.mid] = verdict
        else:
            good.append(item)
    verdicts |= settle(good, registry, store)
    aside = [i.change for i in fresh if verdicts[i.change.mid].status is Status.QUARANTINED]
    if not state.revoked:  # else that is the reason, for all of them
        verdicts |= dict.fromkeys(_waiting(aside, verdicts), set_aside(judge.WAITS_FOR_ROW))
    verdicts |= dict.fromkeys(_erased(aside, registry, store), set_aside(judge.ERASED))
    return _ration(fresh, verdicts, state.open_quarantined)


def _waiting(aside: Sequence[Change], verdicts: Mapping[str, Verdict]) -> set[str]:
    """Mids of those that speak of a row whose making is set aside with them.

    A visit to a house that waits for a person is not at fault itself: it is released after it.
    """
    made = {
        change.id
        for change in aside
        if change.op is not Op.PATCH and verdicts[change.mid].reason not in judge.NOT_THE_MAKING
    }
    return {c.mid for c in aside if not made.isdisjoint(judge.ids_named(c) - {c.id})}


def _erased(aside: Sequence[Change], registry: Registry, store: Store) -> set[str]:
    """Mids of those that name an erased row, whatever else is wrong with them.

    Quarantine keeps a change whole for months: an erased person must not come back through it.
    """
    if not aside:
        return set()
    named = {change.mid: judge.ids_named(change) for change in aside}
    ids = sorted(frozenset().union(*named.values()))
    locked = store.lock([Key(name, id_) for id_ in ids for name in registry])
    gone = {key.id for key, found in locked.items() if found.presence is Presence.ERASED}
    return {mid for mid, ids in named.items() if ids & gone}


def _before_locking(change: Change, registry: Registry, state: DeviceState) -> Verdict | None:
    if reason := judge.judge_size(change):
        return Verdict(Status.REJECTED, reason)
    if state.revoked:
        return set_aside(judge.DEVICE_REVOKED)
    if reason := judge.judge_form(change, registry):
        return set_aside(reason)
    return None


def _ration(
    fresh: Sequence[Fresh], verdicts: Mapping[str, Verdict], already_open: int
) -> Mapping[str, Verdict]:
    """Reject what does not fit into the device's quarantine; what is good goes on all the same."""
    room = judge.MAX_OPEN_QUARANTINED - already_open
    rationed = dict(verdicts)
    for item in fresh:
        if verdicts[item.change.mid].status is Status.QUARANTINED:
            if room <= 0:
                rationed[item.change.mid] = Verdict(Status.REJECTED, judge.QUARANTINE_FULL)
            room -= 1
    return rationed


def _keep(
    fresh: Sequence[Fresh],
    verdicts: Mapping[str, Verdict],
    state: DeviceState,
    device: str,
    store: Store,
) -> Mapping[str, Receipt]:
    """Write what must outlive the answer; the receipts by mid."""
    receipts = [_receipt(item, verdicts[item.change.mid]) for item in fresh]
    conflicts = [c for item in fresh for c in verdicts[item.change.mid].conflicts]
    aside = [
        (item.change, receipt.reason or "")
        for item, receipt in zip(fresh, receipts, strict=True)
        if receipt.status is Status.QUARANTINED
    ]
    state = replace(state, open_quarantined=state.open_quarantined + len(aside))
    store.keep(device, state, receipts, conflicts, aside)
    return {receipt.mid: receipt for receipt in receipts}


def _receipt(item: Fresh, verdict: Verdict) -> Receipt:
    change, status, reason = item.change, verdict.status, verdict.reason
    return Receipt(
        change.mid, change.n, change.entity, change.id, status, reason, change.at, item.times
    )


def _answer(
    line: _Line, receipts: Mapping[str, Receipt], revoked: bool, store: Store
) -> tuple[Outcome, ...]:
    """One outcome per change that was reached; a mid that was answered before is a replay.

    Rows are read anew: the author's authority may have ended since the first answer.
    """
    answers = _statuses(line, receipts)
    keys = frozenset(_key(receipt) for receipt, status in answers if status in WITH_ROW)
    rows = store.seen(keys) if keys and not revoked else {}
    return tuple(
        Outcome(
            receipt.mid,
            status,
            receipt.reason,
            rows.get(_key(receipt)) if status in WITH_ROW else None,
        )
        for receipt, status in answers
    )


def _statuses(line: _Line, receipts: Mapping[str, Receipt]) -> list[tuple[Receipt, Status]]:
    first = {change.mid for change in line.fresh}
    answers = []
    for change in line.reached:
        receipt = receipts[change.mid]
        replay = change.mid not in first and receipt.status in EFFECTIVE
        first.discard(change.mid)
        answers.append((receipt, Status.DUPLICATE if replay else receipt.status))
    return answers


def _key(receipt: Receipt) -> Key:
    return Key(receipt.entity, receipt.id)
