"""How service needs sync: recorded with their consent and withdrawn on phones, ended by time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from server.db import Acting
from server.households.needs import queries, service
from server.households.needs.errors import BadConsent
from server.households.needs.rules import MUTABLE
from server.households.needs.service import NewNeed, Withdrawal
from server.refusal import Fields, refusing
from sync.model import Op, Ready, Stamp


class ServiceNeedEntity:
    """服务需求 on phones."""

    name = "service_need"
    ops = frozenset({Op.CREATE, Op.PATCH})
    mutable = MUTABLE
    sensitive: frozenset[str] = frozenset()

    def columns(self, schema: int) -> Sequence[str]:
        """For every schema alike: an app that does not know them keeps them for the digest."""
        return queries.SYNC_COLUMNS

    def selection(self) -> Select[Any]:
        """Tags as phones hold them."""
        return queries.select_sync_rows()

    def apply(self, acting: Acting, run: Sequence[Ready]) -> None:
        """Record or withdraw a run of needs."""
        with refusing():
            if run[0].change.op is Op.PATCH:
                service.withdraw_needs(*acting, [_withdrawal(ready) for ready in run])
            else:
                service.record_needs(*acting, [_new(i, ready) for i, ready in enumerate(run)])

    def read(self, session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Tags as phones hold them."""
        return queries.list_sync_rows(session, ids)

    def lock(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Stamp]]:
        """Lock tags; who wrote each field last."""
        return {
            need.id: {name: Stamp(*stamp) for name, stamp in need.stamps.items()}
            for need in queries.lock_needs(session, ids)
        }


def _new(index: int, ready: Ready) -> NewNeed:
    fields = Fields(ready.set, BadConsent, index)
    return NewNeed(
        id=UUID(ready.change.id),
        household_id=fields.need_id("household_id"),
        recorded_at=ready.times.recorded_at,
        fields=fields.left,
    )


def _withdrawal(ready: Ready) -> Withdrawal:
    stamps = {name: list(stamp) for name, stamp in ready.stamps.items()}
    return Withdrawal(UUID(ready.change.id), ready.set, stamps)
