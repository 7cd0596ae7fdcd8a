"""Rows and ids as PostgreSQL reads them in one value: a statement of one shape for any number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from server.sealed import keyring, row_key

_NONE: Mapping[str, str] = {}


def as_array(plain: Iterable[UUID | str]) -> str:
    """Ids or times (ISO 8601) as the text of an array: `cast(:ids AS uuid[])`."""
    return "{" + ",".join(map(str, plain)) + "}"


def as_json(rows: Sequence[Mapping[str, Any]], *, seal: Mapping[str, str] = _NONE) -> str:
    """Rows for `json_populate_recordset`; a key that is missing is NULL.

    `seal`: key → column as which its texts are sealed ("note" → "visit.note"), each for the row
    that its `id` names.
    """
    sealed = [dict(row) for row in rows]
    for key, column in seal.items():
        full = [row for row in sealed if row.get(key) is not None]
        of_rows = [row_key(row["id"]) for row in full]
        values = keyring().seal_all(column, of_rows, [row[key] for row in full])
        for row, value in zip(full, values, strict=True):
            row[key] = value
    return orjson.dumps(sealed, default=_bytea).decode()


def _bytea(value: object) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"no column holds a {type(value).__name__}")
