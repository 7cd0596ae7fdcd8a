"""Rows of every kind in one place, with words of their own."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from uuid import UUID

from PIL import Image
from sqlalchemy.orm import Session

from server.erasure.models import Erasure, Mention
from server.households.duplicates.models import LikelyDuplicate
from server.syncing.models import SyncConflict, SyncQuarantine
from tests.smallcounty import START, Desk, id_of


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


def plant_household(found: Planted, own: dict[str, Desk], place: str) -> None:
    """A household with a telephone, a second home, and a need that it consented to."""
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


def plant_case(found: Planted, own: dict[str, Desk], place: str) -> None:
    """A case with a party who has a name."""
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


def plant_visit(found: Planted, own: dict[str, Desk], place: str) -> None:
    """A visit with a note and a picture."""
    found.words += [f"访记暗{place}"]
    found.ids["visit_id"] = str(id_of(f"visit of {place}"))
    body = {
        "id": found.ids["visit_id"],
        "household_id": found.ids["household_id"],
        "outcome": "met",
        "note": found.words[-1],
    }
    own["worker"].post("/visits", body)
    attach(found, own["worker"], "visit", found.ids["visit_id"], place)


def attach(found: Planted, author: Desk, entity: str, owner: str, name: str) -> None:
    """A picture that belongs to this row."""
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


def set_aside(found: Planted, author: Desk, entity: str, place: str, words: str) -> SyncQuarantine:
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


def mention(session: Session, found: Planted) -> None:
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


def let_wait(session: Session, found: Planted, worker: Desk, place: str) -> None:
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
    session.add(set_aside(found, worker, "household", place, found.words[-2]))
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
