"""What of an act is kept in its event, and how it is read from there again. Pure.

Text is sealed and vouched for by the chain; ids, slugs, dates and numbers stand in `details`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from server.disputes.rules.fields import as_day, as_id


def kept_in_event(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an event that hold what was said: text, which is sealed, and `details`.

    What is agreed by terms stands under the agreement, a line each, and where people met under the
    reason: so the chain vouches for every word, and `terms_of` finds them again.
    """
    return {
        "why": _joined(fields.get("why"), _place(fields.get("place"))),
        "agreement": _joined(fields.get("agreement"), _lines(fields.get("terms") or ())),
        "referred_to": fields.get("referred_to"),
        "rights_told": bool(fields.get("rights_told")),
        "party_id": as_id(fields.get("party_id")),
        "details": details_of(fields) or None,
    }


def details_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What an event keeps beside its text, as JSON: ids, slugs, dates and numbers."""
    ids = {name: as_id(fields.get(name)) for name in ("to_office", "person", "owner_id", "note_id")}
    days = {name: as_day(fields.get(name)) for name in ("until", "by_date")}
    plain = ("kind", "disposition", "form", "term", "present", "rating")
    said = {
        **{name: fields.get(name) for name in plain},
        **{name: id_ and str(id_) for name, id_ in ids.items()},
        **{name: day and day.isoformat() for name, day in days.items()},
        "offices": [str(as_id(office)) for office in fields.get("offices") or ()],
        "outcomes": [
            {"claim": one["claim"], "outcome": one["outcome"]}
            for one in fields.get("outcomes") or ()
        ],
        "terms": [_term_detail(term) for term in fields.get("terms") or ()],
    }
    return {name: value for name, value in said.items() if value}


def said_in(event: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a kept event as they were sent: `event` holds the columns of `kept_in_event`.

    Where people met is still under the reason, as it was written there.
    """
    details = dict(event["details"] or {})
    terms = terms_of(event["agreement"], details)
    lines = (event["agreement"] or "").split("\n")
    text = "\n".join(lines[: len(lines) - len(terms)])
    return {
        **details,
        **{name: event[name] for name in ("why", "referred_to", "rights_told", "party_id")},
        "agreement": text or None,
        **({"terms": terms} if terms else {}),
    }


def terms_of(agreement: str | None, details: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The terms of a kept agreement as they were sent: what, due_on, party_id."""
    listed = (details or {}).get("terms") or []
    lines = (agreement or "").split("\n")[-len(listed) :] if listed else []
    return [
        {
            "what": line.partition(". ")[2],
            "due_on": as_day(term.get("due_on")),
            "party_id": as_id(term.get("party_id")),
        }
        for line, term in zip(lines, listed, strict=True)
    ]


def _term_detail(term: Mapping[str, Any]) -> dict[str, Any]:
    due_on, party_id = as_day(term.get("due_on")), as_id(term.get("party_id"))
    said = {"due_on": due_on and due_on.isoformat(), "party_id": party_id and str(party_id)}
    return {name: value for name, value in said.items() if value}


def _place(place: str | None) -> str | None:
    return f"地点 Place: {' '.join(place.split())}" if place and place.strip() else None


def _lines(terms: Collection[Mapping[str, Any]]) -> str:
    return "\n".join(f"{n}. {' '.join(term['what'].split())}" for n, term in enumerate(terms, 1))


def _joined(*texts: str | None) -> str | None:
    said = [text for text in texts if text and text.strip()]
    return "\n".join(said) or None
