"""What a field of a dispute or of an event may hold, and where a dispute is known. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from server.households.rules import normal_telephone, wrong_field
from server.ladder.routing import Category
from server.ladder.states import Event, Need
from server.visits.rules import wrong_time

CHANNELS = {
    "visit": "走访",
    "walk_in": "来访",
    "telephone": "电话",
    "letter": "来信",
    "hotline": "热线",
    "handed_down": "交办",
    "proxy": "代理",
    "own_search": "排查",
}
SIZES = {"individual": "个体", "group": "一般群体", "major": "重大群体"}
PARTY_KINDS = {"household": "住户", "office": "单位", "user": "工作人员", "outsider": "其他人"}
PARTY_SIDES = {"applicant": "申请方", "respondent": "被申请方", "third": "第三方"}
REFERRED_TO = {
    "court": "法院",
    "arbitration": "仲裁",
    "police": "公安",
    "administration": "行政机关",
    "review": "复查复核",
    "other": "其他",
}

# What a person may send; `register` opens the history, `climb` is the clock's.
SENT = frozenset(Event) - {Event.REGISTER, Event.CLIMB}

MAX_TEXT = 4000
MAX_PARTIES = 50
DISPUTE_FIELDS = frozenset(
    {"category", "story", "village_id", "cell_id", "channel", "size", "parties", "related_id"}
)
EVENT_FIELDS = frozenset(
    {"dispute_id", "event", "why", "agreement", "referred_to", "rights_told", "terms_done"}
)
_PARTY_FIELDS = frozenset(
    {"side", "kind", "household_id", "office_id", "user_id", "name", "telephone"}
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

    @property
    def parties(self) -> Sequence[Mapping[str, Any]]:
        """Its parties, as they were sent."""
        parties: Sequence[Mapping[str, Any]] = self.fields.get("parties") or ()
        return parties

    @property
    def households(self) -> list[UUID]:
        """Those among its parties."""
        ids = (as_id(party.get("household_id")) for party in self.parties)
        return [household for household in ids if household]


def wrong_dispute(
    fields: Mapping[str, Any], occurred_at: datetime, recorded_at: datetime
) -> dict[str, str]:
    """Field → slug of what is wrong; empty when the dispute may be kept."""
    good = {
        "category": _is_one_of(fields.get("category"), list(Category)),
        "story": _is_text(fields.get("story"), 1),
        "channel": _is_one_of(fields.get("channel") or "visit", CHANNELS),
        "size": _is_one_of(fields.get("size") or "individual", SIZES),
        "parties": _are_parties(fields.get("parties") or ()),
        **{name: _is_id(fields.get(name)) for name in ("village_id", "cell_id", "related_id")},
        "occurred_at": wrong_time(occurred_at, recorded_at) is None,
        **dict.fromkeys(fields.keys() - DISPUTE_FIELDS, False),
    }
    return {name: f"bad_{name}" for name, is_good in good.items() if not is_good}


def wrong_event(
    fields: Mapping[str, Any], occurred_at: datetime, recorded_at: datetime
) -> dict[str, str]:
    """Field → slug of what is wrong; empty when the event may be kept."""
    good = {
        "dispute_id": fields.get("dispute_id") is not None and _is_id(fields["dispute_id"]),
        "event": _is_one_of(fields.get("event"), SENT),
        **{name: _is_text(fields.get(name) or "", 0) for name in ("why", "agreement")},
        "referred_to": _is_one_of(fields.get("referred_to") or "other", REFERRED_TO),
        **{name: type(fields.get(name, False)) is bool for name in ("rights_told", "terms_done")},
        "occurred_at": wrong_time(occurred_at, recorded_at) is None,
        **dict.fromkeys(fields.keys() - EVENT_FIELDS, False),
    }
    return {name: f"bad_{name}" for name, is_good in good.items() if not is_good}


def unnamed(party: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of a party whose household was erased: that somebody stood on this side."""
    return {"side": party.get("side"), "kind": "outsider"}


def as_id(value: Any) -> UUID | None:
    """An id that is known to be one, or nothing."""
    return value if value is None or isinstance(value, UUID) else UUID(value)


def supplied(fields: Mapping[str, Any]) -> frozenset[Need]:
    """What a person gave with an event. A note of an agreement counts when there is text in it."""
    given = {
        Need.REASON: bool((fields.get("why") or "").strip()),
        Need.AGREEMENT: bool((fields.get("agreement") or "").strip()),
        Need.RIGHTS_TOLD: bool(fields.get("rights_told")),
        Need.REFERRED_TO: bool(fields.get("referred_to")),
        Need.TERMS_DONE: bool(fields.get("terms_done")),
    }
    return frozenset(need for need, there in given.items() if there)


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


def _are_parties(parties: Any) -> bool:
    return (
        isinstance(parties, list | tuple)
        and len(parties) <= MAX_PARTIES
        and all(isinstance(party, Mapping) and _is_party(party) for party in parties)
    )


def _is_party(party: Mapping[str, Any]) -> bool:
    kind, name, telephone = party.get("kind"), party.get("name"), party.get("telephone")
    number = normal_telephone(telephone) if isinstance(telephone, str) else telephone
    return (
        party.keys() <= _PARTY_FIELDS
        and _is_one_of(party.get("side"), PARTY_SIDES)
        and _is_one_of(kind, PARTY_KINDS)
        and (kind == "outsider" or party.get(f"{kind}_id") is not None)
        and all(_is_id(party.get(name)) for name in _PARTY_IDS)
        and (name is None or wrong_field("head_name", name) is None)
        and wrong_field("telephone", number) is None
    )


_PARTY_IDS = ("household_id", "office_id", "user_id")


def _is_text(value: Any, low: int) -> bool:
    return isinstance(value, str) and low <= len(value.strip()) <= MAX_TEXT and "\x00" not in value


def _is_one_of(value: Any, slugs: Collection[str]) -> bool:
    return isinstance(value, str) and value in slugs


def _is_id(value: Any) -> bool:
    if value is None or isinstance(value, UUID):
        return True
    try:
        UUID(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True
