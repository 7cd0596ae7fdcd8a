"""Lists of cases need cases, and those a policy and a calendar: these tests begin with both."""

from __future__ import annotations

import pytest

from tests.lending import Lending


@pytest.fixture
def lending(governed_lending: Lending) -> Lending:
    """As in every county that stands."""
    return governed_lending
