"""Why a person's data goes, and which kept changes speak of it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from server.disputes.rules.registering import unnamed
from sync.wire import MALFORMED

ERASABLE: Final = ("household", "visit", "party", "dispute")
DECISIONS: Final[Mapping[str, str]] = {
    "reworded": "改写 it says something else now",
    "removed": "删除 it says nothing any more",
    "stays": "保留 it does not speak of the person",
}
# By the person's own wish or since time has passed a case goes once it has ended; what should never
# have been kept goes at once.
AT_ONCE: Final = frozenset({"unlawful", "entered_wrongly"})
ENDED: Final = frozenset(
    {"closed", "unsettled", "referred", "withdrawn", "refused", "joined"}
)  # of ladder.kinds.State

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
    """Whether a kept change is about one of these rows: itself, its visit, an act in its case.

    What could not be read when it came is kept as text: there a mere mention is enough.
    """
    fields = _fields(change)
    if change.get("entity") == MALFORMED:
        said = str(fields.get("text")).lower().replace("-", "")
        return any(one.hex in said for one in erased)
    named = (change.get("id"), fields.get("household_id"), fields.get("dispute_id"))
    return any(_as_id(one) in erased for one in named)


def without_parties(
    change: Mapping[str, Any], erased: Collection[UUID]
) -> Mapping[str, Any] | None:
    """The same change with these parties left unnamed, or without what they said; None where none
    of them is in it.
    """
    fields = _fields(change)
    if _as_id(fields.get("party_id")) in erased:
        return {**change, "set": {k: v for k, v in fields.items() if k not in _SAID}}
    parties = fields.get("parties")
    if not isinstance(parties, list) or not any(_is_one(party, erased) for party in parties):
        return None
    left = [unnamed(party) if _is_one(party, erased) else party for party in parties]
    gone = [i for i, party in enumerate(parties) if _is_one(party, erased)]
    return {**change, "set": {**fields, "parties": left, **_without_claims(fields, gone)}}


def without_blanks(text: str) -> str:
    """A text as names are looked for in it."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def names(text: str | None, persons: Iterable[str | None]) -> bool:
    """Whether a text says one of these names or numbers, however it is spaced or written."""
    if not text:
        return False
    bare, digits = without_blanks(text), _NO_DIGIT.sub("", unicodedata.normalize("NFKC", text))
    for person in persons:
        asked = without_blanks(person or "")
        if asked.lstrip("+").isdigit():
            if len(asked) >= 5 and asked.lstrip("+") in digits:
                return True
        elif len(asked) >= 2 and asked in bare:
            return True
    return False


_SAID: Final = frozenset({"why", "agreement", "comment"})
_NO_DIGIT: Final = re.compile(r"\D")


def _without_claims(fields: Mapping[str, Any], gone: Collection[int]) -> Mapping[str, Any]:
    """What these parties claimed goes too."""
    claims = fields.get("claims")
    if not isinstance(claims, list):
        return {}
    stay = [c for c in claims if not (isinstance(c, dict) and c.get("party") in gone)]
    return {"claims": stay} if len(stay) < len(claims) else {}


def _is_one(party: Any, erased: Collection[UUID]) -> bool:
    return isinstance(party, dict) and any(
        _as_id(party.get(name)) in erased for name in ("household_id", "id")
    )


def _fields(change: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = change.get("set")
    return fields if isinstance(fields, dict) else {}


def _as_id(value: Any) -> UUID | None:
    """An id that was typed; what is none is nobody's."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
