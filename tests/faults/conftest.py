"""The house in which the short runs happen: made once, and broken again and again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.house import House, standing


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A house of its own: nothing is killed that another test needs."""
    with standing() as made:
        yield made
