"""The worker: what it does (jobs), and how it goes round (loop). Any number may run."""

from server.worker.job import Job
from server.worker.jobs import (
    DELIVERY,
    JOBS,
    OTHERS,
    SEALING,
    URGENT,
    climb_due,
    deliver_owed,
    follow_up,
    purge_old,
    remind_due,
    warn_ahead,
)
from server.worker.loop import LOOP, PATIENCE, Worker, Workers, WorkerStuck
from server.worker.steady import Steady, running

__all__ = [
    "DELIVERY",
    "JOBS",
    "LOOP",
    "OTHERS",
    "PATIENCE",
    "SEALING",
    "URGENT",
    "Job",
    "Steady",
    "Worker",
    "WorkerStuck",
    "Workers",
    "climb_due",
    "deliver_owed",
    "follow_up",
    "purge_old",
    "remind_due",
    "running",
    "warn_ahead",
]
