"""The files beside a list: which rows were rejected and how to mend them, and likely duplicates.

They hold line numbers and ids, no names: whoever mends a row has the list.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from contextlib import suppress
from errno import EISDIR
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, TextIO

from server.households.imports.errors import REMEDY, Reason
from server.sheets import Row, defuse

_REJECTED = ("行号或要素号 line or feature", "编号 id", "原因 reason", "处理办法 remedy")
_DUPLICATES = (
    "行号或要素号 line or feature",
    "编号 id",
    "疑似重复于行号 likely the same as line",
)
_SHOWN = 40


class Twin(NamedTuple):
    """A row that has village, head and address in common with an earlier one."""

    line: int
    external_id: str
    first: int


class Reports:
    """Both reports of one run, in place of those of the run before; absent where nothing is said.

    Written under another name and put in place at the end, so that a report is always whole: a run
    that is cut off leaves those of the run before. Entering raises OSError where they cannot go,
    before anything else is written.
    """

    def __init__(self, beside: Path) -> None:
        self.rejected_path = beside.with_name(beside.name + ".rejected.csv")
        self.duplicates_path = beside.with_name(beside.name + ".duplicates.csv")
        self._rejected = _Report(self.rejected_path, _REJECTED)
        self._duplicates = _Report(self.duplicates_path, _DUPLICATES)
        self._both = (self._rejected, self._duplicates)

    def __enter__(self) -> Reports:
        try:
            for report in self._both:
                report.begin()
        except OSError:
            self._discard()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                for report in self._both:
                    report.close()  # a full disk may show only here: neither is in place yet
                for report in self._both:
                    report.finish()
        finally:
            self._discard()

    def _discard(self) -> None:
        for report in self._both:
            report.discard()

    def reject(self, row: Row, reason: Reason) -> None:
        """One row that was left out."""
        external_id = row.cells.get("external_id", "")
        self._rejected.write(row.line, _inert(external_id), reason, REMEDY[reason])

    def suspect(self, twin: Twin) -> None:
        """One row that was kept and may be an earlier one again."""
        self._duplicates.write(twin.line, _inert(twin.external_id), twin.first)


class _Report:
    """One CSV file, with a BOM so that spreadsheet programs read its Chinese."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self._path, self._header = path, header
        self._unfinished = path.with_name(path.name + ".part")
        self._file: TextIO | None = None
        self._rows = 0

    def begin(self) -> None:
        """Raises OSError where the report could not be written or put in place."""
        if self._path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(self._path))
        descriptor = os.open(self._unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="")
        csv.writer(self._file).writerow(self._header)

    def write(self, *cells: object) -> None:
        if self._file is None:
            raise RuntimeError("a report is written to within its `with` block")
        csv.writer(self._file).writerow(cells)
        self._rows += 1

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def finish(self) -> None:
        """In place of the report before; where there is nothing to say, none is there."""
        if self._rows:
            self._unfinished.replace(self._path)
        else:
            self._path.unlink(missing_ok=True)

    def discard(self) -> None:
        """What was not put in place goes."""
        if self._file is None:
            return
        with suppress(OSError):  # a full disk; what brought us here has been raised
            self._file.close()
        self._unfinished.unlink(missing_ok=True)


def _inert(text: str) -> str:
    """An id that no spreadsheet program takes for a formula, and no terminal for a command."""
    return defuse("".join(c if c.isprintable() else "?" for c in text[:_SHOWN]))
