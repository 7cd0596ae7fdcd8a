"""What docs/policies.md says of the numbers is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from server.ladder.policy import CATEGORY_SPANS, DEFAULT, SPANS
from server.policies.rules.days import has_make_up_days, left_out
from server.policies.service import read_days
from tests.docs.blocks import PAGES, blocks_of

_ROW = re.compile(r"^\| `(\w+)` \| (\d+) \| (.*?) \|", re.MULTILINE)


def test_every_span_is_there_with_its_default() -> None:
    rows = _ROW.findall((PAGES / "policies.md").read_text("utf-8"))
    assert {name: int(days) for name, days, _ in rows} == {
        name: getattr(DEFAULT, name) for name in SPANS
    }
    assert {name for name, _, what in rows if "by category" in what} == set(CATEGORY_SPANS)


def test_the_list_of_days_can_be_loaded(tmp_path: Path) -> None:
    (listed,) = (block.text for block in blocks_of("policies.md") if block.kind == "csv")
    path = tmp_path / "2027.csv"
    path.write_text(listed, "utf-8")
    days = read_days(path)
    assert sum(of.working for of in days.values()) == 1
    assert has_make_up_days(2027, days)
    assert left_out(2027, days) == []
