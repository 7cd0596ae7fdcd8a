"""Pages of acting on the map: what can be done about a cell, who serves it, merging, drawing.

Each is a form that shows what it would do before it is done, with or without scripts; a script may
show its `#act` beside the map instead (static/township/acts.js).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import Response, current_app, redirect, request
from sqlalchemy.orm import Session

from server.access.door import asker, may
from server.bodies import Unstorable
from server.console.frame.pages import LARGE, blueprint, shown
from server.console.township.moves import words
from server.console.township.moves.staff import (
    Colleague,
    away_cells,
    colleagues,
    plan_of,
    serving,
    way_of,
)
from server.console.township.moves.steps import Step, take
from server.db import transaction
from server.errors import Invalid, Malformed
from server.households.queries import map_households
from server.households.schemas import mask_name
from server.households.unplaced.queries import count_by_village
from server.moves.assignments.queries import list_staff
from server.moves.door import answer_for
from server.moves.draft.rules import HIGH, LOW
from server.moves.drawing.rules import neighbours
from server.moves.drawing.service import village_of
from server.moves.errors import BadPlan
from server.moves.redraw.rules import VillageNow
from server.places import queries as places
from server.places.models import GridCell
from server.places.rules import LOCAL

pages = blueprint("acts", __name__)

TOWNSHIP: Final = 9  # digits of a township's code
VILLAGE: Final = 12
MAX_DRAWING: Final = 4 << 20  # bytes of a form with a drawing
LARGE["acts.redraw"] = MAX_DRAWING
_FIELDS: Final = {"by": "user", "plan": "user", "line": "drawing", "geometry": "drawing"}


@pages.before_request
def take_drawings() -> None:
    """A drawing of a whole village is larger than other forms."""
    if request.endpoint in LARGE:
        request.max_form_memory_size = MAX_DRAWING


@pages.get("/map/cells/<code>/acts")
@may("move.make")
def list_acts(code: str) -> Response:
    """What can be done about a cell."""
    with transaction(asker().identity) as session:
        cell = _cell(session, code)
        lost = count_by_village(session, None, cell.code[:VILLAGE])
    return shown("acts/acts.html", cell=cell, unplaced=sum(row[2] for row in lost))


@pages.get("/map/cells/<code>/assign")
@may("move.make")
def show_assign(code: str) -> Response:
    """Who serves a cell, and the form to send somebody."""
    return _assign_page(code, Step(), request.args)


@pages.post("/map/cells/<code>/assign")
@may("move.make")
def assign(code: str) -> Any:
    """What it would do; then do it."""
    form = request.form

    def planned() -> Mapping[str, Any]:
        with transaction(asker().identity) as session:
            cell = _cell(session, code)
            staff = _staff(session, cell)
        way = way_of(form.get("way"), serving(staff, cell.code))
        return plan_of(way, form, cell.code, staff, _today())

    step = take(form, planned, _FIELDS)
    if step.done:
        return redirect(f"/map/cells/{code}/assign?done=1", HTTPStatus.SEE_OTHER)
    return _assign_page(code, step, form)


@pages.get("/map/cells/<code>/merge")
@may("move.make")
def show_merge(code: str) -> Response:
    """With which neighbours a cell may become one."""
    return _merge_page(code, Step(), {}, ())


@pages.post("/map/cells/<code>/merge")
@may("move.make")
def merge(code: str) -> Any:
    """What the merger would do; then do it."""
    form, chosen = request.form, request.form.getlist("cells")

    def planned() -> Mapping[str, Any]:
        if not chosen:
            raise Invalid(errors={"cells": "请至少选一个网格。 Choose at least one cell."})
        merged = {"cells": sorted({code, *chosen}), "keep": form.get("keep") or code}
        return {"kind": "redraw", "village": code[:VILLAGE], "merge": merged}

    step = take(form, planned)
    if step.done:
        kept = step.done.plan.get("merge", {}).get("keep", code)  # another page's plan comes too
        return redirect(f"/map/cells/{kept}/merge?done=1", HTTPStatus.SEE_OTHER)
    return _merge_page(code, step, form, chosen)


@pages.get("/map/villages/<village>/redraw")
@may("move.make")
def show_redraw(village: str) -> Response:
    """Draw the cells of a village anew."""
    return _redraw_page(village, Step(), {})


@pages.post("/map/villages/<village>/redraw")
@may("move.make")
def redraw(village: str) -> Any:
    """What the drawing would do; then do it. Raises Unstorable."""
    form = request.form
    if any("\0" in text for text in form.values()):
        raise Unstorable

    def planned() -> Mapping[str, Any]:
        drawn = _drawing(form)
        return {**drawn, "kind": "redraw", "village": village}

    step = take(form, planned, _FIELDS)
    if step.done:
        return redirect(f"/map/villages/{village}/redraw?done=1", HTTPStatus.SEE_OTHER)
    return _redraw_page(village, step, form)


def _assign_page(code: str, step: Step, typed: Mapping[str, str]) -> Response:
    with transaction(asker().identity) as session:
        cell = _cell(session, code)
        staff = _staff(session, cell)
    present = serving(staff, cell.code)
    way = way_of(typed.get("way"), present)
    away = typed.get("away") or (present[0][0].login if present else "")
    held = away_cells({**typed, "away": away}, staff, _today()) if way == "cover" else {}
    return shown(
        "acts/assign.html",
        step.status,
        cell=cell,
        step=step,
        typed={**typed, "away": away},
        way=way,
        staff=_near_first(staff, cell.code[:VILLAGE]),
        present=present,
        held=held,
        names={cell.code: cell.name, **_names(staff, step)},
        today=_today(),
        words=words,
        done=typed.get("done"),
    )


def _merge_page(code: str, step: Step, typed: Mapping[str, str], chosen: Any) -> Response:
    with transaction(asker().identity) as session:
        cell = _cell(session, code)
        village = village_of(session, cell.code[:VILLAGE])
        staff = _staff(session, cell)
        homes = _homes(session, step)
    beside = neighbours(village, cell.code)
    names = _names(staff, step) | _cell_names(village, step)
    return shown(
        "acts/merge.html",
        step.status,
        cell=cell,
        step=step.in_names(names),
        typed=typed,
        chosen=chosen,
        beside=[village.cells[one] for one in beside],
        names=names,
        homes=homes,
        words=words,
        done=request.args.get("done"),
    )


def _redraw_page(code: str, step: Step, typed: Mapping[str, str]) -> Response:
    with transaction(asker().identity) as session:
        village = village_of(session, code)
        answer_for(session, village.id)
        staff = colleagues(list_staff(session, code[:TOWNSHIP], asker().identity.now))
        homes = _homes(session, step)
        synthetic = any(cell.synthetic for cell in session.scalars(places.cells_under(code)))
    names = _names(staff, step) | _cell_names(village, step)
    return shown(
        "acts/redraw.html",
        step.status,
        village=village,
        synthetic=synthetic,
        step=step.in_names(names),
        typed=typed,
        staff=_near_first(staff, village.code),
        names=names,
        homes=homes,
        sizes=(LOW, HIGH),
        words=words,
        done=request.args.get("done"),
    )


def _cell(session: Session, code: str) -> GridCell:
    """The cell, if the asker answers for it. Raises CellNotFound, NotInCharge."""
    cell = places.get_cell(session, code)
    answer_for(session, cell.village_id)
    return cell


def _staff(session: Session, cell: GridCell) -> dict[str, Colleague]:
    rows = list_staff(session, cell.code[:TOWNSHIP], asker().identity.now)
    return colleagues(rows)


def _near_first(
    staff: Mapping[str, Colleague], village: str
) -> tuple[list[Colleague], list[Colleague]]:
    """Those of the village, then those of the township's others."""
    near = [one for one in staff.values() if village in one.villages]
    return near, [one for one in staff.values() if village not in one.villages]


