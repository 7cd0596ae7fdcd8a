"""A round of the worker through the files: what was erased goes, what was never committed goes."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from server.attachments import service
from server.attachments.store import Files
from server.db import Identity, transaction

FOLDER: Final = "attachments"  # below the installation's data folder
EVERY: Final = 20  # seconds; one of 256 folders each time, all of them in an hour and a half
STALE: Final = 3600  # seconds after which a half-written file is nobody's any more
# Seconds that a file without a row stays. With a database of last night on trial in the same data
# folder, a day's photos belong to no row, and are wanted tomorrow.
UNNAMED: Final = 2 * 86400


def go_round(by: Identity, data_dir: Path) -> int:
    """The files of erased rows, and one folder of the others; how many went."""
    files, written = Files(data_dir / FOLDER), time.time()  # by the clock that writes files
    with transaction(by) as session:
        erased = service.clear_erased(session, files)
    first = folder_of(by.now)
    for part in files.unfinished(first):
        with suppress(FileNotFoundError):  # it has just been finished
            if part.stat().st_mtime < written - STALE:
                part.unlink()
    with transaction(by) as session:
        return erased + service.sweep(session, files, first, written - UNNAMED)


def folder_of(now: datetime) -> int:
    """Whose turn it is."""
    return int(now.timestamp()) // EVERY % 256
