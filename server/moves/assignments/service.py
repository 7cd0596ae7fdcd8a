"""Change who serves which cells: what it would do, and doing it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from geo.partition import Findings
from server.access import queries as access
from server.access.permissions import Role
from server.db import Identity
from server.ids import new_id
from server.ladder.calendar import LOCAL
from server.moves.assignments import queries
from server.moves.assignments.rules import (
    Roster,
    Span,
    double_leads,
    felt_at,
    gaps,
    in_present_codes,
    named_cells,
    rostered,
)
from server.moves.errors import BadPlan
from server.moves.form import Moving, Survey
from server.moves.phones import Change, weigh
from server.moves.queries import map_old_cells, map_users
from server.moves.rules import Serves


@dataclass(frozen=True, slots=True)
class Ground:
    """What the plan is about, as it is: users and cells by login and code, spans not yet over."""

    users: Mapping[str, UUID]
    cells: Mapping[str, UUID]
    villages: Mapping[str, UUID]  # by the cell's code
    spans: Sequence[Span]


def survey_assignments(moving: Moving, plan: Mapping[str, Any]) -> Survey:
    """What the plan (AssignmentsIn) would change. Raises BadPlan, NotInCharge."""
    plan = in_present_codes(plan, map_old_cells(moving.session, named_cells(plan)))
    ground = _ground(moving, plan)
    roster = rostered(plan, ground.spans, moving.by.now)
    changed = roster.changed
    codes = sorted({one.cell for one in changed})
    villages = {ground.villages[code] for code in codes}
    moving.answer_for(villages)
    answer = _answer(moving, plan, ground, roster, changed, codes)
    return Survey(
        answer=answer,
        counts={
            "cells": codes,
            "begin": len(answer["assignments"]["begin"]),
            "change": len(answer["assignments"]["change"]),
        },
        seen=_seen(ground),
        area_ids=sorted(villages),
        carry_out=partial(_carry_out, moving, ground, changed),
    )


def _ground(moving: Moving, plan: Mapping[str, Any]) -> Ground:
    logins, codes = _logins(plan), named_cells(plan)
    users = map_users(moving.session, logins, moving.by.now)
    cells = queries.map_cells(moving.session, codes)
    _check_known(_sent(plan), users, "没有可派的此用户 no such user to send")
    _check_known(codes, cells, "没有此网格 no such cell")
    rows = queries.list_spans(moving.session, logins, codes, moving.by.now)
    serving = {row.login for row in rows}
    _check_known(logins, {*users, *serving}, "没有此用户 no such user")
    return Ground(
        users={**{row.login: row.user_id for row in rows}, **users},
        cells={**{row.code: row.cell_id for row in rows}, **{c: r.id for c, r in cells.items()}},
        villages={
            **{row.code: row.village_id for row in rows},
            **{code: row.village_id for code, row in cells.items()},
        },
        spans=[_span(row) for row in rows],
    )


def _sent(plan: Mapping[str, Any]) -> set[str]:
    """Logins of those who would begin to serve a cell."""
    by = plan["cover"]["by"] if plan["cover"] else ()
    return {one["user"] for one in [*plan["changes"], *by]}


def _logins(plan: Mapping[str, Any]) -> set[str]:
    """Logins that the plan names: whose account is closed may still be recalled."""
    away = {plan["cover"]["user"]} if plan["cover"] else set()
    return _sent(plan) | away | {one["user"] for one in plan["ends"]}


def _check_known(asked: set[str], known: Collection[str], said: str) -> None:
    if missing := sorted(asked.difference(known)):
        raise BadPlan(errors={"plan": f"{said}: {', '.join(missing)}"})


def _span(row: Row[Any]) -> Span:
    return Span(row.id, row.login, row.code, row.leads, row.valid_from, row.valid_to)


def _answer(
    moving: Moving,
    plan: Mapping[str, Any],
    ground: Ground,
    roster: Roster,
    changed: Sequence[Span],
    codes: Sequence[str],
) -> dict[str, Any]:
    phones, strained = weigh(moving, _change(ground, roster, changed, felt_at(plan, roster)))
    return {
        "assignments": {
            "begin": [_told(span) for span in changed if span.id is None],
            "change": [_told(span) for span in changed if span.id is not None],
        },
        "cells": list(codes),
        "lying": queries.count_lying(moving.session, [ground.cells[code] for code in codes]),
        "phones": phones,
        "findings": Findings(()).as_geojson(),
        "warnings": [*_warnings(ground.spans, roster, codes), *strained],
    }


def _told(span: Span) -> dict[str, Any]:
    return {
        "user": span.user,
        "cell": span.cell,
        "from": _local(span.start),
        "to": _local(span.until) if span.until else None,
        "leads": span.leads,
    }


def _change(ground: Ground, roster: Roster, changed: Sequence[Span], then: datetime) -> Change:
    def serves(span: Span) -> Serves:
        return Serves(ground.users[span.user], ground.villages[span.cell], ground.cells[span.cell])

    still = {(one.user, one.cell) for one in roster.spans if one.covers(then)}
    over = [one for one in changed if (one.user, one.cell) not in still]
    return Change(
        cells=(),
        villages=(),
        begins=[serves(one) for one in changed if one.id is None and one.covers(then)],
        ends=[(ground.users[one.user], ground.cells[one.cell]) for one in over],
        then=then,
    )


def _warnings(
    before: Sequence[Span], roster: Roster, codes: Sequence[str]
) -> Iterator[Mapping[str, str]]:
    for cell, at in gaps(before, roster.spans, codes, roster.now):
        yield {
            "slug": "unserved",
            "text": f"{_local(at)} 起网格 {cell} 无人负责。 "
            f"Nobody serves cell {cell} from {_local(at)} on.",
        }
    for cell, at in double_leads(roster.spans, codes, roster.now):
        yield {
            "slug": "two-lead",
            "text": f"{_local(at)} 起网格 {cell} 有两名负责人。 "
            f"Two lead cell {cell} from {_local(at)} on.",
        }


def _seen(ground: Ground) -> Any:
    spans = [[one.id, one.user, one.cell, one.leads, one.start, one.until] for one in ground.spans]
    places = [sorted(ground.cells.items()), sorted(ground.villages.items())]
    return {"users": sorted(ground.users.items()), "places": places, "spans": spans}


def _carry_out(moving: Moving, ground: Ground, changed: Sequence[Span]) -> None:
    queries.cut(moving.session, [(one.id, one.until) for one in changed if one.id is not None])
    begun = [_row(one, ground, moving.by) for one in changed if one.id is None]
    if begun:
        access.insert_assignments(moving.session, begun)


def _row(span: Span, ground: Ground, by: Identity) -> dict[str, Any]:
    return {
        "id": new_id(by.now),
        "user_id": ground.users[span.user],
        "role": Role.GRID_WORKER,
        "cell_id": ground.cells[span.cell],
        "office_id": None,
        "area_id": None,
        "leads": span.leads,
        "valid_from": span.start,
        "valid_to": span.until,
    }


def _local(at: datetime) -> str:
    return at.astimezone(LOCAL).isoformat(timespec="minutes")
