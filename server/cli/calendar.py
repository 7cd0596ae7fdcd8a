"""`wangge calendar`: the county's working days."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from server.cli.opening import acting
from server.cli.tables import show as show_table
from server.ladder.calendar import local_day
from server.policies import service
from server.policies.errors import BadCalendarFile, CalendarMissing
from server.policies.models import CalendarDay
from server.policies.rules.days import is_weekend

YEAR = click.IntRange(1970, 2999)


@click.group()
def calendar() -> None:
    """工作日历。 The calendar of working days, which deadlines are counted by."""


@calendar.command()
@click.option("--year", type=YEAR, help="哪一年，默认今年起三年。 Which year; else three from now.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="公布的放假调休表（CSV 或 Excel）。 The published list of days.",
)
@click.option("--no-make-up-days", is_flag=True, help="确无调休。 There really are none.")
def load(year: int | None, file: Path | None, no_make_up_days: bool) -> None:
    """导入日历；县里改过的日子和已定期限不变。 Fill in the calendar.

    \b
    文件表头 header:  日期,上班,名称    2027-02-13,上班,调休上班
    只列放假和调休的日子。 List only holidays and days of a weekend that are worked.
    不给文件时用软件所知的公布日历。 Without a file: what this version knows to be published.
    """
    try:
        with acting() as (session, by):
            if file is None:
                first = local_day(by.now).year
                years = [year] if year else list(range(first, first + 3))
                loaded = service.Loaded(years, service.load_calendar(session, years))
            else:
                listed = service.read_days(file)
                listed = {day: of for day, of in listed.items() if year in (None, day.year)}
                loaded = service.load_days(session, listed, no_make_up_days=no_make_up_days)
            missing = service.unpublished(session, by.now)
    except BadCalendarFile as fault:
        for where, what in (fault.errors or {}).items():
            click.echo(f"  {where}: {what}", err=True)
        raise
    click.echo(
        f"年份 years {'、'.join(map(str, loaded.years)) or '-'}：写入 days written {loaded.days}"
    )
    for one in missing:
        click.echo(f"{one} 年调休尚未公布。 The make-up days of {one} are not published yet.")


@calendar.command("show")
@click.argument("year", type=YEAR, required=False)
def show_year(year: int | None) -> None:
    """按月显示一年。 Show a year by months, this one unless told otherwise."""
    with acting() as (session, by):
        year = year or local_day(by.now).year
        days = {one.day: one for one in service.list_year(session, year)}
    if not days:
        raise CalendarMissing
    for month in range(1, 13):
        show_table(_month(year, month, days))
    click.echo(
        "平日上班不标；休 rest；班 make-up day, worked；* 县里所改 changed by the county；"
        "? 暂定 provisional"
    )
    for line in _notes(list(days.values())):
        click.echo(line)


@calendar.command("set")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--working/--rest", default=None, help="上班或休息，必选其一。 One of them.")
@click.option("--why", required=True, help="理由（记入审计）。 Why; kept in the audit.")
@click.option("--name", default="", help="名称，如节日。 Its name, such as a festival.")
def set_day(day: datetime, working: bool | None, why: str, name: str) -> None:
    """改一天为上班或休息，只影响此后开始的期限。 Change one day, for clocks that start later."""
    if working is None:
        raise click.UsageError("请写 --working 或 --rest。 Give --working or --rest.")
    if not why.strip():
        raise click.BadParameter("请写明理由。 Say why.", param_hint="--why")
    with acting() as (session, _):
        service.set_day(session, day.date(), working=working, why=why.strip(), name=name)
    click.echo(f"{day:%Y-%m-%d}：{'上班 working' if working else '休息 rest'}")


def _month(year: int, month: int, days: Mapping[date, CalendarDay]) -> Table:
    table = Table(*"一二三四五六日", title=f"{year}-{month:02}", title_justify="left")
    for week in Calendar().monthdatescalendar(year, month):
        table.add_row(*(_cell(days.get(day)) if day.month == month else "" for day in week))
    return table


def _cell(of: CalendarDay | None) -> Text:
    if of is None:
        return Text("–")
    made_up = of.working and is_weekend(of.day)
    mark = "班" if made_up else "" if of.working else "休"
    marks = mark + "*" * (of.why is not None) + "?" * of.provisional
    return Text(
        f"{of.day.day:2}{marks}",
        "" if of.working and not made_up else "yellow" if made_up else "green",
    )


def _notes(days: Sequence[CalendarDay]) -> list[str]:
    """What a grid has no room for: names, reasons, and whether the year can be relied on."""
    named = [
        f"{of.day} {'班' if of.working else '休'} {of.name}{f'（{of.why}）' if of.why else ''}"
        for of in days
        if of.why or (of.name and not of.provisional)
    ]
    if any(of.provisional for of in days):
        named.append(
            "调休尚未公布，此年暂按已知节假日计算。 Provisional: the make-up days are not"
            " published yet."
        )
    return named
