"""What an act on a dispute may say, and what of it is kept where. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from server.disputes.rules.fields import (
    MAX_TEXT,
    is_day,
    is_form,
    is_id,
    is_list,
    is_number,
    is_one_of,
    is_text,
)
from server.disputes.rules.words import (
    AGREEMENT_FORMS,
    DISPOSITIONS,
    OUTCOMES,
    RATINGS,
    REFERRED_TO,
    SENT,
    SUPERVISION_KINDS,
)
from server.ladder.calendar import local_day
from server.ladder.kinds import Event, Need
from server.visits.rules import wrong_time

MAX_OFFICES = 10
MAX_CLAIMS = 20
MAX_TERMS = 20
MAX_TERM = 500  # characters of one term
MAX_PLACE = 100
MAX_PRESENT = 10_000  # people at one session

# Fields that say something only together with these events; the others go with any.
_GOES_WITH: Mapping[str, Collection[Event]] = {
    "to_office": (
        Event.HAND_DOWN,
        Event.RETURN,
        Event.TRANSFER,
        Event.PASS_OVER,
        Event.JOIN,
        Event.LEAVE,
        Event.DISPOSE,
    ),
    "kind": (Event.SUPERVISE, Event.LIFT),
    "until": (Event.SUPERVISE,),
    "person": (Event.RECUSE, Event.ASK_RECUSAL),
    "disposition": (Event.DISPOSE,),
    "owner_id": (Event.DISPOSE,),
    "by_date": (Event.DISPOSE,),
    "offices": (Event.DISPOSE,),
    "outcomes": (
        Event.MEDIATE,
        Event.DISPOSE,
        Event.SETTLE,
        Event.FULFIL,
        Event.CLOSE,
        Event.FAIL,
        Event.REFER,
        Event.WITHDRAW,
        Event.REFUSE,
    ),
    "terms": (Event.SETTLE,),
    "form": (Event.SETTLE,),
    "term": (Event.FULFIL,),
    "place": (Event.MEDIATE, Event.SETTLE),
    "present": (Event.MEDIATE, Event.SETTLE),
    "note_id": (Event.HONOUR,),
    "rating": (Event.RATE, Event.REOPEN),
}
EVENT_FIELDS = frozenset(
    {
        *("dispute_id", "event", "why", "agreement", "referred_to", "rights_told", "terms_done"),
        "party_id",
        *_GOES_WITH,
    }
)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An act as somebody wrote it down: `fields` are those of EVENT_FIELDS."""

    id: UUID
    fields: Mapping[str, Any]
    occurred_at: datetime
    recorded_at: datetime
    proof: str = "proved"
    done_by: UUID | None = None  # None: whoever records it

    @property
    def dispute_id(self) -> UUID:
        """The case that it is about."""
        return UUID(str(self.fields["dispute_id"]))


def wrong_event(
    fields: Mapping[str, Any],
    occurred_at: datetime,
    recorded_at: datetime,
    sent: Collection[Event] = SENT,
) -> dict[str, str]:
    """Field → slug of what is wrong; empty when the event may be kept.

    `sent`: what its author may send at all. Whether the case may take this step now, the ladder
    says.
    """
    if wrong_time(occurred_at, recorded_at):
        return {"occurred_at": "bad_occurred_at"}
    event = fields.get("event")
    checks = _checks(sent, local_day(occurred_at))
    good = {
        **{
            name: name in checks and (value is None or checks[name](value))
            for name, value in fields.items()
        },
        **{name: False for name in ("dispute_id", "event") if fields.get(name) is None},
    }
    lost = {name for name, of in _GOES_WITH.items() if event not in of}
    return {name: f"bad_{name}" for name, is_good in good.items() if not is_good} | {
        name: "not_with_this_event" for name in lost if fields.get(name)
    }


def _checks(sent: Collection[Event], day: date) -> dict[str, Callable[[Any], bool]]:
    """Field → whether its value is good, of an event that happened on `day`."""
    words = {
        "event": sent,
        "referred_to": REFERRED_TO,
        "kind": SUPERVISION_KINDS,
        "disposition": DISPOSITIONS,
        "form": AGREEMENT_FORMS,
        "rating": RATINGS,
    }
    ids = ("dispute_id", "to_office", "party_id", "person", "owner_id", "note_id")
    return {
        **{name: lambda value, of=of: is_one_of(value, of) for name, of in words.items()},
        **dict.fromkeys(ids, is_id),
        **dict.fromkeys(("why", "agreement"), lambda value: is_text(value, 0, MAX_TEXT)),
        **dict.fromkeys(("rights_told", "terms_done"), lambda value: type(value) is bool),
        **dict.fromkeys(("until", "by_date"), lambda value: is_day(value, day)),
        "offices": lambda value: is_list(value, MAX_OFFICES, is_id),
        "outcomes": lambda value: (
            is_list(value, MAX_CLAIMS, _is_outcome) and _no_claim_twice(value)
        ),
        "terms": lambda value: is_list(value, MAX_TERMS, lambda term: _is_term(term, day)),
        "term": lambda value: is_number(value, 1, 1000),
        "place": lambda value: is_text(value, 0, MAX_PLACE),
        "present": lambda value: is_number(value, 1, MAX_PRESENT),
    }


def _is_outcome(value: Any) -> bool:
    form = {
        "claim": lambda n: is_number(n, 1, MAX_CLAIMS),
        "outcome": lambda slug: is_one_of(slug, OUTCOMES),
    }
    return is_form(value, form, needs=form)


def _no_claim_twice(outcomes: Collection[Mapping[str, Any]]) -> bool:
    return len({one["claim"] for one in outcomes}) == len(outcomes)


def _is_term(value: Any, day: date) -> bool:
    form = {
        "what": lambda text: is_text(text, 1, MAX_TERM),
        "due_on": lambda due: is_day(due, day),
        "party_id": is_id,
    }
    return is_form(value, form, needs=("what",))


def supplied(fields: Mapping[str, Any]) -> frozenset[Need]:
    """What a person gave with an event. A note of an agreement counts when there is text in it, or
    when its terms are listed. Whether an Office, a term or a party fits the case, others say.
    """
    has = _has(fields)
    given = {
        Need.REASON: has("why"),
        Need.AGREEMENT: has("agreement") or has("terms"),
        Need.RIGHTS_TOLD: has("rights_told"),
        Need.REFERRED_TO: has("referred_to"),
        Need.TERMS_DONE: has("terms_done"),
        Need.DISPOSITION: _is_disposed(fields.get("disposition"), has),
        Need.SUPERVISION: has("kind") and has("until"),
        Need.TARGET_OFFICE: has("to_office"),
        Need.PARTY_NAMED: has("party_id"),
        Need.PERSON: has("person"),
        Need.TERM: has("term"),
        Need.RATING: has("rating"),
    }
    return frozenset(need for need, there in given.items() if there)


def _is_disposed(disposition: str | None, has: Callable[[str], bool]) -> bool:
    """The four dispositions, each with what it has to say: can be solved now → what was done; needs
    time → owner and date; common → which Offices study it; cannot now → what was explained.
    """
    needs = {
        "now": has("why"),
        "scheduled": (has("owner_id") or has("to_office")) and has("by_date"),
        "joint_study": has("offices"),
        "explain": has("why"),
    }
    return disposition is not None and needs[disposition]


def _has(fields: Mapping[str, Any]) -> Callable[[str], bool]:
    def has(name: str) -> bool:
        value = fields.get(name)
        return bool(value.strip() if isinstance(value, str) else value)

    return has
