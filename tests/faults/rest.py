"""What must be true once faults have stopped. Every complaint names the invariant that is broken.

The word of the phones is taken from their diaries, that of the server from plain SQL.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from server.db import transaction, worker
from server.demo.proof import differences
from server.installation import opened
from server.syncing.queries import recompute_heads
from sync.phone import Phone
from tests.faults.fates import chance_of
from tests.faults.hand import Hand, Owner
from tests.faults.house import House

SYNCS = 3  # so many at most until an outbox is empty
COUNTED = ("applied", "duplicate", "merged", "conflict")


def complaints(house: House, owners: Sequence[Owner], before: Collection[str] = ()) -> list[str]:
    """Let every phone sync over a good line, then look. Nothing found: all is well.

    `before`: visits that stood there before these phones began.
    """
    with ExitStack() as stack:
        phones = [stack.enter_context(owner.phone(house.base_url, "last")) for owner in owners]
        found = [c for pair in zip(owners, phones, strict=True) for c in _drain(*pair)]
        for owner, phone in zip(owners, phones, strict=True):
            _hand(owner, phone).sync()  # what the others delivered meanwhile
        for owner, phone in zip(owners, phones, strict=True):
            found += [f"{owner.name}: {c}" for c in _of_phone(house, owner, phone)]
    found += _of_visits(house, owners, before)
    found += _of_feed(house)
    found += _of_log(house)
    return found


def _drain(owner: Owner, phone: Phone) -> Iterator[str]:
    """Liveness: within three syncs the outbox is empty."""
    hand = _hand(owner, phone)
    for _ in range(SYNCS):
        summary = hand.sync()
        if not phone.waiting() and not summary.lost:
            return
    yield f"{owner.name}: {len(phone.waiting())} changes wait after {SYNCS} syncs"


def _hand(owner: Owner, phone: Phone) -> Hand:
    return Hand(phone, chance_of(owner.seed), owner.diary)


def _of_phone(house: House, owner: Owner, phone: Phone) -> Iterator[str]:
    lines = owner.diary.read()
    for alarm in [a for line in lines for a in line.get("alarms", ())]:
        yield f"it rang {alarm}, and nothing was restored or lost"
    yield from _unkept(house, owner, phone, lines)
    yield from _misremembered(house, owner, lines)
    with _session(house) as session:
        yield from differences(session, phone, owner.cell)


def _unkept(
    house: House, owner: Owner, phone: Phone, lines: Sequence[dict[str, Any]]
) -> Iterator[str]:
    """Every record took effect once, or is kept whole for a person, or is still on the phone."""
    aside = {c["id"]: (c["mid"], how) for c, how, _ in phone.set_aside() if c["op"] != "patch"}
    kept = {mid for (mid,) in house.ask("SELECT cast(mid AS text) FROM sync_quarantine")}
    there = _rows(house)
    for line in lines:
        id_ = line.get("recorded")
        if id_ is None or line["op"] == "patch":
            continue
        mid, status = aside.get(id_, (None, None))
        found = there.get(id_, 0)
        if status is None and found != 1:
            yield f"{line['entity']} {id_} is there {found} times"
        if status == "quarantined" and (mid not in kept or found):
            yield f"{line['entity']} {id_} should be in quarantine alone"
        if status == "rejected" and (mid in kept or found):
            yield f"{line['entity']} {id_} should be on the phone alone"


def _misremembered(house: House, owner: Owner, lines: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What a phone was answered is what the receipts say; its numbers have no hole."""
    rows = house.ask(
        "SELECT cast(mid AS text), n, status FROM sync_receipt WHERE device_id = %(device)s",
        device=owner.device,
    )
    receipts = {mid: status for mid, _, status in rows}
    for line in lines:
        if "heard" not in line:
            continue
        heard, found = line["status"], receipts.get(line["heard"])
        if found != heard and not (heard == "duplicate" and found in COUNTED):
            yield f"n = {line['n']} was answered {heard}, the receipt says {found}"
    (next_n,) = house.ask("SELECT next_n FROM device WHERE id = %(d)s", d=owner.device)[0]
    if {n for _, n, _ in rows} != set(range(1, next_n)):
        yield f"receipts of {len(rows)} changes do not make 1 to {next_n - 1}"


def _rows(house: House) -> dict[str, int]:
    found = house.ask("""
        SELECT cast(id AS text), count(*)
          FROM (SELECT id FROM visit UNION ALL SELECT id FROM household
                UNION ALL SELECT id FROM dispute) AS rows (id)
         GROUP BY id
    """)
    return dict(found)


def list_visits(house: House) -> list[str]:
    """Ids of all visits there are."""
    return [id_ for (id_,) in house.ask("SELECT cast(id AS text) FROM visit")]


def _of_visits(house: House, owners: Sequence[Owner], before: Collection[str]) -> Iterator[str]:
    """Nobody's visits but those that some phone wrote down."""
    lines = [line for owner in owners for line in owner.diary.read()]
    known = {line.get("recorded") or line.get("id") for line in lines}
    for id_ in set(list_visits(house)) - known - set(before):
        yield f"visit {id_} was recorded by nobody"


def _of_feed(house: House) -> Iterator[str]:
    """Heads kept are heads recomputed; no committed entry is unstamped; conflicts stand once."""
    with _session(house) as session:
        recomputed = sorted(map(tuple, recompute_heads(session)))
    if sorted(house.ask("SELECT bucket, n, h, seq FROM feed_head")) != recomputed:
        yield "the heads kept are not the heads recomputed"
    for what, query in _NEVER.items():
        ((count,),) = house.ask(query)
        if count:
            yield f"{count} {what}"


def _of_log(house: House) -> Iterator[str]:
    """Whatever is killed, a phone hears "try later" and never that the server is at its wits' end.

    What does not pass is not tried again by a careful client, and calls a person out of bed.
    """
    for line in house.log.read_text(errors="replace").splitlines():
        if '"unexpected error' in line:
            said = json.loads(line)
            yield f"the web server met {said.get('error')} at {said.get('where')}"


@contextmanager
def _session(house: House) -> Iterator[Session]:
    settings = house.installation.settings("worker")
    with opened(settings), transaction(worker(datetime.now(UTC))) as session:
        yield session


_NEVER = {
    "entries are unstamped": "SELECT count(*) FROM feed_entry WHERE seq IS NULL",
    "transactions left their pending row": "SELECT count(*) FROM feed_pending",
    "conflicts are logged twice": """
        SELECT count(*) FROM (SELECT FROM sync_conflict GROUP BY mid, field HAVING count(*) > 1) c
    """,
    "rows are marked as new and gone": """
        SELECT count(*) FROM (SELECT FROM feed_entry GROUP BY bucket, entity, row_id
                              HAVING count(*) > 1) e
    """,
}
