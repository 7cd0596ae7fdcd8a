"""Files by their hash, on the disk of the server: `attachments/ab/cd/<sha256>` of the data folder.

A file is there whole or not at all: it is written beside its place, brought to the disk, and then
takes its name. What it is called follows from its content alone, never from what anybody sent.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from server.attachments.errors import AttachmentLost, NoRoom
from server.durable import settle

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PART: Final = ".part-"


class Files:
    """The files below `folder`, which is made when the first one is kept."""

    def __init__(self, folder: Path, min_free_bytes: int = 0) -> None:
        self._folder = folder
        self._min_free = min_free_bytes

    def put(self, content: bytes) -> bytes:
        """Keep a content; its hash. The same content again is kept once. Raises NoRoom."""
        digest = hashlib.sha256(content).digest()
        path = self.path(digest)
        if self.holds(digest, look=True):
            return digest
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if shutil.disk_usage(path.parent).free < self._min_free + len(content):
                raise NoRoom(retry_after=120)
            self._write(path, content)
        except OSError as error:
            if error.errno in _FULL:
                raise NoRoom(retry_after=120) from error
            raise
        return digest

    def holds(self, digest: bytes, *, look: bool = False) -> bool:
        """Whether there is a file of this hash; `look`: one whose content still has it."""
        try:
            with self.path(digest).open("rb") as file:
                return not look or hashlib.file_digest(file, "sha256").digest() == digest
        except FileNotFoundError:
            return False

    def is_older(self, digest: bytes, than: float) -> bool:
        """Whether it is there and was written before this, by the clock that wrote it."""
        try:
            return self.path(digest).stat().st_mtime < than
        except FileNotFoundError:
            return False

    def open(self, digest: bytes) -> IO[bytes]:
        """A file to read. Raises AttachmentLost."""
        try:
            return self.path(digest).open("rb")
        except FileNotFoundError:
            raise AttachmentLost from None

    def drop(self, digest: bytes) -> bool:
        """Delete a file; whether it was there."""
        try:
            self.path(digest).unlink()
        except FileNotFoundError:
            return False
        return True

    def path(self, digest: bytes) -> Path:
        """Where the content of this hash is, or would be."""
        name = digest.hex()
        return self._folder / name[:2] / name[2:4] / name

    def below(self, first: int) -> Iterator[bytes]:
        """Hashes of the files whose first byte is this one."""
        for path in sorted((self._folder / f"{first:02x}").glob("*/*")):
            with suppress(ValueError):
                digest = bytes.fromhex(path.name)
                if path == self.path(digest):
                    yield digest

    def unfinished(self, first: int) -> Iterator[Path]:
        """What a killed process left half written there."""
        yield from (self._folder / f"{first:02x}").glob(f"*/{_PART}*")

    def _write(self, path: Path, content: bytes) -> None:
        part = path.with_name(f"{_PART}{secrets.token_hex(8)}")
        try:
            with os.fdopen(
                os.open(part, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb"
            ) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            settle(path.parent)
            settle(path.parent.parent)
        finally:
            part.unlink(missing_ok=True)
