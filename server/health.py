"""Whether this process lives, and whether it can serve."""

from __future__ import annotations

from flask import Flask, Response, jsonify

from migrations.upgrade import newest_revision
from server.access.door import may, stranger
from server.db import present_revision, transaction
from server.patience import patience
from server.syncing.healing.door import NotMigrated

_SOON = 2.0  # seconds: whoever asks (a container's health check) waits four


def expose(app: Flask) -> None:
    """`/healthz`: the process answers. `/readyz`: so does the database, and it is migrated."""
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)


@may("health.read")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@may("health.read")
def readyz() -> Response:
    """The database answers as well and is migrated; otherwise a 503 with Retry-After."""
    with patience(_SOON), transaction(stranger()) as session:
        found = present_revision(session)
    if found != newest_revision():
        raise NotMigrated
    return jsonify(status="ready")
