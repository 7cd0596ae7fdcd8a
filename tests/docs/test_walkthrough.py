"""Somebody types what a page of docs/ says, and sees what it says.

All such pages stand here: one process behind `wangge` (forking.py) serves them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy.engine import make_url

from server.demo.web import serving
from server.erasure import rounds
from tests import smallcounty
from tests.cli.keyboard import str_of
from tests.docs.blocks import PAGES, Block, blocks_of
from tests.docs.forking import directory
from tests.lending import Lending
from tests.smallcounty import PASSWORD, SmallCounty, id_of

BETWEEN = "=== the next block ==="
ANYTHING = "…"
BIN = Path(sys.executable).parent


class Step(NamedTuple):
    """A block of commands, and what the page says that they print."""

    commands: str
    printed: str


@pytest.fixture
def lending(governed_lending: Lending) -> Lending:
    """Cases need a policy and a calendar, which every county has."""
    return governed_lending


@pytest.mark.parametrize(
    "page", ["walkthrough.md", "importing.md", "drafting.md", "gis.md", "handover.md"]
)
def test_what_is_typed_prints_what_the_page_says(
    county: SmallCounty, tmp_path: Path, page: str
) -> None:
    rounds.look_after(county.worker, tmp_path)  # commands open as the web does
    # The shell functions stand in the walkthrough, and are used as they stand there.
    prologue = steps_of(blocks_of("walkthrough.md"))[:2] if page == "drafting.md" else []
    steps = [*prologue, *steps_of(blocks_of(page))]
    assert len(steps) > 3
    with serving(smallcounty.settings(county.url, tmp_path), county.clock) as server:
        printed = walk(steps, environment_of(county, server, tmp_path), tmp_path)
    for step, seen in list(zip(steps, printed, strict=True))[len(prologue) :]:
        assert as_written(step.printed, seen), f"{step.commands}\nprinted\n{seen}"


@pytest.mark.parametrize(
    ("page", "seen", "same"),
    [
        ("one\n", "one\n", True),
        ("one\n", "two\n", False),
        ('"id": "…"\n', '"id": "7"\n', True),
        ('"id": "…"\n', '"id": "7"\n"n": "8"\n', False),
        ("{\n…\n}\n", "{\n1\n2\n}\n", True),
        ("{\n…\n}\n", "{\n1\n2\n]\n", False),
    ],
)
def test_three_dots_stand_for_the_rest_of_a_line_or_for_any_lines(
    page: str, seen: str, same: bool
) -> None:
    assert as_written(page, seen) is same


def steps_of(blocks: Sequence[Block]) -> list[Step]:
    """Every block of commands with the text that follows it."""
    followed = pairwise([*blocks, Block("", "")])
    return [
        Step(block.text, after.text if after.kind == "text" else ANYTHING)
        for block, after in followed
        if block.kind == "sh"
    ]


def environment_of(county: SmallCounty, server: str, data_dir: Path) -> Mapping[str, str]:
    """What a newcomer's shell knows: where the server is, who they are, and `wangge`."""
    url = make_url(county.url)
    return {
        "PATH": os.pathsep.join(
            map(str, (directory(), Path(sys.executable).parent, os.environ["PATH"]))
        ),
        "SERVER": server,
        "PASSWORD": PASSWORD,
        "WORKER": "worker-a1w",
        "MEDIATOR": "mediator-a1",
        "SUPERVISOR": "township-a",
        "DESK": "township-a",
        "EXAMPLES": str(PAGES / "examples" / "handover"),
        "HOUSEHOLD": str(id_of("A1w-1")),
        "WANGGE_SECOND_FACTOR": "optional",
        "WANGGE_WORKER_DATABASE_URL": str_of(url.set(username="wangge_worker")),
        "WANGGE_DATABASE_URL": str_of(url.set(username="wangge_app")),
        "WANGGE_SEAL_KEYS": "t1:" + "A" * 43 + "=",
        "WANGGE_BLIND_KEY": "B" * 43 + "=",
        "WANGGE_DATA_DIR": str(data_dir),
    }


def walk(steps: Sequence[Step], environment: Mapping[str, str], here: Path) -> list[str]:
    """Run all blocks in one shell, as typed one after the other; what each printed."""
    script = f"\necho '{BETWEEN}'\n".join(step.commands for step in steps)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment,
        cwd=here,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.split(f"{BETWEEN}\n")


def as_written(page: str, seen: str) -> bool:
    """Whether that was printed; three dots on a line of their own stand for any lines."""
    lines = [
        r"(?:.*\n)*?" if line == ANYTHING else _line(line) for line in page.rstrip("\n").split("\n")
    ]
    return re.fullmatch("".join(lines), f"{seen.rstrip(chr(10))}\n") is not None


def _line(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split(ANYTHING)) + r"\n"
