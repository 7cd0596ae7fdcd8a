"""What docs/importing.md shows is what a county's IT sees, and it names every reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.households.imports.errors import Reason
from server.households.imports.rules import COLUMNS
from server.households.rules import Unplaced
from tests.docs.blocks import PAGES, blocks_of
from tests.docs.test_walkthrough import as_written, environment_of, steps_of, walk
from tests.smallcounty import SmallCounty


def test_the_examples_print_what_the_page_says(county: SmallCounty, tmp_path: Path) -> None:
    steps = steps_of(blocks_of("importing.md"))
    assert len(steps) == 4
    printed = walk(steps, environment_of(county, "http://nowhere.invalid"), tmp_path)
    for step, seen in zip(steps, printed, strict=True):
        assert as_written(step.printed, seen), f"{step.commands}\nprinted\n{seen}"


@pytest.mark.parametrize("name", [*Reason, *Unplaced, *COLUMNS])
def test_the_page_explains_every_name(name: str) -> None:
    assert f"`{name}`" in (PAGES / "importing.md").read_text("utf-8")
