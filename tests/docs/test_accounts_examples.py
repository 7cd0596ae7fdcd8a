"""Every request on docs/accounts.md does what the page says."""

from __future__ import annotations

import json
from typing import Any

from tests.docs.blocks import blocks_of
from tests.smallcounty import PASSWORD, SmallCounty, id_of

BODIES = [block.text for block in blocks_of("accounts.md") if block.kind == "json"]


def filled(text: str, **known: str) -> Any:
    """A body of the page with what a reader would put in."""
    for name, value in known.items():
        text = text.replace(f"${name}", value)
    return json.loads(text)


def test_a_county_staffs_itself_as_the_page_says(county: SmallCounty) -> None:
    system, security = county.sign_in("system"), county.sign_in("security")
    new, accept, give, end, disable, password, revoke, office, lead = BODIES
    made = system.post("/users", json.loads(new))
    code = made["invitation"]["code"]
    client = county.app.test_client()
    accepted = client.post("/api/v1/invitations/accept", json=filled(accept, CODE=code))
    assert accepted.json == {"login": "shili.jia"}
    sent = filled(give, OFFICE=str(id_of("office A1")))
    held = security.post("/assignments", sent)["assignments"][0]
    ended = security.post(f"/assignments/{held['id']}/end", json.loads(end), expect=200)
    assert ended["assignments"][0]["to"] == "2026-06-30T16:00:00+00:00"
    user = f"/users/{made['user']['id']}"
    assert security.post(f"{user}/disable", json.loads(disable), expect=200)["active"] is False
    worker = county.sign_in("worker-a1w")
    changed = worker.call("PUT", "/passwords/current", json=filled(password, PASSWORD=PASSWORD))
    assert changed.status_code == 204
    phone = f"/devices/{id_of('worker-a1w phone')}/revoke"
    worker.post(phone, json.loads(revoke), expect=200)
    added = system.post("/offices", json.loads(office))
    assert system.call("PATCH", f"/offices/{added['id']}", json=json.loads(lead)).json["lead"]
