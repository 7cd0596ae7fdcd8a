"""The least application that asks a database: one indexed SELECT of 50 rows, as JSON."""

from __future__ import annotations

import os
from threading import local

from flask import Flask, Response, jsonify, request
from psycopg2 import extensions

from bench.ground import connect

POINTS = 100_000
app = Flask(__name__)
_of_thread = local()


@app.get("/fifty/<int:bucket>")
def list_fifty(bucket: int) -> Response:
    """Fifty rows."""
    cursor = _connection().cursor()
    cursor.execute("SELECT id, bucket, at FROM fifty WHERE bucket = %s", (f"c:{bucket}",))
    return jsonify([{"id": id_, "bucket": held, "at": at} for id_, held, at in cursor])


@app.post("/taken")
def take() -> Response:
    """Read a body to its end."""
    return jsonify(bytes=len(request.get_data()))


def _connection() -> extensions.connection:
    if not hasattr(_of_thread, "connection"):
        _of_thread.connection = connect(os.environ["SMALL_APP_DATABASE"])
        _of_thread.connection.autocommit = True
    kept: extensions.connection = _of_thread.connection
    return kept
