"""`wangge load households`: the county's list of households."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

import click
from rich.table import Table

from geo.datum import Datum, datum_named
from geo.errors import UnknownDatum
from server.cli.load.columns import (
    DRY_RUN,
    FILE,
    mapping_from,
    reading_options,
    show_columns,
    unused_of,
)
from server.cli.load.progress import checking, counting
from server.cli.opening import county_hand
from server.cli.tables import show
from server.households.imports import service as households
from server.households.imports.datums import Doubt, doubt_datums
from server.households.imports.errors import NothingLoaded, Reason
from server.households.imports.rules import COLUMNS, NEEDED, Odd
from server.households.imports.service import Loaded
from server.households.rules import Unplaced
from server.sheets import Sheet, open_sheet, template

UNPLACED_WORDS: Mapping[str, str] = {
    Unplaced.NO_PLACE: "无坐标也无村组 neither point nor group",
    Unplaced.OUTSIDE_COUNTY: "坐标不在任何网格 the point lies in no cell",
    Unplaced.OTHER_VILLAGE: "坐标在别的村 the point lies in another village",
    Unplaced.GROUP_UNKNOWN: "该村没有网格含此组 no cell of the village names the group",
    Unplaced.GROUP_AMBIGUOUS: "两个网格都含此组 two cells name the group",
}
REJECTED_WORDS: Mapping[str, str] = {
    Reason.MISPLACED_CELLS: "列数多于表头 more cells than the header",
    Reason.ID_MISSING: "缺编号 no id",
    Reason.DUPLICATE_ID: "编号重复 the id occurred before",
    Reason.VILLAGE_MISSING: "缺行政村 no village",
    Reason.VILLAGE_CODE_INVALID: "村代码无效 the village's code is not valid",
    Reason.VILLAGE_UNKNOWN: "本县无此村 no such village here",
    Reason.OTHER_COUNTY: "属于其他县 of another county",
    Reason.HEAD_MISSING: "缺户主 no head",
    Reason.BAD_TEXT: "文字过长或有误 a text that cannot be",
    Reason.BAD_TELEPHONE: "电话有误 a telephone number that cannot be",
    Reason.BAD_COORDINATES: "坐标不是数字 coordinates that are no numbers",
    Reason.DEGREES_MINUTES: "坐标为度分秒 coordinates in degrees and minutes",
    Reason.UNKNOWN_DATUM: "坐标系未知 an unknown datum",
    Reason.DATUM_MISSING: "缺坐标系 no datum",
    Reason.PRECISION_LOST: "数字末位已丢失 digits that were lost",
    Reason.BECAME_DATE: "已变成日期 what became a date",
    Reason.SPREADSHEET_ERROR: "公式出错 a formula that failed",
    Reason.BAD_PEOPLE: "人口有误 a number of people that cannot be",
    Reason.UNKNOWN_KIND: "户类型未知 an unknown kind",
}
ODD_WORDS: Mapping[str, str] = {
    Odd.SWAPPED: "经纬度疑似填反 longitude and latitude seem swapped",
    Odd.ZERO: "坐标为 (0, 0) the point is (0, 0)",
    Odd.METRES: "坐标不是经纬度，疑似米 no degrees: perhaps metres of a projection",
    Odd.OUTSIDE_CHINA: "坐标在国外 the point lies outside China",
    Odd.GROUP_UNREADABLE: "村组无法识别 the group cannot be read",
    Odd.OLD_CODE: "村代码已变更，已按现村导入 an old village code, taken as the present village",
}


def _datum(context: click.Context, parameter: click.Parameter, value: str | None) -> Datum | None:
    try:
        return None if value is None else datum_named(value)
    except UnknownDatum as error:
        raise click.BadParameter(str(error)) from error


@click.command("households")
@click.argument("file", type=FILE)
@click.option(
    "--datum",
    callback=_datum,
    help="坐标系 Datum of the coordinates: wgs84, gcj02, bd09, cgcs2000",
)
@click.option(
    "--system",
    default=households.SYSTEM,
    show_default=True,
    help="名单来源名，编号在其中唯一。 Name of the source within which the ids are unique.",
)
@click.option(
    "--report",
    type=FILE,
    help="报告文件前缀，默认与名单同名。 Where the reports go; default: beside the file.",
)
@reading_options
@click.option(
    "--mapping-template",
    is_flag=True,
    help="写出列对应文件后结束。 Write a mapping file from the guess, and end.",
)
@click.pass_obj
def load_households(
    as_of: datetime | None,
    file: Path,
    datum: Datum | None,
    system: str,
    report: Path | None,
    mapping: Path | None,
    sheet: str | None,
    dry_run: bool,
    mapping_template: bool,
) -> None:
    """住户名单（CSV、Excel、GeoJSON、GeoPackage、Shapefile）。 The list of households.

    表头示例 header: 编号,乡镇,行政村,村代码,村组,户主,联系电话,地址,户类型,经度,纬度,坐标系,人口。
    未被接受的行写入 FILE.rejected.csv，疑似重复写入 FILE.duplicates.csv。
    Rejected rows and likely duplicates go to these two reports. Running it again is harmless.
    """
    if mapping_template:
        _write_template(file, sheet)
        return
    with checking(file):
        opened = open_sheet(file, COLUMNS, NEEDED, mapping_from(mapping, COLUMNS), sheet)
    show_columns(opened.shown(), COLUMNS)
    _need_datum(opened, datum)
    reports = report or file
    write = partial(
        households.load_households, system=system, reports=reports, dry_run=dry_run, sheet=opened
    )
    with county_hand(as_of) as by:
        for doubt in doubt_datums(by, opened, datum):
            _tell_doubt(doubt)
        with counting(opened.total) as told:
            loaded = write(by, file, datum, told=told)
    _tell(loaded, reports, dry_run=dry_run)
    if loaded.nothing:
        raise NothingLoaded


def _need_datum(opened: Sheet, datum: Datum | None) -> None:
    """Coordinates say nothing without their datum; a list without them needs none."""
    if datum is None and {"lon", "lat"} <= opened.names and "datum" not in opened.names:
        raise click.UsageError(
            "名单有坐标，请用 --datum 说明坐标系。 The list has coordinates: say in which datum, "
            "--datum wgs84, gcj02, bd09 or cgcs2000."
        )


def _write_template(file: Path, sheet: str | None) -> None:
    with checking(file):
        opened = open_sheet(file, COLUMNS, (), None, sheet)
    shown = opened.shown()
    titles = {name: title for title, name, _ in shown if name}
    path = file.with_name(file.name + ".mapping.yaml")
    with path.open("x", encoding="utf-8") as template_file:
        template_file.write(template(titles, unused_of(shown), COLUMNS))
    click.echo(f"列对应文件 mapping file: {path}")


def _tell_doubt(doubt: Doubt) -> None:
    said, better = doubt.said, doubt.better
    click.echo(
        f"请核对坐标系：抽查 {said.points} 个点，按 {said.datum} 有 {said.astray} 个在县外或别村，"
        f"按 {better.datum} 只有 {better.astray} 个。将按您指定的 {said.datum} 导入。\n"
        f"Please check the datum: of {said.points} points, {said.astray} lie outside the county or "
        f"in another village as {said.datum}, {better.astray} as {better.datum}. "
        f"They are taken as {said.datum}, as you said.",
        err=True,
    )


def _tell(loaded: Loaded, reports: Path, *, dry_run: bool) -> None:
    table = Table(title="住户 Households", title_justify="left", show_header=False)
    table.add_row("读取行数 rows read", str(loaded.read))
    table.add_section()
    table.add_row("按坐标落格 placed by point", str(loaded.by_point))
    table.add_row("按村组落格 placed by group", str(loaded.by_group))
    for why, count in loaded.unplaced.items():
        table.add_row(f"未落格 unplaced：{UNPLACED_WORDS[why]}", str(count))
    table.add_section()
    table.add_row("已有，未改动 already there", str(loaded.already))
    for why, count in loaded.rejected.items():
        table.add_row(f"未接受 rejected：{REJECTED_WORDS[why]}", str(count))
    table.add_section()
    table.add_row("疑似重复，已保留 likely duplicates, kept", str(loaded.likely_duplicates))
    for why, count in loaded.odd.items():
        table.add_row(f"请核对 please check：{ODD_WORDS[why]}", str(count))
    show(table)
    if loaded.rejected:
        click.echo(f"未接受的行 rejected rows: {reports}.rejected.csv")
    if loaded.likely_duplicates:
        click.echo(f"疑似重复 likely duplicates: {reports}.duplicates.csv")
    if dry_run:
        click.echo(DRY_RUN)
