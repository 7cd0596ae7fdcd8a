"""Why a person's data goes, and which kept changes speak of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from server.disputes.rules.registering import unnamed
from sync.wire import MALFORMED

ERASABLE: Final = ("household", "visit")

# 个人信息保护法 (2021) 第四十七条: when one erases unasked, or because a person asks.
REASONS: Final[Mapping[str, str]] = {
    "asked": "本人要求 the person asked",
    "purpose_over": "目的已实现或无法实现 its purpose is over",
    "consent_withdrawn": "撤回同意 consent was withdrawn",
    "unlawful": "违法或违约处理 it was not lawful to keep",
    "entered_wrongly": "误录 it was entered by mistake",
}
BY_REGISTER: Final = "register"  # erased before, and brought back by a restore


def speaks_of(change: Mapping[str, Any], erased: Collection[UUID]) -> bool:
    """Whether a kept change is about one of these rows: itself, or its visit.

    What could not be read when it came is kept as text: there a mere mention is enough.
    """
    fields = _fields(change)
    if change.get("entity") == MALFORMED:
        said = str(fields.get("text")).lower().replace("-", "")
        return any(one.hex in said for one in erased)
    return any(_as_id(one) in erased for one in (change.get("id"), fields.get("household_id")))


def without_parties(
    change: Mapping[str, Any], erased: Collection[UUID]
) -> Mapping[str, Any] | None:
    """The same dispute with these parties left unnamed; None where none of them is in it."""
    parties = _fields(change).get("parties")
    if not isinstance(parties, list) or not any(_is_one(party, erased) for party in parties):
        return None
    left = [unnamed(party) if _is_one(party, erased) else party for party in parties]
    return {**change, "set": {**_fields(change), "parties": left}}


def _is_one(party: Any, erased: Collection[UUID]) -> bool:
    return isinstance(party, dict) and _as_id(party.get("household_id")) in erased


def _fields(change: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = change.get("set")
    return fields if isinstance(fields, dict) else {}


def _as_id(value: Any) -> UUID | None:
    """An id that was typed; what is none is nobody's."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
