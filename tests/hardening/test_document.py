"""The OpenAPI document says all that may happen, and nothing without bounds comes in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from server.app import create_app
from tests import smallcounty
from tests.hardening.calls import call_everything
from tests.smallcounty import SmallCounty

EXAMPLES = int(os.environ.get("WANGGE_CALLS", "5"))  # of each mode, to each operation
BOUNDS = ("maxLength", "enum", "const", "format", "pattern")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = create_app(smallcounty.settings("postgresql+psycopg2://nobody@localhost/none"))
    found: dict[str, Any] = app.test_client().get("/api/openapi.json").json or {}
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield f"{method.upper()} {path}", operation


def test_every_operation_says_what_it_answers_and_what_may_go_wrong(
    document: dict[str, Any],
) -> None:
    found = dict(operations(document))
    assert len(found) > 100
    for name, operation in found.items():
        declared = operation["responses"]
        assert "default" not in declared, f"{name}: a default allows any status"
        assert any(status < "400" for status in declared), f"{name} says nothing of success"
        needed = {"400", "401", "422", "429", "503"}
        assert needed <= declared.keys(), name
        for status, answer in declared.items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (name, status)
            assert answer["description"], (name, status)


def test_every_text_and_every_list_that_comes_in_is_bounded(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", []):
            if "schema" in parameter:
                free = list(unbounded(document, parameter["schema"], parameter["name"]))
                assert not free, f"{name}: {free}"
        for kind, body in operation.get("requestBody", {}).get("content", {}).items():
            if kind == "application/json":
                assert not (free := list(unbounded(document, body["schema"], ""))), f"{name} {free}"


def unbounded(
    document: dict[str, Any], schema: Any, where: str, seen: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Where in a schema a text or a list may be of any length."""
    reference = schema.get("$ref", "")
    if reference.startswith("#/components/") and reference not in seen:
        name = reference.rpartition("/")[2]
        referred = document["components"]["schemas"][name]
        yield from unbounded(document, referred, where, seen | {reference})
    types = schema.get("type", ())
    types = (types,) if isinstance(types, str) else types
    if "string" in types and not any(bound in schema for bound in BOUNDS):
        yield f"{where}: a text of any length"
    if "array" in types and "maxItems" not in schema:
        yield f"{where}: a list of any length"
    for name, part in schema.get("properties", {}).items():
        yield from unbounded(document, part, f"{where}.{name}", seen)
    parts = [schema.get("items"), *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    for part in [*parts, *schema.get("allOf", ())]:
        if isinstance(part, dict):
            yield from unbounded(document, part, f"{where}[]", seen)


def test_no_call_of_anybody_is_answered_with_what_the_document_does_not_say(
    county: SmallCounty,
) -> None:
    findings = call_everything(county, examples=1, wrongly_each=4)
    assert not findings.wrong, str(findings)
    assert findings.statuses[200], "and some of it was done"


@pytest.mark.long
def test_nor_are_thousands_of_calls(county: SmallCounty) -> None:
    for known, examples in ((True, EXAMPLES), (False, 2)):
        findings = call_everything(county, examples, known=known)
        assert not findings.wrong, str(findings)
