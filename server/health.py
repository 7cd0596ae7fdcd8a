"""Whether this process lives, and whether it can serve."""

from __future__ import annotations

from flask import Flask, Response, jsonify
from sqlalchemy import text

from server.access.door import may, stranger
from server.db import transaction


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
    """The database answers as well; otherwise a 503 problem with Retry-After."""
    with transaction(stranger()) as session:
        session.execute(text("SELECT 1 FROM feed_head LIMIT 1"))
    return jsonify(status="ready")
