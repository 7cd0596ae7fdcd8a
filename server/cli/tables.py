"""How commands print tables."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table


def show(table: Table) -> None:
    """Print a table: folded to a terminal's width, and whole into a file or a pipe."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=console.measure(table, options=_WIDEST).maximum)
    console.print(table)


_WIDEST = Console(width=1000).options
