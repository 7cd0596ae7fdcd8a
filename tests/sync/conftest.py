"""A county in memory, and phones in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync.phone import Handset, Phone
from tests.sync.field import FieldClock, FieldLine, FieldPhone, Open
from tests.sync.sample import LI, LI_PHONE, WANG, WANG_PHONE, SampleCounty


@pytest.fixture
def county() -> SampleCounty:
    return SampleCounty()


@pytest.fixture
def li(county: SampleCounty, tmp_path: Path) -> FieldPhone:
    return FieldPhone(county, LI, LI_PHONE, str(tmp_path / "li.sqlite"))


@pytest.fixture
def wang(county: SampleCounty, tmp_path: Path) -> FieldPhone:
    return FieldPhone(county, WANG, WANG_PHONE, str(tmp_path / "wang.sqlite"))


@pytest.fixture
def handset(county: SampleCounty, tmp_path: Path) -> Handset:
    folder = str(tmp_path / "handset")
    return Handset(
        folder, FieldClock(county), county.new_id, lambda user, _: FieldLine(county, user)
    )


@pytest.fixture
def open_li(county: SampleCounty, tmp_path: Path) -> Open:
    """Li's own phone, opened as an app would open it: on the disk, durably."""

    def opened(clock: FieldClock | None = None, **more: Any) -> Phone:
        path, line = str(tmp_path / "li.sqlite3"), FieldLine(county, LI)
        clock = clock or FieldClock(county)
        return Phone(path, line, clock, county.new_id, device=LI_PHONE, **more)

    return opened
