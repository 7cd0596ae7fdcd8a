"""Canaries, planted through every entrance: what is sealed is nowhere in plain.

Not in a dump, not in the files beside it, not in the logs of the web at their most talkative, and
not in PostgreSQL's own, which here writes down every statement.
"""

from __future__ import annotations

import base64
import json
import logging
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.engine import make_url

from geo.datum import Datum
from server.access.factors.rules import decoded
from server.cluster.machine import find_programs
from server.erasure.register import Register
from server.erasure.rounds import go_round
from server.households.imports.service import load_households
from server.logs import JsonLines
from tests.access.authenticator import enrol
from tests.attachments.conftest import TRACE, photo, sha256
from tests.cli.keyboard import Keyboard, as_admin, environment
from tests.imports import lists
from tests.lending import Lending
from tests.resident.conftest import Residents
from tests.smallcounty import Desk, SmallCounty, id_of
from tests.syncing.people.letters import Sender

_numbers = count(1)
A1W = {"village_id": str(id_of("A1")), "cell_id": str(id_of("A1w")), "group_no": 1}


class Flock:
    """Names, numbers and words that are in this test alone."""

    def __init__(self) -> None:
        self.planted: list[str] = [TRACE.decode()]
        self.secrets: list[bytes] = []  # that are no text

    def words(self) -> str:
        """A text that a person might write."""
        return self.keep(f"金丝雀所言第{next(_numbers):03}句")

    def name(self) -> str:
        """A name."""
        return self.keep(f"雀某{chr(0x4E00 + next(_numbers))}鸣")

    def number(self) -> str:
        """A telephone number that nobody has."""
        return self.keep(f"0009{next(_numbers):07}")

    def person(self) -> dict[str, str]:
        """A name and a number."""
        return {"name": self.name(), "telephone": self.number()}

    def keep(self, text: str) -> str:
        """One that the county itself made."""
        self.planted.append(text)
        return text

    def found_in(self, content: bytes) -> list[str]:
        """Those that stand there: as text, as JSON escapes them, in hex, in base64."""
        return [
            text
            for text in self.planted
            for form in {
                text.encode(),
                text.encode("gb18030"),
                json.dumps(text)[1:-1].encode(),
                text.encode().hex().encode(),
                base64.b64encode(text.encode())[:-4],
            }
            if form in content
        ] + [
            secret.hex()
            for secret in self.secrets
            if secret in content
            or secret.hex().encode() in content
            or base64.b64encode(secret)[:-4] in content
        ]


@pytest.fixture
def talkative(lending: Lending) -> None:
    """PostgreSQL writes down every statement, as it never does in the field; on a database that
    nobody is connected to yet, since whoever is would not hear of it.
    """
    lending.close()
    database = lending.lend()
    name = make_url(database).database
    with as_admin(database) as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
        cursor.execute(f"ALTER DATABASE {name} SET log_error_verbosity = 'verbose'")


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], bytes]]:
    """Everything that any logger says, at DEBUG, as our handler writes it."""
    lines: list[str] = []
    handler, root = logging.Handler(logging.DEBUG), logging.getLogger()
    form = JsonLines()

    def keep(record: logging.LogRecord) -> None:  # others have no handler: Python's own, at WARNING
        ours = record.name.partition(".")[0] in {"wangge", "sync"}
        if ours or record.levelno >= logging.WARNING:
            lines.append(form.format(record))

    handler.emit = keep  # type: ignore[method-assign]
    before = {name: logging.getLogger(name).level for name in ("", "wangge", "sync")}
    for name in before:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield lambda: "\n".join(lines).encode()
    root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def households(county: SmallCounty, flock: Flock, path: Path) -> str:
    """At a desk, split off, and in a list; the id of the first."""
    desk, new = county.sign_in("township-a"), uuid4()
    person = {"head_name": flock.name(), "telephone": flock.number()}
    desk.post("/households", {"id": str(new), "address": "一号", **A1W, **person})
    desk.call("PATCH", f"/households/{new}", json={"head_name": flock.name()})
    part = {"id": str(uuid4()), "address": "二号", **A1W}
    part |= {"head_name": flock.name(), "telephone": flock.number()}
    desk.post(f"/households/{new}/split", {"note": flock.words(), "households": [part]})
    rows = [lists.row(n, 户主=flock.name(), 联系电话=flock.number()) for n in (1, 2)]
    load_households(county.worker, lists.write(path / "list.csv", rows), Datum.WGS84)
    reason = {"reason": "核对电话"}
    assert desk.call("POST", f"/households/{new}/reveal", json=reason).status_code == 200
    return str(new)


