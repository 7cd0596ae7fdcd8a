"""One town for all tests of the walls."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.conftest import TestCluster
from tests.walls.town import Town
from tests.walls.town import town as planted


@pytest.fixture(scope="package")
def town(cluster: TestCluster) -> Iterator[Town]:
    """The planted town, in a database of its own. The last file writes in it for good."""
    name = f"town_{os.getpid()}"
    cluster.create(name, "wangge_seeded")
    try:
        with planted(cluster.url(name)) as town:
            yield town
    finally:
        cluster.drop(name)
