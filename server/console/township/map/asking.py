"""What is asked of the map: a question, days, a day, a place; as the address of the page has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from flask_babel import lazy_gettext as _
from marshmallow import Schema, fields, pre_load, validate

from server.console.frame.forms import filled, loaded
from server.maps.measures.rules import LONGEST_SILENCE, Question
from server.places.rules import EARLIEST, LATEST

DAYS: Final = (7, 30, 60, 90, 180, 365)
USUAL: Final = 30
_POSSIBLE: Final = validate.Range(EARLIEST, LATEST)

# In the order in which they are offered: what is asked, and what a class of it counts.
QUESTIONS: Final = {
    Question.COVERAGE: _("走访覆盖"),
    Question.UNSEEN: _("久未走访的户"),
    Question.OPEN: _("在办纠纷"),
    Question.OVERDUE: _("超期纠纷"),
    Question.UNPLACED: _("村里未落格的户"),
}
# What the number of a question is the number of.
LISTS: Final = {
    Question.OPEN: "/disputes",
    Question.OVERDUE: "/disputes?due=overdue",
    Question.UNPLACED: "/map/unplaced",
}


class MapIn(Schema):
    """The page's questions. An empty field is one that nobody filled in."""

    ask = fields.Enum(Question, by_value=True, load_default=Question.COVERAGE)
    days = fields.Integer(load_default=USUAL, validate=validate.Range(1, LONGEST_SILENCE))
    first = fields.Date(data_key="from", load_default=None, validate=_POSSIBLE)
    last = fields.Date(data_key="to", load_default=None, validate=_POSSIBLE)
    as_of = fields.Date(load_default=None, validate=_POSSIBLE)
    under = fields.String(load_default="", validate=validate.Regexp(r"[0-9]{0,12}\Z"))
    cell = fields.String(load_default=None, validate=validate.Regexp(r"[0-9]{15}\Z"))

    @pre_load
    def leave_out_empty(self, given: Mapping[str, Any], **_: Any) -> Mapping[str, Any]:
        """A form sends empty fields too."""
        return filled(given)


@dataclass(frozen=True, slots=True)
class MapQuestion:
    """What one look at the map asks."""

    ask: Question
    days: int
    first: date | None
    last: date | None
    as_of: date | None
    under: str
    cell: str | None


def read_question(given: Mapping[str, str], today: date) -> MapQuestion:
    """What the address asks. Raises Invalid. A day that is not over is the present."""
    asked = MapQuestion(**loaded(MapIn(), given))
    return replace(asked, as_of=None) if asked.as_of and asked.as_of >= today else asked


def span_of(asked: MapQuestion, today: date) -> tuple[date, date]:
    """The days whose visits count, both included."""
    if asked.first and asked.last:
        return asked.first, asked.last
    return today - timedelta(days=asked.days - 1), today
