"""A package that was not looked at is no success; and the bill names everything that we pin."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from jsonschema import Draft7Validator
from packaging.utils import canonicalize_name
from referencing import Registry, Resource

from tests.supply.audit import REQUIREMENTS, ROOT, affects, judge, main, offline, pinned
from tests.supply.sbom import bill

PINS = {"flask": "3.1.3", "six": "1.17.0"}
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def report(*packages: dict[str, Any]) -> str:
    """As pip-audit 2.10 prints it."""
    return json.dumps({"dependencies": list(packages), "fixes": []})


FLASK = {"name": "Flask", "version": "3.1.3", "vulns": []}
SIX = {"name": "six", "version": "1.17.0", "vulns": []}
SKIPPED = {
    "name": "six",
    "skip_reason": "Dependency not found on PyPI and could not be audited: six (1.17.0)",
}
HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["1.18.0"], "aliases": [], "description": ""}


def test_all_is_well_only_where_every_package_was_looked_at() -> None:
    verdict = judge(PINS, report(FLASK, SIX))
    assert (verdict.wrong, verdict.looked_at) == ([], 2)


RECORDED = {
    "skipped": (report(FLASK, SKIPPED), "six 1.17.0: 被跳过"),
    "left out": (report(FLASK), "six 1.17.0: 报告中没有"),
    "all skipped": (report({**SKIPPED, "name": "flask"}, SKIPPED), "flask 3.1.3: 被跳过"),
    "empty": (report(), "flask 3.1.3: 报告中没有"),
    "another version": (report(FLASK, {**SIX, "version": "1.16.0"}), "six 1.17.0: 检查的是另一"),
    "a hole": (report(FLASK, {**SIX, "vulns": [HOLE]}), "PYSEC-2026-1"),
    "out of reach": ("", "没有检查结果；服务可能无法访问"),
    "cut off": (report(FLASK, SIX)[:-9], "没有检查结果"),
    "a page of a proxy": ("<html>", "没有检查结果"),
    "another shape": ('["flask"]', "没有检查结果"),
}  # fmt: skip


def test_whatever_else_a_report_says_is_a_failure_with_a_clear_line() -> None:
    for name, (text, line) in RECORDED.items():
        verdict = judge(PINS, text, "ConnectionError: no route to host")
        assert any(line in one for one in verdict.wrong), (name, verdict)
    no_fix = report(FLASK, {**SIX, "vulns": [{**HOLE, "fix_versions": []}]})
    assert "尚无修复版本" in judge(PINS, no_fix).wrong[0]
    unreachable = judge(PINS, "", "…\nConnectionError: no route to host")
    assert "no route to host" in unreachable.wrong[0]


def advisory(name: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    part = {
        "package": {"ecosystem": "PyPI", "name": name},
        "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
    }
    return {"id": "GHSA-x", "modified": "2026-11-20T00:00:00Z", "affected": [part], **more}


def test_versions_are_compared_as_the_database_tells_them() -> None:
    since, before = {"introduced": "0"}, {"fixed": "3.1.3"}
    assert affects(advisory("Flask", since, before), "flask", "3.1.2")
    assert not affects(advisory("Flask", since, before), "flask", "3.1.3")
    assert affects(advisory("Flask", since, {"last_affected": "3.1.3"}), "flask", "3.1.3")
    assert not affects(advisory("Flask", since, {"last_affected": "3.1.3"}), "flask", "3.1.4")
    again = (since, before, {"introduced": "3.1.10"}, {"fixed": "3.1.11"})
    found = [v for v in ("3.1.2", "3.1.3", "3.1.9", "3.1.10", "3.1.11") if
             affects(advisory("Flask", *again), "flask", v)]  # fmt: skip
    assert found == ["3.1.2", "3.1.10"]
    assert affects(advisory("Flask", since), "flask", "0.1.dev1"), "no fix yet"
    assert affects(advisory("Flask", {"introduced": "no version"}), "flask", "3.1.3"), "unreadable"
    assert not affects(advisory("Flask", since), "six", "1.17.0")
    listed = advisory("six")
    listed["affected"][0]["versions"] = ["1.17.0"]
    assert affects(listed, "six", "1.17.0")


def test_an_export_serves_where_no_service_is_in_reach(tmp_path: Path) -> None:
    def export(*advisories: dict[str, Any]) -> Path:
        path = tmp_path / "all.zip"
        with ZipFile(path, "w") as file:
            for number, one in enumerate(advisories):
                file.writestr(f"{number}.json", json.dumps(one))
        return path

    elsewhere = advisory("somebody-else", {"introduced": "0"})
    assert offline(PINS, export(elsewhere), NOW).wrong == []
    hole = advisory("six", {"introduced": "0"}, summary="a hole")
    assert offline(PINS, export(elsewhere, hole), NOW).wrong == ["six 1.17.0: GHSA-x a hole"]
    taken_back = {**hole, "withdrawn": "2026-11-21T00:00:00Z"}
    assert offline(PINS, export(taken_back), NOW).wrong == []
    assert "空的" in offline(PINS, export(), NOW).wrong[0]
    of_npm = json.loads(json.dumps(elsewhere).replace("PyPI", "npm"))
    assert "空的" in offline(PINS, export(of_npm), NOW).wrong[0], "of another language"
    assert "过期" in offline(PINS, export(elsewhere), NOW + timedelta(days=60)).wrong[0]


def test_a_database_that_cannot_be_read_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ZipFile(tmp_path / "made", "w") as file:
        file.writestr("a.json", '["a list"]')
    of_lists = (tmp_path / "made").read_bytes()
    for name, content in {"no zip": b"hello", "absent": None, "of lists": of_lists}.items():
        path = tmp_path / name
        if content:
            path.write_bytes(content)
        monkeypatch.setenv("ADVISORIES", str(path))
        assert main() == 1, name
        assert "未能检查" in capsys.readouterr().err, name


def test_the_bill_names_everything_that_we_pin() -> None:
    made = bill(REQUIREMENTS.read_text())
    named = {one["purl"]: one for one in made["components"] if "purl" in one}
    for name, version in pinned(REQUIREMENTS.read_text()).items():
        assert f"pkg:pypi/{canonicalize_name(name)}@{version}" in named
    assert named["pkg:pypi/flask@3.1.3"]["scope"] == "required"
    assert named["pkg:pypi/pytest@9.2.0"]["scope"] == "excluded"
    ui = next(one for ref, one in named.items() if ref.startswith("pkg:npm/swagger-ui-dist@"))
    assert "swagger-ui-dist/swagger-ui-bundle.js" in {one["name"] for one in ui["components"]}
    flask = next(one for one in made["dependencies"] if one["ref"] == "pkg:pypi/flask@3.1.3")
    assert any(needed.startswith("pkg:pypi/werkzeug@") for needed in flask["dependsOn"])


def test_what_others_wrote_is_in_the_bill() -> None:
    """Data in the checkout that is not ours stands beside a README, which says where it is from."""
    named = {one["name"] for one in bill(REQUIREMENTS.read_text())["components"]}
    data = ROOT / "server" / "demo" / "data"
    for path in data.iterdir():
        assert path.suffix == ".md" or str(path.relative_to(ROOT)) in named, path


def test_the_bill_has_the_form_of_cyclonedx() -> None:
    folder = files("cyclonedx.schema._res")
    schemas = {
        name: json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text(encoding="utf-8"))
        for name in ("bom-1.6", "spdx", "jsf-0.82")
    }
    known = [
        (f"{name}.SNAPSHOT.schema.json", Resource.from_contents(schema | {"$id": ""}))
        for name, schema in schemas.items()
    ]
    del schemas["bom-1.6"]["$id"]  # or its references would be looked for on its own site
    registry: Registry[Any] = Registry().with_resources(known)
    made = json.loads(json.dumps(bill(REQUIREMENTS.read_text())))
    Draft7Validator(schemas["bom-1.6"], registry=registry).validate(made)
    assert made == bill(REQUIREMENTS.read_text()), "the same again"
