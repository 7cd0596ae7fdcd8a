"""That the worker lives, and when each of its jobs last came to its end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class Heartbeat(Base):
    """`worker` for its loop, the job's name for each job that succeeded."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime]
