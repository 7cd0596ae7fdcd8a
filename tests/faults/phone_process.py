"""A phone in a process of its own, which ends by SIGKILL before its n-th statement.

`python -m tests.faults.phone_process '{"seed": …, "life": …, "die_before": …, …}'`
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.faults.fates import chance_of
from tests.faults.hand import Doomed, Hand, Owner

SECONDS = 300.0  # a life that lasts longer hangs


def live(owner: Owner, base_url: str, life: int, steps: int, die_before: int | None) -> bool:
    """One life of the phone: whether it took all its steps."""
    told: dict[str, Any] = {
        **asdict(owner),
        "directory": str(owner.directory),
        "base_url": base_url,
        "life": life,
        "steps": steps,
        "die_before": die_before,
    }
    command = [sys.executable, "-m", "tests.faults.phone_process", json.dumps(told)]
    ended = subprocess.run(command, timeout=SECONDS, check=False, cwd=Path(__file__).parents[2])
    if ended.returncode not in (0, -9):
        raise AssertionError(f"a phone ended with {ended.returncode}")
    return ended.returncode == 0


def main(told: dict[str, Any]) -> None:
    """Take the steps of one life."""
    base_url, life, steps = told.pop("base_url"), told.pop("life"), told.pop("steps")
    die_before = told.pop("die_before")
    owner = Owner(**{**told, "directory": Path(told["directory"])})

    def connect(path: str) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=30, factory=Doomed)
        db.left = die_before
        return db

    with owner.phone(base_url, f"boot-{life}", connect=connect) as phone:
        hand = Hand(phone, chance_of(owner.seed, owner.name, life), owner.diary)
        for _ in range(steps):
            hand.step()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
