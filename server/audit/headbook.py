"""The head book: signed heads of the chain in one file outside the database, only ever added to.

Whoever owns the database can put another chain in the place of this one; what this file says of it,
and better the copies that have left the building, show it. Standard library only.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from server.audit.errors import NoHeads
from server.audit.rules.signing import Head, from_line, to_line
from server.durable import settle
from server.errors import in_both

NAME: Final = "audit-heads"  # in the installation's directory


class HeadBook:
    """The heads in one file, a line each."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Head]:
        """The heads that the file holds; none where there is no file, and no line that is torn.

        Raises NoHeads where there are lines and none of them is a head.
        """
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        lines = [line for line in text.splitlines() if line.strip()]
        heads = [head for line in lines if (head := from_line(line))]
        if lines and not heads:
            raise NoHeads(in_both(NoHeads.text, str(self.path)))
        return heads

    def add(self, heads: Sequence[Head]) -> None:
        """Write these down; when this returns they are on the disk."""
        lines = "".join(f"{to_line(head)}\n" for head in heads)
        new = not self.path.exists()
        with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644), "rb+") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            if self._is_torn(f.fileno()):
                f.write(b"\n")  # what a crash left of a line stays, and is no head
            f.write(lines.encode())
            f.flush()
            os.fsync(f.fileno())
        if new:
            settle(self.path.parent)

    def _is_torn(self, descriptor: int) -> bool:
        size = os.fstat(descriptor).st_size
        return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def book_of(directory: Path) -> HeadBook:
    """The head book of an installation; `directory`: its `var`."""
    return HeadBook(directory / NAME)
