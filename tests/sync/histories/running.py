"""How many histories, from which seed, and how to play one again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from time import time_ns

from hypothesis import HealthCheck, Phase, Verbosity, reproduce_failure, seed, settings
from hypothesis import __version__ as hypothesis_version
from hypothesis.stateful import run_state_machine_as_test

from tests.sync.histories.machine import Histories

HISTORIES = "WANGGE_HISTORIES"  # how many; without it few, the same every time
SEED = "WANGGE_HISTORIES_SEED"  # of the first batch; without it others every time, and printed
BLOB = "WANGGE_HISTORY"  # of one that failed, as it was printed
SHRINK = "WANGGE_HISTORIES_UNSHRUNK"  # set: be content with the first that fails
CHUNK = 50


def play(
    machine: type[Histories], few: int, steps: int, share: float = 1, shrink: bool = True
) -> None:
    """Play histories until one fails. `few` without HISTORIES; `share` of them with it.

    `shrink`: look for a shorter one that fails too, which takes many more.
    """
    shrink = shrink and SHRINK not in os.environ
    phases = [Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else [])]
    if blob := os.environ.get(BLOB):
        reproduce_failure(hypothesis_version, blob.encode())(machine)
        run(machine, 1, steps, settings(phases=phases))
        return
    many = os.environ.get(HISTORIES)
    if many is None:
        run(machine, few, steps, settings(phases=phases))
        return
    first = int(os.environ.get(SEED) or time_ns() % 1_000_000)
    for start, count in _chunks(int(int(many) * share)):
        number = first + start
        seed(number)(machine)
        print(f"histories: {start} played; {count} from seed {number}", flush=True)  # noqa: T201
        run(machine, count, steps, settings(derandomize=False, phases=phases))


def run(machine: type[Histories], count: int, steps: int, base: settings) -> None:
    """So many histories of so many steps; a failing one prints how to play it again."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            base,
            max_examples=count,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            verbosity=Verbosity.normal,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _chunks(total: int) -> Iterator[tuple[int, int]]:
    for start in range(0, total, CHUNK):
        yield start, min(CHUNK, total - start)
