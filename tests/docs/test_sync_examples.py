"""The examples of docs/sync.md are what a phone of today may send, and what it hears."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from sync import judge
from sync.model import Status
from sync.wire import decode_pull, decode_push
from tests.docs.blocks import PAGES, blocks_of
from tests.smallcounty import SmallCounty

WORKER = "worker-a1w"
VARIES = {"epoch", "cursor", "h"}  # of every database its own


@dataclass
class Conversation:
    """What the page says that a phone and the server say, one after the other."""

    county: SmallCounty
    heard: dict[str, Any] = field(default_factory=lambda: {"epoch": None, "cursor": None})

    def say(self, verb: str, asked: dict[str, Any]) -> Any:
        """Send it as the phone of the page, with the epoch and cursor of this database."""
        desk = self.county.sign_in(WORKER)
        mine = {name: self.heard[name] for name in ("epoch", "cursor") if name in asked}
        answer = desk.post(f"/sync/{verb}", {**asked, **mine}, expect=200)
        self.heard.update(answer)
        return answer


def exchanges() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(verb, what is sent, what is answered) in the order of the page."""
    said = [(b.kind.split()[1], json.loads(b.text)) for b in blocks_of("sync.md")]
    for (verb, asked), (_, answer) in zip(said[::2], said[1::2], strict=True):
        yield verb, asked, answer


def test_the_wire_reads_what_the_page_sends() -> None:
    verbs = [verb for verb, _, _ in exchanges()]
    for verb, asked, _ in exchanges():
        if verb == "pull":
            assert decode_pull(asked).device == asked["device"]
        else:
            read = decode_push(asked)
            assert not [change for change in read.changes if change.entity == "malformed"]
    assert verbs == ["pull", "push", "pull"]


def test_a_phone_that_sends_it_hears_what_the_page_answers(county: SmallCounty) -> None:
    phone = Conversation(county)
    for verb, asked, answer in exchanges():
        if verb == "push":
            county.clock.pass_time(hours=2)  # on foot
        assert comparable(phone.say(verb, asked)) == comparable(answer)


@pytest.mark.parametrize("status", list(Status))
def test_the_page_explains_every_status(status: Status) -> None:
    assert f"| `{status}` |" in page()


@pytest.mark.parametrize(
    "reason", [v for k, v in vars(judge).items() if k.isupper() and isinstance(v, str)]
)
def test_the_page_explains_every_reason(reason: str) -> None:
    assert f"`{reason}`" in page()


def comparable(body: Any) -> Any:
    """A body without what differs from database to database; rows by id, without their rev."""
    if isinstance(body, dict) and body.keys() == {"cols", "rows"}:
        rows = {id_: values for id_, _, *values in body["rows"]}
        return {"cols": body["cols"], "rows": rows}
    if isinstance(body, dict):
        return {k: None if k in VARIES else comparable(v) for k, v in body.items()}
    return [comparable(value) for value in body] if isinstance(body, list) else body


def page() -> str:
    """The text of docs/sync.md."""
    return (PAGES / "sync.md").read_text("utf-8")
