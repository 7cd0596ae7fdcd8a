"""Every operation of the OpenAPI document, called with what it allows and with what it forbids.

schemathesis draws the calls from the document and judges the answers: no 5xx, no status and no
media type that the document does not declare, every JSON answer of the declared shape. Whoever may
do most of an operation calls it, of things that there are; nothing is random.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import HypothesisException
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import SchemathesisError
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.access.permissions import OPEN, PERMISSIONS, Scope
from tests.smallcounty import CELLS, PEOPLE, VILLAGES, SmallCounty, id_of

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
ENDS_THE_CALLER = {"DELETE /api/v1/sessions/current"}
THERE_IS = {
    "household_id": str(id_of("A1w-1")),
    "user_id": str(id_of("user worker-a1e")),
    "office_id": str(id_of("office A1")),
    "name": "cells",
    "format_": "csv",
    "layer": "cells",
    "version": "1",
    "day": "2026-03-02",
    "z": "12",
}
SENT = {"Authorization"}  # with every call, and rightly
CODES = {"areas": VILLAGES["A1"], "cells": CELLS["A1w"]}


@dataclass
class Findings:
    """What was called and what of it went wrong: one line for each kind of failure."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        told = "\n\n".join(f"{name}\n{said}" for name, said in self.wrong.items())
        return f"{len(self.wrong)} kinds of failure in {self.statuses.total()} calls\n\n{told}"


def call_everything(
    county: SmallCounty, examples: int, *, known: bool = True, wrongly_each: int = 1
) -> Findings:
    """So many calls of each mode to each operation, wrong ones to each `wrongly_each`th. `known`:
    of things that there are.
    """
    findings = Findings()
    actions = _actions(county)
    tokens: dict[str, dict[str, str]] = {}
    for number, operation in enumerate(_operations(county)):
        login = _caller(actions.get(operation.label, ""))
        if operation.label in ENDS_THE_CALLER or login is None:
            continue
        if login not in tokens:
            access = county.sign_in(login).tokens["access"]
            tokens[login] = {"Authorization": f"Bearer {access}", "Accept-Encoding": "identity"}
        named = _named(operation, known)
        wrongly = number % wrongly_each == 0 and _may_be_wrong(operation, named)
        for mode in MODES if wrongly else MODES[:1]:
            _call(operation, mode, tokens[login], findings, examples, named)
    return findings


def _call(
    operation: Any,
    mode: GenerationMode,
    headers: dict[str, str],
    findings: Findings,
    examples: int,
    named: dict[str, str],
) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        case.path_parameters.update(named)
        answer = case.call(headers=headers)
        findings.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                name = f"{operation.label} {type(failure).__name__} {answer.status_code}"
                findings.wrong.setdefault(name, f"{failure}\n{case.as_curl_command()}"[:2000])

    try:
        run()
    except (SchemathesisError, HypothesisException) as error:
        if type(error).__name__ not in _NOTHING_TO_FORBID:
            findings.wrong[f"{operation.label} {mode.value}"] = repr(error)[:1000]


_NOTHING_TO_FORBID = {"Unsatisfiable"}


def _operations(county: SmallCounty) -> Iterator[Any]:
    document = schemathesis.openapi.from_wsgi("/api/openapi.json", county.app)
    for found in document.get_all_operations():
        yield found.ok()  # type: ignore[union-attr] # a document that is wrong raises here


def _named(operation: Any, known: bool) -> dict[str, str]:
    if not known:
        return {}
    wanted = [parameter.name for parameter in operation.path_parameters]
    named = {name: THERE_IS[name] for name in wanted if name in THERE_IS}
    collection = next((kind for kind in CODES if f"/{kind}/" in operation.path), None)
    return {**named, "code": CODES[collection]} if "code" in wanted and collection else named


def _may_be_wrong(operation: Any, named: dict[str, str]) -> bool:
    """Whether anything is left that could be sent wrongly, beside what is named."""
    parameters = {one.name for one in operation.iter_parameters()}
    return bool(list(operation.body)) or bool(parameters - named.keys() - SENT)


def _actions(county: SmallCounty) -> dict[str, str]:
    """`GET /api/v1/households/{household_id}` → household.read."""
    found = {}
    for rule in county.app.url_map.iter_rules():
        path = rule.rule
        for name in rule.arguments:
            start = path.index(next(p for p in (f":{name}>", f"<{name}>") if p in path))
            left = path.rindex("<", 0, start + 1)
            path = f"{path[:left]}{{{name}}}{path[path.index('>', start) + 1 :]}"
        for method in rule.methods or ():
            action = getattr(county.app.view_functions[rule.endpoint], "action", "")
            found[f"{method} {path}"] = action
    return found


def _caller(action: str) -> str | None:
    """Whoever it reaches farthest for; for what needs no role, somebody of the field."""
    if action in OPEN:
        return "worker-a1w"
    reach = PERMISSIONS.get(action)
    if not reach:
        return "worker-a1w"
    role = max(reach, key=lambda one: list(Scope).index(reach[one]))
    return next((login for login, (held, _, _) in PEOPLE.items() if held == role), None)
