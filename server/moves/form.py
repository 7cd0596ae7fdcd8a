"""What a move is: a plan of some kind, surveyed against the world, then carried out.

A kind of move is a folder beside this file. It reads plans (`schema`), and answers what one would
do (`survey`): once for the preview, and once more, under the lock that keeps everything else from
moving, before it is applied. A survey changes nothing; what it would do waits in `carry_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marshmallow import Schema
from sqlalchemy.orm import Session

from server.db import Identity
from server.moves.errors import NotInCharge


@dataclass(frozen=True, slots=True)
class Moving:
    """An open transaction in which something moves, and how far its author reaches.

    `charge`: the villages that the author answers for; None: the whole county. `phone_rows`: how
    many rows a phone carries without strain.
    """

    session: Session
    by: Identity
    charge: frozenset[UUID] | None
    phone_rows: int

    def answer_for(self, villages: Collection[UUID]) -> None:
        """Raises NotInCharge unless the author answers for all of these villages."""
        if self.charge is not None and not self.charge.issuperset(villages):
            raise NotInCharge


@dataclass(frozen=True, slots=True)
class Survey:
    """What a plan would do to the world as it is.

    `answer`: the members of the preview, ready for JSON. `counts`: what history keeps, codes and
    numbers. `seen`: everything that the answer depends on, ready for JSON; something in it must
    never come back once it has changed (the id of a boundary or an assignment), or the token of a
    move that was applied would fit again. `area_ids`: the villages and Areas concerned.
    `carry_out`: writes it, in the transaction of the survey.
    """

    answer: Mapping[str, Any]
    counts: Mapping[str, Any]
    seen: Any
    area_ids: Sequence[UUID]
    carry_out: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of move. `action`: what its author must be permitted (access/permissions.py).

    `survey` is given what `schema` made of the plan. It calls `moving.answer_for` for every village
    that it touches, and raises what keeps the plan from being carried out.
    """

    name: str
    action: str
    schema: type[Schema]
    survey: Callable[[Moving, Any], Survey]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that was read: as it was sent, and as its kind takes it."""

    kind: Kind
    sent: Mapping[str, Any]
    read: Any
