"""`wangge demo`: an empty database, a month in a real county, and a table of what happened."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from server.audit.service import record
from server.db import transaction, worker
from server.demo.cases import Desks
from server.demo.county import (
    SEED,
    County,
    draw,
    write_cells_geojson,
    write_villages_geojson,
)
from server.demo.field import StoryClock
from server.demo.month import DAYS, Month
from server.demo.people import Counts, write_households_csv
from server.demo.proof import Proof, prove
from server.demo.report import Line, count_lines, show
from server.demo.rules import POLICY
from server.demo.staff import Staff, hire, plan_staff
from server.demo.web import serving
from server.errors import WanggeError
from server.installation import Installation, opened
from server.ladder.calendar import LOCAL, local_day
from server.policies.service import load_calendar, load_policy
from server.settings import Settings
from server.worker import climb_due

DATA = Path(__file__).parent / "data"


class NotEmpty(WanggeError):
    """The demo writes into an empty database only."""

    slug = "not-empty"
    text = (
        "数据库中已有数据，演示只写入空库。 The database holds data; the demo needs an empty one."
    )


class DemoUntrue(WanggeError):
    """The demo's own check failed: a visit is missing, or a phone holds what it should not."""

    slug = "demo-untrue"
    text = "演示自检未通过。 The demo's own check failed; please report this with the lines above."


@dataclass(frozen=True, slots=True)
class Played:
    """A month that was played: what the input held, what was found, what is printed."""

    counts: Counts
    proof: Proof
    lines: list[Line]
    month: Month = field(repr=False)


def play_unless_present(installation: Installation, say: Callable[[str], None]) -> bool:
    """Play once; a database that holds anything else is left as it is. Whether it holds the demo.

    What a demo that was interrupted left in the private database is thrown away: it began in an
    empty one.
    """
    with opened(installation.settings("worker")):
        holds = _look(datetime.now(UTC))
    if holds is Holds.HALF_A_DEMO and installation.private:
        say("上次演示被中断，重新开始 The last demo was interrupted: it begins anew")
        installation.make_anew()
        holds = Holds.NOTHING
    if holds is Holds.NOTHING:
        play(installation, say)
        return True
    say(f"跳过演示 No demo is played: {holds}")
    return holds is Holds.THE_DEMO


def play(
    installation: Installation,
    say: Callable[[str], None],
    start: datetime | None = None,
    seed: int = SEED,
    drawing: Callable[[int], County] = draw,
) -> Played:
    """Play the month that ends now (or begins at `start`), in the county that `drawing` gives for
    the seed. Raises NotEmpty or DemoUntrue.
    """
    clock = StoryClock(start or _month_ago())
    directory = installation.settings().data_dir / "demo"
    with opened(installation.settings("worker")):
        if _look(clock.now) is not Holds.NOTHING:
            raise NotEmpty
        _mark(clock.now, BEGUN)
        say("绘制示例网格（合成） Drawing synthetic villages and cells")
        counts = _write_inputs(drawing(seed), directory, seed)
        staff = _settle_in(installation, clock, directory, counts, say)
        with serving(_for_a_story(installation.settings()), clock) as base_url:
            desks = Desks(base_url, staff, clock)
            month = Month(clock, staff, desks, lambda at: climb_due(worker(at)), say)
            say("一个月的走访与纠纷 A month of visits and disputes")
            month.equip(directory, seed)
            month.play(seed)
            return _conclude(month, counts, say)


def _for_a_story(settings: Settings) -> Settings:
    """Commits do not wait for the disk, and nobody signs in anew every half hour of a month, or
    with a code.
    """
    url = make_url(settings.database_url)
    url = url.update_query_dict({"options": "-csynchronous_commit=off"})
    return replace(
        settings,
        database_url=url.render_as_string(hide_password=False),
        access_minutes=DAYS * 24 * 60,
        second_factor=False,
    )


def _month_ago() -> datetime:
    """Eight o'clock local time, so many days ago that the month is over now."""
    then = datetime.now(LOCAL) - timedelta(days=DAYS + 1)
    return then.replace(hour=8, minute=0, second=0, microsecond=0).astimezone(UTC)


class Holds(StrEnum):
    """What a database holds, as far as a demo must know."""

    NOTHING = "空库 nothing"
    HALF_A_DEMO = "数据库中有未完成的演示 it holds an interrupted demo"
    THE_DEMO = "数据库中已有演示 it holds the demo"
    OTHER = "数据库中已有数据 it holds other data"


BEGUN, ENDED = "demo.begin", "demo.end"  # two acts in the audit tell a demo from a county
_LOOK = text(f"""
    SELECT EXISTS (SELECT FROM audit_act WHERE action = '{BEGUN}') AS begun,
           EXISTS (SELECT FROM audit_act WHERE action = '{ENDED}') AS ended,
           EXISTS (SELECT FROM area) OR EXISTS (SELECT FROM user_account)
           OR EXISTS (SELECT FROM household) OR EXISTS (SELECT FROM office) AS some
""")


def _look(now: datetime) -> Holds:
    with transaction(worker(now)) as session:
        begun, ended, some = session.execute(_LOOK).one()
    if ended:
        return Holds.THE_DEMO
    if begun:
        return Holds.HALF_A_DEMO
    return Holds.OTHER if some else Holds.NOTHING


def _mark(now: datetime, act: str) -> None:
    with transaction(worker(now)) as session:
        record(session, act)


def _settle_in(
    installation: Installation,
    clock: StoryClock,
    directory: Path,
    counts: Counts,
    say: Callable[[str], None],
) -> Staff:
    """Areas, cells and households through the public commands; then rules and people."""
    for kind, path, options in (
        ("areas", DATA / "tongjiang_areas.csv", []),
        ("boundaries", directory / "villages.geojson", []),
        ("cells", directory / "cells.geojson", []),
        ("households", directory / "households.csv", ["--datum", "gcj02"]),
    ):
        say(f"$ wangge load {kind} {path.name} {' '.join(options)}".rstrip())
        _load(installation, clock.now, kind, path, options)
    staff = plan_staff(counts.busy_cells)
    with transaction(worker(clock.now)) as session:
        by = worker(clock.now)
        load_calendar(session, range(clock.now.year, clock.now.year + 3))
        load_policy(session, by, replace(POLICY, valid_from=local_day(clock.now)))
        hire(session, by, staff)
    return staff


def _write_inputs(county: County, directory: Path, seed: int) -> Counts:
    directory.mkdir(parents=True, exist_ok=True)
    for left in directory.glob("*.sqlite3*"):
        left.unlink()  # phones of an earlier demo, whose database is gone
    write_villages_geojson(county, directory / "villages.geojson")
    write_cells_geojson(county, directory / "cells.geojson")
    return write_households_csv(county, directory / "households.csv", seed)


def _load(
    installation: Installation, at: datetime, kind: str, path: Path, options: list[str]
) -> None:
    """The public command, in a process of its own, as county IT would type it."""
    command = [sys.executable, "-m", "server.cli", "load", "--as-of", at.isoformat(), kind]
    subprocess.run(  # noqa: S603 (our own command)
        [*command, str(path), *options],
        env={**os.environ, **installation.environment},
        check=True,
    )


def _conclude(month: Month, counts: Counts, say: Callable[[str], None]) -> Played:
    with transaction(worker(month.clock.now)) as session:
        proof = prove(session, month.walkers)
        lines = count_lines(session, month, proof)
    show(lines, proof, month.slips)
    for walker in month.walkers:
        walker.phone.close()
    if not proof.holds:
        raise DemoUntrue
    _mark(month.clock.now, ENDED)
    return Played(counts, proof, lines, month)
