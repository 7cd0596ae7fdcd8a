"""Whatever a county does with a case, in any order, it is held, dated, linked and never lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from server.db import DbRole, transaction
from server.disputes import service
from server.disputes.rules.words import SENT
from server.disputes.service import NewEvent
from server.ladder.kinds import Actor, Event, State
from server.ladder.routing import Level
from server.ladder.states import moves_open_to
from tests.disputes.conftest import Ladder
from tests.disputes.offices import open_office, party_of, table
from tests.smallcounty import START, id_of

OFFICES = ("office A1", "committee A1", "office A", "office county", "office B")
ACTS = sorted(SENT - {Event.PASS_OVER, Event.HONOUR, Event.RECUSE})
_RUNGS = {level: rung for rung, level in enumerate(Level)}

HANDLERS = {
    "office A1": "mediator-a1",
    "committee A1": "clerk-a1",
    "office A": "township-a",
    "office county": "county",
}
WHO = ["county", "township-a", "mediator-a1", "worker-a1w"]
IN_TIME = [Event.ACCEPT, Event.ACCEPT, Event.EXTEND, Event.EXTEND, Event.SETTLE]

# Somebody takes a step at once; the mediator's phone keeps one and brings it later, or just after
# the bar has fallen; time passes, and what is due goes up.
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(WHO), st.sampled_from(ACTS), st.sampled_from(OFFICES)),
        st.tuples(st.just("holder"), st.integers(0, 50), st.sampled_from(OFFICES)),
        st.tuples(st.just("holder"), st.integers(0, 50), st.sampled_from(OFFICES)),
        st.tuples(st.just("offline"), st.sampled_from(ACTS), st.sampled_from(OFFICES)),
        st.tuples(st.just("late"), st.sampled_from(IN_TIME), st.just("")),
        st.tuples(st.sampled_from(["wait", "deliver"]), st.sampled_from([1, 3, 9]), st.just("")),
    ),
    min_size=10,
    max_size=20,
)


@dataclass
class Walk:
    """A case, and what the mediator's phone has not brought yet."""

    ladder: Ladder
    dispute: UUID
    party: UUID
    waiting: list[NewEvent] = field(default_factory=list)

    def step(self, who: str, what: Any, office: str) -> None:
        clock = self.ladder.county.clock
        clock.pass_time(minutes=7)
        if who == "wait":
            clock.pass_time(days=what)
            self.ladder.climb()
        elif who in ("offline", "late"):
            self.waiting.append(self._act(what, office))
        elif who == "holder":  # what the table lets the holder do, needs aside
            may = [e for e in moves_open_to(State(self.case().status), Actor.HANDLER) if e in SENT]
            self._push(self._holder(), [self._act(may[what % len(may)], office)])
        elif who != "deliver":
            self._push(who, [self._act(what, office)])
        if who == "late":
            clock.now = max(clock.now, self._due() or clock.now)
            self.ladder.climb()
        if who in ("late", "deliver"):
            self._push("mediator-a1", self.waiting)
            self.waiting = []

    def _holder(self) -> str:
        office = self.case().office_id
        return next(login for name, login in HANDLERS.items() if id_of(name) == office)

    def _due(self) -> datetime | None:
        sql = "SELECT due_at FROM holding WHERE dispute_id = :id AND ended_at IS NULL"
        rows = table(self.ladder, sql, id=self.dispute)
        return rows[0].due_at if rows else None

    def case(self) -> Any:
        """Where the case stands."""
        return table(
            self.ladder,
            "SELECT status, level, office_id FROM dispute WHERE id = :id",
            id=self.dispute,
        )[0]

    def _act(self, event: str, office: str) -> NewEvent:
        now = self.ladder.county.clock.now
        said = {
            "dispute_id": str(self.dispute),
            "event": event,
            "why": "示例",
            "agreement": "示例",
            "rights_told": True,
            "terms_done": True,
            "referred_to": "court",
            **_GOES_WITH.get(event, {}),
        }
        if event in _TO_AN_OFFICE:
            said["to_office"] = str(id_of(office))
        if event in (Event.REQUEST, Event.STAY, Event.GO, Event.ASK_RECUSAL):
            said["party_id"] = str(self.party)
        return NewEvent(uuid4(), said, now, now)

    def _push(self, login: str, new: list[NewEvent]) -> None:
        if not new:
            return
        by = self.ladder.county.identity(login, role=DbRole.PUSH, device="browser")
        with transaction(by) as session:
            service.append_events(session, by, new)


_TO_AN_OFFICE = (Event.HAND_DOWN, Event.TRANSFER, Event.JOIN, Event.LEAVE)
_GOES_WITH: dict[str, dict[str, Any]] = {
    Event.SUPERVISE: {"kind": "listed", "until": "2028-01-01"},
    Event.DISPOSE: {"disposition": "explain"},
    Event.FULFIL: {"term": 1},
}


def assert_all_is_well(walk: Walk) -> None:
    case = walk.case()
    rows = table(
        walk.ladder, "SELECT * FROM holding WHERE dispute_id = :id ORDER BY n", id=walk.dispute
    )
    assert [row.n for row in rows] == list(range(1, len(rows) + 1))
    present = [row for row in rows if row.ended_at is None]
    is_open = case.status in ("registered", "accepted", "in_mediation")
    assert len(present) == (1 if is_open else 0)
    assert all(row.due_at is not None for row in present)
    counted = [row for row in rows if row.ended_how != "withdrawn_climb"]
    assert (counted[-1].level, counted[-1].office_id) == (case.level, case.office_id)
    by_id = {row.id: row for row in rows}
    standing = [row.climbed_from for row in counted if row.climbed_from]
    assert len(standing) == len(set(standing))  # never two climbs from one Holding
    # Nobody passes it to and fro: across once for each Office, down twice from a level at most.
    across = [row.office_id for row in counted if row.begun_how == "transfer"]
    assert len(across) == len(set(across))
    down = [a.level for a, b in pairwise(counted) if b.begun_how in ("hand_down", "return")]
    assert all(down.count(level) <= 2 for level in down)
    for row in rows:
        if row.begun_how == "climb":  # no level is skipped
            below = by_id[row.climbed_from]
            assert _RUNGS[Level(row.level)] == _RUNGS[Level(below.level)] + 1
            assert row.received_at > below.received_at
            assert row.accept_by > row.received_at


@pytest.mark.parametrize("walks", [8, pytest.param(80, marks=pytest.mark.long)])
def test_a_case_is_always_held_dated_and_linked(ladder: Ladder, walks: int) -> None:
    open_office(ladder, "committee A1", "A1", "village", "clerk-a1")
    for login in {*HANDLERS.values(), *WHO}:
        ladder.desk(login)

    @given(steps)
    @settings(
        max_examples=walks,
        suppress_health_check=[HealthCheck.too_slow],
        phases=[Phase.generate],  # a walk takes a second: it is read as it was found
    )
    def walk(taken: list[tuple[str, Any, str]]) -> None:
        ladder.county.clock.now = START + timedelta(minutes=1)
        party = {"side": "applicant", "kind": "outsider", "name": "示某"}
        name, village = f"wall {uuid4()}", str(id_of("A1"))
        dispute = ladder.register("mediator-a1", name, village_id=village, parties=[party])
        case = Walk(ladder, UUID(dispute), party_of(ladder, dispute))
        for step in taken:
            case.step(*step)
            assert_all_is_well(case)

    walk()
    with transaction(ladder.county.worker) as session:
        assert service.verify_chain(session) == []
