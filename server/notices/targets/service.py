"""Who is told: webhooks and mail addresses, added and removed at the server's keyboard."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.queries import find_office
from server.audit.service import record
from server.db import Identity
from server.ids import new_id
from server.notices.errors import BadTarget, NoSuchTarget, TargetNameTaken
from server.notices.models import Subscription
from server.notices.rules import Kind
from server.notices.targets import queries
from server.notices.targets.rules import SECRET_BYTES, Channel, check_mail, read_url, secret_of
from server.places.queries import get_area

LONGEST_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class Wish:
    """What a target wants to hear of; empty: everything. `area_code`: below this Area."""

    kinds: Collection[Kind] = ()
    area_code: str | None = None
    office_id: UUID | None = None


def add_webhook(
    session: Session, by: Identity, name: str, url: str, wish: Wish, http_hosts: Collection[str]
) -> str:
    """Add a webhook; its secret, which nobody is shown again.

    Raises BadTarget, TargetNameTaken, AreaNotFound.
    """
    read_url(url, http_hosts)
    secret = _new_secret()
    _add(session, by, Channel.WEBHOOK, name, url, wish, secret)
    return secret


def add_mail(session: Session, by: Identity, name: str, address: str, wish: Wish) -> None:
    """Add a mail address: an Office's own, or one for the county or an Area.

    Raises BadTarget, TargetNameTaken, AreaNotFound.
    """
    _add(session, by, Channel.MAIL, name, check_mail(address), wish, None)


def remove(session: Session, by: Identity, channel: Channel, name: str) -> int:
    """Remove a target; its address and secrets go. How many deliveries are dropped with it.

    Raises NoSuchTarget.
    """
    target = get_target(session, channel, name)
    target.active, target.removed_at, target.old_until = False, by.now, None
    target.address = target.secrets = None
    session.flush()
    dropped = queries.drop_waiting(session, target.id, by.now)
    record(session, f"{channel}.remove", target=target.id, dropped=dropped)
    return dropped


def rotate(session: Session, by: Identity, name: str, keep: timedelta) -> str:
    """Give a webhook a new secret; the present one signs beside it for as long as `keep`.

    One that was still kept from before ends now. Raises NoSuchTarget.
    """
    target = get_target(session, Channel.WEBHOOK, name)
    present = (target.secrets or "").split()[:1]
    secret = _new_secret()
    target.secrets = " ".join([secret, *present])
    target.old_until = by.now + keep
    session.flush()
    record(session, "webhook.rotate", target=target.id)
    return secret


def resume(session: Session, by: Identity, name: str) -> None:
    """Let a webhook that is stopped or rests be tried at once. Raises NoSuchTarget."""
    target = get_target(session, Channel.WEBHOOK, name)
    target.active, target.stopped_at = True, None
    target.failures, target.rests_until = 0, None
    session.flush()
    record(session, "webhook.resume", target=target.id)


def list_targets(session: Session, channel: Channel) -> list[dict[str, Any]]:
    """Targets by name, each with its address and what waits for it. For the keyboard alone."""
    rows = queries.list_targets(session, channel)
    addresses = queries.map_addresses(session, [row.id for row in rows])
    return [{**row._mapping, "address": addresses[row.id]} for row in rows]


def get_target(session: Session, channel: Channel, name: str) -> Subscription:
    """The target of this name, locked. Raises NoSuchTarget."""
    target = queries.find_target(session, name)
    if target is None or target.channel != channel:
        raise NoSuchTarget
    return target


def _add(
    session: Session,
    by: Identity,
    channel: Channel,
    name: str,
    address: str,
    wish: Wish,
    secret: str | None,
) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadTarget(f"名称应为 1 至 {LONGEST_NAME} 字。 A name: 1 to {LONGEST_NAME} letters.")
    if queries.find_target(session, name) is not None:
        raise TargetNameTaken
    if wish.office_id and find_office(session, wish.office_id) is None:
        raise BadTarget("没有这个承办单位。 There is no such Office.")
    target = Subscription(
        id=new_id(by.now),
        name=name,
        channel=channel.value,
        address=address,
        secrets=secret,
        kinds=_kinds(wish.kinds),
        area_id=get_area(session, wish.area_code).id if wish.area_code else None,
        office_id=wish.office_id,
        active=True,
        created_at=by.now,
    )
    queries.insert_target(session, target)
    record(session, f"{channel}.add", target=target.id)


def _kinds(wanted: Collection[Kind]) -> Sequence[str] | None:
    return sorted({kind.value for kind in wanted}) or None


def _new_secret() -> str:
    return secret_of(secrets.token_bytes(SECRET_BYTES))
