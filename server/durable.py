"""What was written is on the disk, whatever the power does next."""

from __future__ import annotations

import os
from pathlib import Path


def settle(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
