"""`python -m bench [row…]`: measure, show, keep results.json and .svg. `make bench` calls it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import click

from bench import picture, report
from bench.ground import Ground, Size, lay
from bench.registry import BENCHES
from bench.row import Row
from server.cluster import temporary_cluster

RESULTS = Path(__file__).parent / "results.json"


@click.command()
@click.argument("names", metavar="[ROW]...", nargs=-1, type=click.Choice(list(BENCHES)))
@click.option("--repeats", default=5, show_default=True, type=click.IntRange(1), help="次数")
@click.option(
    "--into", default=RESULTS, type=click.Path(path_type=Path), help="结果文件 Where results go"
)
def bench(names: Sequence[str], repeats: int, into: Path) -> None:
    """性能比值：我方做法与最简做法在同一次运行中比较。 Ratios, measured here and now.

    默认全部。 All rows by default; a temporary database that leaves nothing behind.
    """
    print("启动临时数据库，绘制县域 Starting a database, drawing the county", flush=True)
    with temporary_cluster() as cluster, tempfile.TemporaryDirectory() as directory:
        ground = lay(cluster.admin_url("county"), Path(directory), Size())
        run(ground, names or list(BENCHES), repeats, into)


def run(ground: Ground, names: Sequence[str], repeats: int, into: Path) -> list[Row]:
    """Measure these rows on a ground, so many pairs each; show them and write them to `into`."""
    rows = list(_measure(ground, names, repeats))
    machine = report.describe_machine(ground.template.admin_url)
    report.show(rows, machine)
    report.write(into, rows, machine)
    picture.draw(into.with_suffix(".svg"), rows)
    print(f"{into}  {into.with_suffix('.svg')}")
    return rows


def _measure(ground: Ground, names: Sequence[str], repeats: int) -> Iterator[Row]:
    for name in names:
        pairs = []
        print(f"{BENCHES[name].title}", flush=True)
        with closing(BENCHES[name].take(ground)) as taken:
            for number, pair in enumerate(islice(taken, repeats), 1):
                pairs.append(pair)
                also = "  ".join(f"{name} {value:,.4g}" for name, value in pair.also.items())
                print(f"  {number}/{repeats}  {pair.ratio:.3f}  {also}", flush=True)
        yield Row(name, BENCHES[name], tuple(pairs))


if __name__ == "__main__":
    bench()
