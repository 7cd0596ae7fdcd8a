"""A supervisor and the county's IT do what docs/drafting.md says, and see what it says."""

from __future__ import annotations

from pathlib import Path

from server.demo.web import serving
from tests import smallcounty
from tests.docs.blocks import blocks_of
from tests.docs.test_walkthrough import as_written, environment_of, steps_of, walk
from tests.smallcounty import SmallCounty


def test_what_drafting_prints_is_what_the_page_says(county: SmallCounty, tmp_path: Path) -> None:
    # The shell functions stand in the walkthrough, and are used as they stand there.
    prologue = steps_of(blocks_of("walkthrough.md"))[:2]
    steps = [*prologue, *steps_of(blocks_of("drafting.md"))]
    with serving(smallcounty.settings(county.url), county.clock) as server:
        environment = {**environment_of(county, server), "SUPERVISOR": "township-a"}
        printed = walk(steps, environment, tmp_path)
    for step, seen in zip(steps[2:], printed[2:], strict=True):
        assert as_written(step.printed, seen), f"{step.commands}\nprinted\n{seen}"
