"""What a form of the desk sent, as the schemas of the API read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from werkzeug.datastructures import MultiDict

from server.console.county.desk.acts import ACTS, AFTER_THE_FACT, MUST_SAY
from server.console.frame.forms import filled, loaded, local_time, whole
from server.disputes.rules.events import NewEvent
from server.disputes.rules.registering import NewDispute
from server.disputes.schemas import DisputeIn, EventIn
from server.errors import Invalid
from server.ladder.kinds import Event

Typed = MultiDict[str, str]
ROWS_OF_TERMS: Final = 6
ROWS_OF_PARTIES: Final = 4
_WHOLE_NUMBERS: Final = ("present", "term", "people_concerned")
_YES: Final = ("rights_told", "terms_done")


def event_in(typed: Typed, dispute_id: UUID, event: Event, now: datetime) -> NewEvent:
    """The act that was typed. Raises Invalid with what is wrong, field by field."""
    names = (*ACTS[event].fields, *AFTER_THE_FACT)
    given: dict[str, Any] = {name: typed.get(name, "") for name in names}
    given |= {name: True for name in _YES if name in names and typed.get(name)}
    given |= {"offices": typed.getlist("offices"), "id": typed.get("id", "")}
    given["terms"] = list(_terms(typed)) if "terms" in names else []
    given["outcomes"] = list(_outcomes(typed)) if "outcomes" in names else []
    sent = loaded(EventIn(), {**_plain(given), "event": event.value})
    if event in MUST_SAY and not sent.get("why"):
        raise Invalid(errors={"why": "missing"})
    id_, occurred_at, done_by = sent.pop("id"), sent.pop("occurred_at"), sent.pop("done_by")
    fields = {**sent, "dispute_id": dispute_id}
    return NewEvent(id_, fields, occurred_at or now, now, done_by=done_by)


def dispute_in(typed: Typed, now: datetime) -> NewDispute:
    """The case that was typed. Raises Invalid with what is wrong, field by field."""
    plain = ("id", "category", "story", "village_id", "spot", "channel", "size", "related_id")
    rest = ("people_concerned", "start_level", "start_level_why", "occurred_at", "done_by")
    given: dict[str, Any] = {name: typed.get(name, "") for name in (*plain, *rest)}
    given["parties"] = [*_parties(typed), *_homes(typed)]
    given["claims"] = [{"content": line} for line in _lines(typed.get("claims", ""))]
    if given["related_id"]:
        given["relation"] = typed.get("relation") or "follows_from"
    sent = loaded(DisputeIn(), _plain(given))
    id_, occurred_at, done_by = sent.pop("id"), sent.pop("occurred_at"), sent.pop("done_by")
    del sent["external_ref"]
    return NewDispute(id_, sent, occurred_at or now, now, done_by=done_by)


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as numbers, times with their zone; what is empty is left out."""
    sent = filled(given)
    for name in _WHOLE_NUMBERS:
        if (number := whole(str(sent.get(name, "")))) is not None:
            sent[name] = number
    if "occurred_at" in sent:
        sent["occurred_at"] = local_time(sent["occurred_at"])
    return sent


def _terms(typed: Typed) -> Iterator[dict[str, Any]]:
    for n in range(ROWS_OF_TERMS):
        names = ("what", "due_on", "party_id")
        term = filled({name: typed.get(f"terms-{n}-{name}", "") for name in names})
        if term:
            yield term


def _outcomes(typed: Typed) -> Iterator[dict[str, Any]]:
    for name, outcome in typed.items():
        claim = whole(name.removeprefix("outcome-")) if name.startswith("outcome-") else None
        if claim is not None and outcome:
            yield {"claim": claim, "outcome": outcome}


def _parties(typed: Typed) -> Iterator[dict[str, Any]]:
    for n in range(ROWS_OF_PARTIES):
        said = filled({k: typed.get(f"party-{n}-{k}", "") for k in ("name", "telephone")})
        if said:
            yield {"side": typed.get(f"party-{n}-side", ""), "kind": "outsider", **said}


def _homes(typed: Typed) -> Iterator[dict[str, Any]]:
    for household_id, side in homes_in(typed).items():
        yield {"side": side, "kind": "household", "household_id": household_id}


def homes_in(typed: Typed) -> dict[str, str]:
    """Household → the side that was chosen for it."""
    named = ((name.removeprefix("home-"), side) for name, side in typed.items() if side)
    return {id_: side for id_, side in named if f"home-{id_}" in typed}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
