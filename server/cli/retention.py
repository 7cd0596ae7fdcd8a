"""`wangge retention`: for how long what is kept."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from rich.table import Table

from server.cli.approvals import asking
from server.cli.opening import acting, county_hand, worker_settings
from server.cli.tables import show as show_table
from server.erasure.register import Register
from server.ladder.calendar import LOCAL
from server.retention import service
from server.retention.errors import BadList
from server.retention.queries import Old
from server.retention.rules import PERSONAL, Rule, digest_of

FILE = click.Path(path_type=Path, dir_okay=False)
KIND = click.argument("kind", type=click.Choice(list(PERSONAL)))


@click.group()
def retention() -> None:
    """保管期限。 For how long what is kept, and what goes when its time is over."""


@retention.command()
def show() -> None:
    """列出各类记录的保管期限。 List how long each kind is kept."""
    table = Table(title="保管期限 Retention", title_justify="left")
    titles = ("类别 kind", "内容 what", "期限 kept", "状态 state", "须核对 look", "依据 source")
    for title in titles:
        table.add_column(title)
    with acting() as (session, _):
        for rule in service.list_rules(session):
            state = "启用 on" if rule.active else "未启用 off"
            look = "是 yes" if rule.look else ""
            table.add_row(rule.kind, rule.title, _span(rule), state, look, rule.source)
    show_table(table)


@retention.command("set")
@KIND
@click.option("--months", type=click.IntRange(1, 1200), required=True, help="月数。 Months.")
@click.option("--source", required=True, help="依据的文件。 The document that decides it.")
@click.option("--on/--off", "active", required=True, help="启用或停用。 On or off.")
def set_rule(kind: str, months: int, source: str, active: bool) -> None:
    """由县里决定一类记录的保管期限。 What the county decides for one kind."""
    with acting() as (session, by):
        service.set_rule(session, by, kind, months=months, active=active, source=source)
    click.echo(f"{kind}: {months} 个月 months, {'启用 on' if active else '未启用 off'}")


@retention.command()
@click.argument("kind", type=click.Choice(list(PERSONAL)), required=False)
@click.option("--out", type=FILE, help="写出编号清单（CSV）。 Write the list of ids there.")
def preview(kind: str | None, out: Path | None) -> None:
    """现在执行会删除多少、哪些日期的。 How many would go now, and from which dates.

    清单只含编号与日期；核对时可删去不应删除的行。 The list holds ids and dates alone: strike out
    what is to stay, then give it to `run --list`.
    """
    if out and not kind:
        raise click.UsageError("--out 须指明类别。 --out needs a kind.")
    table = Table(title="到期 Due", title_justify="left")
    for title in ("类别 kind", "数量 how many", "最早 oldest", "最近 newest", "早于 before"):
        table.add_column(title)
    with acting() as (session, by):
        for one in [kind] if kind else list(PERSONAL):
            found = service.preview(session, by, one)
            days = (_day(found.oldest), _day(found.newest), _day(found.before))
            table.add_row(one, str(found.count), *days)
        due = service.list_due(session, by, kind) if kind and out else []
    show_table(table)
    if out:
        _write(out, due)
        digest = digest_of(one.id for one in due)
        click.echo(f"清单 list: {out} ({len(due)})\nSHA-256: {digest}")


@retention.command()
@KIND
@click.option("--list", "listed", type=FILE, help="核对过的清单。 The list that was read.")
@click.option("--approval", type=click.UUID, help="案卷：另一人批准的编号。 Cases: the approval.")
def run(kind: str, listed: Path | None, approval: UUID | None) -> None:
    """立即执行一类（后台每天自动执行无须核对的）。 Run one kind now; the worker runs those that
    nobody has to look at every day by itself.
    """
    register = Register(worker_settings().data_dir)
    with county_hand() as by, asking(by, f"retention {kind}"):
        if listed:
            taken = service.run_listed(by, register, kind, _read(listed), approval)
        else:
            taken = service.run_now(by, register, kind)
    click.echo(f"已删除 gone: {taken}")


def _span(rule: Rule) -> str:
    if rule.days is not None:
        return f"{rule.days} 天 days"
    return f"{rule.months} 个月 months"


def _day(at: datetime | None) -> str:
    return at.astimezone(LOCAL).strftime("%Y-%m-%d") if at else ""


def _write(out: Path, due: Sequence[Old]) -> None:
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        written = csv.writer(file)
        written.writerow(["id", "date"])
        written.writerows([str(one.id), _day(one.at)] for one in due)


def _read(listed: Path) -> set[UUID]:
    """Ids of a list. Raises BadList, OSError."""
    try:
        with listed.open(encoding="utf-8-sig", newline="") as file:
            head, *rows = csv.reader(file)
            if head[:1] != ["id"]:
                raise BadList
            return {UUID(row[0]) for row in rows if row}
    except (ValueError, csv.Error, UnicodeDecodeError) as error:
        raise BadList from error
