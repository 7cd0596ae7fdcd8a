"""What a database of its own costs each test, against a transaction that is rolled back."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

from psycopg2 import extensions

from bench.decisions.compare import compare, timed
from bench.ground import connect, execute
from server.cluster import Cluster, temporary_cluster
from server.installation import open_installation

_number = count(1)


def main() -> None:
    """Measure and show."""
    with temporary_cluster() as cluster, tempfile.TemporaryDirectory() as directory:
        template = open_installation(Path(directory), cluster.admin_url("seeded"), private=True)
        template.migrate()
        kept = connect(cluster.admin_url("seeded"))
        print(f"the template: {_megabytes(kept):.0f} MB")
        kept.close()  # a template must have no visitors
        execute(cluster.admin_url(), "CREATE DATABASE shared TEMPLATE seeded")
        kept = connect(cluster.admin_url("shared"))
        ways: dict[str, Callable[[], float]] = {
            "savepoint, rolled back": lambda: timed(lambda: _roll_back(kept)),
            "copy, connect, drop": lambda: timed(lambda: _copy(cluster, "")),
            "copy by files, connect, drop": lambda: timed(
                lambda: _copy(cluster, "STRATEGY file_copy")
            ),
        }
        compare("A place for one test", "ms a test", ways, rounds=15)
        kept.close()


def _roll_back(connection: extensions.connection) -> None:
    cursor = connection.cursor()
    cursor.execute("SAVEPOINT test")
    cursor.execute(_WRITE)
    cursor.execute("ROLLBACK TO test")
    connection.rollback()


def _copy(cluster: Cluster, strategy: str) -> None:
    name = f"test_{next(_number)}"
    execute(cluster.admin_url(), f"CREATE DATABASE {name} TEMPLATE seeded {strategy}")
    connection = connect(cluster.admin_url(name))
    connection.cursor().execute(_WRITE)
    connection.commit()
    connection.close()
    execute(cluster.admin_url(), f"DROP DATABASE {name} WITH (FORCE)")


def _megabytes(connection: extensions.connection) -> float:
    cursor = connection.cursor()
    cursor.execute("SELECT pg_database_size(current_database()) / 1e6")
    (size,) = cursor.fetchone() or (0,)
    return float(size)


_WRITE = """
    INSERT INTO area (id, level, code, name) VALUES (gen_random_uuid(), 'province', '51', 'x')
"""


if __name__ == "__main__":
    main()
