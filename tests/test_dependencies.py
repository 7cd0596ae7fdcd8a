"""What we depend on is pinned, complete, installed as pinned, and explained."""

import re
from importlib.metadata import requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
DIRECT = ("runtime: what we import or start", "checks and tests: what we run")


def groups() -> dict[str, list[str]]:
    """The lines of requirements.txt under their headings."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line.startswith("# "):
            lines = found.setdefault(line.removeprefix("# "), [])
        elif line:
            lines.append(line)
    return found


def pinned() -> dict[str, str]:
    """Canonical name -> version of everything in requirements.txt."""
    every = (line.split("==") for lines in groups().values() for line in lines)
    return {canonicalize_name(name): number for name, number in every}


def test_every_line_is_an_exact_pin() -> None:
    for lines in groups().values():
        for line in lines:
            assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", line), line


def test_each_direct_dependency_is_explained_and_nothing_else_is() -> None:
    explained = re.findall(r"^\| ([\w.-]+) \|", (ROOT / "docs/dependencies.md").read_text(), re.M)
    direct = [line.split("==")[0] for heading in DIRECT for line in groups()[heading]]
    assert sorted(name for name in explained if name != "package") == sorted(direct)


def test_whatever_a_pinned_package_needs_is_pinned_too() -> None:
    pins = pinned()
    for name in pins:
        for needed in map(Requirement, requires(name) or []):
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in pins, f"{name} needs {needed}"


def test_the_runtime_part_stands_alone() -> None:
    """The production image installs only what stands above "checks and tests"."""
    above = [line for heading, lines in groups().items() if "runtime" in heading for line in lines]
    names = {canonicalize_name(line.split("==")[0]) for line in above}
    for name in names:
        for needed in map(Requirement, requires(name) or []):
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in names, f"{name} needs {needed}"


def test_what_is_installed_is_what_is_pinned() -> None:
    assert {name: version(name) for name in pinned()} == pinned()
