"""Every bug can still be planted: its place is as it was. What notices it: `make mutants`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.__main__ import ROOT
from tests.mutants.bugs import BUGS, Bug


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_can_be_planted_and_its_tests_exist(bug: Bug) -> None:
    assert (ROOT / bug.file).read_text(encoding="utf-8").count(bug.old) == 1
    assert bug.old != bug.new
    assert all(Path(ROOT / test).is_file() for test in bug.tests)


def test_no_two_bugs_have_one_name() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS)
