"""The small county with its ladder and its residents."""

from __future__ import annotations

from tests.disputes.conftest import ladder, lending
from tests.resident.conftest import residents

__all__ = ["ladder", "lending", "residents"]
