"""Files that are there whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.durable import settle


@contextmanager
def complete_file(path: Path, mark: str = "export") -> Iterator[Path]:
    """Somewhere to write a file, which takes the place of `path` at the end if all went well.

    It lies in a folder of its own beside `path`, whose name begins with `mark`, and is on the disk
    before it takes its name; one that was taken away again is none. Only who made it may read it.
    """
    with tempfile.TemporaryDirectory(prefix=f".{mark}.", dir=path.parent) as folder:
        written = Path(folder) / path.name
        yield written
        if written.exists():
            written.chmod(0o600)
            settle(written)
            written.replace(path)
            settle(path.parent)


def sweep(folder: Path, mark: str) -> None:
    """Delete what killed processes left under a mark; nobody else may write under it meanwhile."""
    for left in folder.glob(f".{mark}.*"):
        shutil.rmtree(left, ignore_errors=True)


def digest_of(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
