"""What the worker's page is made of: small, whole or not at all, and in the words of the server."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from server.console.worker import kit
from server.console.worker.bundle import Unbundled, bundle
from server.disputes.rules.words import CHANNELS, PARTY_SIDES, SIZES
from server.households.needs.words import GIVEN_BY, HOW, NEEDS
from server.households.rules import KINDS, STATES, Unplaced
from server.ladder.kinds import Event, State
from server.ladder.routing import Category, Level
from server.syncing.status import rules
from server.visits.rules import OUTCOMES, PURPOSES
from tests.smallcounty import SmallCounty

APP = kit.STATIC / "app"
BUDGET = 60_000  # bytes, packed: an old phone on a thin line
SAID = re.compile(r'"((?:[^"\\\n])*[\u4e00-\u9fff][^"\n]*)"')
ENTRY = re.compile(r'^  (?:"([^"]+)"|(\w+)): "', re.M)
# What browsers learnt after Chrome 80: an old phone has no newer one.
TOO_NEW = re.compile(
    r"\?\?=|\|\|=|&&=|\.at\(-|Object\.hasOwn|structuredClone|\.replaceAll\(|#\w+ ="
    r"|\.findLast|AbortSignal\.|Promise\.any|\.randomUUID|\.toSorted|\.groupBy|\d_\d|static \{"
)
TOO_NEW_STYLE = re.compile(
    r"[ ;{](?:row-|column-)?gap:|inset:|aspect-ratio:|\d[dsl]vh|:is\(|:has\("
)


def test_the_page_is_kept_whole_or_not_at_all(county: SmallCounty) -> None:
    client = county.app.test_client()
    shell = client.get("/work/")
    assert f'data-version="{kit.version()}"' in shell.text
    policy = shell.headers["Content-Security-Policy"]
    assert "connect-src 'self'" in policy
    assert "'unsafe" not in policy
    assert "geolocation=(self)" in shell.headers["Permissions-Policy"]
    assert client.get("/work").headers["Location"] == "/work/"
    worker = client.get("/work/sw.js")
    assert worker.headers["Cache-Control"] == "no-cache"
    told = json.loads(worker.text.split("\n")[0].removeprefix("self.KIT = ").rstrip(";"))
    assert told["version"] == kit.version()
    for path in told["files"]:
        assert client.get(f"/work/{kit.version()}/{path}").status_code == 200, path
    again = client.get("/work/sw.js", headers={"If-None-Match": worker.headers["ETag"]})
    assert again.status_code == 304


def test_a_file_of_another_version_is_not_there(county: SmallCounty) -> None:
    client = county.app.test_client()
    wrong = [
        ("an older version", "/work/0123456789ab/work.js"),
        ("nobody's file", f"/work/{kit.version()}/secrets.py"),
        ("above the folder", f"/work/{kit.version()}/../kit.py"),
    ]
    for case, path in wrong:
        assert client.get(path).status_code == 404, case


def test_the_home_screen_has_a_name_and_a_picture(county: SmallCounty) -> None:
    client = county.app.test_client()
    manifest = json.loads(client.get("/work/manifest.webmanifest").text)
    assert manifest["short_name"] == "网格"
    assert manifest["scope"] == manifest["start_url"] == "/work/"
    for icon in manifest["icons"]:
        picture = client.get(icon["src"])
        assert picture.data.startswith(b"\x89PNG"), icon


def test_all_of_it_is_small() -> None:
    weight = sum(len(kit.zipped(path)) for path in kit.KEPT)
    assert weight <= BUDGET


def test_the_scripts_say_nothing_that_an_old_browser_cannot_read() -> None:
    scripts = {p: text.decode() for p, text in kit.files().items() if p.endswith(".js")}
    assert {p: TOO_NEW.findall(text) for p, text in scripts.items() if TOO_NEW.search(text)} == {}
    assert TOO_NEW_STYLE.findall(kit.files()["work.css"].decode()) == []


def test_every_word_is_there_in_english_and_none_is_over() -> None:
    english = {one or other for one, other in ENTRY.findall((APP / "en.js").read_text())}
    scripts = [one for one in APP.glob("*.js") if one.name != "en.js"]
    said = {text for one in scripts for text in SAID.findall(_without_comments(one))}
    assert said - {"中文"} == english


def test_slugs_are_called_here_what_the_server_calls_them() -> None:
    tables = {
        "OUTCOMES": set(OUTCOMES),
        "PURPOSES": set(PURPOSES),
        "CATEGORIES": {one.value for one in Category},
        "CHANNELS": set(CHANNELS),
        "SIZES": set(SIZES),
        "SIDES": set(PARTY_SIDES),
        "LEVELS": {one.value for one in Level},
        "STATES": {one.value for one in State},
        "EVENTS": {one.value for one in Event},
        "NEEDS": set(NEEDS),
        "GIVEN_BY": set(GIVEN_BY),
        "HOW": set(HOW),
        "KINDS": set(KINDS),
        "LIVED": set(STATES),
        "UNPLACED": {one.value for one in Unplaced},
    }
    text = (APP / "terms.js").read_text()
    for name, slugs in tables.items():
        body = re.search(rf"const {name} = {{(.*?)}};", text, re.S)
        assert body, name
        assert set(re.findall(r"(\w+): \"", body[1])) == slugs, name


def test_a_phone_knows_offline_why_a_record_is_not_counted() -> None:
    reasons = json.loads(kit.files()[kit.REASONS])
    assert reasons["quarantine_full"][1].startswith("请主管先处理")
    assert rules.REASONS.keys() < reasons.keys()
    assert "bad-visit" in reasons  # what a noun refuses
    assert reasons[""] == list(rules.OTHERWISE)


def test_every_alarm_that_a_phone_raises_is_said_in_words() -> None:
    scripts = (kit.STATIC / "sync").glob("*.js")
    raised = {
        kind
        for one in scripts
        for kind in re.findall(r'alarm\(.*"(\w+)", summary', one.read_text())
    }
    body = re.search(r"const ALARMS = {(.*?)};", (APP / "outbox.js").read_text(), re.S)
    assert body
    assert raised
    assert raised == set(re.findall(r"(\w+): \"", body[1]))


def test_modules_become_one_script() -> None:
    made = bundle(
        {
            "a/first.js": 'import { two, one as uno } from "../b.js";\n'
            'import * as c from "./c.js";\n'
            "// a comment\nexport const sum = uno + two() + c.three; // kept\n",
            "b.js": "/** Said\n * at length. */\nexport const one = 1;\n"
            "/** @type {number} */ let count = 0;\n"
            "/** @returns {number} */\nexport function two() {\n  return count + 2;\n}\n",
            "a/c.js": 'export { one } from "../b.js";\n'
            "export const three = /** @type {any} */ (3);\n",
        },
        "a/first.js",
    )
    assert made.count("const $m") == 3
    assert "let count = 0;" in made  # what stands behind a comment in its line stays
    assert "return {three,one};" in made
    assert "const {two,one:uno}=$m0;" in made
    assert "comment" not in made
    assert "at length" not in made


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a.js": 'import { b } from "./b.js";\n'}, "not there"),
        ({"a.js": 'import { a } from "./a.js";\n'}, "leans on itself"),
        ({"a.js": "export default 1;\n"}, "export default"),
        ({"a.js": "const text = `one\ntwo`;\n"}, "backticks"),
    ],
)
def test_what_the_bundle_does_not_know_it_refuses(files: dict[str, str], why: str) -> None:
    with pytest.raises(Unbundled, match=why):
        bundle(files, "a.js")


def _without_comments(script: Path) -> str:
    return re.sub(r"/\*\*.*?\*/", "", script.read_text(), flags=re.S)
