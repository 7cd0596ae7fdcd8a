"""`wangge load`: bring a county's lists and maps in."""

from __future__ import annotations

from datetime import datetime

import click

from server.cli.load.households import load_households
from server.cli.load.places import areas, boundaries, cells
from server.cli.opening import MOMENT
from server.cli.refs import refs


@click.group()
@click.option("--as-of", type=MOMENT, help="按此时刻记录，默认现在。 Record it as of this time.")
@click.pass_context
def load(context: click.Context, as_of: datetime | None) -> None:
    """导入：区划、网格、界线、住户。 Load areas, cells, boundaries, households.

    先后次序：areas → boundaries → cells → households。重复导入无害。
    In this order; loading the same file again changes nothing.
    """
    context.obj = as_of


for command in (areas, cells, boundaries, load_households, refs):
    load.add_command(command)
