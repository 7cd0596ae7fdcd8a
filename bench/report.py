"""What is shown to people, and what is kept for the next look."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.ground import connect
from bench.row import Row


def describe_machine(admin_url: str) -> Mapping[str, Any]:
    """Cores, load, versions and the time: without them a number says little."""
    connection = connect(admin_url)
    try:
        cursor = connection.cursor()
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone() or ("",)
    finally:
        connection.close()
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "postgresql": version,
        "python": platform.python_version(),
    }


def show(rows: Sequence[Row], machine: Mapping[str, Any]) -> None:
    """The table, and a line about the machine."""
    table = Table(title="性能比值 Ratios", title_justify="left", show_lines=True)
    table.add_column("项目 row")
    for name in ("我方/秒\nours/s", "对照/秒\nplain/s", "比值\nratio", "范围\nmin–max"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        low, high = row.spread
        ours, plain = _middle(row)
        what = f"{row.bench.title}\n{row.bench.ours} :\n{row.bench.plain}"
        table.add_row(
            what, f"{ours:,.0f}", f"{plain:,.0f}", f"{row.ratio:.3f}", f"{low:.3f}–{high:.3f}"
        )
    Console().print(table)
    print("比值 1 即与对照一样快；取中位数。 A ratio of 1 is as fast as the plain way; medians.")
    print(
        f"{machine['cores']} 核 cores（负载 load {machine['load']}）, "
        f"PostgreSQL {machine['postgresql']}, Python {machine['python']}, {machine['measured_at']}"
    )


def write(path: Path, rows: Sequence[Row], machine: Mapping[str, Any]) -> None:
    """Every pair that was measured, as JSON."""
    kept = {"machine": dict(machine), "rows": [_kept(row) for row in rows]}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _middle(row: Row) -> tuple[float, float]:
    """The pair whose ratio is the median, or the one just below it."""
    pair = sorted(row.pairs, key=lambda pair: pair.ratio)[(len(row.pairs) - 1) // 2]
    return pair.ours, pair.plain


def _kept(row: Row) -> dict[str, Any]:
    low, high = row.spread
    return {
        "name": row.name,
        "title": row.bench.title,
        "ours": row.bench.ours,
        "plain": row.bench.plain,
        "things": row.bench.things,
        "ratio": {"median": row.ratio, "min": low, "max": high},
        "pairs": [{**pair._asdict(), "also": dict(pair.also)} for pair in row.pairs],
    }
