"""Every plan on docs/moves.md can be previewed."""

from __future__ import annotations

import json

from tests.docs.blocks import blocks_of
from tests.smallcounty import SmallCounty

PLANS = [json.loads(block.text) for block in blocks_of("moves.md") if block.kind == "json"]


def test_every_plan_of_the_page_can_be_previewed(county: SmallCounty) -> None:
    assert [plan["kind"] for plan in PLANS] == ["redraw"] * 3 + ["assignment"] * 2
    desk = county.sign_in("township-a")
    for plan in PLANS:
        told = desk.post("/moves/preview", {"plan": plan}, expect=200)
        assert told["token"], plan
        assert told["phones"], plan
