"""Rules of retention: shown, decided, previewed, and carried out by erasure's own verbs.

Technical records (receipts, closed quarantine, notices, letters' numbers) go by the purges of their
own nouns at fixed periods; here they are shown and counted. Personal records go by what the county
decided. Phones, files and restored backups are reached the way an erasure reaches them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.signing.service import KEPT as LOGINS
from server.approvals.service import spend
from server.audit.service import record
from server.db import Identity, transaction
from server.erasure.register import Register
from server.erasure.rounds import erase_listed
from server.erasure.service import order_erasures
from server.ladder.calendar import local_day
from server.limits.service import DAY as LIMITS
from server.notices.service import KEPT as NOTICES
from server.retention import queries
from server.retention.errors import KindNotFound, LookFirst, RuleFixed, RuleOff
from server.retention.queries import Old
from server.retention.rules import PERSONAL, Rule, digest_of, months_before
from server.syncing.retention.service import SETTLED
from sync.clock import REMEMBERED

BATCH: Final = 200
_TECHNICAL: Final[Mapping[str, tuple[str, timedelta, str]]] = {
    "receipts": ("同步回执 receipts of sync", REMEMBERED, "协议 protocol.md §7"),
    "quarantine": ("已处理的隔离记录 closed quarantine", SETTLED, "设计 sync.md"),
    "conflicts": ("已处理的冲突 settled conflicts", SETTLED, "设计 sync.md"),
    "notices": ("已送达的通知 notices that were delivered", NOTICES, "设计 notices.md"),
    "limits": ("访问限次 counts of tries", LIMITS, "设计 rate limits"),
    "logins": ("过期的登录令牌 tokens that are over", LOGINS, "设计 sessions.md"),
    "letters": ("当事人来件编号 numbers of residents' letters", REMEMBERED, "设计 residents.md"),
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What of a kind has been kept for long enough."""

    rule: Rule
    before: datetime
    count: int
    oldest: datetime | None
    newest: datetime | None


def list_rules(session: Session) -> list[Rule]:
    """Every kind as things stand: technical ones always, personal ones as the county decided."""
    settings = queries.map_settings(session)
    technical = [
        Rule(kind, title, "", None, span.days, active=True, look=False, source=source)
        for kind, (title, span, source) in _TECHNICAL.items()
    ]
    personal = []
    for kind, known in PERSONAL.items():
        said = settings.get(kind)
        personal.append(
            Rule(
                kind,
                known.title,
                known.counted_from,
                said.months if said else known.months,
                None,
                active=bool(said and said.active),
                look=known.look,
                source=said.source if said else known.source,
            )
        )
    return technical + personal


def get_rule(session: Session, kind: str) -> Rule:
    """One of them. Raises KindNotFound."""
    for rule in list_rules(session):
        if rule.kind == kind:
            return rule
    raise KindNotFound


def set_rule(
    session: Session, by: Identity, kind: str, *, months: int, active: bool, source: str
) -> None:
    """The county decides; `source` names the document. Raises KindNotFound, RuleFixed."""
    if kind in _TECHNICAL:
        raise RuleFixed
    if kind not in PERSONAL:
        raise KindNotFound
    queries.set_setting(
        session, kind=kind, months=months, active=active, source=source, set_at=by.now
    )
    record(session, "retention.set", kind=kind, months=months, active=active, why=source)


def preview(session: Session, by: Identity, kind: str) -> Preview:
    """How many of a kind would go now, and from which dates. Raises KindNotFound."""
    rule = get_rule(session, kind)
    before = _before(rule, by.now)
    return Preview(rule, before, *queries.summarize(session, kind, before))


def list_due(session: Session, by: Identity, kind: str) -> Sequence[Old]:
    """Just what a run would take now, oldest first; written down, since it is a list of people.

    Raises KindNotFound.
    """
    due = queries.list_old(session, kind, _before(get_rule(session, kind), by.now), None)
    record(session, "retention.list", kind=kind, count=len(due))
    return due


def run_day(by: Identity, register: Register, batches: int) -> int:
    """The worker's daily run: a few batches of every kind that the county switched on and that
    nobody has to look at first; how much went. What is left waits for the next round.
    """
    with transaction(by) as session:
        rules = [rule for rule in list_rules(session) if rule.active and not rule.look]
    kinds = [rule.kind for rule in rules if rule.kind in PERSONAL]
    return sum(_run_on(by, register, kind, batches) for kind in kinds)


