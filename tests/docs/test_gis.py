"""docs/gis.md and docs/handover.md: what is typed there prints what stands there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from sqlalchemy.engine import make_url

from server.demo.web import serving
from server.erasure import rounds
from server.exports.handover.rules import FIELDS
from server.maps.features.schemas import COLLECTIONS
from tests import smallcounty
from tests.cli.keyboard import str_of
from tests.docs.blocks import PAGES, blocks_of
from tests.docs.test_walkthrough import as_written, environment_of, steps_of, walk
from tests.smallcounty import SmallCounty, id_of


@pytest.mark.parametrize("page", ["gis.md", "handover.md"])
def test_what_the_page_types_prints_what_it_says(
    county: SmallCounty, tmp_path: Path, page: str
) -> None:
    steps = steps_of(blocks_of(page))
    rounds.look_after(county.worker, tmp_path)  # commands open as the web does
    with serving(smallcounty.settings(county.url, tmp_path), county.clock) as server:
        environment = {
            **environment_of(county, server),
            "DESK": "township-a",
            "EXAMPLES": str(PAGES / "examples" / "handover"),
            "HOUSEHOLD": str(id_of("A1w-1")),
            "WANGGE_DATA_DIR": str(tmp_path),
            "WANGGE_SECOND_FACTOR": "optional",
            "WANGGE_DATABASE_URL": str_of(make_url(county.url).set(username="wangge_app")),
        }
        printed = walk(steps, environment, tmp_path)
    for step, seen in zip(steps, printed, strict=True):
        assert as_written(step.printed, seen), f"{step.commands}\nprinted\n{seen}"


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
