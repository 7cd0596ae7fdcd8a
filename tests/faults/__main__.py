"""`make faults`: runs of faults for some minutes, then long histories and long restores.

SEED plays one run again (TIMES so often), MINUTES says how long the runs go on, HISTORIES how many
histories are played in memory (a tenth of them on PostgreSQL) and examples drawn of a property. A
failing seed is printed with every request and its fate. Everything it starts ends with it, at the
latest after LIMIT.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from types import FrameType

from tests.faults.house import standing
from tests.faults.run import Report, plan_of, play

ROOT = Path(__file__).parents[2]
LONG = ("roads", "kills")
RUNS_IN_A_HOUSE = (
    5  # then another one is built: a cluster that recovered often is not the only case
)
LIMIT = 3600  # seconds
OTHERS = {
    "长历史 histories": ["tests/sync/test_histories.py", "tests/syncing/test_histories.py"],
    "性质 properties": ["-m", "hypothesis and not long", "tests"],  # its own mark on each
    "浏览器里的终端 phones in a browser": [
        *(f"tests/browser/test_{name}.py" for name in ("protocol", "deaths", "phone_tabs")),
        *("-m", "long or not long", "-k", "whatever or dies"),
    ],
    "长恢复、长用例 restores, and what else is long": ["-m", "long", "-k", "not dies", "tests"],
}
NOTHING_TO_RUN = 5  # pytest's word for it


@dataclass(frozen=True)
class Wish:
    """What was asked for, by the environment."""

    seeds: list[str]
    minutes: float
    histories: int


def main() -> int:
    """Run; 1 if anything went wrong."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit("停止 Stopped"))
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(LIMIT)
    wish = read_wish(os.environ)
    reports: list[Report] = []
    try:
        reports.extend(_runs(wish))
    finally:
        _show(reports)
    bad = sum(bool(report.wrong) for report in reports)
    if not wish.seeds:
        bad += sum(not _passes(name, what, wish) for name, what in OTHERS.items())
    _say("全部通过 All is well" if not bad else f"有问题 Something is wrong: {bad}")
    return int(bool(bad))


def read_wish(environ: os._Environ[str] | dict[str, str]) -> Wish:
    """SEED, TIMES, MINUTES, HISTORIES."""
    seed = environ.get("SEED", "")
    return Wish(
        seeds=[seed] * int(environ.get("TIMES") or 1) if seed else [],
        minutes=float(environ.get("MINUTES") or 6),
        histories=int(environ.get("HISTORIES") or 1000),
    )


def _runs(wish: Wish) -> Iterator[Report]:
    """Runs one after the other, until one goes wrong or the time is up."""
    seeds = iter(wish.seeds) if wish.seeds else _seeds(wish.minutes)
    for first in seeds:
        _say("搭建数据库与服务 Building a house")
        with standing() as house:
            for seed in chain([first], islice(seeds, RUNS_IN_A_HOUSE - 1)):
                _say(f"{seed} …")
                with tempfile.TemporaryDirectory(prefix="wangge-phones-") as directory:
                    report = play(plan_of(seed), house, Path(directory))
                _say(f"{seed}: {len(report.wrong)} wrong, {report.seconds:.0f} s")
                yield report
                if report.wrong:
                    _say(f"{report}\n再现 To play it again: make faults SEED={seed} TIMES=5")
                    return


def _seeds(minutes: float) -> Iterator[str]:
    until = time.monotonic() + minutes * 60
    number = secrets.randbelow(10**6)
    while time.monotonic() < until:
        yield f"{LONG[number % len(LONG)]}-{number}"
        number += 1


def _show(reports: list[Report]) -> None:
    kinds = sorted({kind for report in reports for kind in report.killed})
    widths = "{:16} {:>6} {:>8} {:>8} " + " {:>9}" * len(kinds)
    _write(widths.format("seed", "s", "requests", "visits", *kinds))
    for report in reports:
        counts = [report.killed[kind] for kind in kinds]
        met = report.fates.total()
        line = widths.format(report.seed, f"{report.seconds:.0f}", met, report.visits, *counts)
        _write(line + ("  错误 WRONG" if report.wrong else ""))


def _passes(name: str, what: list[str], wish: Wish) -> bool:
    """Run tests of others in their long form, within what is left of LIMIT."""
    _say(name)
    many = str(wish.histories)
    environment = {**os.environ, "WANGGE_HISTORIES": many, "WANGGE_EXAMPLES": many}
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *what]
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    return ended.returncode in (0, NOTHING_TO_RUN)


def _say(line: str) -> None:
    _write(f"{time.strftime('%H:%M:%S')} {line}")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _too_long(number: int, frame: FrameType | None) -> None:
    raise SystemExit(f"超过 {LIMIT} 秒，停止。 Stopped after {LIMIT} s: something hangs.")


if __name__ == "__main__":
    sys.exit(main())
