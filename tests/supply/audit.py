"""`make audit`: has any pinned package a known hole? A package that was not looked at is a failure.

pip-audit asks the advisory service of PyPI, prints success also where it skipped every package, and
its exit code does not tell; so its report is read here. Where no such service is in reach, an
export of the OSV database for PyPI (https://osv.dev, `all.zip`) serves: ADVISORIES=all.zip. Which
versions an advisory names is compared as OSV tells it: the versions it lists, and its ranges.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT: Final = Path(__file__).parents[2]
REQUIREMENTS: Final = ROOT / "requirements.txt"
STALE: Final = timedelta(days=30)  # an older database has not heard of what is new
PATIENCE: Final = 600  # seconds for the service


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, one line each; nothing: every package was looked at, and no hole is known."""

    wrong: Sequence[str]
    looked_at: int = 0


def main() -> int:
    """0 only where every pinned package was looked at and no hole is known."""
    pins = pinned(REQUIREMENTS.read_text())
    database = os.environ.get("ADVISORIES", "")
    try:
        verdict = offline(pins, Path(database), datetime.now(UTC)) if database else online(pins)
    except (OSError, BadZipFile, subprocess.SubprocessError, *_NO_ADVISORY) as error:
        verdict = Verdict([f"未能检查。 It could not be looked at: {error}"])
    for line in verdict.wrong:
        sys.stderr.write(f"{line}\n")
    said = f"{verdict.looked_at}/{len(pins)} 个软件包已检查 packages were looked at"
    sys.stdout.write(f"{said}\n" if verdict.wrong else f"{said}，没有已知漏洞 no known hole\n")
    return int(bool(verdict.wrong))


_NO_ADVISORY: Final = (ValueError, LookupError, TypeError, AttributeError)  # what else it may be


def pinned(requirements: str) -> dict[str, str]:
    """Canonical name → version."""
    lines = (line.partition("#")[0].strip() for line in requirements.splitlines())
    pairs = (line.split("==") for line in lines if line)
    return {canonicalize_name(name): version for name, version in pairs}


def online(pins: Mapping[str, str]) -> Verdict:
    """As the advisory service of PyPI has it, by pip-audit."""
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off"]
    command += ["--no-deps", "--disable-pip", f"--requirement={REQUIREMENTS}"]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    return judge(pins, asked.stdout, asked.stderr)


def judge(pins: Mapping[str, str], report: str, said: str = "") -> Verdict:
    """What a report of pip-audit means. It must speak of every pinned package, in its version."""
    try:
        told = json.loads(report)["dependencies"]
        found: dict[str, Any] = {canonicalize_name(one["name"]): one for one in told}
    except (ValueError, KeyError, TypeError):
        last = said.strip().splitlines()[-1:] or ["no report"]
        return Verdict([f"没有检查结果；服务可能无法访问。 No report; is it in reach? {last[0]}"])
    wrong = [line for name in sorted(pins) for line in _of_one(name, pins[name], found.get(name))]
    looked_at = sum("vulns" in found.get(name, {}) for name in pins)
    return Verdict(wrong, looked_at)


def _of_one(name: str, version: str, told: Mapping[str, Any] | None) -> Iterator[str]:
    if told is None:
        yield f"{name} {version}: 报告中没有。 It is not in the report."
    elif "vulns" not in told:
        why = told.get("skip_reason", "no reason given")
        yield f"{name} {version}: 被跳过。 It was skipped: {why}"
    elif told.get("version") != version:
        yield f"{name} {version}: 检查的是另一版本。 Looked at was {told.get('version')}."
    else:
        for hole in told["vulns"]:
            fixed = ", ".join(hole.get("fix_versions", ()))
            said = f"已修复于 fixed in {fixed}" if fixed else "尚无修复版本 not fixed yet"
            yield f"{name} {version}: {hole['id']} {said}"


def offline(pins: Mapping[str, str], database: Path, now: datetime) -> Verdict:
    """As an export of the OSV database has it. Raises OSError, BadZipFile, ValueError, TypeError,
    LookupError, AttributeError where it is none.
    """
    with ZipFile(database) as export:
        read = (json.loads(export.read(name)) for name in export.namelist())
        advisories = [one for one in read if any(_parts(one))]
    newest = max((_time(one) for one in advisories), default=None)
    if newest is None:
        return Verdict(["漏洞库（PyPI）是空的。 The database has no advisories of PyPI."])
    if now - newest > STALE:
        day = newest.date()
        return Verdict([f"漏洞库已过期（{day}）。 The database of advisories ends on {day}."])
    wrong = [
        f"{name} {pins[name]}: {advisory['id']} {advisory.get('summary', '')}".rstrip()
        for advisory in advisories
        if not advisory.get("withdrawn")
        for name in sorted(_named(advisory) & pins.keys())
        if affects(advisory, name, pins[name])
    ]
    return Verdict(sorted(wrong), len(pins))


def _time(advisory: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(advisory["modified"]).astimezone(UTC)


def _named(advisory: Mapping[str, Any]) -> set[str]:
    return {canonicalize_name(part["package"]["name"]) for part in _parts(advisory)}


def _parts(advisory: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    for part in advisory.get("affected", ()):
        if part.get("package", {}).get("ecosystem", "").lower() == "pypi":
            yield part


def affects(advisory: Mapping[str, Any], name: str, version: str) -> bool:
    """Whether this version of a package is among those that an OSV advisory names."""
    return any(
        version in part.get("versions", ())
        or any(_within(one.get("events", ()), version) for one in _ranges(part))
        for part in _parts(advisory)
        if canonicalize_name(part["package"]["name"]) == name
    )


def _ranges(part: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (one for one in part.get("ranges", ()) if one.get("type") == "ECOSYSTEM")


def _within(events: Iterable[Mapping[str, str]], version: str) -> bool:
    """OSV's own rule: by the events in the order of their versions the last before ours decides.

    A version that cannot be compared counts as affected: better one look too many.
    """
    try:
        ours, inside = Version(version), False
        for kind, at in sorted(_points(events), key=lambda point: (point[1], point[0])):
            if kind == "introduced" and ours >= at:
                inside = True
            elif (kind == "fixed" and ours >= at) or (kind == "last_affected" and ours > at):
                inside = False
    except InvalidVersion:
        return True
    return inside


def _points(events: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, Version]]:
    for event in events:
        for kind, text in event.items():
            if kind in {"introduced", "fixed", "last_affected"}:
                yield kind, Version("0.dev0" if text == "0" else text)


if __name__ == "__main__":
    sys.exit(main())
