"""How a command opens the county: settings from the environment, the worker's hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from server.app import system_clock
from server.db import Acting, Identity, transaction, worker
from server.installation import opened
from server.settings import BadSettings, Settings, from_environment


def worker_settings() -> Settings:
    """Settings of the command line and the worker. Raises BadSettings."""
    return from_environment(os.environ, process="worker")


def admin_url() -> str:
    """The superuser's URL, which only migration, backup and restore use. Raises BadSettings."""
    if url := os.environ.get("WANGGE_ADMIN_DATABASE_URL"):
        return url
    raise BadSettings(
        "环境变量 WANGGE_ADMIN_DATABASE_URL 未设置（需超级用户）。 "
        "Set WANGGE_ADMIN_DATABASE_URL to a superuser's URL."
    )


@contextmanager
def county_hand(at: datetime | None = None) -> Iterator[Identity]:
    """The county's own hand, for commands that commit in several steps."""
    with opened(worker_settings()):
        yield worker(at or system_clock())


@contextmanager
def acting(at: datetime | None = None) -> Iterator[Acting]:
    """One transaction as the county's own hand."""
    with county_hand(at) as by, transaction(by) as session:
        yield Acting(session, by)
