"""The ratios as a picture: one bar a row, on a scale where twice as fast is as far as half as fast.

Plain SVG: it opens in any browser and needs nothing to be installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log2
from pathlib import Path

from bench.row import Row

_TITLE = "性能比值（1 = 与对照一样快） Ratios: 1 is as fast as the plain way"
_WIDTH, _LEFT, _RIGHT = 920, 430, 60  # pixels: the picture, its labels, the figures
_ROW, _TOP = 46, 52
_INK, _QUIET, _LINE, _BAR, _PAPER = "#1f2933", "#616e7c", "#e4e7eb", "#0f5e63", "#f7f7f5"


def draw(path: Path, rows: Sequence[Row]) -> None:
    """Write the picture. A bar ends at the median; the thin line spans the least and greatest."""
    low, high = _ends(rows)
    height = _TOP + _ROW * len(rows) + 30
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="system-ui, Noto Sans SC, Microsoft YaHei, sans-serif" font-size="13">',
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>',
        _text(16, 26, _TITLE, _INK, 15),
        *(_tick(2.0**power, low, high, height) for power in range(round(low), round(high) + 1)),
        *(part for k, row in enumerate(rows) for part in _bar(row, _TOP + _ROW * k, low, high)),
        "</svg>",
    ]
    path.write_text("\n".join(drawn) + "\n", encoding="utf-8")


def _ends(rows: Sequence[Row]) -> tuple[float, float]:
    """Whole powers of two that hold every ratio, and 1."""
    ratios = [1.0, *(ratio for row in rows for ratio in row.spread)]
    return float(log2(min(ratios)) // 1), float(-(-log2(max(ratios)) // 1)) or 1.0


def _at(ratio: float, low: float, high: float) -> float:
    return _LEFT + (log2(ratio) - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)


def _tick(ratio: float, low: float, high: float, height: int) -> str:
    x, bottom = _at(ratio, low, high), height - 26
    colour = _INK if ratio == 1 else _LINE
    line = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{bottom}" stroke="{colour}"/>'
    return line + _text(x, height - 10, f"{ratio:g}", _QUIET, 12, "middle")


def _bar(row: Row, top: int, low: float, high: float) -> tuple[str, ...]:
    start, end = sorted((_at(1, low, high), _at(row.ratio, low, high)))
    least, most = (_at(ratio, low, high) for ratio in row.spread)
    return (
        _text(16, top + 14, row.bench.title, _INK),
        _text(16, top + 30, f"{row.bench.ours} : {row.bench.plain}", _QUIET, 11),
        f'<rect x="{start:.1f}" y="{top + 4}" width="{end - start:.1f}" height="16" '
        f'fill="{_BAR}"/>',
        f'<line x1="{least:.1f}" x2="{most:.1f}" y1="{top + 26}" y2="{top + 26}" '
        f'stroke="{_QUIET}" stroke-width="2"/>',
        _text(_WIDTH - 12, top + 17, f"{row.ratio:.2f}", _INK, 14, "end"),
    )


def _text(
    x: float, y: float, words: str, colour: str, size: int = 13, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" fill="{colour}" font-size="{size}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )
