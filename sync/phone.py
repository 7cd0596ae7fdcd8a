"""The model phone: everything that a phone app must do to lose nothing, in one file.

Written to be ported (Kotlin, Swift, a service worker with IndexedDB), so it breaks two rules of the
house on purpose: it is longer than 300 lines, and it imports nothing of this repository. It needs
the standard library, and SQL that sqlite 3.8.8 knows (Android 6). Read it from the top down:

    Handset     a shared phone: one file, one device and one outbox per user
    Phone       one user on one phone: record, rows, sync; then push and pull, step by step
    Pocket      the file: all the SQL, and nothing but SQL
    the file    opening it, and what to do with one that is damaged

Three rules make it crash-safe. Everything that belongs together is one transaction of the file.
Nothing that the network says is believed before it is in the file, and nothing is sent that is not.
And every request may be sent twice: the phone may die between any two statements, and whoever opens
the file again only has to call `sync`.

Times are integer milliseconds; ids are UUIDs as lower-case text. A `Phone` belongs to one thread;
another thread or process opens the same file with a `Phone` of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any, Literal, NamedTuple, NoReturn, Protocol

SCHEMA = 3  # the newest columns that this app understands
ROUNDS = 8  # of push and pull in one sync: resends and resyncs are bounded
MAX_CHANGES = 1000  # in one push: the server's bound
MAX_RESYNC = 1000  # buckets in one pull: the server's bound
BATCH_BYTES = 512 * 1024  # of changes in one push
MAX_CHANGE_BYTES = 1024 * 1024  # of one change: a longer one could never reach the server
MAX_UNSENT = 1_000_000  # the greatest number that is told of what waits: the server's bound

HOUR = 3600 * 1000
DAY = 24 * HOUR
KEPT = 30 * DAY  # for so long the phone keeps what the server has acknowledged
SILENCE = 30 * DAY  # a phone that heard nothing for so long shows no rows (the county's policy)

BUSY = 30_000  # how long one process waits for another's transaction; each is short

ROOM_TO_RECORD = 1024 * 1024  # free bytes without which nothing more is written down
ROOM_TO_PULL = 16 * 1024 * 1024  # rows never take the room that a visit may need

Fields = dict[str, Any]
Row = Mapping[str, Any]
Verb = Literal["push", "pull"]

# What a server answers to a change.
APPLIED, DUPLICATE, MERGED, CONFLICT = "applied", "duplicate", "merged", "conflict"
QUARANTINED, REJECTED = "quarantined", "rejected"

# Reasons that a phone acts upon. It shows all others as they are.
ERASED = "erased"
QUARANTINE_FULL = "quarantine_full"

PATCH, APPEND = "patch", "append"
HOLE = "hole"  # the entity of a change that says: I can no longer fill this n
SENT_AGAIN = "sent_again"  # only here: a rejected change that went out once more under a new n


# What can go wrong.


class PhoneError(Exception):
    """Anything that a phone raises on purpose. Whatever it is, what was recorded stays recorded."""


class LineLost(PhoneError):
    """No answer, or one that says "later". The request may have taken effect: send it again."""

    def __init__(
        self, why: str, retry_after: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(why)
        self.retry_after = retry_after  # seconds, where the server said so
        self.status = status  # None: no answer at all


class LoginLost(PhoneError):
    """The server no longer knows this login: a person must log in again."""


class LineRefused(PhoneError):
    """The server cannot read what was sent: a fault of the program, sending again cures nothing."""

    def __init__(self, status: int, answer: Any) -> None:
        super().__init__(f"{status}: {answer}")
        self.status = status


class NoRoom(PhoneError):
    """The phone's disk is full. Nothing was written: the form still has what was typed."""


class TooLong(PhoneError):
    """More than a change can carry. Nothing was written: the form still has what was typed."""


class RowsLocked(PhoneError):
    """Silent for too long: the rows are shown again after the next sync that goes through."""


class FileDamaged(PhoneError):
    """The file cannot be read any more. Open it again: that saves what can be saved."""


# What a phone needs of the world.


class Clock(Protocol):
    """The phone's clocks as they are, right or wrong: the server works out what time it was."""

    @property
    def boot(self) -> str:
        """Any text that is new after every start of the phone."""

    def wall(self) -> int:
        """What the phone believes to be the time: ms since 1970."""

    def elapsed(self) -> int:
        """Milliseconds since the start; never set back, and counting while the phone sleeps."""


class Line(Protocol):
    """The way to the server."""

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        """The answer. Raises `LineLost` (try later), `LoginLost` (log in), `LineRefused`."""


class NoLine:
    """The line of a phone on which nobody has logged in yet."""

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        raise LineLost("nobody has logged in")


# What a phone tells its person.


@dataclass(slots=True)
class Summary:
    """What one sync did. Whatever is said here, everything until then is kept."""

    pushed: int = 0  # changes that were answered
    received: int = 0  # rows
    complete: bool = False  # all that the server had is in
    lost: bool = False  # the line broke
    busy: bool = False  # another sync of this file is running: this one gave way
    retry_after: float | None = None  # seconds, where the server said so
    alarms: list[str] = field(default_factory=list)


class Kept(NamedTuple):
    """A change as it stands in the file. No status: the server has not acknowledged it."""

    change: Fields  # in its wire form
    status: str | None
    reason: str | None


class Fate(NamedTuple):
    """What became of one change.

    `state`: "waiting" (only here), "counted" (took effect), "conflict" (a person at the office
    decides), "set_aside" (the server keeps it whole, a supervisor sees it), "rejected" (only here).
    """

    mid: str
    n: int
    op: str
    state: str
    reason: str | None


STATES = {
    None: "waiting",
    APPLIED: "counted",
    DUPLICATE: "counted",
    MERGED: "counted",
    CONFLICT: "conflict",
    QUARANTINED: "set_aside",
    REJECTED: "rejected",
    SENT_AGAIN: "sent_again",
}


# A shared phone.


