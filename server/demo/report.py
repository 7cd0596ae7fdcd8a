"""The demo's table: every count is asked of the database or of the phones, after the month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.orm import Session

from server.demo.month import Month
from server.demo.proof import Proof


@dataclass(frozen=True, slots=True)
class Line:
    """One count, and where to see it: a path below /api/v1, with `county`'s login."""

    what: str
    count: int
    where: str = ""


_COUNTED = (
    ("乡镇（街道） townships", "area WHERE level = 'township'", "/places/areas?level=township"),
    ("村（社区） villages", "area WHERE level = 'village'", "/places/areas?level=village"),
    ("网格（合成边界） cells, synthetic", "grid_cell", "/places/cells"),
    ("住户 households", "household", "/households"),
    ("　按坐标落格 by point", "household WHERE placed_by = 'point'", "/households?placed_by=point"),
    ("　按村组落格 by group", "household WHERE placed_by = 'group'", "/households?placed_by=group"),
    ("　未落格 unplaced", "household WHERE cell_id IS NULL", "/households?placed_by=none"),
    *(
        (f"　　{words}", f"household WHERE unplaced = '{slug}'", f"/households?unplaced={slug}")
        for slug, words in (
            ("no_place", "无坐标无村组 no place"),
            ("outside_county", "坐标不在县内 outside the county"),
            ("group_unknown", "村组无对应网格 group unknown"),
        )
    ),
    ("走访 visits", "visit", "/visits"),
    ("　见面或电话 met or telephone", "visit WHERE outcome IN ('met','by_telephone')", ""),
    (
        "　无人在家 nobody home",
        "visit WHERE outcome = 'nobody_home'",
        "/visits?outcome=nobody_home",
    ),
    ("　谢绝 declined", "visit WHERE outcome = 'declined'", "/visits?outcome=declined"),
    ("矛盾纠纷 disputes", "dispute", "/disputes"),
    (
        "　村级办结 settled in the village",
        "dispute WHERE level = 'village' AND status IN ('settled','closed')",
        "/disputes?level=village&status=settled",
    ),
    (
        "　乡镇办结 settled in the township",
        "dispute WHERE level = 'township' AND status IN ('settled','closed')",
        "/disputes?level=township&status=settled",
    ),
    (
        "　到县、仍在办理 at the county, open",
        "dispute WHERE level = 'county' AND status NOT IN ('settled','closed')",
        "/disputes?level=county",
    ),
    ("　跨村、由乡镇起步 across villages", "dispute WHERE start_level = 'township'", ""),
    ("自动上报 climbs by the clock", "holding WHERE climbed_from IS NOT NULL", ""),
)


def count_lines(session: Session, month: Month, proof: Proof) -> list[Line]:
    """Count it all, as the county's own hand."""
    lines = [
        Line(what, session.execute(text(f"SELECT count(*) FROM {rows}")).scalar_one(), where)
        for what, rows, where in _COUNTED
    ]
    lost = [walker.phone.line for walker in month.walkers]
    return [
        *lines,
        Line("手机 phones", proof.phones),
        Line("　手机记下的走访 visits noted on phones", proof.visits_noted),
        Line("　途中丢失的请求 requests lost on the way", sum(line.asks_lost for line in lost)),
        Line("　途中丢失的应答 answers lost on the way", sum(line.answers_lost for line in lost)),
        Line("　待传 still waiting", sum(len(w.phone.phone.waiting()) for w in month.walkers)),
    ]


def show(lines: Sequence[Line], proof: Proof, slips: Sequence[str]) -> None:
    """Print the table, what the check found, and codes to follow a case with."""
    table = Table(title="这一个月 The month", title_justify="left")
    table.add_column("项目 what")
    table.add_column("数 count", justify="right")
    table.add_column("何处可见 GET /api/v1…（账号 login: county）")
    for line in lines:
        table.add_row(line.what, f"{line.count:,}", line.where)
    console = Console(width=max(Console().width, 100))
    console.print(table)
    yes, no = "[green]✓[/green]", "[red]✗[/red]"
    console.print(
        f"{no if proof.wrong_visits else yes} 每条走访在服务器上恰有一条 "
        f"every visit is on the server exactly once ({proof.visits_on_server:,})"
    )
    console.print(
        f"{no if proof.wrong_phones else yes} 每部手机恰有其所应见 "
        f"each phone holds exactly what its worker may see ({proof.phones})"
    )
    for code in slips:
        console.print(f"当事人查询编号 a resident's code: {code}（网页 page: /r）")
