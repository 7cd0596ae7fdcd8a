"""A register of its own for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.erasure.register import Register


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path)
