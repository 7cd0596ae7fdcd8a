"""How many more times something may be tried from somewhere."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Double, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class Knock(Base):
    """A bucket of tries of one kind from one source: how many are left, as of when.

    The source is a keyed digest; nobody can read an address or a login here.
    """

    __tablename__ = "knock"

    kind: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    remaining: Mapped[float] = mapped_column(Double)
    at: Mapped[datetime] = mapped_column(index=True)
