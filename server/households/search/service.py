"""What people find: who knows a name or an address finds its household; nobody learns a name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy.orm import Session

from server.audit.service import record
from server.households.rules import bare_name
from server.households.search import queries
from server.sealed import keyring

MOST: Final = 20  # of one search


def find_households(
    session: Session, held: Collection[str] | None, words: str
) -> list[dict[str, Any]]:
    """At most MOST households within `held` (None: the county) whose head has just this name, or
    whose address has these words. That somebody looked, and what was found, is written down; the
    words are not.
    """
    head_index = keyring().blind("household.head", bare_name(words))
    found = queries.find_households(session, held, head_index, words, MOST)
    ids = [row.Household.id for row in found]
    record(session, "household.search", ids=ids, count=len(ids))
    return [
        {
            "household": row.Household,
            "village": row.village,
            "village_name": row.village_name,
            "cell": row.cell,
            "lon": row.lon,
            "lat": row.lat,
        }
        for row in found
    ]
