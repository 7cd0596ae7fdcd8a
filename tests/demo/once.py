"""What takes long is made once in a run of the suite: whoever needs it first makes it.

What came of it is kept beside the cluster's socket, for all processes of the run.
"""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.engine import make_url

from server.demo.county import County, draw

if TYPE_CHECKING:  # the fixtures of tests.conftest are among those who ask
    from tests.conftest import TestCluster

Made = TypeVar("Made")


def once(cluster: TestCluster, name: str, make: Callable[[], Made]) -> Made:
    """What `make` gave to the first who asked for this name."""
    kept = beside(cluster) / f"{name}.pickle"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one makes it, the others wait
        if not kept.exists():
            kept.write_bytes(pickle.dumps(make()))
    found: Made = pickle.loads(kept.read_bytes())  # noqa: S301 (this run wrote it)
    return found


def draw_once(cluster: TestCluster) -> County:
    """The county as the demonstration draws it."""
    return once(cluster, "drawn_county", draw)


def beside(cluster: TestCluster) -> Path:
    """A folder that goes with the cluster."""
    return Path(str(make_url(cluster.url("postgres")).query["host"]))
