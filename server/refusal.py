"""Changes of phones at a noun's door: their fields read strictly, errors turned into refusals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from server.errors import WanggeError
from sync.clock import from_ms
from sync.registry import Refused


@contextmanager
def refusing() -> Iterator[None]:
    """Turn an error that names its `index` into sync's Refused; others pass on as they are."""
    try:
        yield
    except WanggeError as error:
        if error.index is None:
            raise
        raise Refused(error.index, error.slug) from error


class Fields:
    """The fields of one change; ids and times are taken out, what is `left` is the noun's to judge.

    Raises `error` with the index of the change and the name of the field.
    """

    def __init__(self, fields: Mapping[str, Any], error: type[WanggeError], index: int) -> None:
        self.left = dict(fields)
        self._error, self._index = error, index

    def need_id(self, name: str) -> UUID:
        """An id that must be there."""
        found = self.take_id(name)
        if found is None:
            self._refuse(name, "missing")
        return found

    def take_id(self, name: str) -> UUID | None:
        """An id, or None where the field is absent or empty."""
        value = self.left.pop(name, None)
        if value is None:
            return None
        try:
            return UUID(value)
        except (ValueError, TypeError, AttributeError):
            self._refuse(name, "bad_id")

    def take_time(self, name: str) -> datetime | None:
        """A time in milliseconds since 1970, or None."""
        value = self.left.pop(name, None)
        if value is None:
            return None
        if type(value) is not int or not 0 <= value < _YEAR_3000:
            self._refuse(name, "bad_time")
        return from_ms(value)

    def _refuse(self, name: str, slug: str) -> NoReturn:
        raise self._error(index=self._index, errors={name: slug})


_YEAR_3000 = 32_503_680_000_000  # milliseconds; what lies beyond is no time of a visit
