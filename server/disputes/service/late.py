"""Late sync is fair: a record in time that comes after the climb takes it back, or waits for a
person of the Office above to say whether it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from server.disputes.models import DisputeEvent
from server.disputes.rules import late as rules
from server.disputes.rules.cases import Case, Held
from server.disputes.rules.events import NewEvent, supplied
from server.disputes.rules.facts import Act
from server.disputes.rules.fields import as_id
from server.disputes.rules.kept import said_in
from server.disputes.rules.moves import Judged, restore
from server.disputes.service.events import event_row
from server.disputes.service.opening import Asker
from server.disputes.service.telling import climb_withdrawn
from server.ladder.kinds import Actor, Event
from server.ladder.states import Move

if TYPE_CHECKING:
    from server.disputes.service.acting import Acts


def is_settled(acts: Acts, new: NewEvent, case: Case, asked: Act, asker: Asker) -> bool:
    """Whether the act is done with here: a person has to decide on it.

    Where it was proved to be in time and nobody has acted above, the climb is withdrawn, and the
    act goes its way on the case as the Office below has it again.
    """
    meant = rules.meant_for(case, asked.event, asker.served, asked.at)
    if meant is None:
        return False
    objection = rules.objection_to(case, meant, new.proof)
    if objection:
        acts.keep_late(new, case, objection, meant)
        return True
    if rules.helps(case, meant, asked, asker.served, acts.by.now) is True:
        _withdraw_climb(acts, case, meant)
    return False


def _withdraw_climb(acts: Acts, case: Case, lower: Held) -> None:
    upper = case.held
    nobody = {"done_by": None, "recorded_by": None, "device_id": None}
    kind, after = Event.WITHDRAW_CLIMB.value, lower.left_in
    row = event_row(acts.by, case.id, kind, case.status, after, upper.id, **nobody)
    acts.writing.events.append(row)
    _restore(acts, case, lower)
    acts.notices.append(climb_withdrawn(case, upper, lower, row["id"]))


def _restore(acts: Acts, case: Case, lower: Held) -> None:
    for held in restore(case, lower, acts.by.now):
        acts.touch(case, held)
    acts.writing.restored.add(case.id)


def found(acts: Acts, new: NewEvent, case: Case) -> tuple[NewEvent, Held] | None:
    """The late record that an act honours, and the Holding that it was meant for; None where there
    is none, or none that can still hold.
    """
    note = acts.opened.late_notes.get(as_id(new.fields.get("note_id")) or UUID(int=0))
    if note is None or note.dispute_id != case.id:
        return None
    return record_in(case, note, acts.writing.next_id())


def record_in(case: Case, note: DisputeEvent, id_: UUID) -> tuple[NewEvent, Held] | None:
    """The late record that this note of the case keeps, under a new id, and the Holding that it was
    meant for; None where it can hold no more.
    """
    if note.intended is None:
        return None
    columns = ("why", "agreement", "referred_to", "rights_told", "party_id", "details")
    said = said_in({name: getattr(note, name) for name in columns})
    meant_id = said.pop("meant", None)
    meant = next((held for held in case.holdings if str(held.id) == meant_id), None)
    fields = {**said, "dispute_id": case.id, "event": note.intended}
    late = NewEvent(id_, fields, note.occurred_at, note.recorded_at, note.proof, note.done_by)
    if meant is None or not rules.may_be_honoured(case, meant, _as_act(late)):
        return None
    return late, meant


def honour(acts: Acts, new: NewEvent, case: Case, asked: Act, judged: Judged) -> None:
    """A person above lets a late record hold: the climb counts as never made, nor what came of it,
    and the record takes effect for the Office below, by whoever did it.
    """
    record = found(acts, new, case)
    if record is None:  # judged to be there: the case is under lock
        raise RuntimeError("the late record is gone")
    late, lower = record
    upper = case.held
    after = lower.left_in
    event_id = acts.note(new, case, Event.HONOUR, after, judged.office_id)
    _restore(acts, case, lower)
    acts.notices.append(climb_withdrawn(case, upper, lower, event_id))
    acts.write()
    act = _as_act(late)
    move = rules.honoured(lower, act)
    if isinstance(move, Move):
        acts.make(late, case, act, Judged(move, Actor.HANDLER, lower.office_id))


def _as_act(late: NewEvent) -> Act:
    fields = late.fields
    return Act(Event(fields["event"]), late.recorded_at, supplied(fields))
