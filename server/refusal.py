"""How a service's error becomes the refusal of one change of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from server.errors import WanggeError
from sync.registry import Refused


@contextmanager
def refusing() -> Iterator[None]:
    """Turn an error that names its `index` into sync's Refused; others pass on as they are."""
    try:
        yield
    except WanggeError as error:
        index = error.extra.get("index")
        if not isinstance(index, int):
            raise
        raise Refused(index, error.slug) from error
