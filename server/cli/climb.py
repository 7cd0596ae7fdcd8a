"""`wangge climb`: what the worker does within a minute, by hand."""

from __future__ import annotations

from datetime import datetime

import click

from server.bare import system_clock
from server.cli.opening import MOMENT, county_hand
from server.worker import climb_due


@click.command()
@click.option(
    "--at",
    type=MOMENT,
    help="按此时刻（北京时间）计算，默认现在。 As of this local time, not later than now.",
)
@click.option(
    "--ahead",
    is_flag=True,
    help="仅供试用：允许 --at 晚于现在，案件即提前上报。 For trying out: --at may lie ahead.",
)
def climb(at: datetime | None, ahead: bool) -> None:
    """到期未结的纠纷自动上报一级。 Let disputes past their deadline climb one level.

    后台每分钟自动执行；重复执行无害。 The worker does this by itself; once more does no harm.
    上报不可撤回，--at 不得晚于现在。 A climb is not taken back: --at may not lie ahead.
    """
    if at and at > system_clock() and not ahead:
        raise click.BadParameter(
            "该时刻尚未到来，未到期的案件会提前上报；仅试用时可加 --ahead。"
            " This time has not come: cases would climb early, for good."
            " Only to try it out: --ahead.",
            param_hint="--at",
        )
    climbed = 0
    with county_hand(at) as by:
        while batch := climb_due(by):
            climbed += batch
    click.echo(f"上报 climbed: {climbed}")
