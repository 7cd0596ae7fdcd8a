"""Delivering what is owed: at least once, under the same id, with nothing sent in a transaction.

Notices are made out to whoever asked (`make_out`); what is due is taken under a lease, sent, and
marked. Who is killed between sending and marking loses the mark: after the lease it is sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from time import monotonic
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity, transaction
from server.notices.delivery import queries, sending
from server.notices.delivery.rules import (
    GIVEN_UP,
    Answer,
    Fate,
    State,
    fate_of,
    pause_of,
    rest_of,
)
from server.notices.delivery.sending import Try
from server.notices.targets.rules import Channel
from server.rows import as_json
from server.settings import Settings

log = logging.getLogger("wangge.notices")

BATCH: Final = 2000  # notices made out in one transaction
EACH: Final = 20  # deliveries of one target in one turn
MOST: Final = 500
EACH_MAIL: Final = 5000  # mail: many become one letter
MOST_MAIL: Final = 10_000
THREADS: Final = 8
LEASE: Final = timedelta(minutes=5)  # longer than anything can be under way
ROUND_SECONDS: Final = 10.0  # then nothing new is taken: other jobs wait behind this one
TURN_SECONDS: Final = 10.0  # then what was taken and not yet tried is given back

Send = Callable[[Sequence[Try], Settings, float], list[Answer | None]]


@dataclass(slots=True)
class Round:
    """What one round did."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    without: set[UUID] = field(default_factory=set)  # targets that have had their time


def deliver(
    by: Identity,
    settings: Settings,
    chance: Random,
    *,
    send: Send = sending.send,
    seconds: float = ROUND_SECONDS,
) -> int:
    """Make out and send what is due, in turns, until nothing is or time is up; how many went out.

    A target whose turn failed or took too long has no other one in this round, so that no slow one
    keeps the others waiting. Any number of workers may run at once.
    """
    started = monotonic()
    make_out_all(by, started + seconds / 2)
    done, until = Round(), started + seconds
    with ThreadPoolExecutor(THREADS, thread_name_prefix="deliver") as threads:
        while monotonic() < until and _take_turn(by, settings, chance, send, threads, done):
            pass
    if done.sent or done.failed:
        with transaction(by) as session:
            record(session, "notice.deliver", sent=done.sent, failed=done.failed, dead=done.dead)
    return done.sent


def make_out_all(by: Identity, until: float) -> int:
    """Make out what is owed to whoever asked for it, batch by batch; how many notices.

    The rest waits for the next round, once `until` (of `time.monotonic`) has come.
    """
    made_out = 0
    while True:
        with transaction(by) as session:
            batch = queries.make_out(session, by.now, BATCH)
        made_out += batch
        if batch < BATCH or monotonic() > until:
            return made_out


def _take_turn(
    by: Identity,
    settings: Settings,
    chance: Random,
    send: Send,
    threads: ThreadPoolExecutor,
    done: Round,
) -> bool:
    """Every target's oldest, targets side by side; whether there were any."""
    lease = uuid4()
    with transaction(by) as session:
        groups = _claim(session, by, settings, lease, done)
    under_way: dict[Future[list[Answer | None]], Sequence[Try]] = {
        threads.submit(send, group, settings, monotonic() + TURN_SECONDS): group for group in groups
    }
    for future in as_completed(under_way):
        group, turn = under_way[future], _Turn(by, lease, chance, done)
        with transaction(by) as session:
            turn.mark(session, list(zip(group, _answers(future, group), strict=True)))
    return bool(groups)


def _answers(future: Future[list[Answer | None]], group: Sequence[Try]) -> list[Answer | None]:
    try:
        return future.result()
    except Exception:  # a fault of ours with one group: what the others were told is written down
        log.exception("a group was not sent", extra={"fields": {"target": group[0].target_id.hex}})
        return [None] * len(group)