def pushes(county: SmallCounty, flock: Flock, household: str) -> None:
    """From a phone: what is applied, merged, kept as a conflict, set aside, refused."""
    phone = Sender(county, "worker-a1w")
    was = {"head_name": flock.name(), "location": [107.0, 31.9, "wgs84", None]}
    said = {"head_name": flock.name(), "telephone": flock.number()}
    phone.write("household", "patch", said, household, was)
    phone.write("household", "patch", {"location": [107.01, 31.91, "wgs84", 5]}, household, was)
    house = str(id_of("A1w-1"))
    phone.write("visit", "append", {"household_id": house, "outcome": "met", "note": flock.words()})
    for wrong in ({"household_id": str(uuid4())}, {"household_id": house, "outcome": "unknown"}):
        phone.write("visit", "append", {"outcome": "met", **wrong, "note": flock.words()})
    phone.write("dispute", "create", {"category": "none such", "story": flock.words()})
    phone.write("dispute_event", "append", {"dispute_id": str(uuid4()), "why": flock.words()})
    phone.write("no such thing", "append", {"note": flock.words()})
    outcomes = phone.send()
    assert {"quarantined"} < {outcome["status"] for outcome in outcomes.values()}, outcomes
    desk = county.sign_in("county")
    for kept in desk.get("/sync/quarantine")["items"]:
        closing = {"why": flock.words()}
        path = f"/sync/quarantine/{kept['device_id']}/{kept['mid']}"
        desk.call("POST", f"{path}/close", json=closing)


def quarrels(told: Residents, flock: Flock) -> None:
    """A case from the first word to a resident's last, and files with what a phone leaves."""
    parties = [
        {"side": side, "kind": "outsider", **flock.person()} for side in ("applicant", "respondent")
    ]
    claims = [{"content": flock.words(), "party": 0}]
    more: dict[str, Any] = {"spot": flock.words(), "claims": claims, "parties": parties}
    case = told.quarrel(story=flock.words(), **more)
    act, side = told.ladder.act, told.parties
    act("mediator-a1", case, "accept", why=flock.words())
    act("mediator-a1", case, "mediate", why=flock.words(), place=flock.words())
    terms = [{"what": flock.words(), "due_on": "2026-03-15", "party_id": side["applicant"]}]
    settled = {"form": "written", "terms": terms, "outcomes": [{"claim": 1, "outcome": "solved"}]}
    act("mediator-a1", case, "settle", agreement=flock.words(), **settled)
    code = told.code(case)
    told.send("rating", code, rating="fair", comment=flock.words())
    attach(told.ladder.desk("mediator-a1"), case, photo())
    told.ladder.read("mediator-a1", case)
    told.ladder.desk("mediator-a1").get("/disputes")


def trust(told: Residents, flock: Flock, register: Register) -> None:
    """Who agreed to what; what a second factor is made of; new words about somebody erased."""
    county = told.county
    need = {"need": "meals", "given_by": "family", "giver": flock.name(), "how": "oral"}
    days = {"given_on": "2026-03-01", "until": "2026-12-31"}
    path = f"/households/{id_of('A1w-1')}/needs"
    county.sign_in("worker-a1w").post(path, {"id": str(uuid4()), **need, **days})
    desk = county.sign_in("county")
    told.quarrel("forgotten", story=flock.words())
    asked = {"entity": "party", "id": told.parties["applicant"], "reason": "asked"}
    desk.post("/erasures", asked, expect=202)
    assert go_round(county.worker, register) == 1
    (mention,) = desk.get("/erasures/mentions")["items"]
    said = {"decided": "reworded", "wording": flock.words()}  # and no round since: it waits there
    desk.post(f"/erasures/mentions/{mention['id']}", said, expect=200)
    app, recovery = enrol(county, county.sign_in("township-a"))
    for secret in (app.secret, *recovery, *(code.replace("-", "") for code in recovery)):
        flock.keep(secret)
    flock.secrets.append(decoded(app.secret))


