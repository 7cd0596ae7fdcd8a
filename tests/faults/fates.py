"""What may happen to one request on the road. A seed alone decides, so that it can happen again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import count
from typing import NamedTuple


class Kind(StrEnum):
    """What happens. Those that end in LOST or CUT are told apart by where the request was then."""

    GOOD = "good"
    ASK_LOST = "ask_lost"  # the server never hears of it
    ANSWER_LOST = "answer_lost"  # the server has committed, the phone does not know
    TWICE = "twice"  # the server hears it twice, one after the other
    AT_ONCE = "at_once"  # twice at the same time; the first answer is the phone's
    LATE = "late"  # lost for the phone; the server hears it behind the phone's next request
    SLOW = "slow"  # waits on the way there and on the way back
    SLICED = "sliced"  # travels in writes of a few bytes, both ways
    THIN = "thin"  # 64 kbit/s both ways
    ASK_CUT = "ask_cut"  # the server gets the beginning of it
    ANSWER_CUT = "answer_cut"  # the phone gets the beginning of the answer
    ASK_RESET = "ask_reset"  # as lost, by RST
    ANSWER_RESET = "answer_reset"
    GATEWAY = "gateway"  # a 502 with a page of HTML, as something in between gives
    PORTAL = "portal"  # a 200 with a page of HTML, as the network of a guest house gives
    KILL_WEB = "kill_web"  # a process of the web server ends while the request is at hand
    KILL_BACKEND = "kill_backend"
    KILL_CLUSTER = "kill_cluster"
    KILL_JOBS = "kill_jobs"


class Fate(NamedTuple):
    """`share` (0 to 1) says how far a cut goes, how long a delay is, when something is killed."""

    kind: Kind
    share: float


Fates = Iterator[Fate]

ROADS: Mapping[Kind, int] = {
    Kind.GOOD: 12,
    Kind.ASK_LOST: 2,
    Kind.ANSWER_LOST: 4,
    Kind.TWICE: 2,
    Kind.AT_ONCE: 2,
    Kind.LATE: 2,
    Kind.SLOW: 1,
    Kind.SLICED: 1,
    Kind.THIN: 1,
    Kind.ASK_CUT: 1,
    Kind.ANSWER_CUT: 2,
    Kind.ASK_RESET: 1,
    Kind.ANSWER_RESET: 2,
    Kind.GATEWAY: 1,
    Kind.PORTAL: 1,
}
KILLS: Mapping[Kind, int] = {
    **ROADS,
    Kind.KILL_WEB: 2,
    Kind.KILL_BACKEND: 2,
    Kind.KILL_CLUSTER: 1,
    Kind.KILL_JOBS: 1,
}


def chance_of(*names: object) -> random.Random:
    """Chance that is the same whenever it is asked for by these names."""
    return random.Random("/".join(map(str, names)))


def draw(chance: random.Random, weights: Mapping[Kind, int], sure: Sequence[Kind] = ()) -> Fates:
    """Fates without end; those in `sure` come at the second request and every third after it."""
    kinds, weight, left = list(weights), list(weights.values()), list(sure)
    for number in count(1):
        kind = chance.choices(kinds, weight)[0]
        if left and number % 3 == 2:
            kind = left.pop(0)
        yield Fate(kind, chance.random())


Break = Callable[[Fate], None]
