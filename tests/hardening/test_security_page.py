"""SECURITY.md names tests: each of them exists, and no threat stands there without one."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_each_threat_has_a_control_and_a_test_that_exists() -> None:
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    }
    assert len(rows()) > 20
    for _, threat, control, tests in rows():
        assert threat, tests
        assert control, threat
        named = re.findall(r"`(test_\w+)`", tests)
        assert named, f"{threat}: no test"
        assert not [name for name in named if name not in written], threat


def test_it_is_one_page_and_its_links_lead_somewhere() -> None:
    assert len(PAGE.splitlines()) < 90
    for path in re.findall(r"\]\(([\w./-]+)\)", PAGE):
        assert (ROOT / path).exists(), path