def _claim(
    session: Session, by: Identity, settings: Settings, lease: UUID, done: Round
) -> list[list[Try]]:
    """Tries by target; all mail is one group, since it goes to one server."""
    wanted = [(Channel.WEBHOOK, EACH, MOST)]
    if settings.mail_server:
        wanted.append((Channel.MAIL, EACH_MAIL, MOST_MAIL))
    rows = [
        row
        for channel, each, most in wanted
        for row in queries.claim(
            session,
            now=by.now,
            until=by.now + LEASE,
            lease=lease,
            channel=channel,
            without=done.without,
            each=each,
            most=most,
        )
    ]
    targets = queries.map_targets(session, {row.subscription_id for row in rows})
    offices = queries.map_offices(session, {office for row in rows for office in row.office_ids})
    groups: dict[object, list[Try]] = {}
    for row in rows:
        target = targets[row.subscription_id]
        if target.address is None:  # removed just now: it is dropped as soon as we let go of it
            continue
        one = sending.try_of(row, target.address, target.secrets, offices, by.now)
        groups.setdefault(Channel.MAIL if _is_mail(one) else one.target_id, []).append(one)
    return list(groups.values())


@dataclass(slots=True)
class _Turn:
    """Marks what became of one group. A group of webhooks is one target's."""

    by: Identity
    lease: UUID
    chance: Random
    done: Round
    pauses: dict[tuple[UUID, int], timedelta] = field(default_factory=dict)

    def mark(self, session: Session, tried: Iterable[tuple[Try, Answer | None]]) -> None:
        """Write down every answer; what was not tried is given back."""
        answered = [(one, answer) for one, answer in tried if answer is not None]
        untried = [one for one, answer in tried if answer is None]
        # One turn of mail in a round: what comes meanwhile is one letter in the next.
        self.done.without.update(one.target_id for one, _ in answered if _is_mail(one))
        webhook = next((one for one, _ in answered if not _is_mail(one)), None)
        if webhook:  # it first, as whoever removes it does
            queries.lock_target(session, webhook.target_id)
        queries.mark(session, self.lease, as_json([self._row(*pair) for pair in answered]))
        if webhook:
            self._mark_target(session, webhook, answered[-1][1])
        if untried:
            queries.give_back(session, self.lease, [one.id for one in untried], self.by.now)
            self.done.without.update(one.target_id for one in untried)

    def _row(self, one: Try, answer: Answer) -> dict[str, Any]:
        fate = _fate(one, answer)
        if fate is Fate.SENT:
            state = State.SENT
            self.done.sent += 1
        else:
            over = fate is Fate.GONE or self.by.now - one.since >= GIVEN_UP
            state = State.DEAD if over else State.WAITING
            self.done.failed += 1
            self.done.dead += over
        return {
            "id": one.id,
            "state": state.value,
            "tries": one.tries,
            "next_at": self.by.now + self._pause(one, fate),
            "ended_at": None if state is State.WAITING else self.by.now,
            "status": answer.status,
            "error": None if state is State.SENT else _seen(one, answer),
        }

    def _pause(self, one: Try, fate: Fate) -> timedelta:
        """What was refused in one letter comes back in one."""
        of = one.target_id if _is_mail(one) else one.id
        return self.pauses.setdefault((of, one.tries), pause_of(one.tries, fate, self.chance))

    def _mark_target(self, session: Session, one: Try, last: Answer) -> None:
        """What the last answer of its turn says of an endpoint."""
        target, now, fate = one.target_id, self.by.now, fate_of(last)
        if fate is Fate.AWAY:
            until = now + rest_of(one.failures + 1, last.retry_after, self.chance)
            queries.set_resting(session, target, one.failures + 1, until)
        elif fate is Fate.GONE:
            queries.stop(session, target, now)
        else:
            queries.set_well(session, target)
            return
        patience = GIVEN_UP if fate is Fate.AWAY else timedelta(0)
        self.done.dead += queries.give_up(session, target, now, patience, _seen(one, last))
        self.done.without.add(target)


def _fate(one: Try, answer: Answer) -> Fate:
    """A mail server never says that it is gone for good; nobody there, or 4xx, is for now only."""
    if not _is_mail(one):
        return fate_of(answer)
    if answer.status is None or 400 <= answer.status < 500:
        return Fate.AWAY
    return Fate.SENT if 200 <= answer.status < 300 else Fate.REFUSED


def _seen(one: Try, answer: Answer) -> str | None:
    """An answer as the queue shows it: many a mail server repeats the address."""
    return (answer.seen or "").replace(one.address, "…") or None


def _is_mail(one: Try) -> bool:
    return one.channel == Channel.MAIL
