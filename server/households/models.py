"""Households and their placing in cells."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.sealed import Sealed


class Household(Base):
    """户: who lives at one address. `bucket` is its cell's, or its village's while unplaced."""

    __tablename__ = "household"
    __table_args__ = (
        UniqueConstraint("id", "bucket"),  # what visits follow when it moves
        UniqueConstraint("external_system", "external_id"),
        CheckConstraint("kind IN ('family','shop','enterprise','institution')", name="kind"),
        CheckConstraint("state IN ('lived_in','away','ended')", name="state"),
        CheckConstraint("placed_by IN ('point','group','hand')", name="placed_by"),
        CheckConstraint(
            "(cell_id IS NULL) = (placed_by IS NULL)"
            " AND (cell_id IS NULL) = (unplaced IS NOT NULL)",
            name="placed",
        ),
        Index("household_bucket_ix", "bucket"),
        Index("household_unplaced_ix", "village_id", postgresql_where="cell_id IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    village_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), index=True)
    cell_id: Mapped[UUID | None] = mapped_column(ForeignKey("grid_cell.id"))
    bucket: Mapped[str] = mapped_column(
        Text, Computed("coalesce('c:' || cell_id::text, 'v:' || village_id::text)")
    )
    group_no: Mapped[int | None]
    kind: Mapped[str] = mapped_column(server_default="family")
    state: Mapped[str] = mapped_column(server_default="lived_in")
    head_name: Mapped[str] = mapped_column(Sealed("household.head_name"))
    head_index: Mapped[bytes | None] = mapped_column(LargeBinary)  # blind, of rules.bare_name
    telephone: Mapped[str | None] = mapped_column(Sealed("household.telephone"))
    telephone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    address: Mapped[str] = mapped_column(server_default="")
    near_address: Mapped[str | None]  # of rules.near_address
    people: Mapped[int | None]
    # The raw reading stays beside what it was taken to mean.
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    datum: Mapped[str | None]
    accuracy_m: Mapped[float | None]
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", srid=4326))
    # How a map finds it under row security: geo.tiles.quadkey of `geom`.
    quadkey: Mapped[int | None] = mapped_column(
        BigInteger, Computed("quadkey_of(geom)"), index=True
    )
    placed_by: Mapped[str | None]
    unplaced: Mapped[str | None]  # why: a slug of households.rules.Unplaced
    external_system: Mapped[str | None]
    external_id: Mapped[str | None]
    stamps: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]


class Placing(Base):
    """落格: in which cell (or only village) a household was, from–to, and how it got there."""

    __tablename__ = "household_placing"
    __table_args__ = (
        Index(
            "household_placing_present_ix",
            "household_id",
            unique=True,
            postgresql_where="valid_to IS NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID] = mapped_column(ForeignKey("household.id"), index=True)
    # Copied from the household, whose own keys hold its place: looked up once, not twice.
    village_id: Mapped[UUID]
    cell_id: Mapped[UUID | None] = mapped_column(index=True)
    placed_by: Mapped[str | None]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