def _names(staff: Mapping[str, Colleague], step: Step) -> dict[str, str]:
    """Login → name, and code → name of cells, of all that the page speaks of."""
    named = {login: one.name for login, one in staff.items()}
    named |= {one.cell: one.name for who in staff.values() for one in who.serves}
    phones = step.preview["phones"] if step.preview else ()
    return named | {phone["user"]: phone["name"] for phone in phones}


def _cell_names(village: VillageNow, step: Step) -> dict[str, str]:
    new = step.preview["cells"]["new"] if step.preview else ()
    named = {cell.code: cell.name for cell in village.cells.values()}
    return named | {cell["code"]: cell["name"] for cell in new}


def _homes(session: Session, step: Step) -> Mapping[str, str]:
    """Id → masked name of the households that a preview lists, as far as the asker sees them."""
    if not step.preview:
        return {}
    lists = [*step.preview["households"].values(), step.preview["placed"], step.preview["unplaced"]]
    ids = {UUID(home["id"]) for found in lists for home in found["list"]}
    found = map_households(session, ids)
    return {str(home.id): mask_name(home.head_name) for home in found.values()}


def _drawing(form: Mapping[str, str]) -> dict[str, Any]:
    """What the map drew: cells and ended of a redraw. Raises BadPlan."""
    try:
        drawn = current_app.json.loads(form.get("drawing", ""))
    except (ValueError, Malformed) as error:
        raise BadPlan from error
    if not isinstance(drawn, dict):
        raise BadPlan
    return drawn


def _today() -> date:
    return asker().identity.now.astimezone(LOCAL).date()
