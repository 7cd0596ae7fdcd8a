"""What the PostgreSQL Store asks of an entity beyond the protocol: to read and to lock its rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from server.disputes.entity import DisputeEntity, DisputeEventEntity
from server.households.entity import HouseholdEntity
from server.households.needs.entity import ServiceNeedEntity
from server.places.entity import AreaEntity, CellEntity
from server.visits.entity import VisitEntity
from sync.clock import to_ms
from sync.model import Stamp
from sync.registry import Entity, Registry


class StoredEntity(Entity, Protocol):
    """An entity whose rows are in this database."""

    def selection(self) -> Select[Any]:
        """All its rows: id, then the columns of the newest schema."""

    def read(self, session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Rows that the asker may see: id, then the columns of the newest schema."""

    def lock(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Stamp]]:
        """Lock the rows that the asker may see, in id order; their stamps by field."""


# Parents first: a phone stores them in this order.
ENTITIES: tuple[StoredEntity, ...] = (
    AreaEntity(),
    CellEntity(),
    HouseholdEntity(),
    ServiceNeedEntity(),
    VisitEntity(),
    DisputeEntity(),
    DisputeEventEntity(),
)
STORED: Mapping[str, StoredEntity] = {entity.name: entity for entity in ENTITIES}
SCHEMA = 3  # of the columns: 2 tells how well times are known; 3 the file of a dispute
REGISTRY = Registry(ENTITIES, SCHEMA)


def plain(value: Any) -> Any:
    """A value as JSON has it: ids as text, times as integer milliseconds."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return to_ms(value)
    return value