class Handset:
    """A phone in several hands: nobody sees another's rows, and nobody delivers another's work.

    Each user has a file of their own with a device of its own, so that the server, too, keeps their
    numbers, rows and revocations apart. An app encrypts each file under a key of that user.
    """

    def __init__(
        self,
        folder: str,
        clock: Clock,
        new_id: Callable[[], str],
        line: Callable[[str, str], Line] | None = None,
        **more: Any,
    ) -> None:
        """`line` makes the way to the server for (user, device); `more` goes to every `Phone`."""
        os.makedirs(folder, exist_ok=True)
        self._folder, self._clock, self._new_id, self._more = folder, clock, new_id, more
        self._line = line

    def open(self, user: str) -> Phone:
        """The phone of this user, whose id becomes the name of the file. Raises ValueError."""
        if not re.fullmatch("[0-9a-z-]{1,64}", user):
            raise ValueError("a user's id is a UUID in lower case")
        phone = Phone(self._path(user), NoLine(), self._clock, self._new_id, **self._more)
        if self._line:
            phone.line = self._line(user, phone.device)
        return phone

    def users(self) -> list[str]:
        """Who has ever used this phone."""
        files = [
            re.fullmatch(r"([0-9a-z-]+)\.sqlite3(\.new)?", f) for f in os.listdir(self._folder)
        ]
        return sorted({file[1] for file in files if file})

    def unsent(self) -> dict[str, int | None]:
        """How many records of each user wait here, without what is in them; None: cannot be read.

        For the screen before the login: "3 records of Li wait; Li must log in to send them".
        """
        return {user: _count_waiting(self._path(user)) for user in self.users()}

    def _path(self, user: str) -> str:
        return os.path.join(self._folder, f"{user}.sqlite3")


# One user on one phone.


