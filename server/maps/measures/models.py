"""What of each cell is counted ahead, so that a map of a county reads no visit."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Integer
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class CellTally(Base):
    """Households that live in a cell, by the local day on which somebody was last met there: the
    worker's copy. It is right for as long as the head of the cell's bucket stands at `seq`, since
    every household and every visit there moves it; read nothing else of it then.
    """

    __tablename__ = "cell_tally"
    __table_args__ = (CheckConstraint("cardinality(met_on) = cardinality(homes)", name="pairs"),)

    cell_id: Mapped[UUID] = mapped_column(ForeignKey("grid_cell.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    met_on: Mapped[list[date]] = mapped_column(ARRAY(Date))  # -infinity: not since rules.KEPT
    homes: Mapped[list[int]] = mapped_column(ARRAY(Integer))  # how many, day by day
