"""What several tests of access stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.access.elsewhere import provided
from tests.access.provider import Provider
from tests.smallcounty import SmallCounty


@pytest.fixture
def provider(county: SmallCounty) -> Iterator[Provider]:
    """The county has an identity provider, and the township's supervisor is known there."""
    with provided(county) as provider:
        yield provider
