"""Acting on disputes: every move is judged by the ladder, and none of a phone is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.access.models import User
from server.audit.service import record
from server.db import Identity
from server.disputes.errors import BadDisputeEvent, MoveRefused
from server.disputes.queries import cases
from server.disputes.rules.cases import Case, Held
from server.disputes.rules.events import NewEvent, supplied, wrong_event
from server.disputes.rules.facts import Act, came_up_from
from server.disputes.rules.fields import as_id
from server.disputes.rules.kept import kept_in_event
from server.disputes.rules.moves import Judged, judge, judge_party, take
from server.disputes.rules.words import SENT, SENT_BY_PARTY
from server.disputes.service import late
from server.disputes.service.around import arrange, lead, step_aside
from server.disputes.service.clocks import Clocks
from server.disputes.service.effects import Done, check_named
from server.disputes.service.events import event_row, stands_in_row, times
from server.disputes.service.handing import hand_on
from server.disputes.service.opening import Asker, Opened, open_cases
from server.disputes.service.telling import Told, late_record, notices_of
from server.disputes.service.writing import Writing
from server.ladder.clocks import next_level
from server.ladder.kinds import Event, State
from server.ladder.states import Refusal
from server.notices.rules import Notice
from server.notices.service import owe


def act(session: Session, by: Identity, new: NewEvent) -> None:
    """One act at a desk. Raises BadDisputeEvent, DisputeNotFound, MoveRefused with what to do."""
    Acts(session, by, [new], strict=True).run()


def append_events(session: Session, by: Identity, new: Sequence[NewEvent]) -> None:
    """Acts from a phone, set-wise and in order; authority is judged at the time of recording.

    An illegal move is kept as a note that says what was meant and why it was refused. Raises
    BadDisputeEvent or DisputeNotFound, with `index`.
    """
    Acts(session, by, new, strict=False).run()


def act_as_party(
    session: Session, by: Identity, dispute_id: UUID, party_id: UUID, new: NewEvent
) -> None:
    """One act of a party by the own code: judged as a party's and nobody else's, in no user's name.

    `by` is a resident's (server.db.resident). Raises as `act`.
    """
    fields = {**new.fields, "dispute_id": dispute_id, "party_id": party_id}
    Acts(session, by, [replace(new, fields=fields)], strict=True, party_id=party_id).run()


class Acts:
    """A run of acts while it is worked out: cases under lock, and what is to be written."""

    def __init__(
        self,
        session: Session,
        by: Identity,
        new: Sequence[NewEvent],
        *,
        strict: bool,
        party_id: UUID | None = None,
    ) -> None:
        self.session, self.by, self.new = session, by, new
        self.strict, self.party_id = strict, party_id
        self.clocks = Clocks(session, by.now)
        self.writing = Writing(session, by)
        self.notices: list[Notice] = []
        self.opened: Opened

    def run(self) -> None:
        """Judge and write all of them."""
        self._check_form()
        self.opened = open_cases(self.session, self.by, self.clocks, self.new)
        if self.party_id is None:
            check_named(self.session, self.new)
        for index, event in enumerate(self.new):
            self._do(event, self.opened.askers[index])
        self.write()
        owe(self.session, self.by, self.notices)
        record(
            self.session,
            "dispute.act",
            ids=list(self.opened.cases)[:50],
            events=[event.fields["event"] for event in self.new][:50],
            count=len(self.new),
        )

    def write(self) -> None:
        """Let what was worked out so far stand in the database."""
        self.writing.write()
        self.writing = Writing(self.session, self.by)

    def _check_form(self) -> None:
        sent = SENT if self.party_id is None else SENT_BY_PARTY
        known = cases.list_known(self.session, User, {event.done_by for event in self.new})
        for index, event in enumerate(self.new):
            if wrong := wrong_event(event.fields, event.occurred_at, event.recorded_at, sent):
                raise BadDisputeEvent(index=index, errors=wrong)
            if event.done_by and event.done_by not in known:
                raise BadDisputeEvent(index=index, errors={"done_by": "unknown"})

    def _do(self, new: NewEvent, asker: Asker) -> None:
        case = self.opened.cases[new.dispute_id]
        if self.writing.must_come_first(case):
            self.write()
        asked = self._asked(new, case, asker)
        if asker.aside and asked.event is not Event.NOTE:
            self._refuse(new, case, _ASIDE)
        elif self.party_id:
            self._follow(new, case, asked, judge_party(case, asked))
        elif self.strict or not late.is_settled(self, new, case, asked, asker):
            self._follow(new, case, asked, judge(case, asked, asker.served))

    def _asked(self, new: NewEvent, case: Case, asker: Asker) -> Act:
        """The act with what has to be known to judge it."""
        fields, event, up = new.fields, Event(new.fields["event"]), next_level(case.held.level)
        to = as_id(fields.get("to_office"))
        if event is Event.RETURN:
            came_from = came_up_from(case)
            to = came_from.office_id if came_from else None
        asks_leave = event in (Event.GRANT_EXTENSION, Event.DECLINE_EXTENSION)
        return Act(
            event,
            # At a desk one acts on what stands there, whatever the clocks say.
            max(asker.at, case.held.begun_at) if self.strict else asker.at,
            supplied(fields),
            above=self.opened.receivers.get((case.id, up)) if up else None,
            to=self.opened.offices.get(to) if to else None,
            party_id=as_id(fields.get("party_id")),
            own_person=as_id(fields.get("person")) == (new.done_by or self.by.user_id),
            term=fields.get("term"),
            kind=fields.get("kind"),
            leader_grants=asks_leave and self.clocks.leader_grants(case),
            late_record=event is Event.HONOUR and late.found(self, new, case) is not None,
        )

    def _follow(self, new: NewEvent, case: Case, asked: Act, answer: Judged | Refusal) -> None:
        if isinstance(answer, Refusal):
            self._refuse(new, case, answer)
        elif asked.event is Event.HONOUR:
            late.honour(self, new, case, asked, answer)
        else:
            self.make(new, case, asked, answer)

    def make(self, new: NewEvent, case: Case, asked: Act, judged: Judged) -> None:
        """Let a legal move take effect, and note all that is to be written of it."""
        event_id = self.note(new, case, asked.event, judged.move.after, judged.office_id)
        if asked.event is Event.NOTE:
            return
        before = case.held
        self.touch(case, before)
        take(case, judged, asked)
        case.acted = case.acted or bool(judged.office_id or self.party_id)
        self._start_clocks(case, asked.event)
        arrange(self.writing, case, asked, new, event_id, judged)
        if asked.event is Event.RECUSE:
            step_aside(self.writing, self.by, case, new, event_id)
        if judged.move.starts_a_holding:
            self._hand_on(case, asked, judged, event_id)
        self.writing.done.append(Done(new, case, judged.move, event_id, asked.at, judged.office_id))
        self._tell(new, case, before, judged, asked)

    def _start_clocks(self, case: Case, event: Event) -> None:
        match event:
            case Event.EXTEND:
                case.held.extension_answer_by = self.clocks.extension_answer_by(case)
            case Event.GRANT_EXTENSION:
                self.clocks.extend(case)
            case Event.REQUEST:
                case.held.request_answer_by = self.clocks.request_answer_by(case)

    def _hand_on(self, case: Case, asked: Act, judged: Judged, event_id: UUID) -> None:
        held, stands_in = hand_on(
            self.by,
            self.clocks,
            case,
            asked,
            judged,
            self.opened.offices,
            self.opened.receivers,
        )
        self.writing.begin(case, held)
        case.acted = False
        lead(self.writing, case, event_id)
        if stands_in:
            self.writing.follow.append(stands_in_row(self.by, case.id, held.id))

    def _tell(self, new: NewEvent, case: Case, before: Held, judged: Judged, asked: Act) -> None:
        told = Told(
            self.opened.receivers,
            new.id,
            # Nobody rings all the bells of the county again and again; another person still may.
            once=f"alert:{case.id}:{new.done_by or self.by.user_id}:{self.by.now:%Y%m%d%H}"
            if asked.event is Event.ALERT
            else None,
            due_at=case.due_at,
            to_office=asked.to and asked.to.office_id,
            kind=asked.kind,
            party_id=asked.party_id,
        )
        self.notices += notices_of(case, before, judged.move, judged.actor, judged.office_id, told)

    def touch(self, case: Case, held: Held) -> None:
        """Note that the case and this Holding of it change."""
        self.writing.touched[held.id] = held
        self.writing.moved[case.id] = case

    def _refuse(self, new: NewEvent, case: Case, refusal: Refusal) -> None:
        if self.strict:
            raise MoveRefused(f"{refusal.zh} {refusal.en}", errors={"event": refusal.slug})
        intended = Event(new.fields["event"])
        self.note(new, case, Event.NOTE, case.status, refused=refusal.slug, intended=intended)

    def keep_late(self, new: NewEvent, case: Case, refusal: Refusal, meant: Held) -> None:
        """Keep a record that came late, for a person to decide; the holder hears of it."""
        intended = Event(new.fields["event"])
        event_id = self.note(
            new,
            case,
            Event.NOTE,
            case.status,
            meant=str(meant.id),
            refused=refusal.slug,
            intended=intended,
        )
        self.notices.append(late_record(case, event_id, refusal.slug, intended))

    def note(
        self,
        new: NewEvent,
        case: Case,
        kind: Event,
        after: State,
        office_id: UUID | None = None,
        *,
        meant: str | None = None,
        **more: Any,
    ) -> UUID:
        """A row of history; its id."""
        kept = kept_in_event(new.fields)
        if meant:
            kept["details"] = {**(kept["details"] or {}), "meant": meant}
        row = event_row(
            self.by,
            case.id,
            kind.value,
            case.status,
            after,
            case.held.id,
            office_id=office_id,
            **kept,
            **times(new.occurred_at, new.recorded_at, self.by.now, new.proof),
            **more,
        )
        who = {"id": new.id, "done_by": new.done_by or self.by.user_id}
        self.writing.events.append({**row, **who})
        return new.id


_ASIDE = Refusal(
    "recused",
    "您已在本案中回避，本记录保留为备注。",
    "You have stepped aside from this case: it is kept as a note.",
)
