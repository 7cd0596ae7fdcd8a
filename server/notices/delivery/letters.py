"""What a mail says: plain text, Chinese first and English below, and nobody's name.

It carries what the notice holds (ids, times, slugs) and the names of Offices. A link only where
people reach this server, and to its door alone: who opens it signs in first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from json import dumps
from typing import Any, Final
from uuid import UUID, uuid5

from server.ladder.calendar import LOCAL
from server.notices.rules import Kind

# What the facts of a body are called; those without a name here are left to the webhooks.
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "due_at": ("时限", "due"),
    "accept_by": ("受理时限", "accept by"),
    "handle_by": ("办理时限", "handle by"),
    "until": ("至", "until"),
    "confirm_by": ("司法确认期限", "court confirmation by"),
    "lift_at": ("督办至", "supervised until"),
    "level": ("层级", "level"),
    "bar": ("所过时限", "bar"),
    "category": ("类别", "category"),
    "year": ("年度", "year"),
    "count": ("件数", "cases"),
}
_MOST_CASES: Final = 1000  # in one mail: some 40 kB
_DIGESTS: Final = UUID("7d0f6f3e-6a53-5f0e-9d2b-5a8f0f6f1c11")  # the names of digests begin here


def write(
    *,
    delivery_id: UUID,
    sender: str,
    to: str,
    at: datetime,
    notice: Mapping[str, Any],
    public_url: str | None,
) -> EmailMessage:
    """The mail of one delivery, the same on every try but for its date (`at`).

    `notice`: kind, dispute_id, offices (names), body, owed_at.
    """
    zh, en = _names_of(notice["kind"])
    lines = [*_chinese(zh, notice, public_url), "", *_english(en, notice, public_url)]
    lines += _heads([notice])
    return _letter(delivery_id, sender, to, at, f"{zh} {en}", lines)


def write_digest(
    *,
    delivery_ids: Sequence[UUID],
    sender: str,
    to: str,
    at: datetime,
    notices: Sequence[Mapping[str, Any]],
    public_url: str | None,
) -> EmailMessage:
    """One mail of many deliveries: how many of each kind, and the ids of the cases, at most 1,000.

    The same deliveries have the same `Message-ID` on every try.
    """
    of_all = uuid5(_DIGESTS, " ".join(sorted(map(str, delivery_ids))))
    counts = Counter(notice["kind"] for notice in notices)
    since, until = (_local(end(one["owed_at"] for one in notices)) for end in (min, max))
    names = {kind: _names_of(kind) for kind in counts}
    lines = [
        f"共 {len(notices)} 条通知：{since} 至 {until}（北京时间）",
        *(f"{names[kind][0]}：{count}" for kind, count in counts.items()),
        *_end_in_chinese(public_url),
        "",
        f"{len(notices)} notices: {since} to {until} (Beijing time)",
        *(f"{names[kind][1]}: {count}" for kind, count in counts.items()),
        *_end_in_english(public_url),
        *_cases(notices, names),
        *_heads(notices),
    ]
    subject = f"{len(notices)} 条通知 {len(notices)} notices"
    return _letter(of_all, sender, to, at, subject, lines)


def _letter(
    id_: UUID, sender: str, to: str, at: datetime, subject: str, lines: Sequence[str]
) -> EmailMessage:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = sender, to
    letter["Subject"] = f"【网格】{subject}"
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = f"<{id_}@{sender.partition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content("\n".join(lines) + "\n")
    return letter


def _cases(
    notices: Sequence[Mapping[str, Any]], names: Mapping[str, tuple[str, str]]
) -> Iterator[str]:
    """The cases, each once under each kind."""
    pairs = ((one["kind"], one["dispute_id"]) for one in notices if one["dispute_id"])
    named = list(dict.fromkeys(pairs))
    for kind, (zh, en) in names.items():
        ids = [id_ for of, id_ in named[:_MOST_CASES] if of == kind]
        if ids:
            yield from ("", f"{zh} {en}", *map(str, ids))
    left = len(named) - _MOST_CASES
    if left > 0:
        yield from ("", f"…… 其余 {left} 件请登录查看。 {left} more: sign in.")


def _heads(notices: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Heads of the audit as `wangge audit verify --heads` reads them: the letter is their copy."""
    heads = [notice["body"] for notice in notices if notice["kind"] == Kind.AUDIT_HEAD]
    if heads:
        yield from ("", "审计链首，请保存 Heads of the audit: keep this letter", *map(dumps, heads))


def _names_of(kind: str) -> tuple[str, str]:
    """What a kind is called; one of another version of this program by its slug."""
    try:
        known = Kind(kind)
    except ValueError:
        return kind, kind
    return known.zh, known.en.capitalize()


def _chinese(kind: str, notice: Mapping[str, Any], public_url: str | None) -> Iterator[str]:
    yield f"{kind}：{_local(notice['owed_at'])}（北京时间）"
    if notice["dispute_id"]:
        yield f"案件编号：{notice['dispute_id']}"
    if notice["offices"]:
        yield f"承办单位：{'、'.join(notice['offices'])}"
    yield from (f"{zh}：{said}" for zh, _, said in _facts(notice["body"]))
    yield from _end_in_chinese(public_url)


def _english(kind: str, notice: Mapping[str, Any], public_url: str | None) -> Iterator[str]:
    yield f"{kind}: {_local(notice['owed_at'])} (Beijing time)"
    if notice["dispute_id"]:
        yield f"Case: {notice['dispute_id']}"
    if notice["offices"]:
        yield f"Office: {', '.join(notice['offices'])}"
    yield from (f"{en.capitalize()}: {said}" for _, en, said in _facts(notice["body"]))
    yield from _end_in_english(public_url)


def _end_in_chinese(public_url: str | None) -> Iterator[str]:
    yield f"请登录查看：{public_url}" if public_url else "请登录网格系统查看。"
    yield "本邮件由系统自动发出，请勿回复。"


def _end_in_english(public_url: str | None) -> Iterator[str]:
    yield f"Sign in: {public_url}" if public_url else "Sign in to Wangge to see it."
    yield "Sent by the system; please do not answer."


def _facts(body: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
    return [(*_NAMES[key], _said(value)) for key, value in body.items() if key in _NAMES]


def _said(value: object) -> str:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    if at.tzinfo is None:
        return str(value)
    day_before = at.astimezone(LOCAL) - timedelta(days=1)
    # A deadline ends its day at 24:00; 0:00 of the next would be read as that day's.
    return f"{day_before:%Y-%m-%d} 24:00" if day_before.time() == time.min else _local(at)


def _local(at: datetime) -> str:
    return at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
