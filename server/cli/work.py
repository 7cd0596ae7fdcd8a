"""`wangge work`: the worker, until it is told to stop."""

from __future__ import annotations

import signal

import click

from server import logs
from server.bare import system_clock
from server.cli.opening import worker_settings
from server.installation import opened
from server.worker import DELIVERY, OTHERS, SEALING, URGENT, Steady, Worker, Workers, running


@click.command()
def work() -> None:
    """后台任务：到期上报等，直到停止。 The worker: climbs and other jobs, until stopped.

    可同时运行多个；Ctrl-C 或 SIGTERM 停止。 Any number may run; Ctrl-C or SIGTERM stops it.
    """
    settings = worker_settings()
    logs.to_stderr(settings.log_level)
    with opened(settings) as app:
        climbing = Worker(app, URGENT, Steady(running).believed)
        sealing = Worker(app, SEALING, Steady(running).believed)
        worker = Workers(climbing, sealing, Worker(app, DELIVERY), Worker(app, OTHERS))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: worker.stop())
        worker.run(system_clock)
