"""The witness: where the feed stood last, kept in a file beside the database.

A cold copy or a snapshot that is put back has the fingerprint of the database that it replaces;
only somebody who remembers a later day can tell. The worker does, wherever its files were not put
back too; otherwise the phones do, each by its own mark. Standard library only.
"""

from __future__ import annotations

import logging
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

log = logging.getLogger("wangge.witness")

NAME: Final = "newest-mark"  # in the installation's directory


class Stand(NamedTuple):
    """Which database, and the newest mark of its feed."""

    fingerprint: str
    mark: UUID


class Witness:
    """The witness of one installation. `directory`: its `var`."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME

    def read(self) -> Stand | None:
        """Where the feed stood when somebody last looked; None where nobody did."""
        try:
            fingerprint, mark = self.path.read_text(encoding="ascii").split()
            return Stand(fingerprint, UUID(mark))
        except (OSError, ValueError):  # it is only a witness: without it phones tell
            return None

    def keep(self, stand: Stand) -> None:
        """Remember this, whole or not at all. Where it cannot be written, only phones can tell."""
        if stand == self.read():
            return
        part = self.path.with_name(f"{NAME}.{secrets.token_hex(4)}")
        try:
            part.write_text(f"{stand.fingerprint} {stand.mark}\n", encoding="ascii")
            part.replace(self.path)
        except OSError as error:
            log.warning("the witness cannot write: %s", error.strerror)
            with suppress(OSError):
                part.unlink(missing_ok=True)
