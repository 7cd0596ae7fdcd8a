"""Everything kept about one person, gathered for that person (个人信息保护法 第四十五条)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.disputes.models import Claim, Dispute, Party, Term
from server.erasure.queries import list_quarantined
from server.erasure.rules import speaks_of
from server.households.models import Household
from server.households.rules import normal_telephone
from server.ladder.calendar import LOCAL
from server.sealed import keyring
from server.subjects import queries
from server.subjects.errors import SubjectNotFound
from server.subjects.rules import withhold

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept. `sections`: name of words.TITLES → rows (field → text).

    `files`: (name, SHA-256).
    """

    sections: Mapping[str, Rows]
    files: Sequence[tuple[str, bytes]]


@dataclass(slots=True)
class _Subject:
    """Whose rows they are, while they are gathered."""

    households: Sequence[UUID]
    parties: Sequence[Party]
    own: list[str | None] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def party_ids(self) -> list[UUID]:
        return [party.id for party in self.parties]

    @property
    def dispute_ids(self) -> list[UUID]:
        return sorted({party.dispute_id for party in self.parties})

    def plain(self, text: str | None) -> str:
        """A text without the names of others."""
        return withhold(text, self.others, self.own)


def gather(
    session: Session,
    *,
    household_id: UUID | None = None,
    party_id: UUID | None = None,
    telephone: str | None = None,
    reason: str | None = None,
) -> Kept:
    """Everything kept about a household, a party or whoever has this number, without what is of
    others; the look is written down. Raises SubjectNotFound.
    """
    households = [household_id] if household_id else []
    parties = [party_id] if party_id else []
    if telephone is not None:
        index = keyring().blind("household.telephone", normal_telephone(telephone))
        households, parties = queries.find_by_telephone(session, index)
    homes = [home for one in households if (home := queries.find_household(session, one))]
    who = _Subject([home.id for home in homes], queries.list_parties(session, households, parties))
    if not homes and not who.parties:
        raise SubjectNotFound
    who.own = [name for home in homes for name in (home.head_name, home.telephone)]
    who.own += [name for party in who.parties for name in (party.name, party.telephone)]
    who.others = queries.list_others(session, who.dispute_ids, who.party_ids)
    ids = [*who.households, *who.party_ids]
    kept = _gather(session, who, homes)
    record(session, "subject.export", reason=reason, ids=ids[:50], files=len(kept.files))
    return kept


def _gather(session: Session, who: _Subject, homes: Sequence[Household]) -> Kept:
    visits = queries.list_of_households(session, "visits", who.households)
    letters = queries.list_letters(session, who.party_ids)
    files = queries.list_files(session, _ids(visits), _ids(letters))
    claims = queries.list_own(session, Claim, who.party_ids)
    terms = queries.list_own(session, Term, who.party_ids)
    sections = {
        "household": [_household(home) for home in homes],
        **_of_households(session, who, visits),
        "aside": _aside(session, who, visits),
        "parties": _parties(session, who),
        "cases": [_case(session, who, one) for one in queries.list_cases(session, who.dispute_ids)],
        "claims": _plainly(who, claims, "content", "outcome"),
        "terms": _plainly(who, terms, "content", "due_on", "done_at"),
        "agreements": [
            {"kind": row.form, "at": _text(row.effective_on), "content": who.plain(row.agreement)}
            for row in queries.list_agreements(session, who.dispute_ids)
        ],
        "letters": [
            {"kind": one.kind, "at": _text(one.received_at), "why": who.plain(one.why)}
            for one in letters
        ],
        "ratings": _ratings(session, who),
        "files": [
            {"name": _file_name(one.id, one.media_type), "at": _text(one.received_at)}
            for one in files
        ],
    }
    about = [*who.households, *_ids(visits), *who.party_ids, *who.dispute_ids, *_ids(files)]
    acts = queries.list_acts(session, about)
    sections["acts"] = _plainly(who, acts, "at", "role", "action", "reason")
    told = {name: rows for name, rows in sections.items() if rows}
    return Kept(told, [(_file_name(one.id, one.media_type), bytes(one.sha256)) for one in files])


