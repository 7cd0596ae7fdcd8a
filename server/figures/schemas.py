"""Shapes of figures."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from server.figures.rules.months import read_month
from server.ladder.routing import Category, Level

BY = ("area", "category", "level", "month")
_CODE = validate.Regexp(r"[0-9]{6,12}\Z")


_LONGEST = 20  # characters of a month or a day, blanks and all


class _Month(fields.String):
    """A whole month: 2026-03, or its first day where it begins a period, its last where it ends."""

    def __init__(self, *, last: bool, **more: Any) -> None:
        # Told in the description; a validator would get the month that has been read, not the text.
        told = {**more.pop("metadata", {}), "maxLength": _LONGEST}
        super().__init__(load_default=None, metadata=told, **more)
        self.last = last

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        said = super()._deserialize(value, attr, data, **more)
        month = read_month(said, last=self.last) if len(said) <= _LONGEST else None
        if month is None:
            raise ValidationError("whole_months")
        return month


class FiguresIn(Schema):
    """Of which Area, over which whole months, by what. Left out: one's own Area, this year."""

    area = fields.String(load_default=None, validate=_CODE)
    since = _Month(last=False, data_key="from", metadata={"description": "2026-01, or 2026-01-01"})
    until = _Month(last=True, data_key="to", metadata={"description": "2026-03, or 2026-03-31"})
    by = fields.String(load_default="level", validate=validate.OneOf(BY))
    category = fields.String(
        load_default=None, validate=validate.OneOf([one.value for one in Category])
    )
    level = fields.String(load_default=None, validate=validate.OneOf([one.value for one in Level]))
    format = fields.String(load_default=None, validate=validate.OneOf(["json", "csv"]))


class ShareOut(Schema):
    """`n` of `of`. What others' Offices handled is counted in full tens: of it 30 stands for 30 to
    39, 0 for 0 to 9. From 100 of theirs on the ratio is that of these numbers. Of fewer it is told
    at one level, over a year, a quarter or a month: of 50 to 99 in tenths, where 0.8 stands for
    0.75 to 0.85, and 0.9 also for all above; of 30 to 49 in fifths, where 0.6 stands for 0.5 to
    0.7, and 0.8 also for all above. Else there is none.
    """

    n = fields.Integer()
    of = fields.Integer()
    ratio = fields.Float(allow_none=True)
    ratio_step = fields.Float(
        allow_none=True,
        metadata={"description": "0.1 or 0.2: nearest, of the true numbers; null: as n and of say"},
    )


class TookOut(Schema):
    """Days that a step took: half took no longer than the median, nine of ten than p90. Where the
    others' are fewer than ten, of those of one's own Offices alone; empty where there are none.
    """

    of = fields.Integer(metadata={"description": "steps that ended; the others' in full tens"})
    median_days = fields.Integer(allow_none=True)
    p90_days = fields.Integer(allow_none=True)


class FigureAreaOut(Schema):
    """Of which Area and all below."""

    code = fields.String()
    name = fields.String()
    level = fields.String()


class _Figures(Schema):
    figure = fields.String()
    area = fields.Nested(FigureAreaOut)
    since = fields.Date(data_key="from", metadata={"description": "the first day"})
    until = fields.Date(data_key="to", metadata={"description": "the last day"})
    by = fields.String()
    category = fields.String(allow_none=True)
    level = fields.String(allow_none=True)
    as_of = fields.AwareDateTime(
        metadata={"description": "all that was written before this is counted"}
    )


class SharesRowOut(Schema):
    """One row: by Area its code, else a slug or a month."""

    key = fields.String()
    name = fields.String()
    shares = fields.Dict(keys=fields.String(), values=fields.Nested(ShareOut))


class SharesOut(_Figures):
    """Shares, each with what it is a share of."""

    total = fields.Nested(SharesRowOut)
    rows = fields.List(fields.Nested(SharesRowOut))


class TimesRowOut(Schema):
    """One row: by Area its code, else a slug or a month."""

    key = fields.String()
    name = fields.String()
    steps = fields.Dict(keys=fields.String(), values=fields.Nested(TookOut))


class TimesOut(_Figures):
    """Days that steps took, each with how many steps ended."""

    total = fields.Nested(TimesRowOut)
    rows = fields.List(fields.Nested(TimesRowOut))
