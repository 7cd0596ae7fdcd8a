"""`wangge load`: bring a county's lists and maps in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from rich.table import Table

from geo.datum import Datum, datum_named
from geo.errors import UnknownDatum
from geo.partition import Finding, Findings
from server.cli.opening import MOMENT, acting, county_hand
from server.cli.tables import show
from server.households.imports import service as households
from server.households.imports.errors import NothingLoaded, Reason
from server.households.imports.service import Loaded
from server.households.rules import Unplaced
from server.places.imports import service as places
from server.places.imports.errors import BadPlaces, NotATiling
from server.places.imports.service import TOLERANCE_M2, PlacesLoaded

FILE = click.Path(path_type=Path, dir_okay=False)
_tolerance = click.option(
    "--tolerance",
    default=TOLERANCE_M2,
    show_default=True,
    type=click.FloatRange(0, 1e6),
    help="容许的重叠或空隙（平方米）。 Overlap or gap that is let pass, in m².",
)
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
    Reason.BAD_PEOPLE: "人口有误 a number of people that cannot be",
    Reason.UNKNOWN_KIND: "户类型未知 an unknown kind",
}
ODD_WORDS = {
    "swapped": "经纬度疑似填反 longitude and latitude seem swapped",
    "zero": "坐标为 (0, 0) the point is (0, 0)",
    "group_unreadable": "村组无法识别 the group cannot be read",
}


@click.group()
@click.option("--as-of", type=MOMENT, help="按此时刻记录，默认现在。 Record it as of this time.")
@click.pass_context
def load(context: click.Context, as_of: datetime | None) -> None:
    """导入：区划、网格、界线、住户。 Load areas, cells, boundaries, households.

    先后次序：areas → boundaries → cells → households。重复导入无害。
    In this order; loading the same file again changes nothing.
    """
    context.obj = as_of


@load.command()
@click.argument("file", type=FILE)
@click.pass_obj
def areas(as_of: datetime | None, file: Path) -> None:
    """行政区划表（CSV：代码,级别,名称,上级代码）。 The official list of areas."""
    with _faults_shown(file), acting(as_of) as (session, by):
        loaded = places.load_areas(session, by, file)
    _tell_places("行政区划 Areas", loaded, file)


@load.command()
@click.argument("file", type=FILE)
@_tolerance
@click.pass_obj
def cells(as_of: datetime | None, file: Path, tolerance: float) -> None:
    """网格（GeoJSON，WGS-84；属性 code,name,groups）。 Cells, as polygons with their groups.

    同村网格不得重叠或留空隙。 The cells of a village must not overlap nor leave gaps.
    """
    with _faults_shown(file), acting(as_of) as (session, by):
        loaded = places.load_cells(session, by, file, tolerance)
    _tell_places("网格 Cells", loaded, file)


@load.command()
@click.argument("file", type=FILE)
@_tolerance
@click.pass_obj
def boundaries(as_of: datetime | None, file: Path, tolerance: float) -> None:
    """村、乡镇界线（GeoJSON，WGS-84；属性 code,name）。 Boundaries of villages or townships."""
    with _faults_shown(file), acting(as_of) as (session, by):
        loaded = places.load_boundaries(session, by, file, tolerance)
    _tell_places("界线 Boundaries", loaded, file)


def _datum(context: click.Context, parameter: click.Parameter, value: str) -> Datum:
    try:
        return datum_named(value)
    except UnknownDatum as error:
        raise click.BadParameter(str(error)) from error


@load.command("households")
@click.argument("file", type=FILE)
@click.option(
    "--datum",
    required=True,
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
@click.pass_obj
def load_households(
    as_of: datetime | None, file: Path, datum: Datum, system: str, report: Path | None
) -> None:
    """住户名单（CSV，UTF-8 或 GB18030）。 The list of households.

    表头示例 header: 编号,乡镇,行政村,村代码,村组,户主,联系电话,地址,户类型,经度,纬度,人口。
    未被接受的行写入 FILE.rejected.csv，疑似重复写入 FILE.duplicates.csv。
    Rejected rows and likely duplicates go to these two reports. Running it again is harmless.
    """
    reports = report or file
    with county_hand(as_of) as by:
        loaded = households.load_households(by, file, datum, system=system, reports=reports)
    _tell_households(loaded, reports)
    if loaded.nothing:
        raise NothingLoaded


@contextmanager
def _faults_shown(file: Path) -> Iterator[None]:
    """Say what is wrong with a file line by line, before the one line of the error."""
    try:
        yield
    except BadPlaces as error:
        if len(error.faults) > 1:  # a single one stands in the error's own line
            for fault in error.faults:
                click.echo(f"  {fault}", err=True)
        raise
    except NotATiling as error:
        _write_findings(error.findings, file)
        raise


def _tell_places(title: str, loaded: PlacesLoaded, file: Path) -> None:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_row("读取 read", str(loaded.read))
    table.add_row("新增 new", str(loaded.new))
    table.add_row("变更 changed", str(loaded.changed))
    table.add_row("界线变更 redrawn", str(loaded.redrawn))
    show(table)
    if loaded.redrawn:
        click.echo("住户仍在原网格。 Households stay in the cells that they were in.")
    if loaded.findings:
        _write_findings(loaded.findings, file)


def _write_findings(findings: Sequence[Finding], file: Path) -> None:
    path = file.with_name(file.name + ".findings.geojson")
    found = Findings(tuple(findings)).as_geojson()
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    click.echo(f"{len(findings)} 处边界问题 places to mend: {path}", err=True)


def _tell_households(loaded: Loaded, reports: Path) -> None:
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
