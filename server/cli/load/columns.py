"""What every `wangge load` says about a file's columns, and is told about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from rich.table import Table
from rich.text import Text

from server.cli.tables import show
from server.households.schemas import mask_name, mask_telephone
from server.sheets import ColumnMapping, Columns, Shown, read_mapping

FILE = click.Path(path_type=Path, dir_okay=False)
Command = TypeVar("Command", bound=Callable[..., Any])
DRY_RUN: Final = "试运行：数据库未写入任何内容。 Dry run: nothing was written to the database."
_LONGEST: Final = 24

_OPTIONS = (
    click.option(
        "--mapping",
        type=FILE,
        help="列对应文件（YAML）。 A file that says which column is which.",
    ),
    click.option("--sheet", help="工作表或图层名。 Which sheet or layer, where there are several."),
    click.option(
        "--dry-run",
        is_flag=True,
        help="只检查，不写入。 Read, check, place and count; write nothing to the database.",
    ),
)


def reading_options(command: Command) -> Command:
    """The options that every kind of file has."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def mapping_from(path: Path | None, columns: Columns) -> ColumnMapping | None:
    """The mapping file, where one was given. Raises BadMapping."""
    return None if path is None else read_mapping(path, columns)


def show_columns(shown: Sequence[Shown], columns: Columns) -> None:
    """Say, before anything is written, which column was taken for what; personal fields masked."""
    table = Table(title="列 Columns", title_justify="left")
    for heading in ("文件中 in the file", "本系统 ours", "第一个值 first value"):
        table.add_column(heading)
    for title, name, example in shown:
        if name is not None:
            taken_for = f"{next(iter(columns[name]))} {name}"
            table.add_row(_plain(title or "（固定值 fixed）"), taken_for, _masked(name, example))
    show(table)
    if unused := unused_of(shown):
        click.echo(f"未使用的列 columns not used: {'、'.join(map(str, map(_plain, unused)))}")


def unused_of(shown: Collection[Shown]) -> list[str]:
    """The titles of columns that were taken for nothing."""
    return [title for title, name, _ in shown if name is None and title]


def _masked(name: str, example: str) -> Text:
    return _plain(_MASKS[name](example) or "" if name in _MASKS else example)


def _plain(text: str) -> Text:
    """A text of somebody's file: no markup, no command to a terminal."""
    short = f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
    return Text("".join(c if c.isprintable() else "?" for c in short))


def _roughly(number: str) -> str:
    whole, point, fraction = number.partition(".")
    return whole + point + "*" * min(len(fraction), 6)


_MASKS: Mapping[str, Callable[[str], str | None]] = {
    "head": mask_name,
    "telephone": mask_telephone,
    "address": lambda address: address[:2] + "*" * max(len(address) - 2, 0),
    "lon": _roughly,
    "lat": _roughly,
}
