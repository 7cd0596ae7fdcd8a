"""Areas, grid cells and their boundaries. Codes are dated labels; everything else hangs on ids.

Labels are written by triggers (migrations/sql/places_*.sql) whoever writes an Area or a cell.
"""

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
        Index("area_code_key", "code", unique=True, postgresql_where="ended_at IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    level: Mapped[str]
    code: Mapped[str]  # the present one, or where it ended the last
    name: Mapped[str]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("area.id"), index=True)
    ended_at: Mapped[datetime | None]
    # Villages travel in their own bucket; what is above them in the reference bucket; what has
    # ended in one that nobody holds.
    bucket: Mapped[str] = mapped_column(
        Text,
        Computed(
            "CASE WHEN ended_at IS NULL THEN"
            " CASE level WHEN 'village' THEN 'v:' || id::text ELSE 'ref' END"
            " ELSE 'past' END"
        ),
    )


class GridCell(Base):
    """网格: part of one village; names the villager groups (组/社) it covers."""

    __tablename__ = "grid_cell"
    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]{15}$'", name="code"),
        Index("grid_cell_code_key", "code", unique=True, postgresql_where="ended_at IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    village_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), index=True)
    code: Mapped[str]
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
    # How a map finds and marks it under row security: extent in degrees, and a point inside.
    west: Mapped[float | None] = mapped_column(Computed("st_xmin(geom::box3d)"))
    south: Mapped[float | None] = mapped_column(Computed("st_ymin(geom::box3d)"))
    east: Mapped[float | None] = mapped_column(Computed("st_xmax(geom::box3d)"))
    north: Mapped[float | None] = mapped_column(Computed("st_ymax(geom::box3d)"))
    middle: Mapped[WKBElement | None] = mapped_column(
        Geometry("POINT", srid=4326, spatial_index=False),
        Computed(
            "CASE WHEN st_covers(geom, st_centroid(geom)) THEN st_centroid(geom)"
            " ELSE st_pointonsurface(geom) END"
        ),
    )


class AreaLabel(Base):
    """What an Area was called, from–to. Of those that follow each other, one ends as one begins."""

    __tablename__ = "area_label"
    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="span"),
        Index("area_label_present_ix", "area_id", unique=True, postgresql_where="valid_to IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("area.id"))
    code: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class CellLabel(Base):
    """What a cell was called, of which village, naming which groups, from–to."""

    __tablename__ = "cell_label"
    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="span"),
        Index("cell_label_present_ix", "cell_id", unique=True, postgresql_where="valid_to IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    cell_id: Mapped[UUID] = mapped_column(ForeignKey("grid_cell.id"), index=True)
    village_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"))
    code: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    groups: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{}")
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class AreaSuccessor(Base):
    """What became of an Area. Renamed or transferred, it stayed itself: both ids are its own."""

    __tablename__ = "area_successor"
    __table_args__ = (
        CheckConstraint("kind IN ('renamed','merged','split','transferred')", name="kind"),
    )

    from_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), primary_key=True)
    to_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    kind: Mapped[str]
