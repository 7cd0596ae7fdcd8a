"""`wangge load areas`, `cells`, `boundaries`: all of a file or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import click
from rich.table import Table
from sqlalchemy.orm import Session

from geo.partition import Finding, Findings
from server.cli.load.columns import DRY_RUN, FILE, mapping_from, reading_options, show_columns
from server.cli.opening import acting
from server.cli.tables import show
from server.db import Identity
from server.moves.redraw.service import replace_households
from server.places.imports import service as places
from server.places.imports.errors import BadPlaces, NotATiling
from server.places.imports.rules import AREA_COLUMNS, PLACE_COLUMNS
from server.places.imports.service import TOLERANCE_M2, PlacesLoaded, Reading
from server.sheets import Columns

_tolerance = click.option(
    "--tolerance",
    default=TOLERANCE_M2,
    show_default=True,
    type=click.FloatRange(0, 1e6),
    help="容许的重叠或空隙（平方米）。 Overlap or gap that is let pass, in m².",
)
Load = Callable[[Session, Identity, Path, Reading], PlacesLoaded]


@click.command()
@click.argument("file", type=FILE)
@reading_options
@click.pass_obj
def areas(
    as_of: datetime | None, file: Path, mapping: Path | None, sheet: str | None, dry_run: bool
) -> None:
    """行政区划表（CSV、Excel：代码,级别,名称,上级代码）。 The official list of areas."""
    how = _reading(AREA_COLUMNS, mapping, sheet)
    loaded = _run(places.load_areas, as_of, file, how, dry_run=dry_run)
    _tell("行政区划 Areas", loaded, file, dry_run=dry_run)


@click.command()
@click.argument("file", type=FILE)
@_tolerance
@reading_options
@click.pass_obj
def cells(
    as_of: datetime | None,
    file: Path,
    tolerance: float,
    mapping: Path | None,
    sheet: str | None,
    dry_run: bool,
) -> None:
    """网格（GeoJSON、GeoPackage、Shapefile；属性 code,name,groups）。 Cells, as polygons.

    坐标为 WGS-84 经纬度。同村网格不得重叠或留空隙。
    In degrees of WGS-84. The cells of a village must not overlap nor leave gaps.
    """
    how = _reading(PLACE_COLUMNS, mapping, sheet)
    load = partial(_with_tolerance, _load_and_place, tolerance)
    loaded = _run(load, as_of, file, how, dry_run=dry_run)
    _tell("网格 Cells", loaded, file, dry_run=dry_run)


@click.command()
@click.argument("file", type=FILE)
@_tolerance
@reading_options
@click.pass_obj
def boundaries(
    as_of: datetime | None,
    file: Path,
    tolerance: float,
    mapping: Path | None,
    sheet: str | None,
    dry_run: bool,
) -> None:
    """村、乡镇界线（同上；属性 code,name）。 Boundaries of villages or townships, as cells."""
    how = _reading(PLACE_COLUMNS, mapping, sheet)
    load = partial(_with_tolerance, places.load_boundaries, tolerance)
    loaded = _run(load, as_of, file, how, dry_run=dry_run)
    _tell("界线 Boundaries", loaded, file, dry_run=dry_run)


def _load_and_place(
    session: Session, by: Identity, file: Path, tolerance: float, how: Reading
) -> PlacesLoaded:
    """Cells, and their households by the same rule as a redraw's."""
    loaded = places.load_cells(session, by, file, tolerance, how)
    return replace(loaded, moved=replace_households(session, by))


def _with_tolerance(
    load: Callable[[Session, Identity, Path, float, Reading], PlacesLoaded],
    tolerance: float,
    session: Session,
    by: Identity,
    file: Path,
    how: Reading,
) -> PlacesLoaded:
    return load(session, by, file, tolerance, how)


def _reading(columns: Columns, mapping: Path | None, sheet: str | None) -> Reading:
    shown = partial(show_columns, columns=columns)
    return Reading(mapping_from(mapping, columns), sheet, shown)


def _run(
    load: Load, as_of: datetime | None, file: Path, how: Reading, *, dry_run: bool
) -> PlacesLoaded:
    with _faults_shown(file), acting(as_of) as (session, by):
        loaded = load(session, by, file, how)
        if dry_run:
            session.rollback()
    return loaded


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


def _tell(title: str, loaded: PlacesLoaded, file: Path, *, dry_run: bool) -> None:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_row("读取 read", str(loaded.read))
    table.add_row("新增 new", str(loaded.new))
    table.add_row("变更 changed", str(loaded.changed))
    table.add_row("界线变更 redrawn", str(loaded.redrawn))
    show(table)
    if loaded.moved:
        click.echo(f"随之调整的住户 households placed anew: {loaded.moved}")
    if loaded.findings:
        _write_findings(loaded.findings, file)
    if dry_run:
        click.echo(DRY_RUN)


def _write_findings(findings: Sequence[Finding], file: Path) -> None:
    path = file.with_name(file.name + ".findings.geojson")
    found = Findings(tuple(findings)).as_geojson()
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    click.echo(f"{len(findings)} 处边界问题 places to mend: {path}", err=True)
