"""Preview a move, apply it with the preview's token, read what was moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo.errors import GeoError
from server.audit.service import record
from server.errors import Invalid, NotFound
from server.ids import new_id
from server.moves import queries
from server.moves.errors import WorldChanged
from server.moves.form import Moving, Plan, Survey
from server.moves.models import Move
from server.moves.rules import vouched
from server.places.locks import move_places
from server.sealed import keyring


def preview(moving: Moving, plan: Plan) -> Mapping[str, Any]:
    """What the plan would move, and the token to apply it with. Changes nothing.

    Raises BadPlan, NotInCharge, and what keeps a plan of its kind from being carried out.
    """
    survey = plan.kind.survey(moving, plan.read)
    record(moving.session, "move.preview", kind=plan.kind.name, **_ids(survey))
    return {"kind": plan.kind.name, "token": _token(plan, survey), **survey.answer}


def apply(moving: Moving, plan: Plan, token: str, why: str) -> Move:
    """Carry the plan out as it was previewed, in one transaction; the Move that history keeps.

    Asked again with the same token (the answer was lost) it moves nothing and answers the same.
    Raises WorldChanged where anything that the preview looked at has changed since, or the token is
    of another plan; and NotInCharge.
    """
    move_places(moving.session)
    done = queries.find_move(moving.session, token)
    if done is not None:
        if done.plan != plan.sent:
            raise WorldChanged
        return done
    survey = _survey_again(moving, plan)
    if _token(plan, survey) != token:
        raise WorldChanged
    survey.carry_out()
    return _keep(moving, plan, token, why, survey)


def _survey_again(moving: Moving, plan: Plan) -> Survey:
    """A preview gave its token to a plan that fitted: one that does not any more says the same."""
    try:
        return plan.kind.survey(moving, plan.read)
    except (Invalid, NotFound, GeoError) as error:
        raise WorldChanged from error


def _keep(moving: Moving, plan: Plan, token: str, why: str, survey: Survey) -> Move:
    move = Move(
        id=new_id(moving.by.now),
        token=token,
        kind=plan.kind.name,
        plan=dict(plan.sent),
        why=why,
        counts=dict(survey.counts),
        area_ids=list(survey.area_ids),
        applied_by=moving.by.user_id,
        applied_at=moving.by.now,
    )
    queries.insert_move(moving.session, move)
    record(moving.session, "move.apply", kind=move.kind, move=move.id, **_ids(survey))
    return move


def _ids(survey: Survey) -> dict[str, Any]:
    return {"areas": list(survey.area_ids)[:50]}


def _token(plan: Plan, survey: Survey) -> str:
    """Keyed, so that nobody makes one up; it vouches for the plan and for the world as seen."""
    return keyring().blind("move.token", vouched(plan.sent, survey.seen)).hex()
