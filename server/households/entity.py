"""How households sync: made and amended on phones, placed by the server."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from server.access.queries import list_places
from server.db import Acting
from server.households import queries, service
from server.households.errors import BadHousehold
from server.households.rules import MUTABLE, SENSITIVE
from server.households.service import Amendment, NewHousehold
from server.refusal import Fields, refusing
from sync.model import Op, Ready, Stamp


class HouseholdEntity:
    """户 on phones."""

    name = "household"
    ops = frozenset({Op.CREATE, Op.PATCH})
    mutable = MUTABLE
    sensitive = SENSITIVE

    def columns(self, schema: int) -> Sequence[str]:
        """Since schema 1."""
        return queries.SYNC_COLUMNS

    def selection(self) -> Select[Any]:
        """Households as phones hold them."""
        return queries.select_sync_rows()

    def apply(self, acting: Acting, run: Sequence[Ready]) -> None:
        """Create or amend a run of households."""
        session, by = acting
        with refusing():
            held = frozenset(list_places(session, by.user_id, by.now) if by.user_id else ())
            if run[0].change.op is Op.PATCH:
                amended = [_amendment(ready) for ready in run]
                service.amend_households(session, by, held, amended)
            else:
                new = [_new(index, ready) for index, ready in enumerate(run)]
                service.register_households(session, by, held, new)

    def read(self, session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Households as phones hold them."""
        return queries.list_sync_rows(session, ids)

    def lock(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Stamp]]:
        """Lock households; who wrote each field last."""
        return {
            h.id: {name: Stamp(*stamp) for name, stamp in h.stamps.items()}
            for h in queries.lock_households(session, ids)
        }


def _amendment(ready: Ready) -> Amendment:
    return Amendment(UUID(ready.change.id), ready.set, _stamps(ready))


def _new(index: int, ready: Ready) -> NewHousehold:
    fields = Fields(ready.set, BadHousehold, index)
    return NewHousehold(
        id=UUID(ready.change.id),
        village_id=fields.need_id("village_id"),
        cell_id=fields.take_id("cell_id"),
        group_no=fields.left.pop("group_no", None),
        fields=fields.left,
        stamps=_stamps(ready),
    )


def _stamps(ready: Ready) -> dict[str, Any]:
    return {name: list(stamp) for name, stamp in ready.stamps.items()}
