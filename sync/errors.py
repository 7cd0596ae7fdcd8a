"""The family of errors of this package. Each member stands beside what raises it."""

from __future__ import annotations


class SyncError(Exception):
    """Anything that the protocol itself raises."""
