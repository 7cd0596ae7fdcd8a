"""SECURITY.md and docs/security-proofs.md name tests: each exists, and runs where it is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PROOFS = (ROOT / "docs" / "security-proofs.md").read_text(encoding="utf-8")


def rows(page: str) -> Iterator[list[str]]:
    """The cells of the tables of a page, their titles left out."""
    last = ""
    for line in page.splitlines():
        if line.startswith("|") and last.startswith("|") and not line.startswith("|--"):
            yield [cell.strip() for cell in line.strip("|").split("|")]
        last = line


@cache
def written() -> dict[str, bool]:
    """`folder/test_file.py::test_name` → whether minutes are left to `make faults`."""
    found = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        whole = bool(re.search(r"^pytestmark = pytest\.mark\.long$", text, re.M))
        for marks, name in re.findall(r"^((?:@.*\n)*)def (test_\w+)", text, re.M):
            long = whole or "@pytest.mark.long\n" in marks
            found[f"{path.relative_to(ROOT / 'tests')}::{name}"] = long
    return found


def test_each_threat_has_a_control_and_a_test_that_exists() -> None:
    names = {name.partition("::")[2] for name in written()}
    threats = list(rows(PAGE))
    assert len(threats) > 20
    for _, threat, control, tests in threats:
        assert threat, tests
        assert control, threat
        named = re.findall(r"`(test_\w+)`", tests)
        assert named, f"{threat}: no test"
        assert not [name for name in named if name not in names], threat


def test_each_proof_exists_and_runs_where_the_page_says() -> None:
    proofs = list(rows(PROOFS))
    assert len(proofs) > 25
    for what, tests, where in proofs:
        named = re.findall(r"`([\w/]+\.py::test_\w+)`", tests)
        assert named, f"{what}: no test"
        assert where in {"`make test`", "`make faults`"}, what
        for name in named:
            assert name in written(), f"{what}: there is no {name}"
            assert written()[name] is (where == "`make faults`"), f"{name} runs elsewhere"


def test_it_is_one_page_and_its_links_lead_somewhere() -> None:
    assert len(PAGE.splitlines()) < 90
    for path in re.findall(r"\]\(([\w./-]+)\)", PAGE):
        assert (ROOT / path).exists(), path
