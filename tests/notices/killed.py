"""A worker of its own process that is killed between sending and writing down that it sent."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from random import Random

from server.bare import bare_app
from server.db import worker
from server.notices.delivery.rules import Answer
from server.notices.delivery.sending import Try, send
from server.notices.delivery.service import deliver
from server.settings import Settings
from tests import smallcounty


def send_and_die(group: Sequence[Try], settings: Settings, until: float) -> list[Answer | None]:
    """It was taken; nobody here will ever know."""
    send(group, settings, until)
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def main(url: str, now: str) -> None:
    """One round of a worker over this database, at this time."""
    settings = smallcounty.settings(url)
    with bare_app(settings).app_context():
        deliver(worker(datetime.fromisoformat(now)), settings, Random(1), send=send_and_die)


if __name__ == "__main__":
    main(*sys.argv[1:])
