"""Which changes go no further, and why: what can be told without the entity's own rules.

The reasons are stable slugs: phones show them, supervisors filter by them. For a patch,
hidden and absent rows are answered alike; that an id is taken shows only to whoever knows it.
"""

from __future__ import annotations

from sync.ids import UUID_FORM
from sync.model import Change, Locked, Op, Presence
from sync.registry import Registry
from sync.wire import MALFORMED, canonical

MAX_BYTES = 64 * 1024
MAX_OPEN_QUARANTINED = 1000

# Entities that no registry may hold; their name is the reason. What the wire could not read is
# MALFORMED, with its text in `set`.
HOLE = "hole"  # a phone declares that it can no longer fill this n
RESERVED = frozenset({HOLE, MALFORMED})

DELETED = "deleted"
DEVICE_RESET = "device_reset"
DEVICE_REVOKED = "device_revoked"
ERASED = "erased"
FIELD_NOT_MUTABLE = "field_not_mutable"
ID_TAKEN = "id_taken"
NO_SUCH_ROW = "no_such_row"
NOT_APPLIED = "not_applied"
NOT_READ_BACK = "not_read_back"
OP_NOT_ALLOWED = "op_not_allowed"
QUARANTINE_FULL = "quarantine_full"
TOO_LARGE = "too_large"
UNKNOWN_ENTITY = "unknown_entity"
WAITS_FOR_ROW = "waits_for_row"  # it speaks of a row whose making is itself set aside

# A row of that id is there, or was: whoever speaks of it means that one.
NOT_THE_MAKING = frozenset({DELETED, ERASED, ID_TAKEN, *RESERVED})


def judge_size(change: Change) -> str | None:
    """The reason if the change is over 64 KB of canonical JSON: such a one stays on the phone."""
    if _is_plain(change) or len(canonical(change)) <= MAX_BYTES:
        return None
    return TOO_LARGE


def _is_plain(change: Change) -> bool:
    """Whether so few texts, and so short, cannot come near the limit: a character takes 6 bytes."""
    fields = (*change.set.items(), *change.was.items())
    length = 0
    for name, value in fields:
        if isinstance(value, str):
            length += len(value)
        elif value is not None and not (type(value) is int and abs(value) < 2**63):
            return False
        length += len(name)
    return len(fields) <= 64 and length <= MAX_BYTES // 16


def judge_form(change: Change, registry: Registry) -> str | None:
    """The reason to quarantine a change whatever the database holds, or None."""
    if change.entity in RESERVED:
        return change.entity
    entity = registry.get(change.entity)
    if entity is None:
        return UNKNOWN_ENTITY
    if change.op not in entity.ops:
        return OP_NOT_ALLOWED
    if change.op is Op.PATCH and not change.set.keys() <= entity.mutable:
        return FIELD_NOT_MUTABLE
    return None


def judge_presence(change: Change, locked: Locked) -> str | None:
    """The reason to set a change aside because of what stands under its key, or None."""
    if locked.presence is Presence.ERASED:
        return ERASED
    if locked.presence is Presence.DELETED:
        return DELETED
    if change.op is Op.PATCH:
        return None if locked.presence is Presence.PRESENT else NO_SUCH_ROW
    return None if locked.presence is Presence.ABSENT else ID_TAKEN


def ids_named(change: Change) -> frozenset[str]:
    """The ids that a change is about: its own, and those that its fields are.

    Not those further inside: somebody who is one party of several does not make it theirs.
    """
    fields = (value for value in change.set.values() if isinstance(value, str))
    return frozenset({change.id, *(value for value in fields if UUID_FORM.fullmatch(value))})
