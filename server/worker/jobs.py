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

from server.access.signing import service as signing
from server.attachments import tidying
from server.db import Identity, transaction
from server.disputes.service.climbing import BATCH, Ways, climb, find_ways
from server.disputes.service.following import close_followed_up, remind
from server.disputes.service.recusing import see_to_recusals
from server.disputes.service.warning import warn
from server.erasure import rounds
from server.erasure.register import Register
from server.figures import service as figures
from server.households.needs.service import end_needs
from server.limits import service as limits
from server.maps.measures import service as measures
from server.notices import service as notices
from server.notices.delivery.service import deliver
from server.policies.service import look_ahead
from server.resident import service as residents
from server.retention.service import run_day
from server.syncing.retention.service import purge
from server.worker.job import Job
from server.worker.sealing import seal_acts

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
    return _by_batches(by, lambda session: warn(session, by.now))


def step_aside(by: Identity) -> int:
    """Recusals that were found are told, and cases passed on; how many."""
    return _by_batches(by, lambda session: see_to_recusals(session, by))


def follow_up(by: Identity) -> int:
    """Settled cases whose follow-up is over are closed; how many."""
    return _by_batches(by, lambda session: close_followed_up(session, by.now))


def remind_due(by: Identity) -> int:
    """Offices hear which agreed terms fall due; how many."""
    return _by_batches(by, lambda session: remind(session, by.now))


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
    return _by_batches(by, figures.count)


def tally_cells(by: Identity) -> int:
    """Cells in which something has changed are counted anew, for maps; how many."""
    return _by_batches(by, lambda session: measures.tally(session, by))


def end_consents(by: Identity) -> int:
    """Needs whose consent is over or withdrawn go from phones and screens; how many."""
    return _by_batches(by, lambda session: end_needs(session, by))


def tidy_files(by: Identity) -> int:
    """Files that belong to no record any more are deleted; how many."""
    settings = current_app.extensions["wangge.settings"]
    return tidying.go_round(by, settings.data_dir)


def purge_old(by: Identity) -> int:
    """What nobody keeps any longer is deleted, batch by batch; what is left waits for a round."""
    return _by_batches(
        by,
        lambda session: (
            purge(session, by)
            + notices.purge(session, by)
            + residents.forget(session, by)
            + limits.forget(session, by)
            + signing.forget(session, by)
        ),
    )


def keep_as_decided(by: Identity) -> int:
    """Once a day, what was kept for as long as the county decided goes; how much in this round."""
    directory: Path = current_app.extensions["wangge.settings"].data_dir
    return run_day(by, Register(directory), BATCHES)


def deliver_owed(by: Identity) -> int:
    """Webhooks and mails that are due are sent; how many. Signed at the time of sending."""
    known = current_app.extensions
    now: datetime = known["wangge.clock"]()
    return deliver(replace(by, now=now), known["wangge.settings"], SystemRandom())


def _by_batches(by: Identity, take: Callable[[Session], int]) -> int:
    """Until nothing is left, each batch in a transaction of its own; how much it was. What is left
    after so many waits for the next round.
    """
    total = 0
    for _ in range(BATCHES):
        with transaction(by) as session:
            batch = take(session)
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
    Job("seal", seal_acts, seconds=60.0),
    Job("figures", count_figures, seconds=120.0),
    Job("tallies", tally_cells, seconds=60.0),
    Job("consents", end_consents),
    Job("attachments", tidy_files),
    Job("retention", purge_old),
    Job("keeping", keep_as_decided, seconds=120.0),
)
# A case climbs and an act is sealed within a minute, and who is in danger is heard of at once,
# however long the others take, and either of these three: they go round by themselves.
URGENT: Final = tuple(job for job in JOBS if job.name == "climb")
DELIVERY: Final = tuple(job for job in JOBS if job.name == "deliver")
SEALING: Final = tuple(job for job in JOBS if job.name == "seal")
OTHERS: Final = tuple(job for job in JOBS if job not in (*URGENT, *DELIVERY, *SEALING))
