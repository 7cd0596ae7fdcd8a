"""Tiles zoom by zoom: over HTTP and under row security, the bare statement, and tipg over HTTP.

tipg is a public tile server over PostGIS; it is installed into a venv of its own under `var/` and
reads as a role that may only read. It knows no asker and draws every row; clusters it has not, so
that at low zooms it sends up to `LIMIT` points where we send squares.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import quote

import click
from sqlalchemy.engine import make_url

from bench import web
from bench.ground import Size, connect, lay
from bench.tiles import CLIENTS, HIGH, LOW, Draw, bare, choose, getting, ours, rate, sow
from server.cluster import temporary_cluster
from server.installation import Installation

TIPG = ("tipg==1.6.1", "uvicorn==0.54.0")
LIMIT = 100_000  # features of one of its tiles
_COLUMNS = {"public_household": {"properties": '["id","kind","state","placed_by","accuracy_m"]'}}


@click.command()
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(1))
@click.option("--zoom", "zooms", multiple=True, type=click.IntRange(0, 20), default=LOW + HIGH)
def compare(repeats: int, zooms: tuple[int, ...]) -> None:
    """One line for each zoom: tiles a second, and ratios of the medians."""
    size = Size()
    with ExitStack() as stack:
        cluster = stack.enter_context(temporary_cluster())
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        ground = lay(cluster.admin_url("county"), Path(directory), size)
        county = stack.enter_context(ground.fresh())
        sow(ground, county)
        ways = {
            "ours": stack.enter_context(ours(county, size.processes, "households")),
            "bare": stack.enter_context(bare(county)),
            "tipg": stack.enter_context(tipg(county, size.processes)),
            "cells": stack.enter_context(ours(county, size.processes, "cells")),
        }
        print("zoom  " + "".join(f"{way:>8}/s" for way in ways) + "   ours:bare  ours:tipg")
        for zoom in zooms:
            show(county, zoom, ways, repeats)


def show(county: Installation, zoom: int, ways: dict[str, list[Draw]], repeats: int) -> None:
    """Measure one zoom, the ways by turns."""
    tiles = choose(county, [zoom])
    for draws in ways.values():
        rate(draws, tiles)  # read once before the watch starts
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way, draws in ways.items():
            rates[way].append(rate(draws, tiles))
    middle = {way: median(found) for way, found in rates.items()}
    print(
        f"z{zoom:<5}"
        + "".join(f"{middle[way]:>10.0f}" for way in ways)
        + f"{middle['ours'] / middle['bare']:>12.2f}{middle['ours'] / middle['tipg']:>11.2f}",
        flush=True,
    )


@contextmanager
def tipg(county: Installation, processes: int) -> Iterator[list[Draw]]:
    """The other server; it ends with this block, or with us."""
    environment = {
        "DATABASE_URL": read_only(county),
        "TIPG_DB_TABLES": '["public.household"]',
        "TIPG_TABLE_CONFIG": json.dumps(_COLUMNS),
        "TIPG_MAX_FEATURES_PER_TILE": str(LIMIT),
        "DB_MIN_CONN_SIZE": str(CLIENTS),
        "DB_MAX_CONN_SIZE": "8",
        "PATH": f"{installed()}/bin",
    }
    port = web.free_port()
    options = ["--port", str(port), "--workers", str(processes), "--log-level", "warning"]
    command = [f"{installed()}/bin/python", "-m", "uvicorn", "tipg.main:app", *options]
    with ExitStack() as stack:
        process = stack.enter_context(web.child(command, environment))
        web.await_answer(process, port, "/healthz")
        path = "/collections/public.household/tiles/WebMercatorQuad/{}"
        headers = {"Accept-Encoding": "gzip"}
        yield [stack.enter_context(getting(port, path, headers)) for _ in range(CLIENTS)]


def installed() -> Path:
    """The venv of the other server, made when it is not there."""
    place = Path("var") / "bench-tipg"
    if not (place / "bin" / "uvicorn").exists():
        venv.create(place, with_pip=True)
        command = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", *TIPG]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return place.absolute()


def read_only(county: Installation) -> str:
    """A URL that assumes a role which may read households and nothing else."""
    connection = connect(county.admin_url)
    try:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("CREATE ROLE bench_reader NOLOGIN BYPASSRLS")
        cursor.execute("GRANT SELECT ON household, spatial_ref_sys TO bench_reader")
    finally:
        connection.close()
    url = make_url(county.admin_url)
    socket = quote(str(url.query["host"]), safe="")
    return (
        f"postgresql://{url.username}@{socket}:{url.query['port']}/{url.database}?role=bench_reader"
    )


if __name__ == "__main__":
    compare()
