"""Areas, grid cells and their boundaries. Codes are dated labels; everything else hangs on ids."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class Area(Base):
    """行政区划: province, city, county, township or village."""

    __tablename__ = "area"
    __table_args__ = (
        CheckConstraint("level IN ('province','city','county','township','village')", name="level"),
        CheckConstraint("code ~ '^[0-9]{2,12}$'", name="code"),
        Index("area_code_prefix_ix", "code", postgresql_ops={"code": "text_pattern_ops"}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    level: Mapped[str]
    code: Mapped[str] = mapped_column(unique=True)  # the present one
    name: Mapped[str]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("area.id"), index=True)
    # Villages travel in their own bucket; what is above them in the reference bucket.
    bucket: Mapped[str] = mapped_column(
        Text, Computed("CASE level WHEN 'village' THEN 'v:' || id::text ELSE 'ref' END")
    )


class GridCell(Base):
    """网格: part of one village; names the villager groups (组/社) it covers."""

    __tablename__ = "grid_cell"
    __table_args__ = (CheckConstraint("code ~ '^[0-9]{15}$'", name="code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    village_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    groups: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{}")
    synthetic: Mapped[bool] = mapped_column(server_default="false")
    ended_at: Mapped[datetime | None]
    bucket: Mapped[str] = mapped_column(Text, Computed("'c:' || id::text"))


class Boundary(Base):
    """网格边界: the polygon of a cell or an area over a span of time. A redraw closes and opens."""

    __tablename__ = "boundary"
    __table_args__ = (
        CheckConstraint("num_nonnulls(cell_id, area_id) = 1", name="owner"),
        Index(
            "boundary_present_cell_ix",
            "cell_id",
            unique=True,
            postgresql_where="valid_to IS NULL AND cell_id IS NOT NULL",
        ),
        Index(
            "boundary_present_area_ix",
            "area_id",
            unique=True,
            postgresql_where="valid_to IS NULL AND area_id IS NOT NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    cell_id: Mapped[UUID | None] = mapped_column(ForeignKey("grid_cell.id"))
    area_id: Mapped[UUID | None] = mapped_column(ForeignKey("area.id"))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326))
