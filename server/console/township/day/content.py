"""What a phone wrote, as a form in which it can be put right. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask_babel import lazy_gettext as _

from server.console.township.day import words
from server.errors import Invalid
from server.syncing.review.rules import CORRECTABLE
from sync.model import Op

_NUMBERS: Final = frozenset({"companions", "group_no", "people", "people_concerned"})
_LONG: Final = frozenset({"agreement", "note", "story", "why"})
# Of another row: nobody types an id. Whoever has to name another one enters the record anew.
NAMES: Final = frozenset(
    {
        "cell_id",
        "dispute_id",
        "done_by",
        "household_id",
        "related_id",
        "supersedes_id",
        "village_id",
    }
)
_NOT_TYPED: Final = frozenset({"parties", "claims", "location", "details"})  # lists and such
MOST: Final = 50  # fields: a change has fewer


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a change: as it was sent, as it is typed now, and what may be done about it.

    `how`: "text", "number", "long", "choice" or "fixed" (may only be left out where `removable`).
    """

    name: str
    sent: Any
    typed: str
    how: str
    removable: bool
    left_out: bool = False
    was: Any = None

    @property
    def sent_text(self) -> str:
        """As it travels through the form and back."""
        return json.dumps(self.sent, ensure_ascii=False, separators=(",", ":"))


def fields_of(entity: str, op: str, said: Mapping[str, Any], was: Mapping[str, Any]) -> list[Field]:
    """The fields of a change as it was sent."""
    may = CORRECTABLE.get((entity, Op(op)), frozenset())
    return [
        Field(
            name,
            value,
            "" if value is None else str(value),
            _how(entity, name, value) if name in may else "fixed",
            name not in may,
            was=was.get(name),
        )
        for name, value in list(said.items())[:MOST]
    ]


def typed_again(entity: str, op: str, form: Mapping[str, str]) -> list[Field]:
    """The same from a form that comes back: nothing that was typed is lost. Raises Invalid."""
    sent = {name: _sent(form, name) for name in _names(form)}
    return [
        Field(
            one.name,
            one.sent,
            form.get(f"now.{one.name}", one.typed),
            one.how,
            one.removable,
            f"out.{one.name}" in form,
        )
        for one in fields_of(entity, op, sent, {})
    ]


def corrections(form: Mapping[str, str]) -> dict[str, Any]:
    """Field → value as it was put right; None leaves it out. Raises Invalid."""
    found: dict[str, Any] = {}
    for name in _names(form):
        sent = _sent(form, name)
        if f"out.{name}" in form:
            found[name] = None
        elif f"now.{name}" in form:
            value = _read(name, form[f"now.{name}"].strip(), sent)
            if value != sent:
                found[name] = value
    return found


def named(fields: Iterable[Field]) -> set[UUID]:
    """The rows that these fields name."""
    return {found for one in fields if one.name in NAMES and (found := _id(one.sent))}


def _id(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


def _how(entity: str, name: str, value: Any) -> str:
    if name in _NOT_TYPED | NAMES or isinstance(value, (list, dict)):
        return "fixed"
    if words.choices(entity, name):
        return "choice"
    if name in _NUMBERS:
        return "number"
    return "long" if name in _LONG else "text"


def _names(form: Mapping[str, str]) -> Iterator[str]:
    return (key.removeprefix("was.") for key in list(form)[: 4 * MOST] if key.startswith("was."))


def _sent(form: Mapping[str, str], name: str) -> Any:
    try:
        return json.loads(form[f"was.{name}"])
    except (ValueError, RecursionError) as error:
        raise Invalid from error


def _read(name: str, typed: str, sent: Any) -> Any:
    if not typed:
        return sent if sent in (None, "") else None
    if isinstance(sent, bool):
        return typed.lower() == "true"
    if name not in _NUMBERS:
        return typed
    try:
        return int(typed)
    except ValueError as error:
        raise Invalid(errors={f"now.{name}": str(_("请填数字。"))}) from error
