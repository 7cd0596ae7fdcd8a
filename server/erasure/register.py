"""The register of what was erased: one file outside the database, ids and hashes, only added to.

A database that is put back to an earlier day knows nothing of what was erased since; this file
does. A line is on the disk before the erasure commits: what a crash leaves between the two is
completed from the file, never undone. Standard library only.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from server.durable import settle
from server.erasure.errors import RegisterDamaged
from server.errors import in_both

NAME: Final = "erased"  # in the installation's directory
_LINE: Final = re.compile(
    r"(household|visit|party|dispute) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
_FILE: Final = re.compile(r"file ([0-9a-f]{64})")  # an attachment, by its content


class Erased(NamedTuple):
    """A row that was erased with its person."""

    entity: str
    id: UUID


class Register:
    """The register of one installation. `directory`: its `var`."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME

    def read(self) -> frozenset[Erased]:
        """Everything that was erased; nothing where there is no file.

        Raises RegisterDamaged. A last line without its end was never acknowledged: it is left out.
        """
        parsed = (self._parse(number, line) for number, line in self._lines())
        return frozenset(one for one in parsed if isinstance(one, Erased))

    def files(self) -> frozenset[bytes]:
        """SHA-256 of the files that went with them. Raises RegisterDamaged."""
        parsed = (self._parse(number, line) for number, line in self._lines())
        return frozenset(one for one in parsed if isinstance(one, bytes))

    def add(self, erased: Iterable[Erased], files: Iterable[bytes] = ()) -> None:
        """Write these down; when this returns they are on the disk. Twice does no harm."""
        said = [f"{one.entity} {one.id}\n" for one in sorted(set(erased))]
        lines = "".join(said + [f"file {digest.hex()}\n" for digest in sorted(set(files))])
        if not lines:
            return
        new = not self.path.exists()
        with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "rb+") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            self._drop_torn_end(f.fileno())
            f.write(lines.encode())
            f.flush()
            os.fsync(f.fileno())
        if new:
            settle(self.path.parent)

    def _lines(self) -> Iterator[tuple[int, str]]:
        """(number, line) of every whole line that says something."""
        try:
            text = self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return
        *whole, _ = text.split("\n")
        yield from ((number, line) for number, line in enumerate(whole, 1) if line)

    def _parse(self, number: int, line: str) -> Erased | bytes:
        if found := _LINE.fullmatch(line):
            return Erased(found[1], UUID(found[2]))
        if found := _FILE.fullmatch(line):
            return bytes.fromhex(found[1])
        raise RegisterDamaged(in_both(RegisterDamaged.text, f"{self.path}:{number}"))

    def _drop_torn_end(self, descriptor: int) -> None:
        """Cut off what a crash left of a line: it was never acknowledged."""
        written = self.path.read_bytes()
        whole = written.rfind(b"\n") + 1
        if whole < len(written):
            os.ftruncate(descriptor, whole)
