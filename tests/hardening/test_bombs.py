"""Bombs: each is refused by name, and all of them together take a bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = 500  # MB for the worst of them, the bombs themselves among it
REFUSED = {
    "gzip of 256 MB": "413",
    "gzip of a gzip": "400",
    "8 MB of [": "400",
    "8 MB of quotes": "400",
    "8 MB of lists": "200",  # they are lists, and not deep
    "8 MB of digits": "400",
    "a ring of 250,000": "BadPlan",
    "a hundred thousand rings": "BadPlan",
    "a hundred thousand parts": "BadPlan",
    "within itself": "BadPlan",
    "250,000 points": "BadPlan",
    "a line of 250,000": "BadPlan",
    "a scribble": "BadPlan",
    "120,000 features": "BadPlan",
    "a PNG of 50,000 by 50,000": "TooManyPixels",
    "a PNG that lies": "TooManyPixels",
    "a film of four pictures": "image/jpeg",  # the first of them is kept
    "a sheet of nothing but blanks": "BadSheet",
    "styles of nothing but blanks": "BadSheet",
    "shared texts of 130 MB": "BadSheet",
}


def test_every_bomb_is_refused_and_none_fills_the_memory() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.hardening.bombs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    told = json.loads(ended.stdout)
    assert told["told"] == REFUSED
    assert told["peak"] < MOST, f"{told['peak']} MB, of which {told['before']} before the first"
