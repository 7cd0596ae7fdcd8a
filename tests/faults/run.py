"""One run of faults: a house, phones on broken roads, and what must be true afterwards."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import psycopg2

from tests.cli.keyboard import as_admin
from tests.faults.fates import Fate, Kind, chance_of, draw
from tests.faults.hand import Hand, Owner
from tests.faults.house import House
from tests.faults.phone_process import live
from tests.faults.proxy import Proxy, proxy
from tests.faults.rest import complaints, list_visits
from tests.smallcounty import PASSWORD, id_of

WORKERS = ("worker-a1w", "worker-a1e", "worker-b1w")
HOUR = 3600 * 1000


@dataclass(frozen=True)
class Plan:
    """How much happens. The seed decides what."""

    seed: str
    weights: Mapping[Kind, int]
    phones: int = 4
    steps: int = 30
    dying: int = 1  # phones that are processes of their own and die between statements
    lives: int = 3  # of a phone that dies, before a last one that does not
    sure: Sequence[Kind] = ()  # what the first phone meets in any case


@dataclass
class Report:
    """What happened, and what was found wrong."""

    seed: str
    wrong: list[str]
    fates: Counter[str]
    killed: Counter[str]
    visits: int
    seconds: float
    roads: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}", *self.wrong, *self.roads])


def play(plan: Plan, house: House, directory: Path) -> Report:
    """Phones walk on broken roads until their steps are done; then look whether all is well."""
    began, ended = time.monotonic(), Event()
    owners = [_owner(plan, k, directory) for k in range(plan.phones)]
    killed, before = house.killed.copy(), list_visits(house)
    with proxy(house.port, house.suffer) as between:
        with ThreadPoolExecutor(plan.phones + 1) as pool:
            office = pool.submit(_office, plan.seed, house, ended)
            walks = [pool.submit(_walk, plan, k, owner, between) for k, owner in enumerate(owners)]
            faults = [walk.exception() for walk in walks]
            ended.set()
            office.result()
        between.mend()
        house.await_ready()
        fates, roads = between.count(), _tell(between)
    for fault in faults:
        if fault is not None:
            raise AssertionError(f"seed {plan.seed}: {fault!r}") from fault
    wrong = complaints(house, owners, before)
    visits = sum(line.get("entity") == "visit" and "recorded" in line
                 for owner in owners for line in owner.diary.read())
    return Report(plan.seed, wrong, fates, house.killed - killed, visits,
                  time.monotonic() - began, roads if wrong else [])


def _owner(plan: Plan, k: int, directory: Path) -> Owner:
    chance = chance_of(plan.seed, "owner", k)
    wrong = chance.choice([0, -30 * HOUR, 7 * HOUR])
    return Owner(plan.seed, f"phone-{k}", WORKERS[k % len(WORKERS)], PASSWORD, directory, wrong)


def _walk(plan: Plan, k: int, owner: Owner, between: Proxy) -> None:
    sure = plan.sure if k == 0 else ()
    fates = draw(chance_of(plan.seed, owner.name, "road"), plan.weights, sure)
    base_url = f"http://127.0.0.1:{between.road(owner.name, fates)}"
    if k < plan.phones - plan.dying:
        with owner.phone(base_url) as phone:
            hand = Hand(phone, chance_of(plan.seed, owner.name), owner.diary)
            for _ in range(plan.steps):
                hand.step()
        return
    chance = chance_of(plan.seed, owner.name, "deaths")
    for life in range(plan.lives):
        live(owner, base_url, life, plan.steps, chance.randint(20, 400))
    live(owner, base_url, plan.lives, plan.steps // 2, None)


def _office(seed: str, house: House, ended: Event) -> None:
    """What the office does meanwhile: households change cells, and a transaction stays open."""
    chance = chance_of(seed, "office")
    while not ended.wait(0.2):
        with suppress(psycopg2.Error), as_admin(house.admin_url) as cursor:
            chance.choice([_move, _move, _dawdle])(cursor, chance, ended)


def _move(cursor: Any, chance: random.Random, ended: Event) -> None:
    house, cell = chance.randint(1, 3), chance.choice(["A1w", "A1e"])
    cursor.execute(
        "UPDATE household SET cell_id = %s WHERE id = %s",
        (str(id_of(cell)), str(id_of(f"A1w-{house}"))),
    )


def _dawdle(cursor: Any, chance: random.Random, ended: Event) -> None:
    """An open transaction that wrote: the feed of all others goes on."""
    cursor.execute("BEGIN")
    cursor.execute("UPDATE household SET created_at = created_at WHERE id = %s", (str(id_of("B1e-3")),))
    ended.wait(0.5)
    cursor.execute(chance.choice(["COMMIT", "ROLLBACK"]))


def _tell(between: Proxy) -> list[str]:
    return [
        f"{name} {met.number:3} {met.fate.kind:12} {met.fate.share:.2f} {met.line}"
        for name, road in sorted(between.roads.items())
        for met in road.met
    ]
