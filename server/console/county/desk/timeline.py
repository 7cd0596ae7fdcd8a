"""The history of a case, level by level: each span with its time, each event with who and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from flask_babel import gettext as _

from server.console.county.desk.words import word
from server.console.frame.look import day, minute
from server.console.frame.time_left import Used, used
from server.disputes.models import DisputeEvent, Holding
from server.disputes.rules.cases import WITHDRAWN_CLIMB
from server.disputes.service.history import OpenDispute
from server.ladder.calendar import WorkingCalendar, last_day

APART: Final = timedelta(hours=1)  # times that differ by less are told as one
Names = Mapping[UUID, str]
_IDS: Final = ("to_office", "person", "owner_id", "office")  # in the details of events


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in words."""

    event: DisputeEvent
    name: str
    who: str
    typed_by: str  # where somebody else typed it
    office: str
    facts: Sequence[tuple[str, str]]
    times: Sequence[tuple[str, str]]  # where they are apart


@dataclass(frozen=True, slots=True)
class Span:
    """One Holding, the bar of its time, what paused or moved it, and what happened in it."""

    holding: Holding
    office: str
    used: Used | None
    notes: Sequence[str]
    entries: Sequence[Entry]
    void: bool  # its climb was withdrawn: it counts as never made


def timeline(
    file: OpenDispute, names: Names, parties: Names, calendar: WorkingCalendar, now: datetime
) -> list[Span]:
    """The spans of a case, the present one first; in each its events, the newest first."""
    entries: dict[UUID | None, list[Entry]] = {}
    for event in reversed(file.events):
        entries.setdefault(event.holding_id, []).append(_entry(event, names, parties))
    spans = [
        Span(
            held,
            office,
            used(calendar, held.received_at, held.ended_at or now, held.handle_by),
            list(_notes(held, names)),
            entries.pop(held.id, []),
            held.ended_how == WITHDRAWN_CLIMB,
        )
        for held, office in reversed(file.holdings)
    ]
    return spans


def ids_in(file: OpenDispute) -> set[UUID]:
    """Of users and Offices that the history names."""
    found: set[UUID | None] = {file.dispute.first_office_id, file.dispute.done_by}
    found |= {file.dispute.village_id, file.dispute.cell_id}
    for held, _office in file.holdings:
        found.add(held.sent_by)
    for event in file.events:
        said = event.details or {}
        found |= {event.done_by, event.recorded_by, event.office_id}
        found |= {UUID(said[name]) for name in _IDS if said.get(name)}
        found |= {UUID(office) for office in said.get("offices", ())}
    return {id_ for id_ in found if id_}


def _entry(event: DisputeEvent, names: Names, parties: Names) -> Entry:
    done, typed = event.done_by, event.recorded_by
    who = names.get(done, "") if done else ""
    if event.party_id and not done:
        who = parties.get(event.party_id, _("当事人"))
    return Entry(
        event,
        word("event", event.kind),
        who or _("系统"),
        names.get(typed, "") if typed and typed != done else "",
        names.get(event.office_id, "") if event.office_id else "",
        list(_facts(event, names, parties)),
        _times(event),
    )


def _facts(event: DisputeEvent, names: Names, parties: Names) -> Iterator[tuple[str, str]]:
    """What else the event says: (label, words)."""
    said = event.details or {}
    if event.intended:
        yield _("原想"), word("event", event.intended)
    if event.party_id and event.done_by:
        yield _("当事人"), parties.get(event.party_id, "")
    if event.referred_to:
        yield _("去向"), word("referred_to", event.referred_to)
    for name, label in _named():
        if said.get(name):
            yield label, names.get(UUID(said[name]), "")
    if said.get("offices"):
        yield _("会商单位"), "、".join(names.get(UUID(one), "") for one in said["offices"])
    for name, label in _worded():
        if said.get(name):
            yield label, word(name, said[name])
    for name, label in ((_("解除日期"), "until"), (_("办结日期"), "by_date")):
        if said.get(label):
            yield name, day(date.fromisoformat(said[label]))
    if said.get("term"):
        yield _("协议条款"), str(said["term"])
    if said.get("present"):
        yield _("到场人数"), str(said["present"])
    for one in said.get("outcomes", ()):
        yield _("诉求 %(n)s", n=one["claim"]), word("outcome", one["outcome"])
    if event.rights_told:
        yield _("权利"), _("已告知双方其他途径")


def _named() -> tuple[tuple[str, str], ...]:
    return (
        ("to_office", _("对方单位")),
        ("person", _("回避人员")),
        ("office", _("回避单位")),
        ("owner_id", _("责任人")),
    )


def _worded() -> tuple[tuple[str, str], ...]:
    return (
        ("disposition", _("处置意见")),
        ("kind", _("督办方式")),
        ("form", _("协议形式")),
        ("rating", _("评价")),
    )


def _times(event: DisputeEvent) -> list[tuple[str, str]]:
    """The three times, where they are more than an hour apart; and whether a phone could prove
    when it was written.
    """
    times = (event.occurred_at, event.recorded_at, event.received_at)
    told = []
    if max(times) - min(times) > APART:
        labels = (_("发生"), _("写下"), _("收到"))
        told = [(label, minute(at)) for label, at in zip(labels, times, strict=True)]
    if event.proof == "claimed":
        told.append((_("写下时间"), _("手机时间无法证实")))
    return told


def _notes(held: Holding, names: Names) -> Iterator[str]:
    """What moved or paused the clock of a Holding, and what waits in it."""
    if held.sent_by:
        yield _("由 %(office)s 交来", office=names.get(held.sent_by, ""))
    if held.accepted_at:
        yield _("%(at)s 受理", at=minute(held.accepted_at))
    elif held.ended_at is None:
        yield _("最迟 %(at)s 受理", at=_last(held.accept_by))
    if held.extended:
        yield _("已批准延期，办理到 %(at)s", at=_last(held.handle_by))
    elif held.extension_declined:
        yield _("延期未获批准")
    elif held.extension_asked_at and held.ended_at is None:
        until = _last(held.extension_answer_by)
        yield _("已申请延期，上级最迟 %(at)s 答复，其间不因办理超期上报", at=until)
    if held.request_at and held.ended_at is None:
        if held.request_answered_at:
            yield _("已答复当事人，等其决定去留")
        else:
            yield _("当事人要求上报，最迟 %(at)s 答复", at=_last(held.request_answer_by))
    if held.objected_at and not held.objection_decided_at:
        yield _("已提出异议，等待决定")
    elif held.objection_by and held.ended_at is None and not held.objected_at:
        yield _("最迟 %(at)s 可提出异议", at=_last(held.objection_by))
    if held.overdue_at:
        yield _("%(at)s 起逾期", at=day(held.overdue_at))


def _last(deadline: datetime | None) -> str:
    """A deadline by its last day: it ends at 24:00."""
    return day(last_day(deadline)) if deadline else ""
