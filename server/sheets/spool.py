"""A table read once and kept beside memory: what was checked is what is loaded.

Excel, GeoJSON and GeoPackage are slow to read and have to be read to their end before anything is
written. Their rows are kept in a file without a name in the system's temporary folder: only this
process can open it, and it is gone when the process is, however it ends.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from tempfile import TemporaryFile
from weakref import finalize

from server.sheets.errors import BadSheet
from server.sheets.table import Record

_AT_ONCE = 1000  # rows


class Spool:
    """The records of a file, kept. Reads all of them at once, and raises what reading raises."""

    shifts = False

    def __init__(self, records: Iterable[Record]) -> None:
        self._file = TemporaryFile("w+b", buffering=0)  # noqa: SIM115 - lives as long as the spool
        finalize(self, self._file.close)
        self._header: list[Record] = []
        lines = (json.dumps([line, *cells]) + "\n" for line, cells in self._rows(records))
        while kept := "".join(islice(lines, _AT_ONCE)):
            self._keep(kept.encode())

    def _rows(self, records: Iterable[Record]) -> Iterator[Record]:
        """All but the header that features give at their end: line 0 comes first."""
        for record in records:
            if record.line:
                yield record
            else:
                self._header.append(record)

    def _keep(self, lines: bytes) -> None:
        try:
            while lines:
                lines = lines[self._file.write(lines) :]
        except OSError as error:
            raise BadSheet(
                f"临时目录无法写入：{error.strerror}。 "
                f"The temporary folder cannot take the rows: {error.strerror}; see TMPDIR."
            ) from error

    def records(self) -> Iterator[Record]:
        """All records, from the first. Two may be under way at once."""
        yield from self._header
        with io.BufferedReader(_Kept(self._file.fileno()), 1 << 16) as file:
            for kept in file:
                line, *cells = json.loads(kept)
                yield Record(line, cells)


class _Kept(io.RawIOBase):
    """Bytes of an open file from its beginning, with a place of its own in it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._at = descriptor, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # what io passes
        count = os.preadv(self._descriptor, [buffer], self._at)
        self._at += count
        return count
