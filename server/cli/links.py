"""`wangge user link`: which person at the county's identity provider is which user."""

from __future__ import annotations

import click
from rich.table import Table

from server.access.federation import queries, service
from server.cli.opening import acting, worker_settings
from server.cli.tables import show
from server.ladder.calendar import LOCAL

_SUBJECT = click.option("--subject", required=True, help="统一身份中的编号 Who it is there (sub)")
_ISSUER = click.option("--issuer", help="默认 WANGGE_OIDC_ISSUER; another provider than ours")


@click.command("link")
@click.argument("login")
@_SUBJECT
@_ISSUER
def link(login: str, subject: str, issuer: str | None) -> None:
    """把统一身份关联到用户 LOGIN。 Link somebody at the identity provider with LOGIN.

    须核实是同一人。 See that they are the same person: from then on they sign in as LOGIN.
    """
    with acting() as (session, by):
        service.link(session, by, login, _issuer(issuer), subject)
    click.echo(f"已关联 linked: {login} {subject}")


@click.command("unlink")
@click.argument("login")
@_SUBJECT
@_ISSUER
def unlink(login: str, subject: str, issuer: str | None) -> None:
    """解除用户 LOGIN 的统一身份，其登录全部失效。 Unlink; all sessions of LOGIN end."""
    with acting() as (session, _):
        service.unlink(session, login, _issuer(issuer), subject)
    click.echo(f"已解除 unlinked: {login} {subject}")


@click.command("links")
def links() -> None:
    """列出已关联的统一身份。 Who is linked."""
    table = Table("用户 login", "编号 subject", "提供方 issuer", "关联于 linked")
    with acting() as (session, _):
        for row in queries.list_links(session):
            at = row.linked_at.astimezone(LOCAL).strftime("%Y-%m-%d")
            shown = row.login if row.active else f"{row.login} 停用 disabled"
            table.add_row(shown, row.subject, row.issuer, at)
    show(table)


def _issuer(said: str | None) -> str:
    oidc = worker_settings().oidc
    if said is None and oidc is None:
        raise click.UsageError(
            "未设 WANGGE_OIDC_ISSUER，请填 --issuer。 Set WANGGE_OIDC_ISSUER or give --issuer."
        )
    return said or (oidc.issuer if oidc else "")
