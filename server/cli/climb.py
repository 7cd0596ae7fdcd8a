"""`wangge climb`: what the worker does within a minute, by hand."""

from __future__ import annotations

from datetime import datetime

import click

from server.cli.opening import MOMENT, county_hand
from server.worker import climb_due


@click.command()
@click.option(
    "--at",
    type=MOMENT,
    help="按此时刻（北京时间）计算，默认现在。 As of this local time instead of now.",
)
def climb(at: datetime | None) -> None:
    """到期未结的纠纷自动上报一级。 Let disputes past their deadline climb one level.

    后台每分钟自动执行；重复执行无害。 The worker does this by itself; once more does no harm.
    """
    with county_hand(at) as by:
        climbed = climb_due(by)
    click.echo(f"上报 climbed: {climbed}")
