"""A rotation is killed again and again while phones push and desks edit; `make faults` runs it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from geo.datum import Datum
from server.cli.queries import count_unstamped, count_wrong_heads
from server.db import transaction
from server.households.imports.service import load_households
from server.households.models import Household
from server.sealed import Keyring, keyring, use
from server.visits.models import Visit
from tests.cli.keyboard import Keyboard, as_admin, environment
from tests.imports import lists
from tests.smallcounty import SmallCounty, id_of, settings
from tests.syncing.people.letters import Sender

NEW = b"2" * 32
HOUSES, KILLS = 1_500, 4
EDITED = [f"{cell}-{n}" for cell in ("A1w", "A1e") for n in (1, 2, 3)]  # the small county's own
UNTOUCHED = "SELECT row_id, bucket, seq FROM feed_entry WHERE row_id = ANY (%s::uuid[]) ORDER BY 1"


@contextmanager
def rotating(environ: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`wangge keys rotate` in small batches, as a process of its own."""
    command = [sys.executable, "-m", "server.cli", "keys", "rotate", "--batch", "25"]
    environ = {**os.environ, **environ}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def kill_under_way(environ: Mapping[str, str], batches: int) -> bool:
    """Let it do so many batches, then SIGKILL; whether it was still at it."""
    with rotating(environ) as process:
        assert process.stderr
        said = [process.stderr.readline() for _ in range(batches)]
        process.kill()
        return process.wait() < 0 and bool(said[-1])


def edit(county: SmallCounty, over: Event) -> dict[str, str]:
    """A desk that gives households other names until it is over; the last that was taken."""
    taken: dict[str, str] = {}
    browser, n = Sender(county, "township-a", "browser"), 0
    while not over.is_set():
        house, n = EDITED[n % len(EDITED)], n + 1
        answer = browser.desk.call(
            "PATCH", f"/households/{id_of(house)}", json={"head_name": f"示某{n}"}
        )
        assert answer.status_code in (200, 503), answer.text
        if answer.status_code == 200:
            taken[house] = f"示某{n}"
    return taken


def push(county: SmallCounty, over: Event) -> dict[str, str]:
    """A phone that records visits until it is over; id → note of those that were taken."""
    phone, taken, n = Sender(county, "worker-a1w"), {}, 0
    while not over.is_set():
        n += 1
        phone.visit(f"A1w-{n % 3 + 1}", note=f"示例 {n}")
        row = phone.outbox[-1]
        ((outcome,),) = [phone.send().values()]
        assert outcome["status"] == "applied"
        taken[row["id"]] = row["set"]["note"]
    return taken


@pytest.mark.long
def test_killed_under_way_while_everybody_writes_it_loses_nothing(
    county: SmallCounty, tmp_path: Path
) -> None:
    chance, known = random.Random(511921), settings(county.url)
    path = lists.write(tmp_path / "list.csv", [lists.row(n) for n in range(HOUSES)])
    load_households(county.worker, path, Datum.WGS84)
    with as_admin(county.url) as cursor:
        cursor.execute("SELECT array_agg(id::text) FROM household WHERE external_id IS NOT NULL")
        ((loaded,),) = cursor.fetchall()
        cursor.execute(UNTOUCHED, (loaded,))
        before = cursor.fetchall()
    # The web was told of the new key, and seals with the old one until it starts again.
    old, both = keyring(), {**known.seal_keys, "t2": NEW}
    environ = environment(county.url, tmp_path)
    keys = environ["WANGGE_SEAL_KEYS"]
    environ["WANGGE_SEAL_KEYS"] = f"t2:MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjI=,{keys}"
    use(Keyring(both, known.blind_key))
    over = Event()
    try:
        with ThreadPoolExecutor(2) as pool:
            names, notes = pool.submit(edit, county, over), pool.submit(push, county, over)
            try:
                deaths = [kill_under_way(environ, chance.randint(1, 15)) for _ in range(KILLS)]
                with rotating(environ) as last:
                    last.communicate(timeout=300)
            finally:
                over.set()
            check(county, names.result(), notes.result())
        assert all(deaths)
        use(Keyring({"t2": NEW, **known.seal_keys}, known.blind_key))
        keyboard = Keyboard(environ)
        assert "left 0" in keyboard.type("keys", "rotate")
        assert "Take t1 out" in keyboard.type("keys", "retire", "t1")
        use(Keyring({"t2": NEW}, known.blind_key))
        check(county, names.result(), notes.result())
    finally:
        use(old)
    with as_admin(county.url) as cursor:
        cursor.execute(UNTOUCHED, (loaded,))
        assert cursor.fetchall() == before


def check(county: SmallCounty, names: Mapping[str, str], notes: Mapping[str, Any]) -> None:
    """Every name and note that was taken is there, and buckets are what their entries give."""
    assert len(notes) > 3 < len(names)
    with transaction(county.worker) as session:
        for house, name in names.items():
            assert session.get_one(Household, id_of(house)).head_name == name
        for visit, note in notes.items():
            assert session.get_one(Visit, visit).note == note
        assert (count_unstamped(session), count_wrong_heads(session)) == (0, 0)
