"""Files beside a backup, and back: what is not there yet is copied, and looked at on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.attachments.store import Files


@dataclass(frozen=True, slots=True)
class Copied:
    """How many files, their bytes, and which were not what their name says."""

    files: int
    size: int
    damaged: Sequence[str] = ()


def copy_missing(source: Path, target: Path, *, mend: bool = False) -> Copied:
    """Copy every file that `target` does not hold; `mend`: nor holds whole. Nothing else there is
    changed, and nothing deleted.

    Raises NoRoom, OSError; what was copied until then stays and is not copied again.
    """
    here, there = Files(source), Files(target)
    files, size, damaged = 0, 0, []
    for first in range(256):
        for digest in here.below(first):
            if there.holds(digest, look=mend):
                continue
            try:
                content = here.path(digest).read_bytes()
            except FileNotFoundError:  # the worker deleted it just now
                continue
            if hashlib.sha256(content).digest() != digest:
                damaged.append(digest.hex())
                continue
            there.put(content)
            files, size = files + 1, size + len(content)
    return Copied(files, size, damaged)


def drop_erased(copies: Path, present: Path, erased: Iterable[bytes]) -> int:
    """Delete from `copies` the files that went with an erased person, unless somebody handed the
    same one in again since (`present` holds it); how many went.
    """
    there, here = Files(copies), Files(present)
    return sum(there.drop(digest) for digest in erased if not here.holds(digest))
