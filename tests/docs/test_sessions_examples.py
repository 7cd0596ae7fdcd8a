"""docs/sessions.md: its requests are accepted, its answers have the members that are shown."""

from __future__ import annotations

import json
from typing import Any

from server.settings import Settings
from tests.access.authenticator import enrol
from tests.docs.blocks import PAGES, blocks_of
from tests.smallcounty import Desk, SmallCounty, id_of, settings

PAGE = (PAGES / "sessions.md").read_text("utf-8")
SHOWN = {
    block.kind.removeprefix("json "): json.loads(block.text)
    for block in blocks_of("sessions.md")
    if block.kind.startswith("json")
}


def test_one_signs_in_enrols_and_proves_as_the_page_shows(county: SmallCounty) -> None:
    client = county.app.test_client()

    def post(path: str, body: Any) -> Any:
        return client.post(f"/api/v1{path}", json=body)

    opened = post("/sessions", SHOWN["sign in"])
    assert list(opened.json) == list(SHOWN["signed in"])
    desk = Desk(client, dict(opened.json), id_of("user county"))
    assert desk.call("POST", "/sessions/current/proof", json=SHOWN["proof"]).status_code == 204
    app, _ = enrol(county, desk)
    asks = post("/sessions", SHOWN["sign in"])
    shown = SHOWN["code needed"]
    assert list(asks.json) == list(shown)
    assert {n: asks.json[n] for n in shown if shown[n] != "…"} == {
        n: said for n, said in shown.items() if said != "…"
    }
    step = {**SHOWN["second step"], "challenge": asks.json["challenge"], "code": app.code()}
    assert list(post("/sessions/code", step).json) == list(SHOWN["signed in"])


def test_the_numbers_on_the_page_are_those_of_the_program() -> None:
    known: Settings = settings("")
    for lasts, name in (
        (f"{known.access_minutes} minutes", "ACCESS_MINUTES"),
        (f"{known.refresh_days} days, once", "REFRESH_DAYS"),
        (f"{known.session_days} days", "SESSION_DAYS"),
    ):
        assert f"| {lasts} | `WANGGE_{name}` |" in PAGE
