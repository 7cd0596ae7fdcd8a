"""The jobs: what the county's own hand does, round by round."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from typing import Final

from flask import Flask, current_app
from sqlalchemy.orm import Session

from server.attachments import tidying
from server.db import Identity, transaction
from server.disputes.service.climbing import BATCH, Ways, climb, find_ways
from server.disputes.service.following import close_followed_up, remind
from server.disputes.service.recusing import see_to_recusals
from server.disputes.service.warning import warn
from server.erasure import rounds
from server.figures import service as figures
from server.notices import service as notices
from server.notices.delivery.service import deliver
from server.policies.service import look_ahead
from server.resident import service as residents
from server.syncing.retention.service import purge
from server.worker.job import Job

log = logging.getLogger("wangge.worker")

BATCHES: Final = 20  # of anything in one round: the first one of an old county is not endless


def climb_due(by: Identity, batch: int = BATCH) -> int:
    """Cases whose deadline has passed go one level up; how many. Commits batch by batch.

    Where there are more than one batch of them, two go on side by side: both of a small server's
    cores are at hand at midnight.
    """
    with transaction(by) as session:
        ways = find_ways(session, by.now)
    climbed = _climb_batch(by, ways, batch) if ways else 0
    if not ways or climbed < batch:
        return climbed
    taken: list[int] = []
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # a proxy's own

    def climb_on() -> None:
        with app.app_context():
            try:
                taken.extend(_climb_on(by, ways, batch))
            except Exception:  # what it leaves, the other takes or the next round
                log.exception("half of the climb failed")

    beside = threading.Thread(target=climb_on, name="climb beside", daemon=True)
    beside.start()
    taken.extend(_climb_on(by, ways, batch))
    beside.join()
    return climbed + sum(taken)


def _climb_on(by: Identity, ways: Ways, batch: int) -> Iterator[int]:
    for _ in range(BATCHES):
        climbed = _climb_batch(by, ways, batch)
        if not climbed:
            return
        yield climbed


def _climb_batch(by: Identity, ways: Ways, batch: int) -> int:
    with transaction(by) as session:
        return climb(session, by.now, batch, ways)


def warn_ahead(by: Identity) -> int:
    """Offices hear that a bar is near, each bar once; how many cases."""
    return _by_batches(by, warn)


def step_aside(by: Identity) -> int:
    """Recusals that were found are told, and cases passed on; how many."""
    done = 0
    while True:
        with transaction(by) as session:
            batch = see_to_recusals(session, by)
        if not batch:
            return done
        done += batch


def follow_up(by: Identity) -> int:
    """Settled cases whose follow-up is over are closed; how many."""
    return _by_batches(by, close_followed_up)


def remind_due(by: Identity) -> int:
    """Offices hear which agreed terms fall due; how many."""
    return _by_batches(by, remind)


def look_after(by: Identity) -> bool:
    """Persons whose erasure was asked for go; so do those who came back with an old database,
    before it begins a new epoch and opens. Whether one began.
    """
    directory: Path = current_app.extensions["wangge.settings"].data_dir
    return rounds.look_after(by, directory)


def fill_calendar(by: Identity) -> None:
    """The first round of a new year fills in another year of working days."""
    with transaction(by) as session:
        look_ahead(session, by)


def count_figures(by: Identity) -> int:
    """What changed is counted anew, batch by batch; what is left then waits for a round."""
    counted = 0
    for _ in range(BATCHES):
        with transaction(by) as session:
            batch = figures.count(session)
        if not batch:
            break
        counted += batch
    return counted


def tidy_files(by: Identity) -> int:
    """Files that belong to no record any more are deleted; how many."""
    settings = current_app.extensions["wangge.settings"]
    return tidying.go_round(by, settings.data_dir)


def purge_old(by: Identity) -> int:
    """What sync keeps no longer is deleted, batch by batch; what is left then waits for a round."""
    purged = 0
    for _ in range(BATCHES):
        with transaction(by) as session:
            batch = purge(session, by) + notices.purge(session, by) + residents.forget(session, by)
        if not batch:
            break
        purged += batch
    return purged


def deliver_owed(by: Identity) -> int:
    """Webhooks and mails that are due are sent; how many. Signed at the time of sending."""
    known = current_app.extensions
    now: datetime = known["wangge.clock"]()
    return deliver(replace(by, now=now), known["wangge.settings"], SystemRandom())


def _by_batches(by: Identity, take: Callable[[Session, datetime], int]) -> int:
    """Until nothing is left, each batch in a transaction of its own; how much it was."""
    total = 0
    for _ in range(BATCHES):
        with transaction(by) as session:
            batch = take(session, by.now)
        if not batch:
            break
        total += batch
    return total


JOBS: Final = (
    Job(rounds.JOB, look_after, seconds=60.0),
    Job("calendar", fill_calendar),
    Job("recusal", step_aside),
    Job("climb", climb_due),
    Job("warn", warn_ahead),
    Job("follow", follow_up),
    Job("remind", remind_due),
    Job("deliver", deliver_owed, seconds=60.0),
    Job("figures", count_figures, seconds=120.0),
    Job("attachments", tidy_files),
    Job("retention", purge_old),
)
# A case climbs within a minute, and who is in danger is heard of at once, however long the others
# take, and either of these two: they go round by themselves.
URGENT: Final = tuple(job for job in JOBS if job.name == "climb")
DELIVERY: Final = tuple(job for job in JOBS if job.name == "deliver")
OTHERS: Final = tuple(job for job in JOBS if job not in (*URGENT, *DELIVERY))
