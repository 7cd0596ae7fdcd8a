"""`wangge demo`: play a month in the demo county, in an empty database."""

from __future__ import annotations

import os
from datetime import datetime

import click

from server.cli.opening import admin_url
from server.demo.county import SEED
from server.installation import Installation


@click.command()
@click.option("--seed", default=SEED, show_default=True, help="随机种子 Seed of all chance")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    help="首日（默认：使一个月至今结束）。 First day; default: the month ends now.",
)
def demo(seed: int, start: datetime | None) -> None:
    """演示：通江县的一个月（合成数据）。 Play a month in Tongjiang county, synthetic.

    只写入空库。 Refuses a database that holds anything else.
    """
    from server.demo.play import play  # a month of imports: only when asked for
    from server.ladder.calendar import LOCAL

    environment = {key: value for key, value in os.environ.items() if key.startswith("WANGGE_")}
    installation = Installation(environment, admin_url(), {})
    begin = start.replace(hour=8, tzinfo=LOCAL) if start else None
    play(installation, click.echo, begin, seed)
