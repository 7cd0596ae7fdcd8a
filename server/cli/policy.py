"""`wangge policy`: the county's numbers, reviewed as a file and put into force."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from server.cli.opening import acting
from server.cli.tables import show as show_table
from server.db import Acting
from server.ladder.policy import SPANS, Policy, granter_for
from server.ladder.routing import Level
from server.policies import service
from server.policies.errors import BadPolicyFile
from server.policies.rules.changes import effects
from server.policies.rules.written import MAX_BYTES, read_policy, write_policy
from server.policies.service import Revision
from server.sheets.errors import cannot_open

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def policy() -> None:
    """办理期限政策。 The policy: limits, starting levels, spans."""


@policy.command()
@FILE
def check(file: Path) -> None:
    """检查政策文件，并列出将改变什么；不写入。 Check a policy file and show what would change."""
    read = _read(file)
    with acting() as (session, by):
        revision = service.compare(session, by, read)
    _show_changes(revision)
    show_table(_effects(read, revision.replaced.policy if revision.replaced else read))
    if revision.backdated:
        click.echo(
            "生效日期早于今天，导入时须用 --backdated 写明理由。"
            " It is valid from before today: load it with --backdated and the reason."
        )
    click.echo("文件无误，未写入。 The file is right; nothing was written.")


@policy.command()
@FILE
@click.option("--backdated", help="生效日期早于今天的理由。 Why it is valid from before today.")
def load(file: Path, backdated: str | None) -> None:
    """政策文件生效；在办案件仍按原政策。 Put a policy file into force.

    先用 wangge policy check 审阅。重复导入无害。 Running cases keep the version they began under.
    """
    read = _read(file)
    with acting() as (session, by):
        revision = service.revise(session, by, read, backdated)
    _show_changes(revision)
    if revision.number is None:
        click.echo("该政策已导入，未改变。 This policy was loaded before; nothing changed.")
        return
    click.echo(
        f"第 {revision.number} 版自 {read.valid_from} 起生效。 Version {revision.number}"
        f" is in force from {read.valid_from}."
    )


@policy.command()
@click.option("--version", "number", type=click.IntRange(1, 2**31 - 1), help="第几版。 Which one.")
@click.option("--yaml", "as_yaml", is_flag=True, help="按文件格式输出。 In the form of a file.")
def show(number: int | None, as_yaml: bool) -> None:
    """显示现行政策（或某一版）。 Show the policy in force, or one version."""
    with acting() as opened:
        shown = _wanted(opened, number)
        versions = service.list_versions(opened.session)
    if as_yaml:
        click.echo(write_policy(shown.policy), nl=False)
        return
    show_table(_effects(shown.policy, shown.policy))
    show_table(_spans(shown.policy))
    table = Table("版 version", "名称 name", "生效 from", "文件 document")
    for one in versions:
        mark = " ←" if one.id == shown.id else ""
        of = one.policy
        table.add_row(f"{one.version}{mark}", of.version, of.valid_from.isoformat(), of.document)
    show_table(table)


def _wanted(opened: Acting, number: int | None) -> service.InForce:
    if number is None:
        return service.current_policy(opened.session, opened.by.now)
    return service.get_version(opened.session, number)


def _read(file: Path) -> Policy:
    """The file's policy; what is wrong with it stands line by line before the last word."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise cannot_open(file, error) from error
    try:
        return read_policy(content)
    except BadPolicyFile as fault:
        for path, what in (fault.errors or {}).items():
            click.echo(f"  {path}: {what}", err=True)
        raise


def _show_changes(revision: Revision) -> None:
    if revision.replaced is None:
        click.echo("尚无生效政策。 No policy is in force yet.")
        return
    version = revision.replaced.version
    click.echo(f"与第 {version} 版相比 Compared with version {version}:")
    for path, before, after in revision.changes:
        click.echo(f"  {path}: {before or '—'} → {after or '—'}")
    if not revision.changes:
        click.echo("  无变化 no change")
    if revision.until:
        click.echo(
            f"至 {revision.until} 由已导入的另一版接替。 Until {revision.until}, when a"
            " version loaded before takes over."
        )


def _effects(after: Policy, before: Policy) -> Table:
    """What a case of each category meets; where that changes, both."""
    table = Table(
        "类别 category",
        "起始 starts",
        "接收 receives",
        *(f"{one.zh} {one.en}" for one in Level),
        title="受理/办理期限 To accept/to handle（工 working days，日 days）",
        title_justify="left",
    )
    for new, old in zip(effects(after), effects(before), strict=True):
        cells = [
            (old.starts, new.starts),
            (old.route, new.route),
            *((old.limits[level], new.limits[level]) for level in Level),
        ]
        told = (one if one == other else f"[yellow]{one} → {other}[/]" for one, other in cells)
        table.add_row(f"{new.category.zh} {new.category.en}", *told)
    return table


def _spans(of: Policy) -> Table:
    table = Table("数值 number", "", title_justify="left")
    for name in SPANS:
        table.add_row(name, str(getattr(of, name)))
    for category, own in of.category_spans.items():
        for name, value in own.items():
            table.add_row(f"category_spans.{category.value}.{name}", str(value))
    for level in Level:
        granter = granter_for(of, level)
        table.add_row(f"grants.{level.value}", f"{granter.zh} {granter.en}")
    return table
