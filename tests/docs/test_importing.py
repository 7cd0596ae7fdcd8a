"""docs/importing.md names every reason and every column."""

from __future__ import annotations

from server.households.imports.errors import Reason
from server.households.imports.rules import COLUMNS
from server.households.rules import Unplaced
from tests.docs.blocks import PAGES


def test_the_page_explains_every_name() -> None:
    page = (PAGES / "importing.md").read_text("utf-8")
    assert [name for name in (*Reason, *Unplaced, *COLUMNS) if f"`{name}`" not in page] == []
