"""docs/disputes.md says what is so: its examples, and every field and word that it lists."""

from __future__ import annotations

import json
import re
from typing import Any

from server.disputes.rules.events import EVENT_FIELDS
from server.disputes.rules.registering import DISPUTE_FIELDS
from server.disputes.rules.words import (
    AGREEMENT_FORMS,
    CHANNELS,
    DISPOSITIONS,
    OUTCOMES,
    PARTY_KINDS,
    PARTY_SIDES,
    REFERRED_TO,
    RELATIONS,
    SIZES,
    SUPERVISION_KINDS,
)
from tests.disputes.conftest import Ladder, ladder, lending
from tests.docs.blocks import PAGES, blocks_of

__all__ = ["ladder", "lending"]

WHO = {
    "mediator": "mediator-a1",
    "worker": "worker-a1w",
    "township": "township-a",
    "county": "county",
}
WORDS = (
    *(CHANNELS, SIZES, PARTY_KINDS, PARTY_SIDES, RELATIONS, REFERRED_TO, OUTCOMES, DISPOSITIONS),
    *(AGREEMENT_FORMS, SUPERVISION_KINDS),
)


def test_the_page_tells_what_happens(ladder: Ladder) -> None:
    said = blocks_of("disputes.md")
    for asked, answered in zip(said[::2], said[1::2], strict=True):
        login = WHO[asked.kind.removeprefix("http ")]
        line, _, body = asked.text.partition("\n")
        method, path = line.split(" ")
        sent = {"json": json.loads(body)} if body.strip() else {}
        found = ladder.desk(login).call(method, path, **sent)
        missing = at_odds(json.loads(answered.text), found.json)
        assert not missing, f"{line}: {missing} in {found.text}"


def at_odds(told: Any, found: Any, path: str = "") -> list[str]:
    """Where an answer is not what the page tells; keys that the page leaves out do not matter."""
    if isinstance(told, dict) and isinstance(found, dict):
        inside = (at_odds(of, found.get(name), f"{path}.{name}") for name, of in told.items())
        return [one for part in inside for one in part]
    if isinstance(told, list) and isinstance(found, list) and len(told) == len(found):
        pairs = enumerate(zip(told, found, strict=True))
        inside = (at_odds(*pair, f"{path}[{n}]") for n, pair in pairs)
        return [one for part in inside for one in part]
    return [] if told == found else [f"{path}: {told!r} is not {found!r}"]


def test_the_page_lists_every_field_and_every_word() -> None:
    page = (PAGES / "disputes.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+)`", page))
    assert named >= DISPUTE_FIELDS
    assert named >= EVENT_FIELDS - {"dispute_id"}
    for words in WORDS:
        assert named >= set(words)
