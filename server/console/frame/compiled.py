"""Templates as they were compiled: once, not by every process; anew where one has changed.

The first pages of a process took a third of a second longer to make, most of it for compiling. What
one has compiled lies in this user's own folder for temporary files, which nobody else may enter;
without such a place, or with a full disk, each process compiles for itself.
"""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

from flask import Flask
from jinja2.bccache import Bucket, FileSystemBytecodeCache

# What else they are compiled by: to be counted up where the extensions or policies of it change.
_BY: Final = f"wangge-1-{version('jinja2')}-%s"


def keep_compiled(app: Flask, directory: Path | None = None) -> None:
    """Keep this app's templates there; by default where the system has room for such things."""
    with suppress(OSError, RuntimeError):  # no such room, or not ours alone
        app.jinja_env.bytecode_cache = _Kept(str(directory) if directory else None, _BY)


class _Kept(FileSystemBytecodeCache):
    """What cannot be read or written is compiled anew."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """As it was kept, if it was."""
        with suppress(Exception):  # a power cut leaves half a file, which fails in many ways
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """For the next process."""
        with suppress(OSError):
            super().dump_bytecode(bucket)
