"""Several ways of one thing, taken in turns, so that a noisy machine is noisy for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

Way = Callable[[], float]  # does the thing, returns what it cost


def compare(title: str, unit: str, ways: Mapping[str, Way], rounds: int = 7) -> None:
    """Take every way `rounds` times, in turns, after one turn that is not counted; show a table.

    The ratio of a way is the median of its ratios to the first way of the same turn.
    """
    for take in ways.values():
        take()
    turns = [{name: take() for name, take in ways.items()} for _ in range(rounds)]
    first = next(iter(ways))
    table = Table(title=f"{title} ({unit}; {rounds} turns)", title_justify="left")
    table.add_column("way")
    for head in ("median", "min–max", "ratio", "min–max"):
        table.add_column(head, justify="right", no_wrap=True)
    for name in ways:
        costs = [turn[name] for turn in turns]
        ratios = [turn[name] / turn[first] for turn in turns]
        table.add_row(name, *_shown(costs), *_shown(ratios))
    Console(width=100).print(table)


def timed(do: Callable[[], object]) -> float:
    """Milliseconds that something takes."""
    start = perf_counter()
    do()
    return (perf_counter() - start) * 1000


def _shown(numbers: list[float]) -> tuple[str, str]:
    return f"{median(numbers):.3g}", f"{min(numbers):.3g}–{max(numbers):.3g}"
