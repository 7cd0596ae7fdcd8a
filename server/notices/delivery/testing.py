"""One test notice to one webhook, now: it is kept nowhere and tried once."""

from __future__ import annotations

from server.audit.service import record
from server.db import Identity, transaction
from server.ids import new_id
from server.notices.delivery.rules import Answer, Fate, fate_of
from server.notices.delivery.sending import Try, in_force, post_one
from server.notices.models import Subscription
from server.notices.rules import Kind
from server.notices.targets.rules import Channel
from server.notices.targets.service import get_target
from server.settings import Settings


def try_webhook(by: Identity, settings: Settings, name: str) -> tuple[Answer, bool]:
    """What a webhook answers to a test notice, and whether it took it. Raises NoSuchTarget."""
    with transaction(by) as session:
        target = get_target(session, Channel.WEBHOOK, name)
        record(session, "webhook.test", target=target.id)
        one = _test_of(by, target)
    answer = post_one(one, settings)
    return answer, fate_of(answer) is Fate.SENT


def _test_of(by: Identity, target: Subscription) -> Try:
    return Try(
        id=new_id(by.now),
        tries=1,
        since=by.now,
        at=by.now,
        target_id=target.id,
        channel=target.channel,
        failures=target.failures,
        address=target.address or "",
        secrets=in_force(target.secrets, target.old_until, by.now),
        notice={
            "id": new_id(by.now),
            "kind": Kind.TEST,
            "dispute_id": None,
            "office_ids": [],
            "offices": [],
            "body": {},
            "owed_at": by.now,
        },
    )
