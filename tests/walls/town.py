"""The small county with something of every kind in every place, each with words of its own.

Planted once for all tests of a module: those that read leave nothing, those that write are refused
or come last.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from flask import Flask
from PIL import Image
from sqlalchemy import text
from sqlalchemy.orm import Session

from server import sealed
from server.app import create_app
from server.db import db, transaction
from server.erasure.models import Erasure, Mention
from server.households.duplicates.models import LikelyDuplicate
from server.policies.service import ensure_policy
from server.syncing.models import SyncConflict, SyncQuarantine
from tests import smallcounty
from tests.smallcounty import START, Clock, Desk, SmallCounty, id_of

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
class Planted:
    """What lies in one place: ids by the name of a URL's parameter, and words that tell it."""

    ids: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)  # masked, also to those whose place it is

    def traces(self) -> list[str]:
        """What must not be in an answer to somebody else."""
        return [*(v for k, v in self.ids.items() if k not in _KNOWN), *self.words]


# Who works where, and on which phone, is known to who works with them.
_KNOWN = frozenset({"device_id", "user_id", "assignment_id"})


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
    _household(found, own, place)
    _case(found, own, place)
    _visit(found, own, place)
    with transaction(county.worker) as session:
        _waiting(session, found, worker, place)
        _mention(session, found)
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
    _attach(found, teller, "dispute", found.ids["dispute_id"], name)
    author = desks[PLACES[place]]
    found.ids |= {"device_id": author.tokens["device_id"], "mid": str(id_of(f"mid {name}"))}
    with transaction(county.worker) as session:
        session.add(_set_aside(found, author, "dispute", place, found.words[1]))
        _mention(session, found)
    return found


def _household(found: Planted, own: dict[str, Desk], place: str) -> None:
    found.words += [f"户主暗{place}", f"路牌暗{place}"]
    found.ids["household_id"] = str(id_of(f"household of {place}"))
    for name in ("household_id", "other_household"):
        found.ids.setdefault(name, str(id_of(f"{name} of {place}")))
        body = {
            "id": found.ids[name],
            "village_id": str(id_of(place[:2])),
            "cell_id": str(id_of(place)),
            "head_name": found.words[0],
            "address": found.words[1],
            "telephone": f"0000888{len(found.ids)}{sum(map(ord, place))}",
        }
        own["mediator"].post("/households", body)
        if name == "household_id":
            found.secrets = {key: body[key] for key in ("head_name", "address", "telephone")}
    made = own["mediator"].post(
        f"/households/{found.ids['household_id']}/second-home",
        {"other_id": found.ids["other_household"], "note": f"二居暗{place}"},
    )
    found.ids["link_id"] = made["items"][0]["id"]
    found.words += [f"二居暗{place}", f"同意暗{place}"]
    found.ids["need_id"] = str(id_of(f"need of {place}"))
    need = {
        "id": found.ids["need_id"],
        "need": "meals",
        "given_by": "self",
        "giver": found.words[-1],
        "how": "oral",
        "given_on": "2026-03-01",
        "until": "2026-12-31",
    }
    found.secrets["giver"] = need["giver"]
    own["mediator"].post(f"/households/{found.ids['household_id']}/needs", need)


def _case(found: Planted, own: dict[str, Desk], place: str) -> None:
    found.words += [f"案情暗{place}", f"当事暗{place}"]
    found.secrets["party_name"] = found.words[-1]
    body = {
        "id": str(id_of(f"case of {place}")),
        "category": "neighbours",
        "story": found.words[-2],
        "cell_id": str(id_of(place)),
        "parties": [{"side": "applicant", "kind": "outsider", "name": found.words[-1]}],
    }
    found.ids["dispute_id"] = own["mediator"].post("/disputes", body)["id"]
    case = own["mediator"].get(f"/disputes/{found.ids['dispute_id']}")
    found.ids["party_id"] = case["parties"][0]["id"]
    found.ids["event_id"] = case["events"][0]["id"]


