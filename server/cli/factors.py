"""`wangge user second-factor`: for somebody who has lost the phone with the codes."""

from __future__ import annotations

import click

from server.access.factors import service
from server.access.queries import get_known
from server.cli.opening import acting


@click.group("second-factor")
def second_factor() -> None:
    """两步验证。 Second factors."""


@second_factor.command("reset")
@click.argument("login")
@click.option("--reason", required=True, help="原因，会留存 Why; it is kept")
def reset(login: str, reason: str) -> None:
    """清除 LOGIN 的两步验证，其登录全部失效。 Take away the second factor of LOGIN.

    须当面核实本人。 See the person first. All their sessions end.
    """
    with acting() as (session, by):
        service.reset(session, by, get_known(session, login).id, reason)
    click.echo(f"已清除，下次登录时重新登记 reset: {login} enrols anew at the next sign-in")
