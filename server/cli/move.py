"""`wangge move`: preview and apply redraws, reassignments and mergers from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import current_app
from rich.table import Table

from server.cli.opening import county_hand
from server.cli.tables import show
from server.db import transaction
from server.errors import Invalid
from server.moves import service
from server.moves.errors import BadPlan, CellsDoNotTile
from server.moves.form import Moving, Plan
from server.moves.kinds import read_plan

FILE = click.Path(path_type=Path, dir_okay=False)
_MAX_BYTES = 64 << 20


class UnreadablePlan(Invalid):
    """A file that holds no plan."""

    slug = "unreadable-plan"
    text = "方案文件无法读取，应为 JSON。 The file cannot be read: give a plan as JSON, UTF-8."


@click.group()
def move() -> None:
    """调整：先预览，再执行。 Redraws, reassignments, mergers: preview one, then apply it.

    方案为 JSON，见 docs/moves.md。 A plan is a JSON file: see docs/moves.md.
    """


@move.command("preview")
@click.argument("file", type=FILE)
def preview_move(file: Path) -> None:
    """预览 FILE 中的方案，不改动数据。 What the plan in FILE would move; nothing changes."""
    with _faults_shown(file), _moving(file) as (moving, plan):
        told = service.preview(moving, plan)
    show(_table(told))
    for warning in told["warnings"]:
        click.echo(f"注意 note: {warning['text']}")
    click.echo(f"令牌 token: {told['token']}")


def _reason(_: click.Context, parameter: click.Parameter, why: str) -> str:
    """As the web wants it: history keeps it."""
    if not 2 <= len(why.strip()) <= 500:
        raise click.BadParameter("应为 2 到 500 字。 Give 2 to 500 characters.", param=parameter)
    return why


@move.command("apply")
@click.argument("file", type=FILE)
@click.option("--token", required=True, help="预览给出的令牌。 The token that the preview gave.")
@click.option(
    "--why", required=True, callback=_reason, help="原因，写入历史。 Why; history keeps it."
)
def apply_move(file: Path, token: str, why: str) -> None:
    """按预览执行 FILE 中的方案。 Carry out the plan in FILE as it was previewed.

    预览之后情况有变则不执行；重复执行无害。
    Refused if things have changed since; harmless when it is typed twice.
    """
    with _faults_shown(file), _moving(file) as (moving, plan):
        done = service.apply(moving, plan, token, why)
    show(_table(done.counts))
    click.echo(f"已执行 applied: {done.id}")


@contextmanager
def _moving(file: Path) -> Iterator[tuple[Moving, Plan]]:
    """The county's own hand, which answers for every village."""
    with county_hand() as by:
        plan = read_plan(_read(file))
        rows = current_app.extensions["wangge.settings"].phone_rows
        with transaction(by) as session:
            yield Moving(session, by, None, rows), plan


def _read(file: Path) -> Any:
    """JSON as the web takes it: no NaN, no text that cannot be kept."""
    if file.stat().st_size > _MAX_BYTES:
        raise UnreadablePlan
    try:
        return current_app.json.loads(file.read_bytes())
    except ValueError as error:
        raise UnreadablePlan from error


@contextmanager
def _faults_shown(file: Path) -> Iterator[None]:
    """Say what is wrong with a plan field by field, and draw the edges that do not fit."""
    try:
        yield
    except BadPlan as error:
        for field, said in (error.errors or {}).items():
            click.echo(f"  {field}: {said}", err=True)
        raise
    except CellsDoNotTile as error:
        path = file.with_name(file.name + ".findings.geojson")
        found = json.dumps(error.members["findings"], ensure_ascii=False)
        path.write_text(found, encoding="utf-8")
        click.echo(f"{len(error.findings.found)} 处边界问题 places to mend: {path}", err=True)
        raise


def _table(told: Mapping[str, Any]) -> Table:
    """What is moved, one line each; lists by their length."""
    table = Table(title="调整 Move", title_justify="left", show_header=False)
    for name, value in _lines(told):
        table.add_row(name, value)
    return table


def _lines(told: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        path = f"{above}{name}"
        if name in _SHOWN_APART:
            continue
        if name == "phones":
            yield from ((f"手机 phone {p['user']}", _rows(p)) for p in value)
        elif isinstance(value, Mapping):
            yield from _lines(value, f"{path} ")
        elif isinstance(value, list):
            yield f"{_WORDS.get(path, '')} {path}".strip(), _short(value)
        else:
            yield f"{_WORDS.get(path, '')} {path}".strip(), str(value)


def _rows(phone: Mapping[str, Any]) -> str:
    return f"{phone['rows_now']} → {phone['rows_after']} 条 rows"


def _short(items: list[Any]) -> str:
    shown = [_item(item) for item in items]
    more = f" … ({len(shown)})" if len(shown) > _MOST else ""
    return ", ".join(shown[:_MOST]) + more if shown else "—"


def _item(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    if "code" in item:
        return str(item["code"])
    if "user" in item and "cell" in item:
        span = f" ({item['from']} – {item['to'] or ''})" if "from" in item else ""
        return f"{item['user']} {item['cell']}{span}"
    return " ".join(f"{name} {value}" for name, value in item.items())


_MOST = 6
_SHOWN_APART = frozenset({"kind", "token", "list", "warnings", "findings"})
_WORDS = {
    "village": "村",
    "village code": "村代码",
    "village name": "村",
    "cells new": "新网格",
    "cells changed": "变更网格",
    "cells ended": "撤销网格",
    "households by_point moved": "按坐标调整的住户",
    "households by_group moved": "按村组调整的住户",
    "households by_hand moved": "人工落格的住户",
    "placed count": "新落格",
    "unplaced count": "变为未落格",
    "still_unplaced": "仍未落格",
    "disputes moved": "随迁纠纷",
    "disputes to_village": "转村知悉",
    "disputes open": "其中未结",
    "holdings moved": "承办中",
    "codes count": "换码的区划和网格",
    "ended": "撤销",
    "new": "新设",
    "households concerned": "涉及住户",
    "households change_village": "改属另一村的住户",
    "households unplaced": "其中未落格",
    "disputes concerned": "涉及纠纷",
    "disputes change_village": "改属另一村的纠纷",
    "holdings stay": "承办单位不变的在办件",
    "offices": "并入的承办单位",
    "assignments follow": "随并的分工",
    "phones_concerned": "涉及人员",
}