def run_now(by: Identity, register: Register, kind: str) -> int:
    """Everything of a kind that nobody has to look at first; how much went.

    Raises KindNotFound, RuleFixed, RuleOff, LookFirst.
    """
    with transaction(by) as session:
        rule = _running(session, kind)
    if rule.look:
        raise LookFirst
    taken = 0
    while batch := _take_batch(by, register, kind):
        taken += batch
    return taken


def run_listed(
    by: Identity, register: Register, kind: str, ids: Collection[UUID], approval_id: UUID | None
) -> int:
    """Of the list that a person has read, what is still due; how much was ordered and went.

    Files of cases go with a second person's approval of just this list. What a crash leaves of it
    the worker carries out. Raises as `run_now`, and NeedsApproval.
    """
    with transaction(by) as session:
        rule = _running(session, kind)
        due = {one.id for one in queries.list_old(session, kind, _before(rule, by.now), None)}
        wanted = sorted(due & set(ids))
        if kind == "disputes" and wanted:
            what = {"list": digest_of(ids), "cases": len(set(ids))}
            spend(session, by, approval_id, "case.delete", what, cases=wanted)
        if wanted:
            _TAKE[kind](session, by, register, wanted)
        record(session, "retention.run", kind=kind, taken=len(wanted), listed=len(set(ids)))
    for start in range(0, len(wanted) if kind in _ENTITY else 0, BATCH):
        erase_listed(by, register, _ENTITY[kind], wanted[start : start + BATCH])
    return len(wanted)


def _running(session: Session, kind: str) -> Rule:
    rule = get_rule(session, kind)
    if kind in _TECHNICAL:
        raise RuleFixed
    if not rule.active:
        raise RuleOff
    return rule


def _before(rule: Rule, now: datetime) -> datetime:
    if rule.days is not None:
        return now - timedelta(days=rule.days)
    return months_before(now, rule.months or 0)


def _run_on(by: Identity, register: Register, kind: str, batches: int) -> int:
    """Today's run of a kind, from where it stopped."""
    day, taken = local_day(by.now), 0
    with transaction(by) as session:
        if queries.lock_run(session, kind, day, by.now).ended_at is not None:
            return 0
    for _ in range(batches):
        batch = _take_batch(by, register, kind)
        taken += batch
        with transaction(by) as session:
            run = queries.lock_run(session, kind, day, by.now)
            run.taken += batch
            if batch < BATCH:
                run.ended_at = by.now
        if batch < BATCH:
            break
    return taken


def _take_batch(by: Identity, register: Register, kind: str) -> int:
    """One batch, written down; how many. Killed in the middle, the rest goes with the next one."""
    with transaction(by) as session:
        rule = _running(session, kind)
        due = queries.list_old(session, kind, _before(rule, by.now), BATCH)
        ids = [one.id for one in due]
        if ids:
            _TAKE[kind](session, by, register, ids)
            record(session, "retention.run", kind=kind, taken=len(ids))
    if ids and kind in _ENTITY:
        erase_listed(by, register, _ENTITY[kind], ids)
    return len(ids)


def _order(kind: str) -> Callable[[Session, Identity, Register, Sequence[UUID]], None]:
    def order(session: Session, by: Identity, register: Register, ids: Sequence[UUID]) -> None:
        order_erasures(session, by, _ENTITY[kind], ids, "purpose_over")

    return order


def _take_telephones(
    session: Session, by: Identity, register: Register, ids: Sequence[UUID]
) -> None:
    queries.forget_telephones(session, ids)


def _take_attachments(
    session: Session, by: Identity, register: Register, ids: Sequence[UUID]
) -> None:
    register.add([], queries.delete_attachments(session, ids))


def _take_consents(session: Session, by: Identity, register: Register, ids: Sequence[UUID]) -> None:
    queries.delete_consents(session, ids)


_ENTITY: Final = {"visits": "visit", "disputes": "dispute", "households": "household"}
_TAKE: Final[Mapping[str, Callable[[Session, Identity, Register, Sequence[UUID]], None]]] = {
    **{kind: _order(kind) for kind in _ENTITY},
    "telephones": _take_telephones,
    "attachments": _take_attachments,
    "consents": _take_consents,
}
