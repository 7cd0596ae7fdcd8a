"""Forms of pages: what was typed, read by a schema; what is wrong, told beside the field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext as _
from marshmallow import EXCLUDE, Schema, ValidationError

from server.console.frame.look import COUNTY_TIME
from server.errors import Invalid

_MOST_DIGITS: Final = 10
_MISSING = "Missing data for required field."


def loaded(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, as the schema reads it; what it does not know is passed over.

    Raises Invalid with a sentence for each field that is wrong.
    """
    try:
        read: dict[str, Any] = schema.load(given, unknown=EXCLUDE)
    except ValidationError as error:
        raise Invalid(errors=_told(error.messages_dict)) from error
    return read


def filled(given: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left empty: an empty field is one that nobody filled in."""
    stripped = {name: value.strip() for name, value in given.items() if isinstance(value, str)}
    return {name: value for name, value in {**given, **stripped}.items() if value not in ("", [])}


def whole(typed: str) -> int | None:
    """A whole number that somebody may have typed; None: it is none of ours."""
    return int(typed) if typed.isdecimal() and len(typed) < _MOST_DIGITS else None


def local_time(typed: str) -> str:
    """What a field for a day and a time holds, as a time of the county's; else as it was typed."""
    try:
        read = datetime.fromisoformat(typed)
    except ValueError:
        return typed
    return typed if read.tzinfo else read.replace(tzinfo=COUNTY_TIME).isoformat()


def _told(messages: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(name): _("请填写这一项。") if _MISSING in str(said) else _("这一项有误，请核对后再填。")
        for name, said in messages.items()
    }
