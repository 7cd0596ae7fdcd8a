"""Shapes of measures. Many cells: rows of values, with the names of the columns once."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from server.maps.measures.rules import LONGEST_SILENCE, USUAL_SILENCE
from server.maps.tiles.schemas import CellsIn
from server.syncing.status.schemas import PhoneOut


class MapIn(CellsIn):
    """Which cells, over which days. `days`: a household that nobody met for so long is unseen."""

    under = fields.String(load_default="", validate=validate.Regexp(r"[0-9]{0,15}\Z"))
    days = fields.Integer(
        load_default=USUAL_SILENCE, strict=False, validate=validate.Range(1, LONGEST_SILENCE)
    )


class _Rows(fields.List[Any]):
    """Rows of values, as they came from the database: nothing to ask of each value of thousands."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


class MapOut(Schema):
    """`cells`: rows of `columns`; `classes`: where those of each question begin, light to dark.

    `visited` of `households` were met or telephoned from `from` to `to`; `unseen` were not since
    `unseen_since`; `unplaced` are of the cell's village. A village's `open` lie in no single cell.
    `synthetic`: boundaries among them were drawn for demonstration. `bounds`: west, south, east,
    north of all boundaries there are or were, in one's own places or not; null: there is none.
    """

    as_of = fields.Date(allow_none=True)
    first = fields.Date(data_key="from")
    last = fields.Date(data_key="to")
    unseen_since = fields.AwareDateTime()
    columns = fields.List(fields.String())
    cells = _Rows(fields.List(fields.Raw()))
    village_columns = fields.List(fields.String())
    villages = _Rows(fields.List(fields.Raw()))
    synthetic = fields.Boolean()
    bounds = fields.List(fields.Float(), allow_none=True)
    classes = fields.Dict(keys=fields.String(), values=fields.List(fields.Float()))


class ServesOut(Schema):
    """Who serves a cell. `rows`: what a phone of theirs should hold."""

    id = fields.UUID()
    login = fields.String()
    name = fields.String()
    leads = fields.Boolean()
    until = fields.AwareDateTime(allow_none=True)
    rows = fields.Integer()
    bytes = fields.Integer()
    phones = fields.List(fields.Nested(PhoneOut))


class CellLookOut(Schema):
    """A cell, and who serves it, the lead first."""

    id = fields.UUID()
    code = fields.String()
    name = fields.String()
    groups = fields.List(fields.Integer())
    synthetic = fields.Boolean()
    workers = fields.List(fields.Nested(ServesOut))
