"""What the worker's page is made of: the few files that a phone keeps to open it without a network.

All of it has one version, a digest of it all. A phone has either the whole of a version or none:
a file of another version is not there, so that no half of a new one is ever mixed with an old one.
The modules can be had one by one too, as they are written: tests do, phones do not.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from server.console.worker.bundle import bundle
from server.errors import WanggeError
from server.ladder.errors import LadderError
from server.problems import catalogue
from server.syncing.entities import ENTITIES
from server.syncing.status import rules

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
REASONS: Final = "reasons.json"
BUNDLE: Final = "work.js"
KEPT: Final = (BUNDLE, "work.css", REASONS)  # by a phone, beside the shell
FIRST: Final = "app/main.js"
KINDS: Final = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_SHELL: Final = HERE / "templates" / "worker" / "shell.html"
_SERVICE_WORKER: Final = HERE / "sw.js"
_BELOW: Final = {"server.policies", "server.ladder"}  # what the entities lean on


@cache
def version() -> str:
    """A digest of all of it: the same in every process of one version."""
    seen = sha256(_SHELL.read_bytes() + _SERVICE_WORKER.read_bytes())
    for path, content in sorted(files().items()):
        seen.update(f"{path}\0".encode() + sha256(content).digest())
    return seen.hexdigest()[:12]


@cache
def files() -> dict[str, bytes]:
    """Path below the version → content."""
    found = (one for one in STATIC.rglob("*") if one.suffix in KINDS)
    written = {str(one.relative_to(STATIC)): one.read_bytes() for one in found}
    scripts = {path: text.decode() for path, text in written.items() if path.endswith(".js")}
    return {**written, BUNDLE: bundle(scripts, FIRST).encode(), REASONS: _reasons()}


@cache
def zipped(path: str) -> bytes:
    """The same packed; once by each process."""
    return gzip.compress(files()[path], 9, mtime=0)


def service_worker() -> str:
    """The script that keeps the page on the phone; other bytes with every version."""
    told = json.dumps({"version": version(), "files": KEPT})
    return f"self.KIT = {told};\n{_SERVICE_WORKER.read_text(encoding='utf-8')}"


def _reasons() -> bytes:
    """Why a record is not counted, by slug: [text, what to do], as /sync/status says it."""
    refusals = {slug: [text] for slug, _, text in catalogue() if slug in _refusals()}
    known = {slug: [why.text, why.remedy] for slug, why in rules.REASONS.items()}
    otherwise = {"": [rules.OTHERWISE.text, rules.OTHERWISE.remedy]}
    told = {**refusals, **known, **otherwise}
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _refusals() -> set[str]:
    """The slugs of what the entities of sync may refuse, and of nothing else: phones are small."""
    nouns = {type(one).__module__.rpartition(".")[0] for one in ENTITIES} | _BELOW
    families: list[Any] = [WanggeError, LadderError]
    for known in families:
        families.extend(known.__subclasses__())
    return {one.slug for one in families if one.__module__.rpartition(".")[0] in nouns}
