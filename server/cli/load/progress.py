"""How far a long command is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_EVERY: Final = 20_000  # rows between two lines


@contextmanager
def checking(path: object) -> Iterator[None]:
    """Say that a file is being read to its end."""
    console = Console()
    if not console.is_terminal:
        yield
        return
    with console.status(f"正在检查 Checking {path}"):
        yield


@contextmanager
def counting(total: int) -> Iterator[Callable[[int], None]]:
    """What is called with the number of rows that are behind us."""
    console = Console()
    if not console.is_terminal:
        yield _Lines(total).tell
        return
    columns = (TextColumn("导入 Loading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda done: progress.update(task, completed=done)


class _Lines:
    """A line for every so many rows; nothing for a short list."""

    def __init__(self, total: int) -> None:
        self._total, self._next = total, _EVERY

    def tell(self, done: int) -> None:
        if done >= self._next:
            self._next = done - done % _EVERY + _EVERY
            click.echo(f"已处理 {done} / {self._total} 行 rows")
