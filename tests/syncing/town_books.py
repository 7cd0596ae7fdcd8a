"""A look into the town's books: what stands in the database, behind everybody's back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from server.db import transaction
from server.households.models import Household
from server.households.queries import list_sync_rows
from server.syncing.models import SyncConflict, SyncQuarantine
from tests.smallcounty import SmallCounty, id_of
from tests.sync.histories.book import OFFICE, UNWRITTEN, Fate, Logged, Named, Words
from tests.syncing.vault import NORTH, SOUTH, Vault

WORDS = Words(
    *("household", "visit", "address", "location", "cell_id", "household_id"),
    case="dispute",
    event="dispute_event",
)
LOGINS = ("worker-a1w", "worker-a1e", "worker-b1w")
DESK = "county"  # the login of whoever decides
NAMES = {id_of(f"user {login}"): login for login in LOGINS} | {id_of(f"user {DESK}"): OFFICE}
# The words of the server for what the oracle calls by its own.
REASONS = {
    "not-served": "not_served",
    "waits_for_row": "not_served",  # of a house that was set aside itself
    "village-not-yours": "not_yours",
    "bad-household": "no_such_cell",
    "household-not-found": "no_such_row",
}


class Books:
    """What a `Stage` tells of itself."""

    county: SmallCounty
    vault: Vault

    def fates(self, answer: Mapping[str, Any]) -> list[tuple[str, Fate]]:
        return [(o["mid"], _fate(o["status"], o.get("reason"))) for o in answer["outcomes"]]

    def receipts(self) -> Mapping[Named, Fate]:
        found = self._ask("SELECT device_id, mid, status, reason FROM sync_receipt")
        return {(str(d), str(mid)): _fate(status, reason) for d, mid, status, reason in found}

    def effects(self) -> Counter[str]:
        """How often each change took effect: by its phone, and by whoever released it.

        What it made is or was there; and there is no visit that no phone ever told of.
        """
        effective = self._ask(
            """
            SELECT cast(mid AS text) FROM (
                SELECT mid, row_id FROM sync_receipt
                 WHERE status IN ('applied', 'merged', 'conflict')
                 UNION ALL
                SELECT cast(what ->> 'mid' AS uuid), cast(what -> 'ids' ->> 0 AS uuid)
                  FROM audit_act WHERE action = 'sync.release') AS r
             WHERE EXISTS (SELECT FROM household h WHERE h.id = r.row_id)
                OR EXISTS (SELECT FROM visit v WHERE v.id = r.row_id)
                OR EXISTS (SELECT FROM feed_tombstone t WHERE t.row_id = r.row_id)
            """
        )
        unheard = self._ask(
            """
            SELECT id FROM visit v
             WHERE NOT EXISTS (SELECT FROM sync_receipt r WHERE r.row_id = v.id)
            """
        )
        assert unheard == []
        return Counter(mid for (mid,) in effective)

    def history(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return self._houses(), self._visits()

    def _houses(self) -> Mapping[str, Any]:
        with transaction(self.county.worker) as session:
            here = Household.cell_id.in_([UUID(NORTH), UUID(SOUTH)])
            found = session.execute(select(Household.id, Household.stamps).where(here))
            stamps = dict(found.tuples().all())
            rows = list_sync_rows(session, list(stamps))
        return {
            str(row.id): (
                str(row.cell_id),
                {
                    field: (tuple(stamps[row.id].get(field, UNWRITTEN)), getattr(row, field))
                    for field in (WORDS.plain, WORDS.sensitive)
                },
            )
            for row in rows
        }

    def _visits(self) -> Mapping[str, Any]:
        rows = self._ask("""
            SELECT cast(id AS text), cast(household_id AS text), outcome, proof,
                   done_by, recorded_by
              FROM visit
        """)
        return {
            id_: (house, outcome, proof, NAMES[done_by], NAMES[recorded_by])
            for id_, house, outcome, proof, done_by, recorded_by in rows
        }

    def aside(self) -> Mapping[Named, Mapping[str, Any]]:
        with transaction(self.county.worker) as session:
            open_ = select(SyncQuarantine).where(SyncQuarantine.closed_at.is_(None))
            found = session.scalars(open_).all()
            return {(str(q.device_id), str(q.mid)): json.loads(q.change)["set"] for q in found}

    def log(self) -> Sequence[Logged]:
        with transaction(self.county.worker) as session:
            found = [(c, json.loads(c.values)) for c in session.scalars(select(SyncConflict))]
            return [
                Logged(
                    str(c.mid),
                    str(c.row_id),
                    c.field,
                    values["ours"],
                    values["theirs"],
                    c.needs_person,
                    c.decided,
                )
                for c, values in found
            ]

    def heads(self) -> tuple[Mapping[str, Any], Sequence[Any]]:
        kept = self._ask("SELECT bucket, seq, n, h FROM feed_head")
        entries = self._ask("SELECT bucket, entity, cast(row_id AS text), put, seq FROM feed_entry")
        return {b: (seq, n, f"{h % 2**64:016x}") for b, seq, n, h in kept}, entries

    def numbers(self) -> tuple[Sequence[int], int, Sequence[int]]:
        seqs = [seq for (seq,) in self._ask("SELECT seq FROM feed_entry WHERE seq IS NOT NULL")]
        ((unstamped,),) = self._ask(
            """SELECT (SELECT count(*) FROM feed_entry WHERE seq IS NULL)
                    + (SELECT count(*) FROM feed_pending)"""
        )
        marks = [seq for (seq,) in self._ask("SELECT seq FROM feed_mark ORDER BY at, seq")]
        return seqs, unstamped, marks

    def newest_column(self, kind: str) -> str:
        newest = {"household": "address", "dispute": "related_id"}
        return newest.get(kind, "proof")  # of visits and events

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        with self.vault.open() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]


def _fate(status: str, reason: str | None) -> Fate:
    return status, REASONS.get(reason or "", reason)
