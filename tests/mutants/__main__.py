"""`python -m tests.mutants`: put each bug back into a copy of this tree, and see who notices.

Exits with 1 if one was not noticed, or if the tests are red without any. `make mutants` does the
same.
Names on the command line choose bugs by a part of their names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic

from tests.mutants.bugs import BUGS, Bug

ROOT = Path(__file__).parents[2]
COPIED = ("geo", "sync", "server", "migrations", "tests", "docs", "bench", "pyproject.toml")
AT_ONCE = 2
SECONDS = 300  # for one bug: a test that hangs has noticed too
NAMED = 75  # characters of a name
tell = partial(print, flush=True)


def main(asked: Sequence[str]) -> int:
    """Play all bugs, or those asked for; 1 if one survived."""
    bugs = [bug for bug in BUGS if not asked or any(part in bug.name for part in asked)]
    began = monotonic()
    if failed := _red_without_any(bugs):
        tell(f"red without any bug: {failed}")
        return 1
    survived = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for bug, noticed in zip(bugs, pool.map(_notice, bugs), strict=True):
            survived += noticed is None
            tell(f"{bug.name:<{NAMED}}  {noticed or 'SURVIVED'}")
    tell(f"{len(bugs) - survived} of {len(bugs)} noticed in {monotonic() - began:.0f} s")
    return 1 if survived else 0


def plant(bug: Bug, root: Path) -> None:
    """Put the bug into the tree. Raises ValueError where its place is not what it was."""
    path = root / bug.file
    text = path.read_text(encoding="utf-8")
    if text.count(bug.old) != 1:
        raise ValueError(f"{bug.name}: {text.count(bug.old)} times in {bug.file}, not once")
    path.write_text(text.replace(bug.old, bug.new), encoding="utf-8")


def _red_without_any(bugs: Sequence[Bug]) -> str | None:
    tests = sorted({test for bug in bugs for test in bug.tests})
    with _tree() as root:
        return _first_red(root, tests)


def _notice(bug: Bug) -> str | None:
    """The test that went red, or None."""
    with _tree() as root:
        plant(bug, root)
        return _first_red(root, bug.tests)


@contextmanager
def _tree() -> Iterator[Path]:
    """A copy of what the tests need, for one bug; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wangge-mutant-") as folder:
        root = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, root / name)
        yield root


def _first_red(root: Path, tests: Sequence[str]) -> str | None:
    """The first test that fails, by name; "out of time" for one that never ends."""
    command = [sys.executable, "-P", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["--no-header", "--tb=no", *tests]
    # Few histories, and no looking for shorter ones: that one fails is all we ask.
    env = {**os.environ, "PYTHONPATH": str(root), "WANGGE_HISTORIES_UNSHRUNK": "1"}
    env.pop("WANGGE_TEST_CLUSTER", None)
    with subprocess.Popen(
        command, cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        try:
            output, _ = run.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            run.terminate()  # pytest stops its own cluster on the way out
            run.communicate()
            return "out of time"
    if run.returncode == 0:
        return None
    red = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return red[0].split(" - ")[0] if red else f"pytest ended with {run.returncode}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
