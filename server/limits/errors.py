"""What is told to whoever asks too often."""

from __future__ import annotations

from server.errors import TooOften


class TooMany(TooOften):
    """So many have come from there that the next one waits; it counts over all workers."""

    slug = "too-many"
    text = "尝试过于频繁，请稍后再试。 Too many attempts; try again a little later."
