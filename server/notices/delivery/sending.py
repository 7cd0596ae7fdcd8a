"""One turn of one target: its deliveries one after the other, outside of any transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from time import monotonic
from typing import Any, Final
from uuid import UUID

import orjson

from server.errors import WanggeError
from server.notices.delivery.letters import write, write_digest
from server.notices.delivery.mailing import hand_in
from server.notices.delivery.posting import post
from server.notices.delivery.rules import Answer, Fate, fate_of
from server.notices.delivery.signing import headers_of
from server.notices.rules import Kind
from server.notices.targets.rules import Channel, read_url
from server.settings import Settings

FEW: Final = 3  # mails to one target in one turn; where it has more, they are one


@dataclass(frozen=True, slots=True)
class Try:
    """One delivery, about to be tried at `at` for the `tries`-th time."""

    id: UUID
    tries: int
    since: datetime
    at: datetime
    target_id: UUID
    channel: str
    failures: int  # of its target, in a row
    address: str
    secrets: tuple[str, ...]  # those in force
    notice: Mapping[str, Any]


def try_of(
    row: Any, address: str, secrets: str | None, offices: Mapping[UUID, str], at: datetime
) -> Try:
    """A delivery as it was claimed, with the opened address and secrets of its target."""
    return Try(
        id=row.id,
        tries=row.tries,
        since=row.since,
        at=at,
        target_id=row.subscription_id,
        channel=row.channel,
        failures=row.failures,
        address=address,
        secrets=in_force(secrets, row.old_until, at),
        notice={
            "id": row.notice_id,
            "kind": row.kind,
            "dispute_id": row.dispute_id,
            "office_ids": row.office_ids,
            "offices": [offices[one] for one in row.office_ids if one in offices],
            "body": row.body,
            "owed_at": row.owed_at,
        },
    )


def in_force(secrets: str | None, old_until: datetime | None, at: datetime) -> tuple[str, ...]:
    """The present secret, and the one before it while that is kept."""
    known = (secrets or "").split()
    return tuple(known if old_until is not None and old_until > at else known[:1])


def send(group: Sequence[Try], settings: Settings, until: float) -> list[Answer | None]:
    """Send a group, which is one target's or all mail; an answer for each, None where untried.

    It ends soon after `until` (of `time.monotonic`), and never raises.
    """
    if group[0].channel == Channel.MAIL:
        return _mail(group, settings, until)
    return list(_post_all(group, settings, until))


def _mail(group: Sequence[Try], settings: Settings, until: float) -> list[Answer | None]:
    server = settings.mail_server
    if server is None or monotonic() > until:
        return [None] * len(group)
    bundles = _bundled(group)
    answers = hand_in(server, [_letter(bundle, settings) for bundle in bundles], until)
    answered = {
        one.id: answer for bundle, answer in zip(bundles, answers, strict=True) for one in bundle
    }
    return [answered[one.id] for one in group]


def _bundled(group: Sequence[Try]) -> list[list[Try]]:
    """What goes into one letter: a few for one target each into its own, more into one together.

    A threat to life never waits behind anything, nor among it.
    """
    alone = [one for one in group if one.notice["kind"] == Kind.ALERT]
    of_target: dict[UUID, list[Try]] = {}
    for one in group:
        if one.notice["kind"] != Kind.ALERT:
            of_target.setdefault(one.target_id, []).append(one)
    bundles = [[one] for one in alone]
    for of in of_target.values():
        bundles += [of] if len(of) > FEW else [[one] for one in of]
    return bundles


def _letter(bundle: Sequence[Try], settings: Settings) -> EmailMessage:
    first, sender = bundle[0], settings.mail_from
    to, at, url = first.address, first.at, settings.public_url
    if len(bundle) == 1:
        return write(
            delivery_id=first.id, sender=sender, to=to, at=at, notice=first.notice, public_url=url
        )
    return write_digest(
        delivery_ids=[one.id for one in bundle],
        sender=sender,
        to=to,
        at=at,
        notices=[one.notice for one in bundle],
        public_url=url,
    )


def _post_all(group: Sequence[Try], settings: Settings, until: float) -> Iterator[Answer | None]:
    """Until one says that the endpoint is away: the others would only hear the same."""
    away = False
    for one in group:
        if away or monotonic() > until:
            yield None
            continue
        answer = post_one(one, settings)
        away = fate_of(answer) in (Fate.AWAY, Fate.GONE)
        yield answer


def post_one(one: Try, settings: Settings) -> Answer:
    """Send one to its webhook. It never raises."""
    try:
        endpoint = read_url(one.address, settings.http_hosts)
    except WanggeError as error:  # the settings are others than when it was added
        return Answer(None, error.detail)
    body = body_of(one.notice)
    return post(endpoint, headers_of(one.id, one.at, body, one.secrets), body)


def body_of(notice: Mapping[str, Any]) -> bytes:
    """What is sent to a webhook: the same bytes on every try."""
    about = "dispute" if notice["dispute_id"] else "county"
    return orjson.dumps(
        {
            "type": f"{about}.{notice['kind']}",
            "timestamp": notice["owed_at"],
            "data": {
                "notice_id": notice["id"],
                "dispute_id": notice["dispute_id"],
                "office_ids": notice["office_ids"],
                **({"facts": notice["body"]} if notice["body"] else {}),
            },
        }
    )
