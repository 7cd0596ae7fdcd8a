"""The wire: JSON objects ⇄ the words of the model, for both verbs.

Unknown keys are ignored, so that a newer phone can talk to an older server. A malformed envelope
(and a change without a usable `mid` and `n`, which could not even be answered) raises `Malformed`:
HTTP 400. Any other flaw stays with its change: it comes out as an append of the reserved entity
`malformed` that carries the flaw and the whole text, which a push quarantines and acknowledges. One
bad change never blocks an outbox.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sync.clock import to_ms
from sync.cursors import MAX_TEXT, Unreadable, decode_cursor, encode_cursor
from sync.forms import (
    MAX_N,
    MAX_NAME,
    Malformed,
    check_json,
    read_instant,
    read_integer,
    read_list,
    read_matching,
    read_name,
    read_object,
    read_text,
    read_uuid,
)
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
from sync.unsent import decode_unsent, encode_unsent

MAX_CHANGES = 1000
MAX_RESYNC = 1000
MAX_DEPTH = 16
MAX_LIMIT = 100_000
MALFORMED = "malformed"

SLUG = re.compile(r"[a-z][a-z0-9_]{0,62}")


def decode_push(body: Any) -> Push:
    """A push from its JSON object. Raises `Malformed`."""
    envelope = read_object(body, "body")
    clock = read_instant(envelope.get("clock"), "clock")
    changes = read_list(envelope.get("changes"), "changes", MAX_CHANGES)
    return Push(
        device=read_uuid(envelope.get("device"), "device"),
        epoch=read_name(envelope.get("epoch"), "epoch"),
        clock=clock,
        changes=tuple(_change(change, f"changes[{i}]", clock) for i, change in enumerate(changes)),
        unsent=decode_unsent(envelope.get("unsent"), "unsent"),
    )


def decode_pull(body: Any) -> Pull:
    """A pull from its JSON object. Raises `Malformed`."""
    envelope = read_object(body, "body")
    resync = read_list(envelope.get("resync", []), "resync", MAX_RESYNC)
    return Pull(
        device=read_uuid(envelope.get("device"), "device"),
        epoch=read_name(envelope.get("epoch"), "epoch"),
        cursor=_cursor(envelope.get("cursor"), "cursor"),
        limit=read_integer(envelope.get("limit", 1000), "limit", 1, MAX_LIMIT),
        schema=read_integer(envelope.get("schema", 1), "schema", 1, MAX_N),
        resync=tuple(
            read_text(bucket, f"resync[{i}]", MAX_NAME) for i, bucket in enumerate(resync)
        ),
        unsent=decode_unsent(envelope.get("unsent"), "unsent"),
    )


def encode_push(push: Push) -> dict[str, Any]:
    """A push as its JSON object."""
    return {
        "device": push.device,
        "epoch": push.epoch,
        "clock": push.clock._asdict(),
        "changes": [encode_change(change) for change in push.changes],
        "unsent": encode_unsent(push.unsent),
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
        "unsent": encode_unsent(pull.unsent),
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
    change = read_object(body, path)
    mid = read_uuid(change.get("mid"), f"{path}.mid")
    n = read_integer(change.get("n"), f"{path}.n", 1, MAX_N)
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
        entity=read_matching(change.get("entity"), f"{path}.entity", SLUG, "a name in lower case"),
        id=read_uuid(change.get("id"), f"{path}.id"),
        op=Op(op),
        set=_fields(change.get("set"), f"{path}.set"),
        was=_fields(change.get("was", {}), f"{path}.was"),
        at=read_instant(change.get("at"), f"{path}.at"),
    )


def _fields(value: Any, path: str) -> dict[str, Any]:
    fields = read_object(value, path)
    check_json(fields, path, MAX_DEPTH)
    return fields


def _cursor(value: Any, path: str) -> Cursor:
    if value is None:
        return Cursor()
    try:
        return decode_cursor(read_text(value, path, MAX_TEXT))
    except Unreadable as error:
        raise Malformed(path, "a cursor that this server gave, or null") from error
