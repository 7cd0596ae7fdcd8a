"""The bodies of both verbs as JSON Schemas (draft 2020-12): what `sync.wire` reads and writes.

`pull` and `push` say what is refused whole; `change` is what one change must be beyond that; `page`
and `pushed` are the answers. They are published, so that a client can be checked without this code.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

NAMES = ("pull", "page", "push", "change", "pushed")


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema of one of `NAMES`. Raises KeyError for any other name."""
    if name not in NAMES:
        raise KeyError(name)
    text = files(__name__).joinpath(f"{name}.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
