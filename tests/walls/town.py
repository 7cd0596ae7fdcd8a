"""The small county with something of every kind in every place, each with words of its own.

Planted once for all tests of a module: those that read leave nothing, those that write are refused
or come last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from server import sealed
from server.app import create_app
from server.db import db, transaction
from server.policies.service import ensure_policy
from tests import smallcounty
from tests.smallcounty import START, Clock, Desk, SmallCounty, id_of
from tests.walls.planting import (
    Planted,
    attach,
    let_wait,
    mention,
    plant_case,
    plant_household,
    plant_visit,
    set_aside,
)

# Where things lie → who works there and writes them down.
PLACES = {"A1w": "worker-a1w", "A1e": "worker-a1e", "A2w": "mediator-a2", "B1w": "worker-b1w"}
MEDIATORS = {"A1w": "mediator-a1", "A1e": "mediator-a1", "A2w": "mediator-a2", "B1w": "mediator-b1"}
# Cases against somebody who would handle them: nobody's place, but the others'.
AGAINST = {"against mediator-a1": "A1w", "against township-a": "A2w", "against county": "A2w"}
# Who asks → the places that are theirs. `retired` held something until yesterday.
REACH: Mapping[str, frozenset[str]] = {
    "worker-a1w": frozenset({"A1w", "against mediator-a1"}),
    "mediator-a1": frozenset({"A1w", "A1e"}),
    "township-a": frozenset({"A1w", "A1e", "A2w", "against mediator-a1", "against county"}),
    "county": frozenset({*PLACES, "against mediator-a1", "against township-a"}),
    "system": frozenset(),
    "security": frozenset(),
    "auditor": frozenset(),
    "retired": frozenset(),
}


@dataclass
class Town:
    """The county, its desks and what was planted."""

    county: SmallCounty
    planted: dict[str, Planted]
    desks: dict[str, Desk]

    @property
    def epoch(self) -> str:
        """The present one."""
        with transaction(self.county.worker) as session:
            return str(session.execute(text("SELECT id FROM sync_epoch")).scalar_one())

    @cached_property
    def openapi(self) -> dict[str, Any]:
        """The API's document."""
        return dict(self.county.app.test_client().get("/api/openapi.json").json or {})

    def cell(self, name: str) -> str:
        """The id of a cell."""
        return str(id_of(name))

    area = cell  # as all ids of the small county are made

    def foreign(self, login: str) -> list[str]:
        """Traces of every place that is not this person's."""
        return [
            trace
            for place, planted in self.planted.items()
            if place not in REACH[login]
            for trace in planted.traces()
        ]


@contextmanager
def town(url: str) -> Iterator[Town]:
    """Plant it in this database, a copy of the small county."""
    settings = smallcounty.settings(url)
    clock = Clock()
    app: Flask = create_app(settings, clock=clock)
    sealed.use(sealed.Keyring(settings.seal_keys, settings.blind_key))
    with app.app_context():
        county = SmallCounty(app, clock, url)
        try:
            yield _plant(county)
        finally:
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


def _plant(county: SmallCounty) -> Town:
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
        _retire(session)
    desks = {login: county.sign_in(login, "browser") for login in {*REACH, *PLACES.values()}}
    others = {*MEDIATORS.values(), "township-b"} - desks.keys()
    desks |= {login: county.sign_in(login, "browser") for login in others}
    county.clock.pass_time(minutes=1)
    planted = {place: _fill(county, desks, place) for place in PLACES}
    planted |= {name: _accuse(county, desks, name, place) for name, place in AGAINST.items()}
    county.clock.pass_time(minutes=1)
    return Town(county, planted, desks)


def _retire(session: Session) -> None:
    """Somebody who served the whole county until yesterday."""
    at = START - timedelta(days=30)
    values = {"user": id_of("user retired"), "at": at, "to": START - timedelta(days=1)}
    for statement in (
        "INSERT INTO user_account (id, login, name, created_at) VALUES"
        " (:user, 'retired', '示例退休', :at)",
        "INSERT INTO credential (user_id, password_hash)"
        " SELECT :user, password_hash FROM credential LIMIT 1",
        "INSERT INTO assignment (id, user_id, role, office_id, leads, valid_from, valid_to)"
        " SELECT gen_random_uuid(), :user, 'county_office', id, true, :at, :to"
        "   FROM office WHERE level = 'county'",
    ):
        session.execute(text(statement), values)


def _fill(county: SmallCounty, desks: dict[str, Desk], place: str) -> Planted:
    """A household and all that can hang on one, a case and all that can hang on one."""
    found = Planted()
    worker, mediator = desks[PLACES[place]], desks[MEDIATORS[place]]
    own = {"worker": worker, "mediator": mediator}
    found.ids |= {"user_id": str(worker.user_id)}
    found.ids |= {"assignment_id": str(id_of(f"assignment {PLACES[place]}"))}
    asked = {"act": "export.bulk", "what": {"export": "households"}, "reason": f"归档暗{place[0]}"}
    found.ids["approval_id"] = desks[f"township-{place[0].lower()}"].post("/approvals", asked)["id"]
    plant_household(found, own, place)
    plant_case(found, own, place)
    plant_visit(found, own, place)
    with transaction(county.worker) as session:
        let_wait(session, found, worker, place)
        mention(session, found)
    return found


def _accuse(county: SmallCounty, desks: dict[str, Desk], name: str, place: str) -> Planted:
    """A case against somebody, with a file in it and a change of it that waits for a person."""
    found = Planted(words=[f"案情{name}", f"搁置{name}"])
    user = str(id_of(f"user {name.removeprefix('against ')}"))
    accused = {"side": "respondent", "kind": "user", "user_id": user}
    body = {
        "id": str(id_of(name)),
        "category": "neighbours",
        "story": found.words[0],
        "cell_id": str(id_of(place)),
        "parties": [{"side": "applicant", "kind": "outsider", "name": "示例"}, accused],
    }
    teller = desks["township-a" if name == "against county" else "county"]
    found.ids["dispute_id"] = teller.post("/disputes", body)["id"]
    case = teller.get(f"/disputes/{found.ids['dispute_id']}")
    found.ids["party_id"] = case["parties"][0]["id"]
    found.ids["event_id"] = case["events"][0]["id"]
    attach(found, teller, "dispute", found.ids["dispute_id"], name)
    author = desks[PLACES[place]]
    found.ids |= {"device_id": author.tokens["device_id"], "mid": str(id_of(f"mid {name}"))}
    with transaction(county.worker) as session:
        session.add(set_aside(found, author, "dispute", place, found.words[1]))
        mention(session, found)
    return found


__all__ = ["AGAINST", "MEDIATORS", "PLACES", "REACH", "Planted", "Town", "town"]
