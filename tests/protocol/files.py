"""The vectors: JSON files beside this one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def pure(name: str) -> dict[str, Any]:
    """A file of cases: `clock`, `merge`, `digest`, `uuid7`."""
    return _read(HERE / f"{name}.json")


def stories(kind: str) -> dict[str, dict[str, Any]]:
    """Name → vector of a folder: `client`, `server`."""
    return {path.stem: _read(path) for path in sorted((HERE / kind).glob("*.json"))}


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found
