"""Alembic's entrance: runs on the connection that `migrations.upgrade` opened, as the owner."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, text

import server.tables  # noqa: F401 (registers every table)
from server.db import Base


def ours(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave PostGIS's own tables, and the indexes it makes by itself, out of the comparison."""
    if kind == "table" and name in {"spatial_ref_sys", "alembic_version"}:
        return False
    return not (kind == "index" and name is not None and name.startswith("idx_"))


def run(connection: Connection) -> None:
    """Migrate on this connection, inside its transaction. Never wait long for a lock."""
    connection.execute(text("SET LOCAL ROLE wangge_owner"))
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    context.configure(connection=connection, target_metadata=Base.metadata, include_object=ours)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