class Phone:
    """One installation of one user."""

    def __init__(
        self,
        path: str,
        line: Line,
        clock: Clock,
        new_id: Callable[[], str],
        *,
        device: str | None = None,
        page: int = 1000,
        batch: int = 200,
        schema: int = SCHEMA,
        silence: int = SILENCE,
        room: Callable[[], int] | None = None,
        connect: Callable[[str], sqlite3.Connection] | None = None,
    ) -> None:
        """Open the file, or make it; a damaged one is put aside and its outbox saved.

        `device` is kept in the file; without one, `new_id` makes it. `page` bounds the rows of a
        pull's page, `batch` the changes of a push, `silence` (ms) how long rows are shown to a
        phone that hears nothing. `room` tells the free bytes, `connect` opens the file: by default
        both ask the disk, and what was written survives a power cut.
        """
        db, damaged = open_file(path, connect or connect_durably)
        self._pocket = Pocket(db, path)
        self.line = line
        self._clock, self._new_id, self._schema, self._silence = clock, new_id, schema, silence
        self._page, self._batch = page, min(batch, MAX_CHANGES)
        self._room = room or (lambda: _free_bytes(path))
        try:
            self.device: str = self._pocket.fact("device") or self._name_device(device)
            self._note_opening(damaged)
        except BaseException:
            db.close()
            raise

    # For the person: write, see, ask what became of it.

    def record(
        self,
        entity: str,
        op: str,
        set: Row,
        id: str | None = None,
        was: Row | None = None,
    ) -> str:
        """Write something down; it is seen at once and waits in the outbox. Returns the row's id.

        A create or an append makes its id; a patch needs one, and takes as `was` what is seen now
        unless the caller knows what its form had shown. Raises `NoRoom` and `TooLong`, and then
        nothing was written; when it returns, the record is on the disk.
        """
        if op == PATCH and id is None:
            raise ValueError("a patch needs the id of its row")
        self.check_room()
        row_id = id or self._new_id()
        with self._pocket.transaction():
            self._grow_silent()
            if was is None and op == PATCH:
                seen = self._pocket.shown(entity, row_id).get(row_id, {})
                was = {name: seen.get(name) for name in set}
            now = self._read_clock()
            self._put_out(self._next_n(), entity, row_id, str(op), set, was or {}, now)
        return row_id

    def check_room(self) -> None:
        """Raises `NoRoom`. To be asked before a form is opened, not only when it is saved."""
        if self._room() < ROOM_TO_RECORD:
            raise NoRoom("no room on this phone for another record")

    def rows(self, entity: str) -> dict[str, Fields]:
        """The rows as the person sees them, by id: the server's, with the outbox laid over them.

        Raises `RowsLocked` after a long silence; recording and sending go on.
        """
        if self._silent_for() > self._silence:
            raise RowsLocked("silent for too long: sync first")
        with self._pocket.reading():
            return self._pocket.shown(entity)

    def waiting(self) -> list[Fields]:
        """Changes that the server has not acknowledged, in order, in their wire form."""
        return [kept.change for kept in self._pocket.waiting(limit=-1)]

    def set_aside(self) -> list[Kept]:
        """Changes that took no effect: (change, quarantined or rejected, reason)."""
        return self._pocket.not_taken()

    def fates(self, entity: str, id: str) -> list[Fate]:
        """What became of everything that was written here about one row, oldest first."""
        return [
            Fate(change["mid"], change["n"], change["op"], STATES[status], reason)
            for change, status, reason in self._pocket.changes_of(entity, id)
            if status != SENT_AGAIN
        ]

    def numbers(self) -> dict[str, int]:
        """Plain numbers of this device, to be laid beside those of the server's `/sync/status`.

        recorded = waiting + acknowledged, over the whole life of the device. `next_n` is the
        server's, as last heard. What the acknowledged ones became is told for the last 30 days;
        whether somebody has decided a conflict since, or released a change, the server tells alone.
        """
        count = self._pocket.count_by_state()
        waiting, recorded = count["waiting"], self._next_n() - 1
        return {
            "recorded": recorded,
            "waiting": waiting,
            "acknowledged": recorded - waiting,
            "counted": count["counted"] + count["conflict"],
            "set_aside": count["set_aside"],
            "conflicts": count["conflict"],
            "rejected": count["rejected"] + count["sent_again"],
            "next_n": self._pocket.fact("heard") or 1,
        }

    def send_again(self, mid: str) -> str:
        """Offer a change once more that was rejected only because too many wait for a person.

        It is the same change, recorded when it was recorded, under a new mid (returned) and n.
        Raises ValueError for any other: what was rejected for its content stays rejected.
        """
        with self._pocket.transaction():
            found = self._pocket.find_change(mid)
            if found is None or (found.status, found.reason) != (REJECTED, QUARANTINE_FULL):
                raise ValueError("only what met a full quarantine can be sent again")
            old = found.change
            new = self._put_out(
                self._next_n(), old["entity"], old["id"], old["op"], old["set"], old["was"],
                old["at"],
            )  # fmt: skip
            self._pocket.acknowledge(mid, SENT_AGAIN, None, self._pocket.fact("server_time") or 0)
        return new

    def alarms(self) -> list[tuple[str, int]]:
        """What went wrong in the last 30 days and was healed or needs a look: (kind, ms)."""
        return self._pocket.alarms()

    def close(self) -> None:
        """Close the file. Nothing is lost by not calling it."""
        self._pocket.close()

    # For the service: send, fetch, listen.

    def sync(self) -> Summary:
        """Push until the outbox is empty, then pull until done. A lost line ends it, gently.

        If another sync of this file is running (the app beside its service), this one gives way.
        Raises `LoginLost` when a person must log in again, `LineRefused` on a fault of the program,
        `NoRoom` when the disk is full: then what the server has is sent again, and counts once.
        """
        summary = Summary()
        turn = self._pocket.take_turn()
        if turn is None:
            summary.busy = True
            return summary
        try:
            for _ in range(ROUNDS):
                self._push_and_pull(summary)
                if not self._unfinished():
                    break
        except LineLost as lost:
            summary.lost, summary.retry_after = True, lost.retry_after
        finally:
            turn.close()
        return summary

    def listen(self, news: Callable[[str | None], tuple[str | None, bool]]) -> Summary | None:
        """Ask cheaply whether there is anything new, and sync if so or if something waits.

        `news` is `HttpLine.news`: etag → (etag, changed). For an app in the foreground, every few
        seconds. None: nothing new. Raises what `sync` raises, and `LineLost`.
        """
        etag, changed = news(self._pocket.fact("etag"))
        if not changed and not self._unfinished():
            return None
        summary = self.sync()
        if summary.complete:  # else it is news once more the next time
            with self._pocket.transaction():
                self._pocket.keep_fact("etag", etag)
        return summary

    def _push_and_pull(self, summary: Summary) -> None:
        try:
            self._push_all(summary)
        except (LineLost, LineRefused) as trouble:
            if trouble.status is None:
                raise
            # A server that takes nothing now (its disk is low) still has rows for us.
            self._pull_all(summary)
            raise
        self._pull_all(summary)

    # Push: the outbox in the order of n, batch by batch.

    def _push_all(self, summary: Summary) -> None:
        size = self._batch
        while batch := self._next_batch(size):
            try:
                unsent = self._count_unsent(carried=len(batch))
                answer = self._call("push", clock=self._read_clock(), changes=batch, unsent=unsent)
            except LineRefused as refused:
                if refused.status != 413 or size == 1:
                    raise
                size = max(1, len(batch) // 2)  # too large on its way: send less at a time
                continue
            with self._pocket.transaction():
                settled = [self._settle(o, answer["server_time"]) for o in answer["outcomes"]]
                again = self._hear(answer, summary)
            self._pocket.forget_what_was_wiped()
            summary.pushed += sum(settled)
            if again or not any(settled):
                return  # the next round sends again, and rounds are bounded

    def _next_batch(self, size: int) -> list[Fields]:
        batch: list[Fields] = []
        room = BATCH_BYTES
        for change, _, _ in self._pocket.waiting(limit=size):
            room -= len(json.dumps(change))
            if batch and room < 0:
                break
            batch.append(change)
        return batch

    def _settle(self, outcome: Mapping[str, Any], server_time: int) -> bool:
        """Take an outcome; whether it answers a change of ours, in a word that we know."""
        found = self._pocket.find_change(outcome["mid"])
        if found is None or outcome["status"] not in STATES:
            return False
        change, status, reason = found.change, outcome["status"], outcome.get("reason")
        self._pocket.acknowledge(change["mid"], status, reason, server_time)
        if status == REJECTED and reason == ERASED:
            self._pocket.wipe_change(change["mid"])
        # The next pull brings the row anew or lets it go: this spares a flicker until then.
        entity, id_, row = change["entity"], change["id"], outcome.get("row")
        if row:
            self._pocket.hold(entity, id_, row, begin=True)
        elif status == APPLIED and change["set"]:
            self._pocket.hold(entity, id_, change["set"], begin=change["op"] != PATCH)
        self._pocket.let_go(entity, id_)
        return True

    def _hear(self, answer: Mapping[str, Any], summary: Summary) -> bool:
        """Listen to `next_n`: a server that forgot gets everything from there once more.

        What is no longer kept is declared as a hole, or the server would wait for it for ever.
        """
        heard, mine = answer["next_n"], self._next_n()
        self._pocket.keep_fact("heard", heard)
        self._pocket.keep_fact("server_time", answer["server_time"])
        if heard > mine:  # this file is older than the device: the numbers below are taken
            self._pocket.keep_fact("next_n", heard)
            if mine > 1 or self._pocket.fact("epoch"):
                self._alarm("file_was_older", summary)
        if heard >= mine:
            return False
        forgotten = self._pocket.reopen_from(heard)
        missing = self._pocket.missing(heard, mine)
        for n in missing:
            self._put_out(n, HOLE, self._new_id(), APPEND, {}, {}, self._read_clock())
        if forgotten:
            self._alarm("server_forgot_changes", summary)
        if missing:
            self._alarm("hole_declared", summary)
        return bool(forgotten or missing)

    # Pull: page by page, each in one transaction with its cursor.

    def _pull_all(self, summary: Summary) -> None:
        more = True
        while more:
            if self._room() < ROOM_TO_PULL:
                with self._pocket.transaction():
                    self._alarm("no_room", summary)
                return
            resync = self._pocket.fact("resync") or []
            before = self._pocket.fact("cursor")
            try:
                page = self._call(
                    "pull", cursor=before, limit=self._page, schema=self._schema, resync=resync,
                    unsent=self._count_unsent(carried=0),
                )  # fmt: skip
            except LineRefused as refused:
                if before is None or refused.status != 400:
                    raise
                self._forget_cursor(summary)
                continue
            with self._pocket.transaction():
                self._hear(page, summary)
                self._take(page, resync, summary)
            self._pocket.forget_what_was_wiped()
            more = page["more"] and page["cursor"] != before  # no server may keep us asking

    def _take(self, page: Mapping[str, Any], resync: list[str], summary: Summary) -> None:
        """Lay a page into the file: first what goes, then what comes, then where we stand."""
        # First: of what is older the server may no longer know that it had it.
        self._pocket.forget(before=page["server_time"] - KEPT)
        dropped = [*(self._pocket.fact("dropped") or []), *page["drop"]]
        if self._pocket.fact("epoch") not in (None, page["epoch"]):
            self._alarm("epoch_changed", summary)
            self._pocket.reopen_kept()
            dropped = []  # they say nothing new
        for bucket in resync:
            self._pocket.doubt(bucket)
        for bucket in page["drop"]:
            self._pocket.drop(bucket)
        for bucket, entities in page["del"].items():
            for entity, ids in entities.items():
                self._pocket.remove(bucket, entity, ids)
        for entity, ids in page.get("erased", {}).items():
            for id_ in ids:
                self._pocket.erase(entity, id_)
        for bucket, entities in page["put"].items():
            for entity, table in entities.items():
                self._pocket.put(bucket, entity, table["cols"], table["rows"])
                summary.received += len(table["rows"])
        self._pocket.keep_fact("epoch", page["epoch"])
        self._pocket.keep_fact("cursor", page["cursor"])
        self._pocket.keep_fact("resync", [])
        self._pocket.keep_fact("dropped", dropped)
        if not page["more"]:
            self._finish(page, summary)

    def _finish(self, page: Mapping[str, Any], summary: Summary) -> None:
        """Everything is in: let go of what is not held, and check that the rest is right."""
        summary.complete = True
        buckets = page["buckets"]
        self._pocket.tidy(list(buckets))
        self._learn_whether_revoked(page, summary)
        if not buckets.keys().isdisjoint(self._pocket.fact("dropped")):
            # Our cursor was of another history: the server may lack what this phone still has.
            self._alarm("started_from_zero", summary)
            self._pocket.reopen_kept()
        self._pocket.keep_fact("dropped", [])
        self._pocket.keep_fact("silent", {"ms": 0, "read": self._read_clock()})
        self._check_digests(page, summary)

    def _check_digests(self, page: Mapping[str, Any], summary: Summary) -> None:
        """Ask for a bucket again that does not hold what the server says; once a day at most."""
        wrong = [
            bucket
            for bucket, head in page["buckets"].items()
            if digest(self._pocket.live(bucket)) != (head["n"], head["h"])
        ]
        if wrong:
            self._alarm("digest_mismatch", summary)
        today = page["server_time"] // DAY
        again = [b for b in wrong[:MAX_RESYNC] if self._pocket.may_resync(b, today)]
        self._pocket.keep_fact("resync", again)

    def _learn_whether_revoked(self, page: Mapping[str, Any], summary: Summary) -> None:
        """If not even the user's own bucket is held, this device keeps its outbox alone."""
        revoked = not page["buckets"]
        if revoked:
            self._pocket.empty()
            if not self._pocket.fact("revoked"):
                self._alarm("device_revoked", summary)
        self._pocket.keep_fact("revoked", revoked)

    def _forget_cursor(self, summary: Summary) -> None:
        """The server cannot read our cursor: fetch everything anew, and keep the old until then."""
        with self._pocket.transaction():
            for bucket in self._pocket.buckets():
                self._pocket.doubt(bucket)
            self._pocket.keep_fact("cursor", None)
            self._alarm("cursor_refused", summary)

    # Silence: how long this phone has heard nothing, by its own clocks.

    def _silent_for(self) -> int:
        """Milliseconds since a pull went through to its end; 0 on a phone that never pulled."""
        silent = self._pocket.fact("silent")
        if silent is None:
            return 0
        return int(silent["ms"]) + _passed(silent["read"], self._read_clock())

    def _grow_silent(self) -> None:
        """Add up what has passed: a wall clock set back later does not undo it."""
        if self._pocket.fact("silent"):
            silent = {"ms": self._silent_for(), "read": self._read_clock()}
            self._pocket.keep_fact("silent", silent)

    # What opening, push, pull and record lean on.

    def _name_device(self, device: str | None) -> str:
        with self._pocket.transaction():  # which asks once more: another process may be first
            name = str(self._pocket.fact("device") or device or self._new_id())
            self._pocket.keep_fact("device", name)
        return name

    def _note_opening(self, damaged: bool) -> None:
        try:
            with self._pocket.transaction():
                self._grow_silent()
                if damaged:
                    self._pocket.add_alarm("file_damaged", self._clock.wall())
        except NoRoom:
            pass  # a full disk must not keep the outbox from being delivered

    def _unfinished(self) -> bool:
        return bool(self._pocket.count_waiting() or self._pocket.fact("resync"))

    def _call(self, verb: Verb, **more: Any) -> dict[str, Any]:
        """Call; an answer that is not the server's (the login page of some hotel) is none."""
        epoch = self._pocket.fact("epoch")
        answer = self.line.call(verb, {"device": self.device, "epoch": epoch, **more})
        wanted = PUSHED if verb == "push" else PAGE
        sound = all(isinstance(answer.get(name), kind) for name, kind in wanted.items())
        if verb == "pull" and sound and not answer["more"]:
            sound = isinstance(answer.get("buckets"), dict)
        if not sound:
            raise LineLost("not an answer of this server")
        return answer

    def _count_unsent(self, carried: int) -> dict[str, Any]:
        """What lies here beside what a request carries: told, so that somebody can help it home."""
        changes, rejected, oldest = self._pocket.count_unsent(carried)
        return {
            "changes": min(changes, MAX_UNSENT),
            "rejected": min(rejected, MAX_UNSENT),
            "oldest": oldest,
            "at": self._read_clock(),
        }

    def _read_clock(self) -> dict[str, Any]:
        clock = self._clock
        return {"wall": clock.wall(), "elapsed": clock.elapsed(), "boot": clock.boot}

    def _next_n(self) -> int:
        return self._pocket.fact("next_n") or 1

    def _put_out(
        self, n: int, entity: str, id_: str, op: str, fields: Row, was: Row, at: Row
    ) -> str:
        """Put a change into the outbox, under the next number or that of a hole; its mid."""
        change = {
            "mid": self._new_id(),
            "n": n,
            "entity": entity,
            "id": id_,
            "op": op,
            "set": dict(fields),
            "was": dict(was),
            "at": dict(at),
        }
        text = json.dumps(change)
        if len(text) > MAX_CHANGE_BYTES:
            raise TooLong("too long to be sent: shorten it")
        self._pocket.put_out(change, text)
        if n == self._next_n():
            self._pocket.keep_fact("next_n", n + 1)
        return str(change["mid"])

    def _alarm(self, kind: str, summary: Summary) -> None:
        summary.alarms.append(kind)
        self._pocket.add_alarm(kind, self._pocket.fact("server_time") or self._clock.wall())


# What an answer must have, or it is no answer.
PUSHED: dict[str, type] = {"next_n": int, "server_time": int, "outcomes": list}
PAGE: dict[str, type] = {
    "next_n": int, "server_time": int, "more": bool, "epoch": str, "cursor": str, "drop": list,
    "put": dict, "del": dict,
}  # fmt: skip


# The file.

LAYOUT = 1  # of the tables, kept as the file's user_version

TABLES = (
    "CREATE TABLE IF NOT EXISTS fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # change: its wire form. status NULL: not acknowledged. answered: server time in ms.
    # again: it was acknowledged once and waits again. wiped: its body was erased.
    """CREATE TABLE IF NOT EXISTS outbox(
         n INTEGER PRIMARY KEY, mid TEXT NOT NULL UNIQUE, entity TEXT NOT NULL, id TEXT NOT NULL,
         change TEXT NOT NULL, status TEXT, reason TEXT, answered INTEGER,
         again INTEGER NOT NULL DEFAULT 0, wiped INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS outbox_row ON outbox(entity, id)",
    "CREATE INDEX IF NOT EXISTS outbox_line ON outbox(n) WHERE status IS NULL",
    # held: what the server said of a row. A row stays as long as a place holds it.
    """CREATE TABLE IF NOT EXISTS held(
         entity TEXT, id TEXT, fields TEXT NOT NULL, PRIMARY KEY(entity, id)) WITHOUT ROWID""",
    # leaving: told to go while the row's outbox is not empty. stale: not yet seen in a resync.
    """CREATE TABLE IF NOT EXISTS place(
         bucket TEXT, entity TEXT, id TEXT, rev INTEGER NOT NULL,
         leaving INTEGER NOT NULL DEFAULT 0, stale INTEGER NOT NULL DEFAULT 0,
         PRIMARY KEY(bucket, entity, id)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS place_row ON place(entity, id)",
    "CREATE TABLE IF NOT EXISTS resynced(bucket TEXT PRIMARY KEY, day INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS alarm(kind TEXT NOT NULL, at INTEGER NOT NULL)",
    f"PRAGMA user_version = {LAYOUT}",
)

# A row has something to say as long as a change of it waits; one without a body says nothing.
WAITING = """EXISTS (SELECT 1 FROM outbox o
                      WHERE o.entity = {0}.entity AND o.id = {0}.id
                        AND o.status IS NULL AND o.wiped = 0)"""


class Pocket:
    """The file: all of its SQL. Rows of the server lie under what the outbox still has to say.

    Verbs that write must be called inside `transaction`, so that what belongs together happens
    together or not at all. Raises `NoRoom` and `FileDamaged` for what sqlite says of the disk.
    """

    def __init__(self, db: sqlite3.Connection, path: str) -> None:
        db.isolation_level = None  # transactions begin where we say so
        self._db, self._path = db, path
        self._wiped = True  # who opened this file before may have died before the log was cleared

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, also when the phone dies in between."""
        self._do("BEGIN IMMEDIATE")
        try:
            yield
            self._do("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._do("ROLLBACK")
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Several questions about one moment, while another process may write."""
        self._do("BEGIN")
        try:
            yield
        finally:
            if self._db.in_transaction:
                self._do("COMMIT")

    def take_turn(self) -> sqlite3.Connection | None:
        """The right to sync this file, until closed or until the process dies; None: it is taken.

        The lock is that of an empty file beside it, so that recording goes on during a sync.
        """
        turn = sqlite3.connect(f"{self._path}.turn", timeout=0, isolation_level=None)
        try:
            turn.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            turn.close()
            if _code(error) == sqlite3.SQLITE_BUSY:
                return None
            _raise(error)
        return turn

    def forget_what_was_wiped(self) -> None:
        """Let no copy of a wiped body stay behind in the write-ahead log.

        Somebody who reads just now holds that up: then it is done after the next answer.
        """
        if self._wiped:
            self._ask("PRAGMA busy_timeout = 0")
            ((blocked, _, _),) = self._ask("PRAGMA wal_checkpoint(TRUNCATE)")
            self._ask(f"PRAGMA busy_timeout = {BUSY}")
            self._wiped = bool(blocked)

    def close(self) -> None:
        self._db.close()

    # Facts: single values.

    def fact(self, name: str) -> Any:
        """A kept value, None if there is none."""
        found = self._ask("SELECT value FROM fact WHERE name = ?", name)
        return json.loads(found[0][0]) if found else None

    def keep_fact(self, name: str, value: Any) -> None:
        self._do("INSERT OR REPLACE INTO fact(name, value) VALUES (?, ?)", name, json.dumps(value))

    # Alarms.

    def add_alarm(self, kind: str, at: int) -> None:
        """At most one of a kind an hour: a full disk is not to be filled with complaints of it."""
        self._do(
            """INSERT INTO alarm(kind, at) SELECT ?1, ?2 WHERE NOT EXISTS (
                 SELECT 1 FROM alarm WHERE kind = ?1 AND at > ?2 - ?3)""",
            *(kind, at, HOUR),
        )

    def alarms(self) -> list[tuple[str, int]]:
        return self._ask("SELECT kind, at FROM alarm ORDER BY rowid")

    # Outbox: what waits, and for a while what was answered.

    def put_out(self, change: Mapping[str, Any], text: str) -> None:
        """Add a change; `text` is its wire form."""
        self._do(
            "INSERT INTO outbox(n, mid, entity, id, change) VALUES (?, ?, ?, ?, ?)",
            *(change["n"], change["mid"], change["entity"], change["id"], text),
        )

    def waiting(self, limit: int) -> list[Kept]:
        """What the server has not acknowledged, in the order of n; a limit of -1 is none."""
        return self._changes("status IS NULL ORDER BY n LIMIT ?", limit)

    def not_taken(self) -> list[Kept]:
        return self._changes("status IN (?, ?) ORDER BY n", QUARANTINED, REJECTED)

    def changes_of(self, entity: str, id_: str) -> list[Kept]:
        """Everything written about one row that is still here."""
        return self._changes("entity = ? AND id = ? ORDER BY n", entity, id_)

    def find_change(self, mid: str) -> Kept | None:
        return next(iter(self._changes("mid = ?", mid)), None)

    def _changes(self, which: str, *values: Any) -> list[Kept]:
        lines = self._ask(f"SELECT change, status, reason FROM outbox WHERE {which}", *values)
        return [Kept(json.loads(change), status, reason) for change, status, reason in lines]

    def count_waiting(self) -> int:
        return int(self._ask("SELECT count(*) FROM outbox WHERE status IS NULL")[0][0])

    def count_unsent(self, carried: int) -> tuple[int, int, Any]:
        """(what waits behind the first `carried`, what was rejected, since when those wait)."""
        ((waiting, rejected, first),) = self._ask(
            """SELECT (SELECT count(*) FROM outbox WHERE status IS NULL),
                      (SELECT count(*) FROM outbox WHERE status = ?1 AND wiped = 0),
                      (SELECT change FROM outbox WHERE status IS NULL
                        ORDER BY n LIMIT 1 OFFSET ?2)""",
            *(REJECTED, carried),
        )
        return max(0, waiting - carried), rejected, json.loads(first)["at"] if first else None

    def count_by_state(self) -> dict[str, int]:
        """State → how many changes are in it."""
        count = dict.fromkeys(STATES.values(), 0)
        for status, number in self._ask("SELECT status, count(*) FROM outbox GROUP BY status"):
            count[STATES[status]] += number
        return count

    def acknowledge(self, mid: str, status: str, reason: str | None, at: int) -> None:
        self._do(
            "UPDATE outbox SET status = ?, reason = ?, answered = ?, again = 0 WHERE mid = ?",
            *(status, reason, at, mid),
        )

    def reopen_from(self, n: int) -> int:
        """Changes from `n` on wait again, acknowledged or not; how many were acknowledged.

        What went out again under another n leaves its old number as a hole, and so does what has
        no body any more: sent empty it would only puzzle whoever looks through the quarantine.
        """
        self._do(
            "DELETE FROM outbox WHERE n >= ? AND (status = ? OR wiped = 1 AND status IS NOT NULL)",
            *(n, SENT_AGAIN),
        )
        return self._do(
            """UPDATE outbox SET status = NULL, reason = NULL, answered = NULL, again = 1
                WHERE n >= ? AND status IS NOT NULL""",
            n,
        )

    def reopen_kept(self) -> int:
        """Everything that the server once took, and that is still whole, waits again."""
        return self._do(
            """UPDATE outbox SET status = NULL, reason = NULL, answered = NULL, again = 1
                WHERE wiped = 0 AND status IS NOT NULL AND status NOT IN (?, ?)""",
            *(REJECTED, SENT_AGAIN),
        )

    def missing(self, first: int, end: int) -> list[int]:
        """Which n from `first` on and before `end` are no longer here."""
        here = {n for (n,) in self._ask("SELECT n FROM outbox WHERE n >= ?", first)}
        return [n for n in range(first, end) if n not in here]

    def forget(self, before: int) -> None:
        """Forget what was acknowledged before this server time (ms), but not what is only here."""
        self._do(
            "DELETE FROM outbox WHERE answered < ? AND (status <> ? OR wiped = 1)",
            *(before, REJECTED),
        )
        self._do("DELETE FROM alarm WHERE at < ?", before)

    # Erasing: mid and n stay, so that numbers stay whole; what was written does not.

    def wipe_change(self, mid: str) -> None:
        """Forget what a change said."""
        found = self._ask("SELECT change FROM outbox WHERE mid = ?", mid)
        for (text,) in found:
            empty = json.dumps({**json.loads(text), "set": {}, "was": {}})
            self._do("UPDATE outbox SET change = ?, wiped = 1 WHERE mid = ?", empty, mid)
        self._forget_copies()

    def erase(self, entity: str, id_: str) -> None:
        """Forget a row at once, and what every change of it said, waiting or not."""
        for (mid,) in self._ask("SELECT mid FROM outbox WHERE entity = ? AND id = ?", entity, id_):
            self.wipe_change(mid)
        self._do("DELETE FROM place WHERE entity = ? AND id = ?", entity, id_)
        self._do("DELETE FROM held WHERE entity = ? AND id = ?", entity, id_)
        self._forget_copies()

    def empty(self) -> None:
        """Keep nothing but the outbox, and what the server refused to keep."""
        kept = self._ask(
            "SELECT mid FROM outbox WHERE wiped = 0 AND status IS NOT NULL AND status <> ?",
            REJECTED,
        )
        for (mid,) in kept:
            self.wipe_change(mid)
        self._do("DELETE FROM place")
        self._do("DELETE FROM held")
        self._forget_copies()

    def _forget_copies(self) -> None:
        """Files that were put aside go at once; the log is emptied after the transaction."""
        for file in _damaged(self._path):
            os.remove(file)
        self._wiped = True

    # Rows.

    def shown(self, entity: str, id_: str | None = None) -> dict[str, Fields]:
        """Rows as the person sees them, by id; all of an entity, or one.

        What waits for the second time lies under what the server says by now, what is new over it.
        """
        which, values = "entity = ?", [entity]
        if id_ is not None:
            which, values = "entity = ? AND id = ?", [entity, id_]
        waiting = f"{which} AND status IS NULL AND wiped = 0 AND again = ? ORDER BY n"
        rows: dict[str, Fields] = {}
        for change, _, _ in self._changes(waiting, *values, 1):
            rows.setdefault(change["id"], {}).update(change["set"])
        for row, fields in self._ask(f"SELECT id, fields FROM held WHERE {which}", *values):
            rows.setdefault(row, {}).update(json.loads(fields))
        for change, _, _ in self._changes(waiting, *values, 0):
            rows.setdefault(change["id"], {}).update(change["set"])
        return rows

    def hold(self, entity: str, id_: str, fields: Mapping[str, Any], begin: bool) -> None:
        """Lay these fields over what is held of a row; one that is not held only to `begin`.

        A held row takes only fields that it has: the server may tell more than a pull would.
        """
        old = self._held_row(entity, id_)
        if old is None:
            if not begin:
                return
            old = dict(fields)
        whole = {name: fields.get(name, value) for name, value in old.items()}
        self._do(
            "INSERT OR REPLACE INTO held(entity, id, fields) VALUES (?, ?, ?)",
            *(entity, id_, json.dumps(whole)),
        )

    def put(self, bucket: str, entity: str, columns: Sequence[str], table: Sequence[Any]) -> None:
        """Rows of a page, each beginning with id and rev: they replace what was held."""
        names = columns[2:]
        self._do_many(
            "INSERT OR REPLACE INTO place(bucket, entity, id, rev) VALUES (?, ?, ?, ?)",
            [(bucket, entity, row[0], row[1]) for row in table],
        )
        self._do_many(
            "INSERT OR REPLACE INTO held(entity, id, fields) VALUES (?, ?, ?)",
            [
                (entity, row[0], json.dumps(dict(zip(names, row[2:], strict=True))))
                for row in table
            ],
        )  # fmt: skip

    def _held_row(self, entity: str, id_: str) -> Fields | None:
        found = self._ask("SELECT fields FROM held WHERE entity = ? AND id = ?", entity, id_)
        return dict(json.loads(found[0][0])) if found else None

    # Places: a row is here as long as one bucket holds it, or its outbox is not empty.

    def buckets(self) -> list[str]:
        return [bucket for (bucket,) in self._ask("SELECT DISTINCT bucket FROM place")]

    def live(self, bucket: str) -> list[tuple[str, str, int]]:
        """(entity, id, rev) of what a bucket holds, without what only waits for its outbox."""
        return self._ask(
            "SELECT entity, id, rev FROM place WHERE bucket = ? AND leaving = 0", bucket
        )

    def remove(self, bucket: str, entity: str, ids: Sequence[str]) -> None:
        """Rows that are no longer in a bucket."""
        for id_ in ids:
            self._leave("bucket = ? AND entity = ? AND id = ?", bucket, entity, id_)

    def drop(self, bucket: str) -> None:
        """A bucket that is no longer held."""
        self._leave("bucket = ?", bucket)

    def doubt(self, bucket: str) -> None:
        """Hold what lies in a bucket only until its resync has come in whole."""
        self._do("UPDATE place SET stale = 1 WHERE bucket = ?", bucket)

    def let_go(self, entity: str, id_: str) -> None:
        """Let a row go that had to wait for its outbox, if that is empty now."""
        self._leave("entity = ? AND id = ? AND leaving = 1", entity, id_)

    def tidy(self, buckets: Sequence[str]) -> None:
        """At the end of a pull: only what lies in one of these buckets stays, or is waited for."""
        self._leave("stale = 1")
        for bucket in self.buckets():
            if bucket not in buckets:
                self.drop(bucket)
        self._do(
            f"""DELETE FROM held
                 WHERE NOT EXISTS (SELECT 1 FROM place p
                                    WHERE p.entity = held.entity AND p.id = held.id)
                   AND NOT {WAITING.format("held")}"""
        )

    def _leave(self, which: str, *values: str) -> None:
        """These rows leave these buckets: at once, or when their outbox is empty."""
        waits = WAITING.format("place")
        free = self._ask(f"SELECT entity, id FROM place WHERE {which} AND NOT {waits}", *values)
        self._do(f"DELETE FROM place WHERE {which} AND NOT {waits}", *values)
        self._do(f"UPDATE place SET leaving = 1, stale = 0 WHERE {which}", *values)
        self._do_many(
            """DELETE FROM held WHERE entity = ?1 AND id = ?2 AND NOT EXISTS (
                 SELECT 1 FROM place p WHERE p.entity = ?1 AND p.id = ?2)""",
            free,
        )

    # Resync: at most once per bucket per day.

    def may_resync(self, bucket: str, day: int) -> bool:
        """Whether this bucket was not asked for again on this day; notes that it now is."""
        if self._ask("SELECT 1 FROM resynced WHERE bucket = ? AND day = ?", bucket, day):
            return False
        self._do("INSERT OR REPLACE INTO resynced(bucket, day) VALUES (?, ?)", bucket, day)
        return True

    # What speaks to sqlite.

    def _ask(self, sql: str, *values: Any) -> list[Any]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            _raise(error)

    def _do(self, sql: str, *values: Any) -> int:
        try:
            return self._db.execute(sql, values).rowcount
        except sqlite3.Error as error:
            _raise(error)

    def _do_many(self, sql: str, lines: Sequence[Sequence[Any]]) -> None:
        try:
            self._db.executemany(sql, lines)
        except sqlite3.Error as error:
            _raise(error)


# Opening the file.


def connect_durably(path: str) -> sqlite3.Connection:
    """A connection whose commits survive a power cut, and whose deletes leave nothing behind."""
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA busy_timeout = {BUSY}")
    db.execute("PRAGMA journal_mode = WAL")  # one may read while another writes
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")
    return db


def open_file(
    path: str, connect: Callable[[str], sqlite3.Connection]
) -> tuple[sqlite3.Connection, bool]:
    """The file with its tables, and whether a damaged one had to be put aside for it.

    A new file is made whole under another name, with what can be read of the old one's outbox, and
    only then exchanged: dying in between leaves the damaged file, or a finished exchange to finish.
    """
    try:
        exchanged = _exchange(path)
        try:
            return _opened(path, connect), exchanged
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
        _rescue(path)
        _exchange(path)
        return _opened(path, connect), True
    except sqlite3.Error as error:
        _raise(error)


def _opened(path: str, connect: Callable[[str], sqlite3.Connection]) -> sqlite3.Connection:
    db = connect(path)
    try:
        db.isolation_level = None
        if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise _damage("quick_check")
        if db.execute("PRAGMA user_version").fetchone()[0] < LAYOUT:
            _make_tables(db)
    except BaseException:
        db.close()
        raise
    return db


def _make_tables(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    for table in TABLES:
        db.execute(table)
    db.execute("COMMIT")


def _rescue(path: str) -> None:
    """Make a new file beside a damaged one, with the outbox as far as it can be read.

    Rows are not saved: the next pull brings them. Numbers that were lost are declared as holes, and
    if the last ones were, the server's `next_n` says so.
    """
    work = f"{path}.rescue"
    for end in ("", "-wal", "-shm", "-journal"):
        if os.path.exists(work + end):
            os.remove(work + end)
    new = _opened(work, connect_durably)
    old = sqlite3.connect(path)
    new.execute("BEGIN IMMEDIATE")
    for fact in ("device", "next_n"):
        line = _readable(old, "SELECT name, value FROM fact WHERE name = ?", fact)
        new.executemany("INSERT INTO fact(name, value) VALUES (?, ?)", line)
    columns = "n, mid, entity, id, change, status, reason, answered, again, wiped"
    marks = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
    for order in ("ASC", "DESC"):  # from both ends up to a hole in the middle
        lines = _readable(old, f"SELECT {columns} FROM outbox ORDER BY n {order}")
        new.executemany(f"INSERT OR IGNORE INTO outbox({columns}) VALUES ({marks})", lines)
    (last,) = new.execute("SELECT max(n) FROM outbox").fetchone()
    (kept,) = new.execute("SELECT max(CAST(value AS INTEGER)) FROM fact WHERE name = 'next_n'")
    next_n = max((last or 0) + 1, kept[0] or 1)
    new.execute("INSERT OR REPLACE INTO fact(name, value) VALUES ('next_n', ?)", (str(next_n),))
    new.execute("COMMIT")
    old.close()
    new.close()
    os.replace(work, f"{path}.new")


def _readable(db: sqlite3.Connection, sql: str, *values: Any) -> list[Any]:
    """The lines of an answer up to the first that cannot be read."""
    lines: list[Any] = []
    try:
        for line in db.execute(sql, values):
            lines.append(line)
    except (sqlite3.Error, UnicodeDecodeError):
        pass
    return lines


def _exchange(path: str) -> bool:
    """If a new file is ready, put the old one aside and it in its place; whether it was."""
    new = f"{path}.new"
    if not os.path.exists(new):
        return False
    number = 1
    while os.path.exists(f"{path}.damaged-{number}"):
        number += 1
    # The log goes with its file: sqlite would read an old log into a new file.
    for end in ("-wal", "-shm", "-journal", ""):
        if os.path.exists(path + end):
            os.replace(path + end, f"{path}.damaged-{number}{end}")
    os.replace(new, path)
    return True


def _damaged(path: str) -> list[str]:
    """Everything that was ever put aside of this file."""
    folder, name = os.path.split(os.path.abspath(path))
    aside = [file for file in os.listdir(folder) if file.startswith(f"{name}.damaged-")]
    return [os.path.join(folder, file) for file in aside]


def _count_waiting(path: str) -> int | None:
    """How many changes wait in a file; None if it cannot be read."""
    if not os.path.exists(path):
        return None
    db = sqlite3.connect(path)
    try:
        return Pocket(db, path).count_waiting()
    except (PhoneError, sqlite3.Error):
        return None
    finally:
        db.close()


def _free_bytes(path: str) -> int:
    folder = os.path.dirname(os.path.abspath(path))
    return shutil.disk_usage(folder).free


def _code(error: sqlite3.Error) -> int:
    """The primary code of an error of sqlite; 0 for one of the language's binding."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _is_damage(error: sqlite3.Error) -> bool:
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _damage(what: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(what)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _raise(error: sqlite3.Error) -> NoReturn:
    """What sqlite says, in the words of this file."""
    if _is_damage(error):
        raise FileDamaged(str(error)) from error
    if _code(error) == sqlite3.SQLITE_FULL:
        raise NoRoom("no room on this phone") from error
    raise error


# Small rules.


def digest(rows: Sequence[tuple[str, str, int]]) -> tuple[int, str]:
    """Count, and the XOR of the first 64 bits of md5(entity ‖ id ‖ rev), as 16 hex digits."""
    bits = 0
    for entity, id_, rev in rows:
        text = f"{entity}{id_}{rev}".encode()
        bits ^= int.from_bytes(md5(text, usedforsecurity=False).digest()[:8], "big")
    return len(rows), f"{bits:016x}"


def _passed(then: Mapping[str, Any], now: Mapping[str, Any]) -> int:
    """Milliseconds between two readings: measured within one boot, else by the wall; never < 0."""
    by = "elapsed" if then["boot"] == now["boot"] != "" else "wall"
    return max(0, int(now[by]) - int(then[by]))
