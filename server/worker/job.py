"""What a job is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.db import Identity


@dataclass(frozen=True, slots=True)
class Job:
    """`run` does its work in its own transactions; `seconds` is its deadline."""

    name: str
    run: Callable[[Identity], object]
    seconds: float = 30.0
