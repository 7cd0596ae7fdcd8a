"""How places sync: phones read the areas and cells they work in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from server.db import Acting
from server.places import queries
from sync.model import Op, Ready, Stamp
from sync.registry import Refused


class _ReadOnly:
    """What only the server writes."""

    ops: frozenset[Op] = frozenset()
    mutable: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    def apply(self, acting: Acting, run: Sequence[Ready]) -> None:
        """Never reached: no op is allowed."""
        raise Refused(0, "read_only")

    def lock(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Stamp]]:
        """Never reached either."""
        return {}


class AreaEntity(_ReadOnly):
    """行政区划 on phones."""

    name = "area"

    def columns(self, schema: int) -> Sequence[str]:
        """Since schema 1."""
        return ("level", "code", "name")

    def selection(self) -> Select[Any]:
        """Areas as phones hold them."""
        return queries.select_sync_areas()

    def read(self, session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Areas as phones hold them."""
        return queries.list_sync_areas(session, ids)


class CellEntity(_ReadOnly):
    """网格 on phones."""

    name = "cell"

    def columns(self, schema: int) -> Sequence[str]:
        """Since schema 1."""
        return ("village_id", "code", "name", "groups")

    def selection(self) -> Select[Any]:
        """Cells as phones hold them."""
        return queries.select_sync_cells()

    def read(self, session: Session, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """Cells as phones hold them."""
        return queries.list_sync_cells(session, ids)
