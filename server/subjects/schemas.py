"""Shapes of subjects."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class PackageIn(Schema):
    """Why the package is made: who asked, and how they showed that it is them."""

    reason = fields.String(
        required=True,
        validate=validate.Length(min=2, max=200),
        metadata={"description": "who asked, how verified; no names: others read it"},
    )
