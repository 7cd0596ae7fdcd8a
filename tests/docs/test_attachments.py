"""docs/attachments.md: what it shows is what happens."""

from __future__ import annotations

import json

from tests.attachments.conftest import Records, lending, photo, records
from tests.docs.blocks import blocks_of
from tests.smallcounty import id_of

__all__ = ["lending", "records"]


def test_the_request_gives_the_answer(records: Records) -> None:
    shown = {block.kind: block.text for block in blocks_of("attachments.md")}
    method, address = shown["http"].split()
    path, _, query = address.partition("?")
    answer = json.loads(shown["json answer"])
    mediator = records.county.sign_in("mediator-a1")
    case = {"id": answer["owner_id"], "category": "neighbours", "story": "示例：院墙"}
    mediator.post("/disputes", {**case, "village_id": str(id_of("A1"))})
    for status in (201, 200):
        given = mediator.call(method, path, query_string=query, data=photo())
        assert given.status_code == status, given.text
        assert given.json.keys() == answer.keys()
        changing = {"size", "sha256", "recorded_by"}
        for name in answer.keys() - changing:
            assert given.json[name] == answer[name], name
