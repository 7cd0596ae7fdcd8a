"""Shapes of codes and slips at a desk."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class MadeOut(Schema):
    """A code, shown this once. `link` leads to the page, if there is one; `qr` is an SVG image."""

    code = fields.String()
    link = fields.String(allow_none=True)
    qr = fields.String()


class SlipIn(Schema):
    """Which slip: with the code that was just made, or with a new one; on paper or its QR alone."""

    code = fields.String(load_default=None, validate=validate.Length(max=200))
    form = fields.String(load_default="pdf", validate=validate.OneOf(["pdf", "png", "svg"]))
