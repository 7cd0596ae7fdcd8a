"""One run of faults: a house, phones on broken roads, and what must be true afterwards."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from tests.faults.fates import KILLS, ROADS, Kind, chance_of, draw
from tests.faults.hand import Hand, Owner
from tests.faults.house import House
from tests.faults.office import work
from tests.faults.phone_process import live
from tests.faults.proxy import Proxy, proxy
from tests.faults.rest import complaints, list_visits
from tests.smallcounty import CELLS, PASSWORD

WORKERS = {"worker-a1w": "A1w", "worker-a1e": "A1e", "worker-b1w": "B1w"}
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


EVERY_KILL = (Kind.KILL_WEB, Kind.KILL_BACKEND, Kind.KILL_JOBS, Kind.KILL_CLUSTER)

# A seed is written as the name of a plan and any text: kills-17.
PLANS: Mapping[str, Callable[[str], Plan]] = {
    "roads": lambda seed: Plan(seed, ROADS, phones=5, steps=80),
    "kills": lambda seed: Plan(seed, KILLS, phones=4, steps=40),
    "fewroads": lambda seed: Plan(seed, ROADS, phones=3, steps=20, dying=0),
    "fewkills": lambda seed: Plan(seed, ROADS, phones=2, steps=30, lives=2, sure=EVERY_KILL),
}


def plan_of(seed: str) -> Plan:
    """The plan that a seed begins with. Raises KeyError."""
    return PLANS[seed.split("-")[0]](seed)


@dataclass
class Report:
    """What happened, and what was found wrong."""

    seed: str
    wrong: list[str]
    roads: list[str]
    fates: Counter[str]
    killed: Counter[str]
    visits: int
    seconds: float

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}", *self.roads, *self.wrong])


def play(plan: Plan, house: House, directory: Path) -> Report:
    """Phones walk on broken roads until their steps are done; then look whether all is well."""
    began, before, killed = time.monotonic(), list_visits(house), house.killed.copy()
    owners = [_owner(plan, k, directory) for k in range(plan.phones)]
    with proxy(house.port, house.suffer) as between:
        wrong = _walk_all(plan, owners, house, between)
        between.mend()
        house.await_ready()
    wrong += [f"the house did not stand up: {trouble!r}" for trouble in house.troubles]
    wrong += complaints(house, owners, before)
    visits = sum(_is_visit(line) for owner in owners for line in owner.diary.read())
    seconds = time.monotonic() - began
    killed = house.killed - killed
    return Report(plan.seed, wrong, _tell(between), between.count(), killed, visits, seconds)


def _walk_all(plan: Plan, owners: Sequence[Owner], house: House, between: Proxy) -> list[str]:
    """All phones at once, and the office beside them; what no phone may ever meet."""
    ended = Event()
    with ThreadPoolExecutor(plan.phones + 1) as pool:
        office = pool.submit(work, plan.seed, house, ended)
        walks = [pool.submit(_walk, plan, k, o, between, ended) for k, o in enumerate(owners)]
        try:
            met = [(owner, walk.exception()) for owner, walk in zip(owners, walks, strict=True)]
        finally:
            ended.set()  # at Ctrl-C, too, which the pool waits out
        office.result()
    return [f"{owner.name} met {error!r}" for owner, error in met if error is not None]


def _is_visit(line: dict[str, Any]) -> bool:
    return "recorded" in line and line["entity"] == "visit"


def _owner(plan: Plan, k: int, directory: Path) -> Owner:
    chance = chance_of(plan.seed, "owner", k)
    wrong = chance.choice([0, -30 * HOUR, 7 * HOUR])
    login, cell = list(WORKERS.items())[k % len(WORKERS)]
    return Owner(plan.seed, f"phone-{k}", login, PASSWORD, CELLS[cell], directory, wrong)


def _walk(plan: Plan, k: int, owner: Owner, between: Proxy, ended: Event) -> None:
    sure = plan.sure if k == 0 else ()
    fates = draw(chance_of(plan.seed, owner.name, "road"), plan.weights, sure)
    base_url = f"http://127.0.0.1:{between.road(owner.name, fates)}"
    if k < plan.phones - plan.dying:
        with owner.phone(base_url) as phone:
            hand = Hand(phone, chance_of(plan.seed, owner.name), owner.diary)
            for _ in range(plan.steps):
                if not ended.is_set():
                    hand.step()
        return
    chance = chance_of(plan.seed, owner.name, "deaths")
    for life in range(plan.lives + 1):
        last = life == plan.lives
        steps, end = (plan.steps // 2, None) if last else (plan.steps, chance.randint(20, 400))
        if not ended.is_set():
            live(owner, base_url, life, steps, end)


def _tell(between: Proxy) -> list[str]:
    return [
        f"{name} {met.number:3} {met.fate.kind:12} {met.fate.share:.2f} {met.line}"
        for name, road in sorted(between.roads.items())
        for met in road.met
    ]
