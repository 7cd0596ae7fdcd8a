"""Shapes of what a resident sends and is told. Days are local days; nobody is named."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import Schema, fields, validate

from server.ladder.kinds import State
from server.resident import words
from server.resident.rules import OwnCase, Step

MAX_WHY: Final = 2000
_WHY: Final = validate.Length(min=1, max=MAX_WHY)


class CodeIn(Schema):
    """A code as it was typed."""

    code = fields.String(required=True, validate=validate.Length(max=200))


class LetterIn(CodeIn):
    """`id` is the sender's own (any UUID): the same one sent twice is done once."""

    id = fields.UUID(required=True)


class RatingIn(LetterIn):
    """The party's word; with a reason, `dissatisfied` reopens the case one level up."""

    rating = fields.String(required=True, validate=validate.OneOf(list(words.RATINGS)))
    comment = fields.String(load_default=None, validate=_WHY)


class RequestIn(LetterIn):
    """Why the next level should take it; may be left out."""

    why = fields.String(load_default=None, validate=_WHY)


class ReasonIn(LetterIn):
    """A letter that needs its reason."""

    why = fields.String(required=True, validate=_WHY)


class AnswerIn(RequestIn):
    """What the party says to the Office's answer."""

    decision = fields.String(required=True, validate=validate.OneOf(["stay", "go"]))


class RefuseIn(RequestIn):
    """To refuse mediation one says that one has read which ways stay open."""

    rights_read = fields.Boolean(required=True, validate=validate.Equal(True))


class SaidOut(Schema):
    """One thing in both languages."""

    zh = fields.String()
    en = fields.String()


class SlugOut(SaidOut):
    """A slug and what it means."""

    slug = fields.String()


class StepOut(Schema):
    """One Office's span."""

    level = fields.Nested(SlugOut)
    office = fields.String()
    telephone = fields.String(allow_none=True)
    received_on = fields.Date()
    accept_until = fields.Date(allow_none=True)
    deadline = fields.Date()
    left = fields.Nested(SaidOut, allow_none=True)
    overdue = fields.Boolean()
    ended_on = fields.Date(allow_none=True)
    ended = fields.Nested(SlugOut, allow_none=True)


class AskedOut(Schema):
    """An open request for the next level. `answer` is told to whoever asked."""

    yours = fields.Boolean()
    asked_on = fields.Date()
    answer_by = fields.Date()
    answered_on = fields.Date(allow_none=True)
    answer = fields.String(allow_none=True)


class TermOut(Schema):
    """What was agreed that this party does."""

    n = fields.Integer()
    what = fields.String()
    due_on = fields.Date(allow_none=True)
    done_on = fields.Date(allow_none=True)


class RatedOut(SlugOut):
    """The party's own word on the present Office."""

    at = fields.AwareDateTime()


class CaseOut(Schema):
    """Where the case stands, level by level, and what this party may do now."""

    category = fields.Nested(SlugOut)
    registered_on = fields.Date()
    status = fields.Nested(SlugOut)
    says = fields.Nested(SaidOut)
    next = fields.Nested(SaidOut, allow_none=True)
    joined = fields.Boolean()
    steps = fields.List(fields.Nested(StepOut))
    request = fields.Nested(AskedOut, allow_none=True)
    terms = fields.List(fields.Nested(TermOut))
    rating = fields.Nested(RatedOut, allow_none=True)
    can = fields.List(fields.Nested(SlugOut))
    rights_told = fields.Boolean()
    referred_to = fields.Nested(SlugOut, allow_none=True)
    ways = fields.List(fields.Nested(SaidOut))


class ToldOut(Schema):
    """What came of it, and how the case stands then."""

    outcome = fields.Nested(SlugOut)
    case = fields.Nested(CaseOut)


def told_of(case: OwnCase) -> dict[str, Any]:
    """A case in the words of CaseOut."""
    return {
        "category": _word(case.category.value, case.category.zh, case.category.en),
        "registered_on": case.registered_on,
        "status": _word(case.status.value, case.status.zh, case.status.en),
        "says": words.STATUS[State(case.status)]._asdict(),
        "next": case.next and case.next._asdict(),
        "joined": case.joined,
        "steps": [_step(step) for step in case.steps],
        "request": _asked(case),
        "terms": case.terms,
        "rating": _rated(case),
        "can": [_word(act, *words.CAN[act]) for act in case.can],
        "rights_told": case.rights_told,
        "referred_to": _named(case.referred_to, words.REFERRED_TO),
        "ways": [way._asdict() for way in case.ways],
    }


def outcome_of(slug: str) -> dict[str, str]:
    """What came of a letter, in words."""
    return _word(slug, *words.OUTCOMES[slug])


def _step(step: Step) -> dict[str, Any]:
    said = words.ENDED.get(step.ended_how or "", words.ENDED_OTHERWISE)
    return {
        "level": _word(step.level.value, *words.LEVEL[step.level]),
        "office": step.office,
        "telephone": step.telephone,
        "received_on": step.received_on,
        "accept_until": step.accept_until,
        "deadline": step.deadline,
        "left": step.left,
        "overdue": step.overdue,
        "ended_on": step.ended_on,
        "ended": _word(step.ended_how, *said) if step.ended_how else None,
    }


def _asked(case: OwnCase) -> dict[str, Any] | None:
    asked = case.asked
    return (
        None
        if asked is None
        else {
            "yours": asked.yours,
            "asked_on": asked.asked_on,
            "answer_by": asked.answer_until,
            "answered_on": asked.answered_on,
            "answer": asked.answer,
        }
    )


def _rated(case: OwnCase) -> dict[str, Any] | None:
    rated = case.rated
    if rated is None:
        return None
    return {**_word(rated.rating, *words.RATINGS[rated.rating]), "at": rated.at}


def _named(slug: str | None, known: dict[str, words.Said]) -> dict[str, str] | None:
    return _word(slug, *known[slug]) if slug is not None and slug in known else None


def _word(slug: str, zh: str, en: str) -> dict[str, str]:
    return {"slug": slug, "zh": zh, "en": en}
