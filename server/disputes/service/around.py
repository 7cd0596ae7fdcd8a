"""What stands around a case: Offices that help, supervision, and who steps aside."""

from __future__ import annotations

from uuid import UUID

from server.db import Identity
from server.disputes.rules.cases import Case, Watch
from server.disputes.rules.events import NewEvent
from server.disputes.rules.facts import Act
from server.disputes.rules.fields import as_day, as_id
from server.disputes.rules.moves import Judged
from server.disputes.service.writing import Writing
from server.ladder.kinds import Event
from server.ladder.routing import Level


def arrange(
    writing: Writing, case: Case, act: Act, new: NewEvent, event_id: UUID, judged: Judged
) -> None:
    """Note what a move changes around its case."""
    match act.event:
        case Event.JOIN if act.to:
            case.joint[act.to.office_id] = event_id
            writing.joint[event_id] = {
                "event_id": event_id,
                "dispute_id": case.id,
                "office_id": act.to.office_id,
                "since": act.at,
            }
        case Event.LEAVE if act.to:
            _leave(writing, case, act, event_id)
        case Event.SUPERVISE:
            case.supervised[event_id] = Watch(new.fields["kind"], judged.level)
            writing.supervised[event_id] = {
                "event_id": event_id,
                "dispute_id": case.id,
                "kind": new.fields["kind"],
                "office_id": judged.office_id,
                "since": act.at,
                "until": as_day(new.fields["until"]),
            }
        case Event.LIFT:
            _lift(writing, case, act, event_id, judged.level)


def step_aside(writing: Writing, by: Identity, case: Case, new: NewEvent, event_id: UUID) -> None:
    """Somebody is recused: by the own word, or because the Office above said so."""
    person = as_id(new.fields.get("person"))
    if person:
        own = person == (new.done_by or by.user_id)
        writing.aside.append((case.id, person, "declared" if own else "asked", event_id))


def lead(writing: Writing, case: Case, event_id: UUID) -> None:
    """The Office that has the case now leads, and helps no more."""
    joined = case.joint.pop(case.held.office_id, None)
    if joined:
        _end_joint(writing, joined, case, event_id)


def _leave(writing: Writing, case: Case, act: Act, event_id: UUID) -> None:
    joined = case.joint.pop(act.to.office_id) if act.to else None
    if joined:
        _end_joint(writing, joined, case, event_id)


def _end_joint(writing: Writing, joined: UUID, case: Case, event_id: UUID) -> None:
    writing.joint_ended.append(
        {"event_id": joined, "ended_at": writing.by.now, "ended_event_id": event_id}
    )


def _lift(writing: Writing, case: Case, act: Act, event_id: UUID, level: Level | None) -> None:
    for began in case.liftable(act.kind, level):
        del case.supervised[began]
        writing.lifted.append({"event_id": began, "lifted_at": act.at, "lifted_event_id": event_id})
