"""docs/sync.md and docs/protocol.md say what is so: examples, names, reasons, bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

import pytest

from server.syncing.entities import REGISTRY
from sync import clock, cursors, forms, judge, phone, unsent, wire
from sync.model import Op, Status
from sync.published import NAMES, schema
from sync.wire import decode_pull, decode_push
from tests.docs.blocks import PAGES, blocks_of
from tests.protocol.test_schemas import fits
from tests.smallcounty import SmallCounty

WORKER = "worker-a1w"
H1, H2 = (f"019caaaa-0000-7000-8000-00000000000{k}" for k in (1, 2))
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
        heard = phone.say(verb, asked)
        assert comparable(heard) == comparable(answer)
        told = "page" if verb == "pull" else "pushed"
        assert fits(verb, asked)
        assert fits(told, answer)
        assert fits(told, heard)


@pytest.mark.parametrize("status", list(Status))
def test_the_protocol_explains_every_status(status: Status) -> None:
    assert f"| `{status}` |" in page("protocol.md")


@pytest.mark.parametrize(
    "reason", [v for k, v in vars(judge).items() if k.isupper() and isinstance(v, str)]
)
def test_the_protocol_explains_every_reason(reason: str) -> None:
    assert re.search(rf"^\|.*`{reason}`.*\|", page("protocol.md"), re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_the_protocol_names_every_field(name: str) -> None:
    text = page("protocol.md")
    for key in schema(name)["properties"]:
        assert re.search(rf"`{key}`|\b{key}[?,}}]", text), key


def test_the_protocol_states_the_bounds_that_hold() -> None:
    text = " ".join(page("protocol.md").split())
    assert judge.MAX_BYTES == 64 << 10
    assert "at most 64 KiB as canonical JSON" in text
    assert f"at most {wire.MAX_CHANGES:,}. Send" in text
    assert f"{judge.MAX_OPEN_QUARANTINED:,} changes of this device wait" in text
    assert f"1 to {wire.MAX_LIMIT:,}, 1,000 if left out" in text
    assert f"at most {wire.MAX_RESYNC:,} names of at most {forms.MAX_NAME} characters" in text
    assert f"at most {forms.MAX_BOOT} characters that is new" in text
    assert f"at most {wire.MAX_DEPTH} deep" in text
    assert f"0 to {unsent.MAX_UNSENT:,}; more is told as that" in text
    assert f"at most {cursors.MAX_TEXT >> 10} KiB" in text
    assert f"≤ {clock.LONGEST_UPTIME // phone.DAY:,} days" in text
    assert f"at most {phone.ROUNDS} rounds" in text
    assert f"for {phone.KEPT // phone.DAY} days" in text
    assert f"kept for {clock.REMEMBERED.days} days" in text


def test_the_protocol_works_out_a_digest() -> None:
    (block,) = (b.text for b in blocks_of("protocol.md") if b.kind == "digest")
    rows = [("household", H1, 11), ("visit", H2, 12)]
    count, whole = phone.digest(rows)
    for entity, id_, rev in rows:
        hashed = md5(f"{entity}{id_}{rev}".encode(), usedforsecurity=False).hexdigest()
        assert f'md5("{entity}{id_}{rev}")' in block
        assert f"= {hashed[:16]} {hashed[16:]}" in block
    assert f"h   = {whole},  n = {count}" in block


def test_the_page_lists_the_entities_and_what_may_be_done_with_them() -> None:
    listed = re.search(r"^## Entities\n(.*)", page("sync.md"), re.DOTALL | re.MULTILINE)
    assert listed
    lines = re.findall(r"^\| (`.*?) \| (.*?) \|", listed[1], re.MULTILINE)
    told = {
        name: {op for op in Op if op in ops}
        for names, ops in lines
        for name in re.findall(r"`(\w+)`", names)
    }
    assert told == {name: set(entity.ops) for name, entity in REGISTRY.items()}


def comparable(body: Any) -> Any:
    """A body without what differs from database to database; rows by id, without their rev."""
    if isinstance(body, dict) and body.keys() == {"cols", "rows"}:
        rows = {id_: values for id_, _, *values in body["rows"]}
        return {"cols": body["cols"], "rows": rows}
    if isinstance(body, dict):
        return {k: None if k in VARIES else comparable(v) for k, v in body.items()}
    return [comparable(value) for value in body] if isinstance(body, list) else body


def page(name: str) -> str:
    """The text of a page."""
    return (PAGES / name).read_text("utf-8")
