"""How a command opens the county: settings from the environment, the worker's hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click

from server.bare import system_clock
from server.db import Acting, Identity, transaction, worker
from server.installation import opened
from server.ladder.calendar import LOCAL
from server.settings import BadSettings, Settings, database_url, from_environment


def worker_settings() -> Settings:
    """Settings of the command line and the worker. Raises BadSettings."""
    return from_environment(os.environ, process="worker")


def admin_url() -> str:
    """The superuser's URL, which only migration, backup and restore use. Raises BadSettings."""
    if url := os.environ.get("WANGGE_ADMIN_DATABASE_URL"):
        return database_url("WANGGE_ADMIN_DATABASE_URL", url)
    raise BadSettings(
        "环境变量 WANGGE_ADMIN_DATABASE_URL 未设置（需超级用户）。 "
        "Set WANGGE_ADMIN_DATABASE_URL to a superuser's URL."
    )


class Moment(click.ParamType[datetime]):
    """A date or a time as people write it: local, unless an offset is given."""

    name = "time"

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> datetime:
        """2026-03-02, 2026-03-02T09:00 or 2026-03-02T01:00:00+00:00."""
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
            at = at if at.tzinfo else at.replace(tzinfo=LOCAL)
            at.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("时间应如 2026-03-02T09:00。 Write a time as 2026-03-02T09:00.", parameter)
        return at


MOMENT = Moment()


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
