"""To what something can be attached, and as what."""

from __future__ import annotations

from typing import Final

OWNERS: Final = ("visit", "dispute", "dispute_event", "agreement")
PURPOSES: Final = ("photo", "signature", "document")
