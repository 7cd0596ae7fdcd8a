"""A keyboard before the small county, and one before a county that holds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.keyboard import Keyboard, environment


@pytest.fixture
def keyboard(database: str, tmp_path: Path) -> Keyboard:
    """At the server of the small county."""
    return Keyboard(environment(database, tmp_path))


@pytest.fixture
def bare_keyboard(empty_database: str, tmp_path: Path) -> Keyboard:
    """At a server that was migrated and holds nothing."""
    return Keyboard(environment(empty_database, tmp_path))
