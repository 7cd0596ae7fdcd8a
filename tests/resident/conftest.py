"""Residents with a slip in their hand, and what nobody else may read of theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from tests.disputes.conftest import Ladder
from tests.lending import Lending
from tests.smallcounty import SmallCounty, id_of

# What must never be in an answer: planted in the story, names, telephones and reasons.
CANARIES = (
    "示例机密故事",
    "示某甲的名字",
    "示某乙的名字",
    "00077770001",
    "00077770002",
    "示例内部理由",
)
_STORY, _NAME_A, _NAME_B, _PHONE_A, _PHONE_B, WHY = CANARIES


@dataclass
class Residents:
    """A quarrel of two neighbours, and whoever has a code of theirs."""

    ladder: Ladder
    parties: dict[str, str] = field(default_factory=dict)  # side → id, of the last case
    answers: list[Any] = field(default_factory=list)  # every answer that a resident got

    @property
    def county(self) -> SmallCounty:
        return self.ladder.county

    def quarrel(self, name: str = "wall", **more: Any) -> str:
        """Register a quarrel about a wall, with canaries wherever a text may stand."""
        parties = [
            {"side": "applicant", "kind": "outsider", "name": _NAME_A, "telephone": _PHONE_A},
            {"side": "respondent", "kind": "outsider", "name": _NAME_B, "telephone": _PHONE_B},
        ]
        fields = {"cell_id": str(id_of("A1w")), "story": _STORY, "parties": parties, **more}
        dispute = self.ladder.register("mediator-a1", name, **fields)
        rows = self.look("SELECT side, id::text FROM party WHERE dispute_id = :d", d=dispute)
        self.parties = dict(tuple(row) for row in rows)
        return dispute

    def code(self, dispute: str, side: str = "applicant", login: str = "mediator-a1") -> str:
        """A code for one party, made at somebody's desk."""
        path = f"/disputes/{dispute}/parties/{self.parties[side]}/code"
        answer = self.ladder.desk(login).call("POST", path)
        assert answer.status_code == 201, answer.text
        return str(answer.json["code"])

    def send(self, verb: str, code: Any, expect: int = 200, **sent: Any) -> dict[str, Any]:
        """One POST of a resident, from nowhere in particular."""
        body = {"code": code, **({"id": str(uuid4())} if verb != "case" else {}), **sent}
        client = self.county.app.test_client()
        answer = client.post(f"/api/v1/resident/{verb}", json=body)
        self.answers.append(answer)
        assert answer.status_code == expect, answer.text
        told: dict[str, Any] = answer.json or {}
        return told

    def case(self, code: str) -> dict[str, Any]:
        """The case as the holder of a code is told it."""
        return self.send("case", code)

    def look(self, sql: str, **values: Any) -> list[Any]:
        """Behind everybody's back: what stands in the database, or is changed there."""
        engine = create_engine(self.county.url)
        try:
            with engine.begin() as connection:
                found = connection.execute(text(sql), values)
                return list(found) if found.returns_rows else []
        finally:
            engine.dispose()


@pytest.fixture
def lending(governed_lending: Lending) -> Lending:
    """Cases need a policy and a calendar: these tests begin with both."""
    return governed_lending


@pytest.fixture
def residents(county: SmallCounty) -> Residents:
    """The small county with the default policy and its calendar."""
    return Residents(Ladder(county))
