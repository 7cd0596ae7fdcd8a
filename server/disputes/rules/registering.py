"""What a new dispute may hold, and where it is known. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from server.codes import read_code
from server.disputes.rules.events import MAX_CLAIMS
from server.disputes.rules.fields import (
    as_id,
    is_form,
    is_id,
    is_list,
    is_number,
    is_one_of,
    is_text,
)
from server.disputes.rules.words import CHANNELS, PARTY_KINDS, PARTY_SIDES, RELATIONS, SIZES
from server.households.rules import normal_telephone, wrong_field
from server.ladder.routing import Category, Level, not_below
from server.visits.rules import wrong_time

MAX_PARTIES = 50
MAX_CLAIM = 500  # characters of one claim
MAX_SPOT = 200
MAX_CODE = 64
MOST_PEOPLE = 1_000_000
DISPUTE_FIELDS = frozenset(
    {
        *("category", "story", "village_id", "cell_id", "channel", "size", "parties"),
        *("related_id", "relation", "claims", "people_concerned", "spot"),
        *("start_level", "start_level_why"),
    }
)


@dataclass(frozen=True, slots=True)
class NewDispute:
    """A dispute as somebody wrote it down: `fields` are those of DISPUTE_FIELDS."""

    id: UUID
    fields: Mapping[str, Any]
    occurred_at: datetime
    recorded_at: datetime
    proof: str = "proved"
    done_by: UUID | None = None  # None: whoever records it
    external_ref: tuple[str, str] | None = None
    alone: bool = False  # what it is said to have to do with, nobody here knows

    @property
    def parties(self) -> Sequence[Mapping[str, Any]]:
        """Its parties, as they were sent."""
        parties: Sequence[Mapping[str, Any]] = self.fields.get("parties") or ()
        return parties

    @property
    def claims(self) -> Sequence[Mapping[str, Any]]:
        """What the parties want, as it was sent; `party` counts its parties from 0 on."""
        claims: Sequence[Mapping[str, Any]] = self.fields.get("claims") or ()
        return claims

    @property
    def households(self) -> list[UUID]:
        """Those among its parties."""
        ids = (as_id(party.get("household_id")) for party in self.parties)
        return [household for household in ids if household]

    @property
    def party_ids(self) -> list[UUID]:
        """The ids of its parties, in their order."""
        return [party_id_of(self.id, k, party) for k, party in enumerate(self.parties)]

    @property
    def related_id(self) -> UUID | None:
        """The dispute that it has to do with."""
        return None if self.alone else as_id(self.fields.get("related_id"))

    @property
    def relation(self) -> str | None:
        """What it has to do with that."""
        said: str | None = self.fields.get("relation")
        return said or "follows_from" if self.related_id else None


def wrong_dispute(
    fields: Mapping[str, Any], occurred_at: datetime, recorded_at: datetime
) -> dict[str, str]:
    """Field → slug of what is wrong; empty when the dispute may be kept."""
    good = {
        **{
            name: name in _CHECKS and (value is None or _CHECKS[name](value))
            for name, value in fields.items()
        },
        **{name: False for name in ("category", "story") if fields.get(name) is None},
        "occurred_at": wrong_time(occurred_at, recorded_at) is None,
    }
    wrong = {name: f"bad_{name}" for name, is_good in good.items() if not is_good}
    return wrong or _at_odds(fields)


def _at_odds(fields: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with fields that are each well-formed."""
    parties, claims = fields.get("parties") or (), fields.get("claims") or ()
    ids = [as_id(party["id"]) for party in parties if party.get("id")]
    missing = {
        "related_id": fields.get("relation") is not None and fields.get("related_id") is None,
        "start_level_why": fields.get("start_level") is not None
        and not (fields.get("start_level_why") or "").strip(),
    }
    wrong = {name: "missing" for name, is_missing in missing.items() if is_missing}
    named = [claim["party"] for claim in claims if claim.get("party") is not None]
    if any(index >= len(parties) for index in named):
        wrong["claims"] = "unknown_party"
    return wrong | ({"parties": "same_id_twice"} if len(set(ids)) < len(ids) else {})


def party_id_of(dispute_id: UUID, position: int, party: Mapping[str, Any]) -> UUID:
    """A party's id: its own, or one that follows from the case and its position, so that the same
    case sent again has the same parties. Shaped as UUIDv7; in the order of the parties.
    """
    if own := as_id(party.get("id")):
        return own
    rest = hashlib.sha256(dispute_id.bytes + position.to_bytes(4, "big")).digest()
    head = int.from_bytes(dispute_id.bytes[:6], "big") << 80 | 0x7 << 76 | (position & 0xFFF) << 64
    return UUID(int=head | 0b10 << 62 | int.from_bytes(rest[:8], "big") >> 2)


