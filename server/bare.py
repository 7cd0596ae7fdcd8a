"""What every process stands on: settings, keys and the database, without a single route.

The worker and the command line need no more; the routes of the web are half a second to make.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask

from server import db, sealed, tables
from server.settings import Settings

__all__ = ["bare_app", "system_clock", "tables"]  # every table: rows of one refer to others


def system_clock() -> datetime:
    """The server's time, where nobody plays a month."""
    return datetime.now(UTC)


def bare_app(settings: Settings, clock: Callable[[], datetime] = system_clock) -> Flask:
    """An application over these settings and this clock that answers nobody."""
    app = Flask("server", static_folder=None)
    app.extensions["wangge.settings"] = settings
    app.extensions["wangge.clock"] = clock
    sealed.use(sealed.Keyring(settings.seal_keys, settings.blind_key))
    db.connect(app, settings)
    return app
