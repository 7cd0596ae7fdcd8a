"""docs/places.md, run from its first example to its last against the small county."""

from __future__ import annotations

import json
from typing import Any

from tests.docs.blocks import blocks_of
from tests.smallcounty import SmallCounty


def test_every_example_of_the_page_answers_as_it_says(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    plan: dict[str, Any] = {}
    answer: Any = None
    seen = 0
    for kind, block in blocks_of("places.md"):
        if kind == "json":
            assert part_of(json.loads(block), answer), (block, answer)
            seen += 1
            continue
        assert kind == "http"
        request, _, body = block.partition("\n\n")
        verb, path = request.split()
        if path == "/moves/apply":
            county.clock.pass_time(days=1)
            desk = county.sign_in("county")
            asked = {**plan, "token": answer["token"], "why": "示例：区划调整"}
            answer = desk.post(path, asked)
        elif verb == "POST":
            plan = json.loads(body)
            answer = desk.post(path, plan, expect=200)
        else:
            answer = desk.call(verb, path).json
    assert seen == 10


def part_of(told: Any, whole: Any) -> bool:
    """Whether an answer, shown in part, is what came: members and the first items of lists."""
    if isinstance(told, dict):
        return all(name in whole and part_of(part, whole[name]) for name, part in told.items())
    if isinstance(told, list):
        return len(told) == len(whole) and all(map(part_of, told, whole))
    return bool(told == whole)
