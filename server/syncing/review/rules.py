"""Pure decisions about changes that wait for a person: what they lean on, what may be put right."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from server.disputes.rules.events import EVENT_FIELDS
from server.disputes.rules.registering import DISPUTE_FIELDS
from server.households.needs.rules import FIELDS as NEED_FIELDS
from server.households.rules import MUTABLE
from server.visits.rules import FIELDS as VISIT_FIELDS
from sync.judge import RESERVED
from sync.model import Change, Instant, Op

# Entity and op → what a person who releases a change may put right in it; nothing else of it.
_TYPED: Final = frozenset({"occurred_at", "done_by"})
CORRECTABLE: Final[Mapping[tuple[str, Op], frozenset[str]]] = {
    ("household", Op.CREATE): MUTABLE | {"village_id", "cell_id", "group_no"},
    ("household", Op.PATCH): MUTABLE,
    ("service_need", Op.CREATE): NEED_FIELDS | {"household_id"},
    ("visit", Op.APPEND): VISIT_FIELDS | _TYPED | {"household_id", "supersedes_id"},
    ("dispute", Op.CREATE): DISPUTE_FIELDS | _TYPED,
    ("dispute_event", Op.APPEND): EVENT_FIELDS | _TYPED,
}
# Where the author is named apart from whoever records it.
HAS_DONE_BY: Final = frozenset({"visit", "dispute", "dispute_event"})


class About(NamedTuple):
    """What a change is about: the row that it leans on, and the village that it names itself."""

    needs_id: UUID | None = None
    village_id: UUID | None = None


def about(change: Change) -> About:
    """What a change is about, as far as it says; a change that says nonsense is about nothing."""
    said = change.set
    if change.entity == "household":
        if change.op is Op.PATCH:
            return About(needs_id=UUID(change.id))
        return About(village_id=_id(said.get("village_id")))
    if change.entity in {"visit", "service_need"}:
        return About(needs_id=_id(said.get("household_id")))
    if change.entity == "dispute":
        return About(_first_household(said.get("parties")), _id(said.get("village_id")))
    if change.entity == "dispute_event":
        return About(needs_id=_id(said.get("dispute_id")))
    return About()


def read_change(text: str) -> Change:
    """A change as quarantine keeps it: its canonical text, which we wrote ourselves."""
    body = json.loads(text)
    return Change(**{**body, "op": Op(body["op"]), "at": Instant(**body["at"])})


def can_be_released(entity: str) -> bool:
    """A hole holds nothing, and what could not be read cannot be applied: both are only closed."""
    return entity not in RESERVED


def wrong_corrections(change: Change, corrections: Mapping[str, Any]) -> dict[str, str]:
    """Field → slug of what may not be put right in this change; empty where all may."""
    allowed = CORRECTABLE.get((change.entity, change.op), frozenset())
    return dict.fromkeys(corrections.keys() - (allowed | change.set.keys()), "unknown_field") | {
        name: "left_out_only"
        for name in corrections.keys() & change.set.keys() - allowed
        if corrections[name] is not None
    }


def corrected(said: Mapping[str, Any], corrections: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a change with corrections laid over them; null leaves a field out.

    Where a correction repeats a party's masked code, the code stays that was sent.
    """
    fields = {**said, **corrections}
    left = {n: v for n, v in fields.items() if n not in corrections or v is not None}
    parties = left.get("parties")
    if "parties" in corrections and isinstance(parties, list):
        left["parties"] = [_with_code(k, one, said.get("parties")) for k, one in enumerate(parties)]
    return left


def without_codes(said: Any) -> Any:
    """What a phone wrote, the codes of parties masked: they are shown to nobody but the party."""
    if isinstance(said, Mapping):
        return {
            name: MASKED if name == "code" and isinstance(value, str) else without_codes(value)
            for name, value in said.items()
        }
    if isinstance(said, list):
        return [without_codes(one) for one in said]
    return _CODE.sub(rf"\1{MASKED}", said) if isinstance(said, str) else said


MASKED: Final = "****"
_CODE: Final = re.compile(r"""(\\*["']code\\*["']\s*:\s*\\*["'])[^"'\\]*""")  # in what is malformed


def _with_code(place: int, party: Any, sent: Any) -> Any:
    """Of the same id, or in the same place of the list."""
    if not (isinstance(party, dict) and party.get("code") == MASKED and isinstance(sent, list)):
        return party
    same = [one for one in sent if isinstance(one, dict) and one.get("id") == party.get("id")]
    there = same[:1] if party.get("id") else sent[place : place + 1]
    codes = [one.get("code") for one in there if isinstance(one, dict)]
    return {**party, "code": codes[0]} if codes and codes[0] else party


def _first_household(parties: Any) -> UUID | None:
    if not isinstance(parties, list):
        return None
    ids = (_id(party.get("household_id")) for party in parties if isinstance(party, dict))
    return next((found for found in ids if found), None)


def _id(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None
