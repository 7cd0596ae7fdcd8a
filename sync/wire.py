"""The wire: JSON objects ⇄ the words of the model, for both verbs.

Unknown keys are ignored, so that a newer phone can talk to an older server. A malformed envelope
(and a change without a usable `mid` and `n`, which could not even be answered) raises `Malformed`:
HTTP 400. Any other flaw stays with its change: it comes out as an append of the reserved entity
`malformed` that carries the flaw and the whole text, which a push quarantines and acknowledges. One
bad change never blocks an outbox.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from sync.clock import to_ms
from sync.cursors import MAX_TEXT, Unreadable, decode_cursor, encode_cursor
from sync.errors import SyncError
from sync.ids import UUID_FORM
from sync.model import (
    Change,
    Cursor,
    Instant,
    Op,
    Outcome,
    Page,
    Pull,
    Push,
    Pushed,
)

MAX_CHANGES = 1000
MAX_RESYNC = 1000
MAX_DEPTH = 16
MAX_NAME = 100
MAX_BOOT = 64
MAX_LIMIT = 100_000
MAX_N = 2**53 - 1  # what every JSON reader can tell apart
MALFORMED = "malformed"

SLUG = re.compile(r"[a-z][a-z0-9_]{0,62}")

# What PostgreSQL can hold in no text: NUL, and halves of a surrogate pair.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Malformed(SyncError):
    """The request cannot be read: `path` says where, `what` says what was wanted."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path = path
        self.what = what


def decode_push(body: Any) -> Push:
    """A push from its JSON object. Raises `Malformed`."""
    envelope = _object(body, "body")
    clock = _instant(envelope.get("clock"), "clock")
    changes = _list(envelope.get("changes"), "changes", MAX_CHANGES)
    return Push(
        device=_uuid(envelope.get("device"), "device"),
        epoch=_text_or_none(envelope.get("epoch"), "epoch"),
        clock=clock,
        changes=tuple(_change(change, f"changes[{i}]", clock) for i, change in enumerate(changes)),
    )


def decode_pull(body: Any) -> Pull:
    """A pull from its JSON object. Raises `Malformed`."""
    envelope = _object(body, "body")
    resync = _list(envelope.get("resync", []), "resync", MAX_RESYNC)
    return Pull(
        device=_uuid(envelope.get("device"), "device"),
        epoch=_text_or_none(envelope.get("epoch"), "epoch"),
        cursor=_cursor(envelope.get("cursor"), "cursor"),
        limit=_integer(envelope.get("limit", 1000), "limit", 1, MAX_LIMIT),
        schema=_integer(envelope.get("schema", 1), "schema", 1, MAX_N),
        resync=tuple(_text(bucket, f"resync[{i}]", MAX_NAME) for i, bucket in enumerate(resync)),
    )


def encode_push(push: Push) -> dict[str, Any]:
    """A push as its JSON object."""
    return {
        "device": push.device,
        "epoch": push.epoch,
        "clock": push.clock._asdict(),
        "changes": [encode_change(change) for change in push.changes],
    }


def encode_pull(pull: Pull) -> dict[str, Any]:
    """A pull as its JSON object."""
    return {
        "device": pull.device,
        "epoch": pull.epoch,
        "cursor": encode_cursor(pull.cursor),
        "limit": pull.limit,
        "schema": pull.schema,
        "resync": list(pull.resync),
    }


def encode_change(change: Change) -> dict[str, Any]:
    """A change as its JSON object: on the wire, in an outbox, in quarantine."""
    return {
        "mid": change.mid,
        "n": change.n,
        "entity": change.entity,
        "id": change.id,
        "op": change.op.value,
        "set": dict(change.set),
        "was": dict(change.was),
        "at": change.at._asdict(),
    }


def canonical(change: Change) -> bytes:
    """The one UTF-8 text of a change by which its size is measured: sorted keys, no spaces."""
    body = encode_change(change)
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def encode_pushed(pushed: Pushed) -> dict[str, Any]:
    """The answer to a push as its JSON object."""
    return {
        "next_n": pushed.next_n,
        "outcomes": [_encode_outcome(outcome) for outcome in pushed.outcomes],
        "server_time": to_ms(pushed.server_time),
    }


