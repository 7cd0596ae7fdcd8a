"""Shapes of assignments: given, ended, shown; and how people write from–to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from server.access.permissions import Role
from server.access.schemas import RevealIn
from server.ladder.calendar import LOCAL


class Moment(fields.Field[datetime]):
    """A time with its offset, or a local day: its beginning, or (`ends`) the end of it."""

    def __init__(self, *, ends: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self._ends = ends

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any
    ) -> datetime:
        try:
            if len(value) == len("2026-03-02"):
                day = date.fromisoformat(value) + timedelta(days=1 if self._ends else 0)
                at = datetime.combine(day, time(), LOCAL)
            else:
                at = datetime.fromisoformat(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValidationError(_BAD_TIME) from error
        if at.tzinfo is None or not 2000 <= at.year < 3000:
            raise ValidationError(_BAD_TIME)
        return at.astimezone(UTC)  # PostgreSQL knows no offset beyond fifteen hours


_BAD_TIME = "应如 2026-03-02 或 2026-03-02T09:00:00+08:00。 A day, or a time with its offset."
LOGIN = validate.Length(min=1, max=40)


class GiveIn(Schema):
    """A role from–to: without `from` at once, without `to` for good. Administrators: no Office."""

    login = fields.String(required=True, validate=LOGIN)
    role = fields.String(required=True, validate=validate.OneOf([role.value for role in Role]))
    office_id = fields.UUID(load_default=None)
    start = Moment(data_key="from", load_default=None)
    until = Moment(data_key="to", load_default=None, ends=True)
    leads = fields.Boolean(load_default=False)


class EndAssignmentIn(RevealIn):
    """Why it ends, and when: without `at` at once; a day is served to its end."""

    at = Moment(load_default=None, ends=True)


class HeldOut(Schema):
    """分工: what a user holds, with the name and the code of the place."""

    id = fields.UUID()
    role = fields.String()
    cell_id = fields.UUID(allow_none=True)
    office_id = fields.UUID(allow_none=True)
    area_id = fields.UUID(allow_none=True)
    place = fields.String()
    code = fields.String()
    leads = fields.Boolean()
    valid_from = fields.AwareDateTime(data_key="from")
    valid_to = fields.AwareDateTime(data_key="to", allow_none=True)
