"""docs/gis.md and docs/handover.md name everything that can be asked for."""

from __future__ import annotations

import yaml

from server.exports.handover.rules import FIELDS
from server.maps.features.schemas import COLLECTIONS
from tests.docs.blocks import PAGES, blocks_of


def test_the_page_lists_every_layer_with_what_can_be_asked_for() -> None:
    page = (PAGES / "gis.md").read_text("utf-8")
    for collection in COLLECTIONS.values():
        asked = ", ".join(f"`{name}`" for name in collection.filters)
        assert f"| `{collection.id}` |" in page
        assert f"| {asked} |" in page


def test_the_page_lists_every_field_of_a_mapping() -> None:
    rows = (PAGES / "handover.md").read_text("utf-8").splitlines()
    for entity, fields in FIELDS.items():
        (row,) = [row for row in rows if row.startswith(f"| `{entity}` |")]
        assert set(row.split("`")[3::2]) - {" "} == fields


def test_the_mapping_on_the_page_is_the_beginning_of_the_example() -> None:
    (block,) = [block for block in blocks_of("handover.md") if block.kind == "yaml"]
    shown = yaml.safe_load(block.text)["sheets"][0]["columns"]
    whole = yaml.safe_load((PAGES / "examples/handover/shili.yaml").read_text("utf-8"))
    titles = [column for sheet in whole["sheets"] for column in sheet["columns"]]
    assert all(column in titles for column in shown)
