"""The bugs: each a small change of one file, and the tests that should notice it.

Most were once real, here or in a product of the same kind. The old text has to stand in its file
exactly once: `test_mutants.py` says so as soon as somebody rewrites the place.
"""

from __future__ import annotations

from dataclasses import dataclass

FEED = "migrations/sql/feed_functions.sql"
ORDER = ("tests/syncing/test_stamp_order.py", "tests/syncing/test_feed.py")
PUSH = ("tests/sync/test_push.py", "tests/sync/test_runs.py", "tests/sync/test_memory.py")
PULL = ("tests/sync/test_pull.py", "tests/sync/test_memory.py")
PHONE = ("tests/sync/test_phone.py", "tests/sync/test_deaths.py", "tests/sync/test_healing.py")
REAL = ("tests/syncing/test_contract.py", "tests/syncing/test_phones.py")


@dataclass(frozen=True, slots=True)
class Bug:
    """`old` becomes `new` in `file`; one of `tests` has to fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


BUGS = (
    # The feed and its stamp.
    Bug(
        "bare sequence: numbers are given without the lock",
        FEED,
        "PERFORM pg_advisory_xact_lock(511921, 1);",
        "PERFORM 1;",
        ORDER,
    ),
    Bug(
        "stamp before the work: numbered when written, not when committed",
        "migrations/sql/feed_triggers.sql",
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION feed.stamp();",
        "DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION feed.stamp();",
        ORDER,
    ),
    Bug(
        "pending row not deleted: what is written after an early stamp gets no number",
        FEED,
        "DELETE FROM feed_pending WHERE txid = pg_current_xact_id()::text;",
        "PERFORM 1;",
        ORDER,
    ),
    Bug(
        "stamp under a role that sees nothing",
        FEED,
        "         WHERE seq IS NULL\n    ), numbered AS (",
        "         WHERE seq IS NULL AND NOT row_security_active('feed_entry')\n"
        "    ), numbered AS (",
        ORDER,
    ),
    Bug(
        "head moved without an entry",
        FEED,
        "SET seq = excluded.seq, n = head.n",
        "SET seq = excluded.seq + 1, n = head.n",
        ORDER,
    ),
    Bug(
        "digest forgets what a row was before",
        FEED,
        "# CASE WHEN was_put THEN feed.digest(entity, row_id, stamped) ELSE 0 END)",
        "# 0::bigint)",
        ORDER,
    ),
    Bug(
        "tombstone forgotten: deletes resurrect",
        FEED,
        "INSERT INTO feed_tombstone (entity, row_id) SELECT TG_ARGV[0], id FROM old_rows\n"
        "        ON CONFLICT DO NOTHING;",
        "PERFORM 1;",
        ("tests/syncing/test_feed.py", *REAL),
    ),
    Bug(
        "a move tells only the bucket that gains",
        FEED,
        "WHERE o.bucket <> n.bucket) moved",
        "WHERE false) moved",
        ORDER,
    ),
    # Push.
    Bug(
        "acknowledged without reading back",
        "sync/runs.py",
        "            if key not in seen:",
        "            if key not in seen and False:",
        PUSH,
    ),
    Bug(
        "duplicate answered from n",
        "sync/push.py",
        "        if change.mid not in receipts and change.mid not in fresh:",
        "        if change.n >= next_n and change.mid not in receipts:",
        PUSH,
    ),
    Bug(
        "a hole is stepped over",
        "sync/push.py",
        "        if change.n > next_n:\n            break",
        "        if change.n > next_n + 1_000_000:\n            break",
        PUSH,
    ),
    Bug(
        "receipts leak a row after the device was revoked",
        "sync/push.py",
        "rows = store.seen(keys) if keys and not revoked else {}",
        "rows = store.seen(keys) if keys else {}",
        (*PUSH, "tests/sync/test_histories.py"),
    ),
    Bug(
        "receipts leak a row after the cell was taken away",
        "sync/memory.py",
        "for key in keys if self.holds(key) or key in self._made",
        "for key in keys if key in self.state.records",
        PUSH,
    ),
    Bug(
        "a replay reads as who wrote the row, whenever that was",
        "migrations/sql/households_policies.sql",
        "USING (recorded_by = gate.user_id() AND created_at = gate.now());",
        "USING (recorded_by = gate.user_id());",
        ("tests/syncing/test_replays.py",),
    ),
    Bug(
        "what was erased is kept in quarantine",
        "sync/push.py",
        "verdicts |= dict.fromkeys(_erased(aside, registry, store), set_aside(judge.ERASED))",
        "pass",
        ("tests/sync/test_nothing_of_the_erased.py",),
    ),
    Bug(
        "one bad change takes its whole run with it",
        "sync/runs.py",
        "        return run[:at], *_halves(run[at + 1 :])",
        "        return (run[:at],)",
        PUSH,
    ),
    # Merge and clock.
    Bug(
        "`was` decides who wins",
        "sync/merge.py",
        "    if newer and _same(was, ours):\n        return True, None",
        "    if _same(was, ours):\n        return True, None",
        ("tests/sync/test_merge.py",),
    ),
    Bug(
        "an equal value keeps the older stamp",
        "sync/merge.py",
        "        return newer, None",
        "        return False, None",
        ("tests/sync/test_merge.py",),
    ),
    Bug(
        "a sensitive field is merged like any other",
        "sync/merge.py",
        "    return newer and not sensitive, conflict",
        "    return newer, conflict",
        ("tests/sync/test_merge.py",),
    ),
    Bug(
        "stamps of one device run backwards when its clock does",
        "sync/clock.py",
        "max(to_ms(times.recorded_at), floor)",
        "to_ms(times.recorded_at)",
        ("tests/sync/test_clock.py",),
    ),
    Bug(
        "a wall clock that runs ahead is believed",
        "sync/clock.py",
        "    if not to_ms(EARLIEST) <= ms <= to_ms(now):",
        "    if not to_ms(EARLIEST) <= ms:",
        ("tests/sync/test_clock.py",),
    ),
    Bug(
        "a late visit is judged when it arrives",
        "server/visits/entity.py",
        "        recorded_at=ready.times.recorded_at,",
        "        recorded_at=ready.times.received_at,",
        ("tests/syncing/test_phones.py",),
    ),
    # Pull.
    Bug(
        "cursor moved past what was not delivered",
        "sync/pull.py",
        "    if len(page) == len(entries) < bounds.rows:",
        "    if len(page) <= len(entries):",
        PULL,
    ),
    Bug(
        "the cursor of another history is believed",
        "sync/pull.py",
        "    return cursor.mark == mark or store.knows(cursor.mark)",
        "    return True",
        (*PULL, "tests/sync/test_healing.py"),
    ),
    Bug(
        "a revoked device goes on reading",
        "sync/pull.py",
        "    if state.revoked:\n        heads = {}",
        "    if state.revoked:\n        pass",
        PULL,
    ),
    # The phone.
    Bug(
        "purge taken for a delete: a row goes while its outbox waits",
        "sync/phone.py",
        '        waits = WAITING.format("place")\n        free =',
        '        waits = "0"\n        free =',
        PHONE,
    ),
    Bug(
        "n counted in another transaction than its change",
        "sync/phone.py",
        "        self._pocket.put_out(change, text)\n",
        "        self._pocket.put_out(change, text)\n"
        "        self._pocket._do('COMMIT'), self._pocket._do('BEGIN IMMEDIATE')\n",
        PHONE,
    ),
    Bug(
        "a server that went back is not sent again what it forgot",
        "sync/phone.py",
        "        forgotten = self._pocket.reopen_from(heard)",
        "        forgotten = 0",
        PHONE,
    ),
    Bug(
        "after a restore only the newest numbers are sent again",
        "sync/phone.py",
        'status NOT IN (?, ?)""",',
        'status NOT IN (?, ?) AND 0""",',
        ("tests/sync/test_erased.py", *PHONE),
    ),
    Bug(
        "an erased body is kept on the phone",
        "sync/phone.py",
        '            self.wipe_change(mid)\n        self._do("DELETE FROM place WHERE entity = ?',
        '            pass\n        self._do("DELETE FROM place WHERE entity = ?',
        ("tests/sync/test_erased.py", *PHONE),
    ),
    Bug(
        "a damaged bucket is never noticed",
        "sync/phone.py",
        'if digest(self._pocket.live(bucket)) != (head["n"], head["h"])',
        "if digest(self._pocket.live(bucket))[0] < 0",
        PHONE,
    ),
    Bug(
        "what is sent again is dated anew",
        "sync/phone.py",
        '                old["at"],\n            )  # fmt: skip',
        "                self._read_clock(),\n            )  # fmt: skip",
        ("tests/sync/test_histories.py",),
    ),
    Bug(
        "what is sent again is only said to be",
        "sync/phone.py",
        "            self._pocket.acknowledge(mid, SENT_AGAIN, None,",
        "            self._pocket._do('DELETE FROM outbox WHERE mid = ?', new)\n"
        "            self._pocket.acknowledge(mid, SENT_AGAIN, None,",
        ("tests/sync/test_histories.py",),
    ),
)