def attach(desk: Desk, case: str, content: bytes) -> None:
    query = {"owner_entity": "dispute", "owner_id": case, "purpose": "photo"}
    query |= {"sha256": sha256(content)}
    sent = {"query_string": query, "data": content, "content_type": "image/jpeg"}
    answer = desk.call("PUT", f"/attachments/{uuid4()}", **sent)
    assert answer.status_code == 201, answer.text


def errors(county: SmallCounty, flock: Flock) -> None:
    """What is refused by us, by the schema, and by PostgreSQL itself."""
    desk = county.sign_in("county")
    for body in (
        {"id": "no id", "head_name": flock.name(), "story": flock.words()},
        {"id": str(uuid4()), "village_id": str(uuid4()), "head_name": flock.name()},
        {"id": str(uuid4()), **A1W, "head_name": flock.name() * 50},
        {"id": str(uuid4()), **A1W, "head_name": flock.name(), "people": 10**12},
    ):
        for path in ("/households", "/disputes", "/visits"):
            assert desk.call("POST", path, json=body).status_code >= 400
    desk.call("GET", "/households", query_string={"village": flock.words(), "q": flock.number()})
    with as_admin(county.url) as cursor:  # a table that is not as it should be: an error of ours
        cursor.execute("ALTER TABLE household ADD CHECK (people IS DISTINCT FROM 77) NOT VALID")
    broken = {"id": str(uuid4()), **A1W, "head_name": flock.name(), "people": 77}
    answer = desk.call("POST", "/households", json={**broken, "telephone": flock.number()})
    assert answer.status_code == 500
    assert flock.found_in(answer.data) == []


def dump(url: str) -> bytes:
    """All of the database, as text."""
    at = make_url(url)
    where = ["-h", str(at.query["host"]), "-p", str(at.query["port"]), "-U", "postgres"]
    program = find_programs(None) / "pg_dump"
    done = subprocess.run([program, *where, str(at.database)], capture_output=True, check=True)
    return done.stdout


def server_log(url: str) -> bytes:
    with as_admin(url) as cursor:
        cursor.execute("SHOW data_directory")
        (directory,) = cursor.fetchone()
    return b"".join(path.read_bytes() for path in Path(directory).parent.glob("*log*"))


@pytest.mark.usefixtures("talkative")
def test_canaries_are_nowhere_in_plain(
    residents: Residents, log: Callable[[], bytes], tmp_path: Path
) -> None:
    county, flock = residents.county, Flock()
    household = households(county, flock, tmp_path)
    pushes(county, flock, household)
    quarrels(residents, flock)
    keyboard = Keyboard(environment(county.url, tmp_path / "var"))
    keyboard.type("webhook", "add", "示例", f"https://example.cn/{flock.number()}")
    errors(county, flock)
    trust(residents, flock, Register(tmp_path))

    sealed = dump(county.url)
    assert "示意路1号".encode() in sealed  # an address may be read: so the search finds things
    assert len(flock.planted) > 45
    assert flock.found_in(sealed) == []
    said = log()
    assert b'"request"' in said
    assert flock.found_in(said) == []
    written = server_log(county.url)
    assert b"INSERT INTO visit" in written
    assert flock.found_in(written) == []
    files = county.app.extensions["wangge.settings"].data_dir.rglob("*")
    kept = [path.read_bytes() for path in files if path.is_file()]
    assert kept
    assert [flock.found_in(content) for content in kept if flock.found_in(content)] == []


def test_the_search_finds_what_is_in_plain(database: str) -> None:
    """A canary that nobody sealed is found, in whichever form it is written."""
    flock = Flock()
    word: Any = flock.words()
    with as_admin(database) as cursor:
        cursor.execute(
            "UPDATE household SET address = %s WHERE id = %s", (word, str(id_of("A1w-1")))
        )
        cursor.execute("UPDATE household SET head_name = %s", (word.encode(),))
    assert set(flock.found_in(dump(database))) == {word}
    assert flock.found_in(json.dumps({"x": word}).encode()) == [word]
