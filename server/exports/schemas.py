"""Shapes of what is asked of exports."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

from server.access.schemas import RevealIn


class ExportIn(Schema):
    """Which rows: below an Area or in a cell; recorded in [since, until)."""

    class Meta:
        """What is not known is refused: a filter that is not applied would give too much."""

        unknown = RAISE

    under = fields.String(load_default="", validate=validate.Regexp(r"[0-9]{2,15}\Z"))
    since = fields.AwareDateTime(load_default=None)
    until = fields.AwareDateTime(load_default=None)


class ExportPlainIn(ExportIn, RevealIn):
    """The same, unmasked, and why; `approval`: the number of the second person's consent."""

    approval = fields.UUID(load_default=None)
