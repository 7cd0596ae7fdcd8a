"""The kinds of moves there are, and how a plan of any of them is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from server.moves.areas.kind import AREAS
from server.moves.assignments.kind import ASSIGNMENT
from server.moves.errors import BadPlan
from server.moves.form import Kind, Plan
from server.moves.redraw.kind import REDRAW

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (REDRAW, ASSIGNMENT, AREAS)}


def read_plan(sent: Any) -> Plan:
    """The plan in a JSON object: `{"kind": "redraw", …}`. Raises BadPlan, naming fields."""
    if not isinstance(sent, dict):
        raise BadPlan(errors={"plan": "应为对象。 An object is wanted."})
    kind = KINDS.get(str(sent.get("kind")))
    if kind is None:
        raise BadPlan(errors={"kind": f"应为其中之一 one of: {', '.join(KINDS)}"})
    fields = {name: value for name, value in sent.items() if name != "kind"}
    try:
        return Plan(kind, sent, kind.schema().load(fields))
    except ValidationError as error:
        raise BadPlan(errors=dict(_flat(error.messages))) from error


def _flat(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """marshmallow's nested messages as `cells.0.geometry` → text."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    else:
        yield path, " ".join(map(str, messages)) if isinstance(messages, list) else str(messages)
