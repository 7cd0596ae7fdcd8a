"""A county before anything was loaded into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.installation import opened
from tests import smallcounty
from tests.smallcounty import Clock, SmallCounty


@pytest.fixture
def bare_county(empty_database: str) -> Iterator[SmallCounty]:
    """Migrated, and empty."""
    with opened(smallcounty.settings(empty_database)) as app:
        yield SmallCounty(app, Clock(), empty_database)
