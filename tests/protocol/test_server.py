"""The dialogues of a server, played in the county of dictionaries and on PostgreSQL."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.protocol.files import stories
from tests.protocol.matching import by_name, in_order
from tests.protocol.test_schemas import fits
from tests.protocol.worlds import MemoryWorld, World
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.test_contract import ContractCounty

DIALOGUES = stories("server")


# Each takes a database of its own: those in which PostgreSQL itself decides what is answered.
ON_POSTGRESQL = (
    "bad-neighbours",
    "conflict",
    "dependencies",
    "device-reset",
    "drop",
    "hole",
    "move",
    "quarantine-full",
    "revoked",
)


@pytest.mark.parametrize("name", DIALOGUES)
def test_the_county_of_dictionaries_answers_as_the_vector_says(name: str) -> None:
    play(DIALOGUES[name], MemoryWorld())


@pytest.mark.parametrize("name", ON_POSTGRESQL)
def test_postgresql_answers_as_the_vector_says(name: str, county: SmallCounty) -> None:
    play(DIALOGUES[name], World(ContractCounty(county), str(id_of("A1"))))


def play(dialogue: dict[str, Any], world: World) -> None:
    """Every step of a dialogue, in order."""
    assert world.can.issuperset(dialogue.get("needs", ()))
    for number, step in enumerate(dialogue["steps"]):
        if "office" in step:
            made = world.office(*world.bound.filled(step["office"]))
            if "made" in step:
                world.bound[step["made"]] = made
        else:
            exchange(step, world, f"step {number}")


def exchange(step: dict[str, Any], world: World, path: str) -> None:
    """One request and its answer, which must also fit the published schemas."""
    verb = "push" if "push" in step else "pull"
    asked = json.loads(json.dumps(world.bound.filled(step[verb])))
    assert fits(verb, asked), path
    heard = json.loads(json.dumps(world.answer(verb, step["by"], asked)))
    assert fits("pushed" if verb == "push" else "page", heard), path
    if verb == "pull":
        heard = by_name(heard)
    wanted = in_order(step["answer"], world.bound) if verb == "pull" else step["answer"]
    world.bound.compare(wanted, heard, path)
