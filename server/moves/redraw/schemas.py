"""Shapes of redraws. Geometry is GeoJSON in degrees, WGS-84; whether it fits, a check says."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

_CELLS = 200  # a village has rarely more than twenty


class _Cell(Schema):
    """What a cell is called, what it names, and who serves it from then on."""

    name = fields.String(validate=validate.Length(min=1, max=100))
    groups = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, 99)),
        validate=validate.Length(max=99),
    )
    workers = fields.List(
        fields.String(validate=validate.Length(max=40)),
        validate=validate.Length(max=20),
        metadata={"description": "logins; left out: a cell that stays keeps its workers"},
    )


class CellIn(_Cell):
    """A cell as it shall be: `code` names one that stays, without it a new one is made."""

    code = fields.String(validate=validate.Regexp(r"[0-9]{15}\Z"))
    geometry = fields.Dict()


class PieceIn(_Cell):
    """A piece of a cell that is split; the first one keeps the code."""

    geometry = fields.Dict()


class SplitIn(Schema):
    """One cell in two along a line (pieces west to east, north to south), or in drawn pieces."""

    cell = fields.String(required=True, validate=validate.Regexp(r"[0-9]{15}\Z"))
    line = fields.Dict()
    into = fields.List(fields.Nested(PieceIn), validate=validate.Length(min=2, max=_CELLS))


class MergeIn(_Cell):
    """Several cells become the one of them that is kept."""

    cells = fields.List(
        fields.String(validate=validate.Regexp(r"[0-9]{15}\Z")),
        required=True,
        validate=validate.Length(min=2, max=_CELLS),
    )
    keep = fields.String(required=True, validate=validate.Regexp(r"[0-9]{15}\Z"))


class RedrawIn(Schema):
    """Cells of one village. Those that are not named stay as they are."""

    village = fields.String(required=True, validate=validate.Regexp(r"[0-9]{12}\Z"))
    cells = fields.List(fields.Nested(CellIn), validate=validate.Length(max=_CELLS))
    ended = fields.List(
        fields.String(validate=validate.Regexp(r"[0-9]{15}\Z")),
        validate=validate.Length(max=_CELLS),
    )
    split = fields.Nested(SplitIn)
    merge = fields.Nested(MergeIn)

    @validates_schema
    def check_one_way(self, plan: dict[str, Any], **_: Any) -> None:
        """One way of saying it at a time."""
        ways = [bool(plan.get("cells") or plan.get("ended")), "split" in plan, "merge" in plan]
        if sum(ways) != 1:
            raise ValidationError("cells/ended、split、merge 三者取一。 One of these, not several.")