def _visit(found: Planted, own: dict[str, Desk], place: str) -> None:
    found.words += [f"访记暗{place}"]
    found.ids["visit_id"] = str(id_of(f"visit of {place}"))
    body = {
        "id": found.ids["visit_id"],
        "household_id": found.ids["household_id"],
        "outcome": "met",
        "note": found.words[-1],
    }
    own["worker"].post("/visits", body)
    _attach(found, own["worker"], "visit", found.ids["visit_id"], place)


def _attach(found: Planted, author: Desk, entity: str, owner: str, name: str) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(picture, "PNG")
    found.ids["attachment_id"] = str(id_of(f"attachment of {name}"))
    wanted = {"owner_entity": entity, "owner_id": owner, "purpose": "photo"}
    answer = author.call(
        "PUT",
        f"/attachments/{found.ids['attachment_id']}",
        query_string=wanted,
        data=picture.getvalue(),
        content_type="image/png",
    )
    assert answer.status_code in {200, 201}, answer.text


def _set_aside(found: Planted, author: Desk, entity: str, place: str, words: str) -> SyncQuarantine:
    """A change of theirs that waits for a person."""
    row, mid = found.ids[f"{entity}_id"], found.ids["mid"]
    field_ = "address" if entity == "household" else "story"
    at = {"wall": 1, "elapsed": 1, "boot": "b"}
    change = {"op": "patch", "set": {field_: words}, "was": {}, "mid": mid, "n": 1}
    change |= {"entity": entity, "id": row, "at": at}
    return SyncQuarantine(
        device_id=UUID(found.ids["device_id"]),
        mid=UUID(mid),
        author_id=author.user_id,
        n=1,
        entity=entity,
        row_id=UUID(row),
        reason="not_yours",
        change=json.dumps(change, ensure_ascii=False),
        received_at=START,
        recorded_at=START,
        proof="claimed",
        place=f"v:{id_of(place[:2])}",
    )


def _mention(session: Session, found: Planted) -> None:
    """The story of the case may speak of somebody who is erased."""
    case, by = UUID(found.ids["dispute_id"]), id_of(f"erased {found.ids['dispute_id']}")
    found.ids["mention_id"] = str(id_of(f"mention {case}"))
    erasure = Erasure(id=by, entity="party", row_id=by, reason="asked", asked_at=START)
    session.add(erasure)
    session.flush()
    session.add(
        Mention(
            id=UUID(found.ids["mention_id"]),
            erasure_id=by,
            dispute_id=case,
            entity="dispute",
            row_id=case,
            field="story",
            named=True,
            found_at=START,
        )
    )


def _waiting(session: Session, found: Planted, worker: Desk, place: str) -> None:
    """What waits for a person: set aside, met by another edit, perhaps the same twice; a notice."""
    device = UUID(worker.tokens["device_id"])
    household, now = UUID(found.ids["household_id"]), START
    found.words += [f"搁置暗{place}", f"冲突暗{place}"]
    found.ids |= {
        "device_id": str(device),
        "mid": str(id_of(f"mid of {place}")),
        "conflict_id": str(id_of(f"conflict of {place}")),
        "duplicate_id": str(id_of(f"duplicate of {place}")),
    }
    session.add(_set_aside(found, worker, "household", place, found.words[-2]))
    session.add(
        SyncConflict(
            id=UUID(found.ids["conflict_id"]),
            mid=UUID(found.ids["mid"]),
            device_id=device,
            entity="household",
            row_id=household,
            bucket=f"c:{id_of(place)}",
            field="address",
            values=json.dumps({"ours": found.words[-1], "theirs": "示例"}, ensure_ascii=False),
            recorded_at=now,
            needs_person=True,
        )
    )
    first, second = sorted([household, UUID(found.ids["other_household"])])
    session.add(
        LikelyDuplicate(
            id=UUID(found.ids["duplicate_id"]),
            first_id=first,
            second_id=second,
            reason="same_head_near_address",
            found_at=now,
        )
    )


__all__ = ["AGAINST", "MEDIATORS", "PLACES", "REACH", "Planted", "Town", "town"]
