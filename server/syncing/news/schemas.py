"""Shape of what the poll says."""

from __future__ import annotations

from marshmallow import Schema, fields


class NewsOut(Schema):
    """Something is new, as far as the caller's last ETag goes: pull."""

    poll_seconds = fields.Integer(metadata={"description": "下次查询的间隔 Ask again after this"})
