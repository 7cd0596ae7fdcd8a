"""A phone that names rows of others: it is told the same as for rows that never were."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from server.db import transaction
from sync.clock import to_ms
from tests.walls.town import Town

_N = count(1)
ELSEWHERE = ("A1e", "A2w", "B1w")  # than the phone's cell A1w


def change(town: Town, entity: str, op: str, row: str, **fields: Any) -> dict[str, Any]:
    """One change of a phone, written now."""
    wall = to_ms(town.county.clock.now)
    whole = {"mid": str(uuid4()), "n": next(_N), "entity": entity, "id": row, "op": op}
    return {**whole, "set": fields, "at": {"wall": wall, "elapsed": wall, "boot": "b"}}


def push(town: Town, *changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the worker of A1w is answered."""
    desk = town.desks["worker-a1w"]
    wall = to_ms(town.county.clock.now)
    body = {
        "device": desk.tokens["device_id"],
        "epoch": town.epoch,
        "clock": {"wall": wall, "elapsed": wall, "boot": "b"},
        "changes": changes,
    }
    outcomes: list[dict[str, Any]] = desk.post("/sync/push", body, expect=200)["outcomes"]
    return outcomes


def about(town: Town, kind: str, row: Mapping[str, str]) -> dict[str, Any]:
    """A change of this kind that leans on the planted row, or on one that never was."""
    household, dispute, visit = row["household_id"], row["dispute_id"], row["visit_id"]
    match kind:
        case "patch of a household":
            return change(town, "household", "patch", household, address="示例改址")
        case "visit to a household":
            fields = {"household_id": household, "outcome": "met"}
            return change(town, "visit", "append", str(uuid4()), **fields)
        case "amendment of a visit":
            mine = town.planted["A1w"].ids["household_id"]
            fields = {"household_id": mine, "outcome": "met", "supersedes_id": visit}
            return change(town, "visit", "append", str(uuid4()), **fields)
        case "act on a case":
            fields = {"dispute_id": dispute, "event": "note", "why": "示例记录"}
            return change(town, "dispute_event", "append", str(uuid4()), **fields)
        case "case like another":
            fields = {"category": "neighbours", "story": "示例", "related_id": dispute}
            fields |= {"relation": "same", "cell_id": town.cell("A1w")}
            return change(town, "dispute", "create", str(uuid4()), **fields)
        case "patch of a visit":
            return change(town, "visit", "patch", visit, note="示例")
        case _:
            return change(town, "dispute", "patch", dispute, story="示例")


def history(town: Town) -> list[Any]:
    """What was written of the households and cases elsewhere."""
    rows = [town.planted[place].ids for place in ELSEWHERE]
    asked = text("""
        SELECT id, hashtext(h::text)::bigint FROM household h
         WHERE id = ANY (CAST(:homes AS uuid[]))
        UNION ALL SELECT household_id, count(*) FROM visit
         WHERE household_id = ANY (CAST(:homes AS uuid[])) GROUP BY 1
        UNION ALL SELECT dispute_id, count(*) FROM dispute_event
         WHERE dispute_id = ANY (CAST(:cases AS uuid[])) GROUP BY 1 ORDER BY 1, 2
    """)
    ids = {"homes": [r["household_id"] for r in rows], "cases": [r["dispute_id"] for r in rows]}
    with transaction(town.county.worker) as session:
        return list(session.execute(asked, ids).all())


KINDS = (
    *("patch of a household", "visit to a household", "amendment of a visit", "act on a case"),
    *("case like another", "patch of a visit", "patch of a case"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_others_and_rows_that_never_were_are_answered_alike(town: Town, kind: str) -> None:
    before = history(town)
    never = {name: str(uuid4()) for name in town.planted["A1w"].ids}
    changes = [about(town, kind, town.planted[place].ids) for place in ELSEWHERE]
    *others, of_none = push(town, *changes, about(town, kind, never))
    told = [{k: v for k, v in one.items() if k != "mid"} for one in (*others, of_none)]
    assert told[:-1] == [told[-1]] * len(ELSEWHERE)
    # A case of one's own stands; what it was said to be like is nobody's whom one knows.
    expected = {"applied"} if kind == "case like another" else {"quarantined", "rejected"}
    assert told[-1]["status"] in expected, told[-1]
    assert history(town) == before
    mids = [one["mid"] for one in (*others, of_none)]
    asked = "SELECT DISTINCT status, reason FROM sync_receipt WHERE mid::text = ANY (:mids)"
    with transaction(town.county.worker) as session:
        kept = session.execute(text(asked), {"mids": mids}).all()
    assert len(kept) == 1


def taken(town: Town, row: str, entity: str) -> dict[str, Any]:
    """Somebody makes a row in their own cell, under this id."""
    own = {"village_id": town.area("A1"), "cell_id": town.cell("A1w")}
    if entity == "household":
        return change(town, entity, "create", row, **own, head_name="示例新户")
    if entity == "visit":
        mine = town.planted["A1w"].ids["household_id"]
        return change(town, entity, "append", row, household_id=mine, outcome="met")
    return change(town, entity, "create", row, category="neighbours", story="示例", **own)


@pytest.mark.parametrize("entity", ["household", "visit", "dispute"])
def test_an_id_that_is_taken_elsewhere_tells_nothing_of_where(town: Town, entity: str) -> None:
    """Nobody can have a new row under it; the phone hears so, the same wherever it is."""
    ids = [town.planted[place].ids[f"{entity}_id"] for place in ELSEWHERE]
    outcomes = push(town, *(taken(town, row, entity) for row in ids))
    assert len({(one["status"], one.get("reason")) for one in outcomes}) == 1, outcomes
    assert outcomes[0]["status"] in {"quarantined", "rejected"}
    assert all(not one.get("row") for one in outcomes)


PATHS = {"household": "/households", "visit": "/visits", "dispute": "/disputes"}


@pytest.mark.parametrize("entity", PATHS)
def test_at_a_desk_too(town: Town, entity: str) -> None:
    """409 for each, word for word; what is there stays as it was."""
    said = set()
    for place in ELSEWHERE[1:]:
        row = town.planted[place].ids[f"{entity}_id"]
        body = {"id": row, **taken(town, row, entity)["set"]}
        if entity == "dispute":
            del body["village_id"]
        answer = town.desks["mediator-a1"].call("POST", PATHS[entity], json=body)
        problem = dict(answer.json)
        problem.pop("request", None)
        said.add((answer.status_code, str(problem).replace(row, "id")))
    assert len(said) == 1
    ((status, words),) = said
    assert status == 409, words
    assert not any(town.planted[place].words[0] in words for place in ELSEWHERE)