def without_persons(dispute: NewDispute, erased: Collection[UUID]) -> dict[str, Any]:
    """The fields of a dispute in which these parties, or parties of these households, are left
    unnamed; what such a party itself wanted goes with it.
    """
    gone = {
        k
        for k, (id_, party) in enumerate(zip(dispute.party_ids, dispute.parties, strict=True))
        if id_ in erased or as_id(party.get("household_id")) in erased
    }
    parties = [unnamed(party) if k in gone else party for k, party in enumerate(dispute.parties)]
    claims = [claim for claim in dispute.claims if claim.get("party") not in gone]
    return {**dispute.fields, "parties": parties, **({"claims": claims} if dispute.claims else {})}


def unnamed(party: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of a party whose household was erased: that somebody stood on this side.

    Its id stays, since claims and terms may name it; its code goes with the person.
    """
    left = {"id": party["id"]} if party.get("id") else {}
    return {"side": party.get("side"), "kind": "outsider", **left}


def places_of(
    village_id: UUID | None,
    cell: tuple[UUID | None, UUID] | None,
    homes: Sequence[tuple[UUID, UUID | None]],
) -> list[tuple[UUID, UUID | None]]:
    """(village, cell) of every place where a dispute is known, without repetition.

    In one village: the cell that was named, unless a party lives in another. Across villages: each
    of them, and no cell, since nobody's cell has it alone. `cell` is (id, or None if it ended; its
    village); `homes` are (village, cell if placed) of the parties' households.
    """
    own = village_id or (cell[1] if cell else None)
    villages = list(dict.fromkeys([*([own] if own else []), *(home[0] for home in homes)]))
    elsewhere = any(home[1] not in (None, cell and cell[0]) for home in homes)
    if len(villages) == 1 and cell and not elsewhere:
        return [(villages[0], cell[0])]
    return [(village, None) for village in villages]


def starts_at(usual: Level, wanted: str | None) -> Level:
    """The lowest level at which a dispute may start: as its category has it, higher on request."""
    asked = Level(wanted) if wanted else usual
    return asked if not_below(asked, usual) else usual


def said_of_its_start(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What the first event keeps of how a dispute was sent: a level of one's own choice, and which
    matter it was said to be again, whatever became of that.
    """
    same = fields.get("relation") == "same"
    said = {
        "start_level": fields.get("start_level"),
        "relation": "same" if same else None,
        "related_id": str(as_id(fields.get("related_id"))) if same else None,
    }
    return {name: value for name, value in said.items() if value}


def _is_party(value: Any) -> bool:
    kind = value.get("kind") if isinstance(value, Mapping) else None
    needs = () if kind == "outsider" else (f"{kind}_id",)
    return is_form(value, _PARTY, needs=("side", "kind", *needs))


def _is_telephone(value: Any) -> bool:
    return isinstance(value, str) and wrong_field("telephone", normal_telephone(value)) is None


_PARTY: Mapping[str, Callable[[Any], bool]] = {
    "id": is_id,
    "side": lambda value: is_one_of(value, PARTY_SIDES),
    "kind": lambda value: is_one_of(value, PARTY_KINDS),
    **dict.fromkeys(("household_id", "office_id", "user_id"), is_id),
    "name": lambda value: wrong_field("head_name", value) is None,
    "telephone": _is_telephone,
    "code": lambda value: is_text(value, 1, MAX_CODE) and read_code(value) is not None,
}
_CLAIM: Mapping[str, Callable[[Any], bool]] = {
    "content": lambda value: is_text(value, 1, MAX_CLAIM),
    "party": lambda value: is_number(value, 0, MAX_PARTIES - 1),
}
_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "category": lambda value: is_one_of(value, list(Category)),
    "story": is_text,
    "channel": lambda value: is_one_of(value, CHANNELS),
    "size": lambda value: is_one_of(value, SIZES),
    "parties": lambda value: is_list(value, MAX_PARTIES, _is_party),
    "claims": lambda value: is_list(
        value, MAX_CLAIMS, lambda claim: is_form(claim, _CLAIM, needs=("content",))
    ),
    **dict.fromkeys(("village_id", "cell_id", "related_id"), is_id),
    "relation": lambda value: is_one_of(value, RELATIONS),
    "people_concerned": lambda value: is_number(value, 1, MOST_PEOPLE),
    "spot": lambda value: is_text(value, 0, MAX_SPOT),
    "start_level": lambda value: is_one_of(value, list(Level)),
    "start_level_why": lambda value: is_text(value, 0),
}