def _household(home: Household) -> dict[str, str]:
    names = ("id", "kind", "state", "head_name", "telephone", "address", "people", "group_no")
    where = f"{home.lon}, {home.lat} ({home.datum})" if home.lon is not None else ""
    said = {name: _text(getattr(home, name)) for name in names}
    return {**said, "location": where, "created_at": _text(home.created_at)}


def _of_households(session: Session, who: _Subject, visits: Sequence[Any]) -> dict[str, Rows]:
    def found(what: str) -> Sequence[Any]:
        return queries.list_of_households(session, what, who.households)

    given = queries.list_given(session, [*who.households, *_ids(visits)])
    links = queries.list_links(session, who.households)
    said = ("need", "given_by", "giver", "how", "given_on", "until", "ended_at", "ended_how")
    return {
        "placings": _of(found("placings"), "placed_by", "valid_from", "valid_to"),
        "links": _of(links, "kind", "valid_from", "valid_to"),
        "visits": _plainly(who, visits, "outcome", "purpose", "note", "occurred_at", "recorded_at"),
        "consents": _of(found("consents"), *said),
        "conflicts": _of(found("conflicts"), "field", "values", "recorded_at"),
        "given_to": _of(given, "given_to", "kind", "at"),
    }


def _aside(session: Session, who: _Subject, visits: Sequence[Any]) -> Rows:
    """What phones sent about the household and a person has not released yet."""
    about = {*who.households, *_ids(visits)}
    kept = ((row, json.loads(row.change)) for row in list_quarantined(session, None))
    return [
        {
            "kind": row.entity,
            "at": _text(row.received_at),
            "content": who.plain(json.dumps(change.get("set"), ensure_ascii=False)),
        }
        for row, change in kept
        if about and row.entity in _OWN_ENTITIES and speaks_of(change, about)
    ]


_OWN_ENTITIES = frozenset({"household", "visit", "service_need"})


def _parties(session: Session, who: _Subject) -> Rows:
    codes = {row.party_id: row.made_at for row in queries.list_codes(session, who.party_ids)}
    return [
        {
            **_of([party], "id", "side", "kind", "name", "telephone")[0],
            "case": str(party.dispute_id),
            "code_made_at": _text(codes.get(party.id)),
        }
        for party in who.parties
    ]


def _ratings(session: Session, who: _Subject) -> Rows:
    rows = queries.list_ratings(session, who.party_ids)
    said = keyring().open_all("rating.comment", [row.carried for row in rows])
    return [
        {**_of([row], "level", "rating", "at")[0], "why": who.plain(comment)}
        for row, comment in zip(rows, said, strict=True)
    ]


def _case(session: Session, who: _Subject, case: Dispute) -> dict[str, str]:
    said = _of([case], "id", "category", "status", "level", "recorded_at")[0]
    offices = "、".join(queries.list_offices(session, case.id))
    return {**said, "office": offices, "story": who.plain(case.story), "spot": who.plain(case.spot)}


def _of(rows: Sequence[Any], *names: str) -> list[dict[str, str]]:
    return [{name: _text(getattr(row, name)) for name in names} for row in rows]


def _plainly(who: _Subject, rows: Sequence[Any], *names: str) -> list[dict[str, str]]:
    """As `_of`, where somebody may have written the names of others into it."""
    return [{name: who.plain(said) for name, said in row.items()} for row in _of(rows, *names)]


def _ids(rows: Collection[Any]) -> list[UUID]:
    return [row.id for row in rows]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)


def _file_name(id_: UUID, media_type: str) -> str:
    ending = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
    return f"files/{id_}.{ending.get(media_type, 'bin')}"
