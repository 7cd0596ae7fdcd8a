"""Pages of a list: bounded, by keyset, in the order of ids (that is, of when they were made)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `next` is the `after` of the following one; None at the end."""

    items: Sequence[Any]
    next: UUID | None
    total: int | None  # counted for the first page only: counting reads everything


class PageIn(Schema):
    """Which page; other filters are added by the lists."""

    after = fields.UUID(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


def page_schema(item: type[Schema]) -> type[Schema]:
    """The schema of a page of these items."""
    return type(
        item.__name__.replace("Out", "PageOut"),
        (Schema,),
        {
            "items": fields.List(fields.Nested(item)),
            "next": fields.UUID(allow_none=True),
            "total": fields.Integer(allow_none=True),
        },
    )


def page_of(session: Session, query: Select[Any], key: Any, after: UUID | None, limit: int) -> Page:
    """Run `query` (of one entity) as a page ordered by `key`, its primary key."""
    total = None
    if after is None:
        total = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    wanted = query.where(key > after) if after else query
    found = session.scalars(wanted.order_by(key).limit(limit + 1)).all()
    items = found[:limit]
    return Page(
        items, next=getattr(items[-1], key.key) if len(found) > limit else None, total=total
    )
