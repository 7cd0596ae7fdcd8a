"""Pocket: what one phone keeps for one user, in one sqlite file. Outbox, rows, and where they lie.

Nothing here opens a transaction by itself: whoever calls does, so that things that belong together
happen together or not at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sync.digest import digest

Fields = dict[str, Any]

TABLES = (
    "CREATE TABLE IF NOT EXISTS fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # change: its wire form. status NULL: not acknowledged. answered: server time in ms.
    """CREATE TABLE IF NOT EXISTS outbox(
         n INTEGER PRIMARY KEY, mid TEXT NOT NULL UNIQUE, entity TEXT NOT NULL, id TEXT NOT NULL,
         change TEXT NOT NULL, status TEXT, reason TEXT, answered INTEGER)""",
    "CREATE INDEX IF NOT EXISTS outbox_row ON outbox(entity, id) WHERE status IS NULL",
    "CREATE INDEX IF NOT EXISTS outbox_line ON outbox(n) WHERE status IS NULL",
    """CREATE TABLE IF NOT EXISTS held(
         entity TEXT, id TEXT, fields TEXT NOT NULL, PRIMARY KEY(entity, id)) WITHOUT ROWID""",
    # leaving: told to go while the row's outbox is not empty. stale: not yet seen in a resync.
    """CREATE TABLE IF NOT EXISTS place(
         bucket TEXT, entity TEXT, id TEXT, rev INTEGER NOT NULL,
         leaving INTEGER NOT NULL DEFAULT 0, stale INTEGER NOT NULL DEFAULT 0,
         PRIMARY KEY(bucket, entity, id)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS place_row ON place(entity, id)",
    "CREATE TABLE IF NOT EXISTS resynced(bucket TEXT PRIMARY KEY, day TEXT NOT NULL) WITHOUT ROWID",
)

WAITING = """EXISTS (SELECT 1 FROM outbox o
                      WHERE o.entity = {0}.entity AND o.id = {0}.id AND o.status IS NULL)"""