def encode_page(page: Page) -> dict[str, Any]:
    """A page of a pull as its JSON object."""
    body: dict[str, Any] = {
        "epoch": page.epoch,
        "cursor": encode_cursor(page.cursor),
        "next_n": page.next_n,
        "more": page.more,
        "server_time": to_ms(page.server_time),
        "put": {
            bucket: {
                entity: {"cols": list(columns), "rows": [list(row) for row in rows]}
                for entity, (columns, rows) in entities.items()
            }
            for bucket, entities in page.put.items()
        },
        "del": {
            bucket: {entity: list(ids) for entity, ids in entities.items()}
            for bucket, entities in page.gone.items()
        },
        "drop": list(page.drop),
        "schema": page.schema,
    }
    if page.erased:
        body["erased"] = {entity: list(ids) for entity, ids in page.erased.items()}
    if page.buckets is not None:
        body["buckets"] = {
            bucket: {"n": head.n, "h": head.h} for bucket, head in sorted(page.buckets.items())
        }
    return body


def _encode_outcome(outcome: Outcome) -> dict[str, Any]:
    body: dict[str, Any] = {"mid": outcome.mid, "status": outcome.status.value}
    if outcome.reason is not None:
        body["reason"] = outcome.reason
    if outcome.row is not None:
        body["row"] = dict(outcome.row)
    return body


def _change(body: Any, path: str, clock: Instant) -> Change:
    change = _object(body, path)
    mid = _uuid(change.get("mid"), f"{path}.mid")
    n = _integer(change.get("n"), f"{path}.n", 1, MAX_N)
    try:
        return _sound_change(change, path, mid, n)
    except Malformed as flaw:
        # In ASCII: what no database text can hold is kept as its escape.
        text = json.dumps(change, sort_keys=True, separators=(",", ":"))
        kept = {"flaw": f"{flaw.path.removeprefix(path)[1:]}: {flaw.what}", "text": text}
        return Change(mid, n, MALFORMED, mid, Op.APPEND, kept, clock)


def _sound_change(change: Mapping[str, Any], path: str, mid: str, n: int) -> Change:
    op = change.get("op")
    if op not in list(Op):
        raise Malformed(f"{path}.op", "one of " + ", ".join(Op))
    return Change(
        mid=mid,
        n=n,
        entity=_slug(change.get("entity"), f"{path}.entity"),
        id=_uuid(change.get("id"), f"{path}.id"),
        op=Op(op),
        set=_fields(change.get("set"), f"{path}.set"),
        was=_fields(change.get("was", {}), f"{path}.was"),
        at=_instant(change.get("at"), f"{path}.at"),
    )


def _fields(value: Any, path: str) -> dict[str, Any]:
    fields = _object(value, path)
    _check_json(fields, path, MAX_DEPTH)
    return fields


def _check_json(value: Any, path: str, depth: int) -> None:
    """Refuse what JSON text may say and a database cannot keep."""
    if depth < 0:
        raise Malformed(path, "nested too deep")
    if isinstance(value, float) and not math.isfinite(value):
        raise Malformed(path, "a finite number")
    if isinstance(value, str) and UNSTORABLE.search(value):
        raise Malformed(path, "text without NUL or half characters")
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_json(name, f"{path}.*", depth)
            _check_json(inner, f"{path}.{name}", depth - 1)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            _check_json(inner, f"{path}[{i}]", depth - 1)


def _instant(value: Any, path: str) -> Instant:
    reading = _object(value, path)
    return Instant(
        _integer(reading.get("wall"), f"{path}.wall", -MAX_N, MAX_N),
        _integer(reading.get("elapsed"), f"{path}.elapsed", 0, MAX_N),
        _text(reading.get("boot"), f"{path}.boot", MAX_BOOT),
    )


def _cursor(value: Any, path: str) -> Cursor:
    if value is None:
        return Cursor()
    try:
        return decode_cursor(_text(value, path, MAX_TEXT))
    except Unreadable as error:
        raise Malformed(path, "a cursor that this server gave, or null") from error


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(path, "an object")
    return value


def _list(value: Any, path: str, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise Malformed(path, f"a list of at most {most}")
    return value


def _integer(value: Any, path: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Malformed(path, f"an integer from {least} to {most}")
    return value


def _uuid(value: Any, path: str) -> str:
    return _matching(value, path, UUID_FORM, "a UUID in lower case")


def _slug(value: Any, path: str) -> str:
    return _matching(value, path, SLUG, "a name in lower case")


def _matching(value: Any, path: str, form: re.Pattern[str], wanted: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Malformed(path, wanted)
    return value


def _text(value: Any, path: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or UNSTORABLE.search(value):
        raise Malformed(path, f"text of at most {most} characters")
    return value


def _text_or_none(value: Any, path: str) -> str | None:
    return None if value is None else _text(value, path, MAX_NAME)
