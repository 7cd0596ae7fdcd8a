"""docs/ladder.md is the table of moves."""

from __future__ import annotations

import re

from server.ladder.kinds import Actor, Event, Need, State
from server.ladder.states import RULES
from tests.docs.blocks import PAGES, blocks_of
from tests.docs.ladder_page import page


def test_the_page_is_the_one_that_the_table_makes() -> None:
    made = "python -m tests.docs.ladder_page > docs/ladder.md"
    assert (PAGES / "ladder.md").read_text("utf-8") == page(), made


def test_the_page_names_everything() -> None:
    said = page()
    for word in (*State, *Actor, *Need, *(set(Event) - {Event.REGISTER})):
        assert f"`{word.value}`" in said, word
        assert word.zh in said, word
    assert said.count("\n| ") >= len(RULES)


def test_the_picture_shows_moves_of_the_table_and_every_state_but_one() -> None:
    (picture,) = (block.text for block in blocks_of("ladder.md") if block.kind == "mermaid")
    arrows = re.findall(r"^    (\w+) --> (\w+): ", picture, re.MULTILINE)
    real = {(before.value, rule.to.value) for rule in RULES if rule.to for before in rule.states}
    assert set(arrows) <= real
    assert {state for arrow in arrows for state in arrow} == set(State) - {State.JOINED}
