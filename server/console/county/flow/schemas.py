"""What the address of the page may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from server.console.county.flow.periods import Period, period_of, present
from server.figures.errors import BadFigure
from server.ladder.routing import Category, Level

BY = ("level", "area", "category")


class FlowIn(Schema):
    """Which figures; what is left out is one's own Area and this quarter, all of it."""

    class Meta:
        """Words of other pages in an address do no harm here."""

        unknown = EXCLUDE

    area = fields.String(validate=validate.Regexp(r"[0-9]{6,12}\Z"))
    period = fields.String(validate=validate.Length(max=10))
    category = fields.String(validate=validate.OneOf(list(Category)))
    level = fields.String(validate=validate.OneOf(list(Level)))
    by = fields.String(validate=validate.OneOf(BY))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the page."""

    area: str | None
    period: Period
    category: str | None
    level: str | None
    by: str

    def wanted(self, by: str, level: str | None = None) -> dict[str, Any]:
        """The same as figures are asked."""
        span = {"since": self.period.since, "until": self.period.until}
        return {**span, "area": self.area, "category": self.category, "level": level, "by": by}


def read_question(asked: Mapping[str, str], today: date) -> Question:
    """The question of an address; an empty word is one left out. Raises BadFigure."""
    said = {name: value for name, value in asked.items() if value}
    try:
        known = FlowIn().load(said)
    except ValidationError as error:
        raise BadFigure(errors=dict.fromkeys(error.messages_dict, "unknown")) from error
    period = period_of(known["period"]) if "period" in known else present(today)
    if period is None:
        raise BadFigure(errors={"period": "unknown"})
    words = (known.get("category"), known.get("level"), known.get("by", "level"))
    return Question(known.get("area"), period, *words)