class Pocket:
    """The file. Rows that the server gave lie under what the outbox still has to say."""

    def __init__(self, db: sqlite3.Connection) -> None:
        db.isolation_level = None
        self._db = db
        with self.transaction():
            for table in TABLES:
                db.execute(table)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, also when the phone dies in between."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()

    # Facts: single values.

    def fact(self, name: str) -> Any:
        """A kept value, None if there is none."""
        found = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else None

    def keep_fact(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, json.dumps(value)))

    # Outbox.

    def put_out(self, change: Mapping[str, Any]) -> None:
        """Add a change, in its wire form."""
        self._db.execute(
            "INSERT INTO outbox(n, mid, entity, id, change) VALUES (?, ?, ?, ?, ?)",
            (change["n"], change["mid"], change["entity"], change["id"], json.dumps(change)),
        )

    def waiting(self) -> Iterator[Fields]:
        """What the server has not acknowledged, in the order of n."""
        lines = self._db.execute("SELECT change FROM outbox WHERE status IS NULL ORDER BY n")
        return (json.loads(change) for (change,) in lines)

    def answered(self, statuses: Sequence[str]) -> list[tuple[Fields, str, str | None]]:
        """Changes with one of these statuses: (change, status, reason)."""
        marks = ",".join("?" * len(statuses))
        lines = self._db.execute(
            f"SELECT change, status, reason FROM outbox WHERE status IN ({marks}) ORDER BY n",
            list(statuses),
        )
        return [(json.loads(change), status, reason) for change, status, reason in lines]

    def find_change(self, mid: str) -> Fields | None:
        found = self._db.execute("SELECT change FROM outbox WHERE mid = ?", (mid,)).fetchone()
        return json.loads(found[0]) if found else None

    def acknowledge(self, mid: str, status: str, reason: str | None, at: int) -> None:
        self._db.execute(
            "UPDATE outbox SET status = ?, reason = ?, answered = ? WHERE mid = ?",
            (status, reason, at, mid),
        )

    def reopen(self, next_n: int) -> int:
        """Changes from `next_n` on wait again, acknowledged or not; how many were acknowledged."""
        return self._db.execute(
            """UPDATE outbox SET status = NULL, reason = NULL, answered = NULL
                WHERE n >= ? AND status IS NOT NULL""",
            (next_n,),
        ).rowcount

    def numbers(self, next_n: int) -> set[int]:
        """Which n from `next_n` on are still here."""
        return {n for (n,) in self._db.execute("SELECT n FROM outbox WHERE n >= ?", (next_n,))}

    def forget(self, before: int, kept: str) -> None:
        """Forget what was acknowledged before this server time (ms), but not status `kept`."""
        self._db.execute("DELETE FROM outbox WHERE answered < ? AND status <> ?", (before, kept))

    # Rows.

    def rows(self, entity: str) -> dict[str, Fields]:
        """What the person sees: the server's rows with the outbox laid over them, by id."""
        lines = self._db.execute("SELECT id, fields FROM held WHERE entity = ?", (entity,))
        rows: dict[str, Fields] = {id_: json.loads(fields) for id_, fields in lines}
        for change in self.waiting():
            if change["entity"] == entity:
                rows[change["id"]] = {**rows.get(change["id"], {}), **change["set"]}
        return rows

    def row(self, entity: str, id_: str) -> Fields:
        """One row as the person sees it; empty if there is none."""
        found = self._db.execute(
            "SELECT fields FROM held WHERE entity = ? AND id = ?", (entity, id_)
        ).fetchone()
        fields: Fields = json.loads(found[0]) if found else {}
        for (change,) in self._db.execute(
            "SELECT change FROM outbox WHERE entity = ? AND id = ? AND status IS NULL ORDER BY n",
            (entity, id_),
        ):
            fields |= json.loads(change)["set"]
        return fields

    def hold(self, entity: str, id_: str, fields: Mapping[str, Any]) -> None:
        """Lay these fields over what is held of a row, or begin to hold it.

        A held row takes only fields that it has: the server may tell more than a pull would.
        """
        found = self._db.execute(
            "SELECT fields FROM held WHERE entity = ? AND id = ?", (entity, id_)
        ).fetchone()
        old: Fields = json.loads(found[0]) if found else dict(fields)
        whole = {name: fields.get(name, value) for name, value in old.items()}
        self._db.execute(
            "INSERT OR REPLACE INTO held VALUES (?, ?, ?)", (entity, id_, json.dumps(whole))
        )

    def put(self, bucket: str, entity: str, columns: Sequence[str], table: Sequence[Any]) -> None:
        """Rows of a page, each beginning with id and rev: they replace what was held."""
        names = columns[2:]
        self._db.executemany(
            "INSERT OR REPLACE INTO place(bucket, entity, id, rev) VALUES (?, ?, ?, ?)",
            [(bucket, entity, id_, rev) for id_, rev, *_ in table],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO held VALUES (?, ?, ?)",
            [
                (entity, id_, json.dumps(dict(zip(names, values, strict=True))))
                for id_, _, *values in table
            ],
        )

    # Places: a row is here as long as one bucket holds it, or its outbox is not empty.

    def remove(self, bucket: str, entity: str, ids: Sequence[str]) -> None:
        """Rows that are no longer in a bucket."""
        for id_ in ids:
            self._leave("bucket = ? AND entity = ? AND id = ?", (bucket, entity, id_))

    def drop(self, bucket: str) -> None:
        """A bucket that is no longer held."""
        self._leave("bucket = ?", (bucket,))

    def doubt(self, bucket: str) -> None:
        """Hold what lies in a bucket only until its resync has come in whole."""
        self._db.execute("UPDATE place SET stale = 1 WHERE bucket = ?", (bucket,))

    def let_go(self, entity: str, id_: str) -> None:
        """Let a row go that had to wait for its outbox, if that is empty now."""
        self._leave("entity = ? AND id = ? AND leaving = 1", (entity, id_))

    def tidy(self, buckets: Sequence[str]) -> None:
        """At the end of a pull: only what lies in one of these buckets stays, or is waited for."""
        self._leave("stale = 1", ())
        held = {name for (name,) in self._db.execute("SELECT DISTINCT bucket FROM place")}
        for bucket in held.difference(buckets):
            self.drop(bucket)
        self._db.execute(
            f"""DELETE FROM held
                 WHERE NOT EXISTS (SELECT 1 FROM place p
                                    WHERE p.entity = held.entity AND p.id = held.id)
                   AND NOT {WAITING.format("held")}"""
        )

    def digest(self, bucket: str) -> tuple[int, str]:
        """Count and hash of what is held of a bucket."""
        return digest(
            self._db.execute(
                "SELECT entity, id, rev FROM place WHERE bucket = ? AND leaving = 0", (bucket,)
            )
        )

    def _leave(self, which: str, values: tuple[str, ...]) -> None:
        kept = WAITING.format("place")
        gone = self._db.execute(
            f"DELETE FROM place WHERE {which} AND NOT {kept} RETURNING entity, id", values
        ).fetchall()
        self._db.execute(f"UPDATE place SET leaving = 1, stale = 0 WHERE {which}", values)
        self._db.executemany(
            """DELETE FROM held WHERE entity = ?1 AND id = ?2 AND NOT EXISTS (
                 SELECT 1 FROM place p WHERE p.entity = ?1 AND p.id = ?2)""",
            gone,
        )

    # Resync: at most once per bucket per day.

    def may_resync(self, bucket: str, day: str) -> bool:
        """Whether this bucket was not asked for again on this day; notes that it now is."""
        asked = self._db.execute(
            "INSERT OR REPLACE INTO resynced SELECT ?1, ?2 WHERE NOT EXISTS ("
            "SELECT 1 FROM resynced WHERE bucket = ?1 AND day = ?2)",
            (bucket, day),
        )
        return asked.rowcount > 0


Connect = Callable[[str], sqlite3.Connection]
