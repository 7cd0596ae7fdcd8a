"""Pages of a list: bounded, by keyset, in the order of ids (that is, of when they were made)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from marshmallow import Schema, fields, post_dump, validate
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `next` is the `after` of the following one; None at the end."""

    items: Sequence[Any]
    next: UUID | None
    total: int | None  # counted for the first page only: counting reads everything
    codes: Sequence[OldCode] = ()  # old codes that were asked for, and what they are now


class OldCode(NamedTuple):
    """A code that somebody asked for, and what it is now."""

    asked_code: str
    present_code: str


def note_old_code(session: Session, asked: str, present: str) -> None:
    """What was asked for is known by another code now: the answer of this session will say so."""
    session.info.setdefault(_OLD_CODES, {})[asked] = present


def old_codes(session: Session) -> list[OldCode]:
    """The old codes that this session was asked for so far."""
    return [OldCode(*pair) for pair in session.info.get(_OLD_CODES, {}).items()]


_OLD_CODES = "wangge.old_codes"


class PageIn(Schema):
    """Which page; other filters are added by the lists."""

    after = fields.UUID(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class OldCodeOut(Schema):
    """An old code that was asked for: it still resolves; write the present one from now on."""

    asked_code = fields.String()
    present_code = fields.String()


class _PageOut(Schema):
    next = fields.UUID(allow_none=True)
    total = fields.Integer(allow_none=True)
    codes = fields.List(fields.Nested(OldCodeOut))

    @post_dump
    def tidy(self, page: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Items first; nothing of codes where all that were asked for are present ones."""
        last = {k: v for k, v in page.items() if k != "items" and (v or k != "codes")}
        return {"items": page["items"], **last}


def page_schema(item: type[Schema]) -> type[Schema]:
    """The schema of a page of these items."""
    return type(
        item.__name__.replace("Out", "PageOut"),
        (_PageOut,),
        {"items": fields.List(fields.Nested(item))},
    )


def page_of(session: Session, query: Select[Any], key: Any, after: UUID | None, limit: int) -> Page:
    """Run `query` (of one entity) as a page ordered by `key`, its primary key."""
    total = None
    if after is None:
        # Of the keys alone: of an entity not every column may be read by everybody.
        keys = query.with_only_columns(key, maintain_column_froms=True).subquery()
        total = session.execute(select(func.count()).select_from(keys)).scalar_one()
    wanted = query.where(key > after) if after else query
    found = session.scalars(wanted.order_by(key).limit(limit + 1)).all()
    items = found[:limit]
    more = getattr(items[-1], key.key) if len(found) > limit else None
    return Page(items, next=more, total=total, codes=old_codes(session))
