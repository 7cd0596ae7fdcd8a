"""`wangge duplicates`: look for households that may be one."""

from __future__ import annotations

from datetime import datetime

import click

from server.cli.opening import MOMENT, county_hand
from server.db import transaction
from server.households.duplicates.service import fill_keys, find_duplicates


@click.group()
def duplicates() -> None:
    """疑似重复户。 Households that may be one and the same."""


@duplicates.command()
@click.option("--as-of", type=MOMENT, help="按此时刻记录，默认现在。 Record it as of this time.")
def find(as_of: datetime | None) -> None:
    """查找疑似重复，列入待核对清单，从不自动合并。 List likely duplicates; nothing is merged.

    导入后自动执行；重复执行无害，已有结论的不再列出。
    Each import does it by itself; once more does no harm, and what was decided stays decided.
    """
    with county_hand(as_of) as by:
        filled = -1
        while filled:
            with transaction(by) as session:
                filled = fill_keys(session)
        with transaction(by) as session:
            found = find_duplicates(session, by)
    click.echo(f"新列入的疑似重复 new likely duplicates: {found}")
