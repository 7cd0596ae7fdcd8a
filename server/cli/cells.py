"""`wangge cells`: a first division of villages, and whether boundaries tile their village."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import shapely
from rich.table import Table
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geo.partition import Findings, check
from geo.repair import repair
from server.cli.opening import acting
from server.cli.tables import show
from server.errors import Invalid, in_both
from server.moves.draft.rules import HIGH, LOW, NEAR_M, Asked, Drafted, divide, read_lines
from server.moves.draft.service import look_at, shape_of, survey_ground

FILE = click.Path(path_type=Path, dir_okay=False)
_MAX_BYTES = 64 << 20  # of GeoJSON


class BadDrawing(Invalid):
    """A file of lines or cells that cannot be read."""

    slug = "bad-drawing"
    text = "文件无法读取，应为 GeoJSON。 The file cannot be read: give GeoJSON (WGS-84, UTF-8)."


@click.group()
def cells() -> None:
    """网格初分与边界检查。 Draft the cells of villages; check boundaries.

    两者都不改动数据。 Neither changes anything.
    """


@cells.command("draft")
@click.argument("villages", metavar="VILLAGE…", nargs=-1, required=True)
@click.option("--low", default=LOW, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--high", default=HIGH, show_default=True, type=click.IntRange(1, 10_000))
@click.option(
    "--near",
    default=NEAR_M,
    show_default=True,
    type=click.FloatRange(0, 1000),
    help="相距小于此米数的住房视为连片。 Houses nearer than this many metres are a cluster.",
)
@click.option("--lines", type=FILE, help="道路、河流（GeoJSON）。 Roads and rivers to follow.")
@click.option(
    "--out",
    type=FILE,
    default=Path("draft.geojson"),
    show_default=True,
    help="初分图；方案写在旁边。 Where the draft goes; the plans go beside it.",
)
def draft_cells(
    villages: Sequence[str], low: int, high: int, near: float, lines: Path | None, out: Path
) -> None:
    """把村初分为网格（每格 LOW–HIGH 户）。 Divide villages into cells of LOW to HIGH households.

    写出初分图和每村一个调整方案；先 `wangge move preview`，再 apply。
    Writes the draft as GeoJSON and one redraw plan for each village: preview it, then apply it.
    """
    along = read_lines(_read(lines)) if lines else ()
    made = []
    for code in dict.fromkeys(villages):
        with acting() as (session, _):
            ground = survey_ground(session, code, None)
        made.append(divide(ground, Asked(low, high, along, near)))
    _write(out, _together([each.as_geojson() for each in made]))
    concerns = _together([each.concerns_as_geojson() for each in made])
    _write(out.with_suffix(".concerns.geojson"), concerns)
    for each in made:
        plan = out.with_suffix(f".{each.village.code}.plan.json")
        _write(plan, each.plan)
        _tell(each, plan)
    click.echo(f"初分图 draft: {out}")


@cells.command("check")
@click.argument("file", type=FILE)
@click.option("--village", help="全部边界都属于此村。 All of them are of this village.")
@click.option(
    "--repaired", type=FILE, help="按建议修正后写到此处。 Write them mended to this file."
)
@click.pass_context
def check_cells(
    context: click.Context, file: Path, village: str | None, repaired: Path | None
) -> None:
    """边界（GeoJSON）是否恰好铺满本村。 Whether boundaries in a file tile their village.

    问题及修正建议写入 FILE.findings.geojson；有问题时返回 1。
    Findings with suggested repairs go to FILE.findings.geojson; exit code 1 if there are any.
    """
    found: list[Any] = []
    mended: list[Any] = []
    for code, drawn in sorted(_read_cells(file, village).items()):
        with acting() as (session, _):
            whole = shape_of(look_at(session, code))
        findings = check(whole, drawn)
        found += findings.found
        if repaired:
            mended += [_feature(name, cell) for name, cell in repair(whole, drawn).items()]
    if repaired:
        _write(repaired, {"type": "FeatureCollection", "features": mended})
        click.echo(f"修正后 mended: {repaired}")
    _report(Findings(tuple(found)), file)
    context.exit(1 if found else 0)


def _read(file: Path) -> Any:
    if file.stat().st_size > _MAX_BYTES:
        raise BadDrawing(
            f"文件超过 {_MAX_BYTES >> 20} MB，请裁剪。 Over {_MAX_BYTES >> 20} MB: clip it first."
        )
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadDrawing from error


def _read_cells(file: Path, village: str | None) -> dict[str, dict[str, BaseGeometry]]:
    """Village → name of a cell → its polygon. A cell is named by `code`, else by `number`.

    Raises BadDrawing, naming the feature.
    """
    read = _read(file)
    features = read.get("features") if isinstance(read, dict) else None
    if not isinstance(features, list) or not features:
        raise BadDrawing
    cells: dict[str, dict[str, BaseGeometry]] = {}
    for number, feature in enumerate(features, 1):
        try:
            properties = feature["properties"] or {}
            name = str(properties.get("code") or properties.get("number") or number)
            of = village or str(properties.get("village") or name[:12])
            polygon = shape(feature["geometry"])
        except Exception as error:  # shapely raises whatever its parts raise
            raise BadDrawing(in_both(BadDrawing.text, f"#{number}")) from error
        if name in cells.setdefault(of, {}):
            raise BadDrawing(in_both("编号重复。 Two features have one name.", f"#{number} {name}"))
        cells[of][name] = polygon
    return cells


def _feature(code: str, cell: BaseGeometry) -> Mapping[str, Any]:
    geometry = json.loads(shapely.to_geojson(cell))
    return {"type": "Feature", "geometry": geometry, "properties": {"code": code}}


def _together(collections: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    features = [feature for each in collections for feature in each["features"]]
    return {"type": "FeatureCollection", "features": features}


def _write(path: Path, what: Mapping[str, Any]) -> None:
    """Whole or not at all: a file that was there before is replaced at the end."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(what, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def _tell(made: Drafted, plan: Path) -> None:
    title = f"{made.village.code} {made.village.name}"
    table = Table("网格 cell", "户 households", "组 groups", title=title, title_justify="left")
    for cell in made.draft.cells:
        code = made.codes.get(cell.number)
        name = f"{cell.number} → {code}" if code else str(cell.number)
        table.add_row(name, str(cell.households), "、".join(map(str, made.groups[cell.number])))
    show(table)
    for warning in made.warnings:
        click.echo(f"  {warning['text']}", err=True)
    click.echo(f"方案 plan: {plan}")


def _report(findings: Findings, file: Path) -> None:
    if findings.ok:
        click.echo("边界恰好铺满本村。 They tile their village.")
        return
    path = file.with_name(file.name + ".findings.geojson")
    _write(path, findings.as_geojson())
    table = Table("问题 kind", "网格 cells", "m²", "建议 suggestion")
    for finding in findings.found[:_SHOWN]:
        cells = "、".join(finding.cells)
        kind = f"{finding.kind} {finding.detail}".strip()
        table.add_row(kind, cells, f"{finding.area_m2:.1f}", finding.repair.message)
    show(table)
    click.echo(f"{len(findings.found)} 处边界问题 places to mend: {path}", err=True)


_SHOWN = 20
