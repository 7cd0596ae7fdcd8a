"""How often one device may ask for what costs much: pushes, files, exports, plans of moves.

Each process lets a few through by itself and counts them in its own memory; what comes faster is
counted in the database, over all processes (server.limits). So whoever works at a person's pace
never pays for the count, and a device gone wild is held to its limit, and a tenth for each process.

By device, not by network: a whole county's phones may come from a few addresses of their carrier,
and whoever has signed in is known. Strangers are counted by network, where they knock (signing in,
codes of residents).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from typing import Final
from uuid import UUID

from server.db import Identity
from server.limits.service import blind, knock

# action → how many usual ones it is worth
HEAVY: Final[Mapping[str, int]] = {
    "sync.push": 1,
    "attachment.add": 2,
    "move.make": 10,
    "export.read": 20,
    "export.reveal": 20,
}
_FREE_PART: Final = 10  # of the limit, one in so many is let through uncounted

_lock = Lock()
_seen: Counter[tuple[str, UUID]] = Counter()
_minute: list[int] = [0]


def keep_pace(action: str, by: Identity, per_minute: int) -> None:
    """Count one request where it is of the heavy ones. `per_minute`: usual ones; 0: no limit.

    Not from within a transaction. Raises TooMany.
    """
    worth = HEAVY.get(action)
    if not worth or not per_minute or by.device_id is None:
        return
    allowed = max(per_minute // worth, 1)
    if _tries(action, by.device_id, int(by.now.timestamp()) // 60) > allowed // _FREE_PART:
        knock(f"pace.{action}", blind(by, action, str(by.device_id)), allowed, by)


def _tries(action: str, device: UUID, minute: int) -> int:
    """How many of this minute this process has seen, this one among them."""
    with _lock:
        if _minute[0] != minute:
            _minute[0] = minute
            _seen.clear()
        _seen[action, device] += 1
        return _seen[action, device]
