"""All SQL of erasing."""

from server.erasure.queries.erasures import (
    find_erasure,
    find_status,
    finish_erasures,
    insert_erasure,
    insert_erasures,
    list_done,
    list_erasures,
    list_waiting,
    mark_erased,
    take_turn,
)
from server.erasure.queries.quarantine import delete_quarantined, is_live, list_quarantined

__all__ = [
    "delete_quarantined",
    "find_erasure",
    "find_status",
    "finish_erasures",
    "insert_erasure",
    "insert_erasures",
    "is_live",
    "list_done",
    "list_erasures",
    "list_quarantined",
    "list_waiting",
    "mark_erased",
    "take_turn",
]
