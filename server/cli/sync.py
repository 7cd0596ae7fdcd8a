"""`wangge sync`: how the phones and the county stand with each other."""

from __future__ import annotations

import click

from server.cli.alarms import alarms
from server.cli.healing import healing


@click.group()
def sync() -> None:
    """手机同步。 Sync of phones."""


sync.add_command(alarms)
sync.add_command(healing)
