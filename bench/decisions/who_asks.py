"""What it costs to tell PostgreSQL who asks, for one transaction with one indexed SELECT."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.orm import Session

from bench.decisions.compare import Way, compare, timed
from server.cluster import temporary_cluster
from server.db import Identity, tell
from server.installation import open_installation

TRANSACTIONS = 100  # of each way in a turn
WHO = Identity(
    datetime(2026, 3, 2, tzinfo=UTC),
    UUID("00000000-0000-7000-8000-000000000001"),
    UUID("00000000-0000-7000-8000-000000000002"),
    "bench",
)
SETTINGS = {
    "role": WHO.role,
    "app.user": WHO.user_id,
    "app.device": WHO.device_id,
    "app.request": WHO.request_id,
    "app.now": WHO.now.isoformat(),
    "transaction_read_only": "off",
}
_WORK = text("SELECT auth_name FROM spatial_ref_sys WHERE srid = 4326")


def main() -> None:
    """Measure and show."""
    with temporary_cluster() as cluster, tempfile.TemporaryDirectory() as directory:
        county = open_installation(Path(directory), cluster.admin_url("county"), private=True)
        county.migrate()
        url = county.settings().database_url
        pooled = create_engine(url)
        unpooled = create_engine(url, poolclass=NullPool)
        ways: dict[str, Way] = {
            "nobody is told": _way(pooled, lambda session: None),
            "one SELECT, six set_config": _way(pooled, lambda session: tell(session, WHO)),
            "six SET LOCAL": _way(pooled, _set_each),
            "a connection of one's own": _way(unpooled, lambda session: None),
        }
        compare("Telling PostgreSQL who asks", "ms a transaction", ways, rounds=31)
        pooled.dispose()


def _way(engine: Engine, told: Callable[[Session], None]) -> Way:
    def transactions() -> None:
        for _ in range(TRANSACTIONS):
            with Session(engine) as session, session.begin():
                told(session)
                session.execute(_WORK).all()

    return lambda: timed(transactions) / TRANSACTIONS


def _set_each(session: Session) -> None:
    for name, value in SETTINGS.items():
        session.execute(text(f"SET LOCAL \"{name}\" = '{value}'"))


if __name__ == "__main__":
    main()
