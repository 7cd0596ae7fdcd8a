"""A case with planted words wherever a text may stand, and looking for them afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import LargeBinary, create_engine, inspect, select, text, type_coerce

import server.tables  # noqa: F401 (registers every table)
from server.approvals import service as approvals
from server.db import Base, transaction
from server.sealed import Sealed
from tests.approvals.conftest import add_person
from tests.disputes.conftest import Ladder
from tests.smallcounty import SmallCounty, id_of

NAME, NUMBER = "示某甲的名字", "00077770001"
OTHER, OTHER_NUMBER = "示某乙的名字", "00077770002"
OWN = {
    "claim": "甲自己的诉求",
    "term": "甲承诺的事",
    "letter": "甲来信的话",
    "comment": "甲评价的话",
}
OTHERS = {"claim": "乙自己的诉求", "term": "乙承诺的事", "story": "两家为院墙争执"}


@dataclass
class Quarrel:
    """A case that ended, between 甲 (applicant) and 乙 (respondent), both outsiders."""

    county: SmallCounty
    ladder: Ladder
    id: str
    parties: dict[str, UUID]
    code: str

    @property
    def wanted(self) -> UUID:
        """甲, who wants to be forgotten."""
        return self.parties["applicant"]


def quarrel(ladder: Ladder, name: str = "planted") -> Quarrel:
    """Register it, settle it with terms that are done, let 甲 rate it, and close it."""
    parties = [
        {"side": "applicant", "kind": "outsider", "name": NAME, "telephone": NUMBER},
        {"side": "respondent", "kind": "outsider", "name": OTHER, "telephone": OTHER_NUMBER},
    ]
    dispute = ladder.register(
        "mediator-a1",
        name,
        cell_id=str(id_of("A1w")),
        story=f"{OTHERS['story']}，示某 甲的名字 先动手",
        parties=parties,
        claims=[
            {"party": 0, "content": OWN["claim"]},
            {"party": 1, "content": OTHERS["claim"]},
        ],
    )
    found = {p["side"]: UUID(p["id"]) for p in ladder.read("county", dispute)["parties"]}
    path = f"/disputes/{dispute}/parties/{found['applicant']}/code"
    code = str(ladder.desk("mediator-a1").call("POST", path).json["code"])
    ladder.act("mediator-a1", dispute, "accept")
    ladder.act("mediator-a1", dispute, "mediate", why=f"电话 {NUMBER} 已联系")
    terms = [
        {"what": OWN["term"], "party_id": str(found["applicant"])},
        {"what": OTHERS["term"], "party_id": str(found["respondent"])},
    ]
    settled = f"{NAME}与{OTHER}各退半尺"
    ladder.act("mediator-a1", dispute, "settle", agreement=settled, terms=terms)
    _rate(ladder.county, code)
    ladder.act("mediator-a1", dispute, "fulfil", term=1)
    ladder.act("mediator-a1", dispute, "fulfil", term=2)
    return Quarrel(ladder.county, ladder, dispute, found, code)


def _rate(county: SmallCounty, code: str) -> None:
    body = {"code": code, "id": str(uuid4()), "rating": "satisfied", "comment": OWN["comment"]}
    answer = county.app.test_client().post("/api/v1/resident/rating", json=body)
    assert answer.status_code == 200, answer.text


def approved(county: SmallCounty, dispute: str, login: str = "county") -> str:
    """A second person of the county Office approves that this file is erased; the number."""
    if "county-2" not in _logins(county):
        add_person(county, "county-2", "county_office", office_id=id_of("office county"))
    for one in (login, "county-2"):
        county.sign_in(one)  # enrols the device
    with transaction(county.identity(login)) as session:
        by = county.identity(login)
        asked = approvals.ask(session, by, "case.delete", {"dispute": dispute}, "县里决定")
    with transaction(county.identity("county-2")) as session:
        approvals.approve(session, county.identity("county-2"), asked.id)
    return str(asked.id)


def _logins(county: SmallCounty) -> set[str]:
    with transaction(county.worker) as session:
        return set(session.scalars(text("SELECT login FROM user_account")))


def everything(county: SmallCounty) -> str:
    """All that stands in the database, in any table, with what is sealed in plain."""
    engine = create_engine(county.url)
    said: list[str] = []
    with engine.connect() as connection:
        for mapper in Base.registry.mappers:
            table: Any = mapper.local_table
            said.extend(connection.scalars(text(f"SELECT t::text FROM {table.name} t")))
            sealed = [c for c in inspect(mapper).columns if isinstance(c.type, Sealed)]
            for column in sealed:
                asked = select(column).where(type_coerce(column, LargeBinary).is_not(None))
                said.extend(connection.scalars(asked))
    engine.dispose()
    return "\n".join(said)
