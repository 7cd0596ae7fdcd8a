"""The page of households that are in no cell yet: why, what is near, and many placed at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, redirect, request
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from server.access.door import asker, may
from server.console.frame.look import sentence
from server.console.frame.pages import blueprint, shown
from server.console.township.moves import words
from server.db import transaction
from server.errors import Clash, Invalid, NotFound, TryLater, WanggeError
from server.households.models import Household
from server.households.unplaced import queries, service
from server.households.unplaced.rules import By
from server.households.unplaced.schemas import PlacingsIn, UnplacedIn, UnplacedPageOut
from server.paging import page_of
from server.places import queries as places
from server.places.models import GridCell
from server.problems import status_of

pages = blueprint("placing", __name__)

Form = MultiDict[str, str]
VILLAGE: Final = 12
PAGE: Final = 100  # households on a page: as many are placed at once


@pages.get("/map/unplaced")
@may("household.read")
def show_unplaced() -> Response:
    """Villages with unplaced households; of one village the households."""
    return _page(request.args, MultiDict(), None)


@pages.post("/map/unplaced")
@may("household.amend")
def place() -> Any:
    """Place those that were chosen, all or none."""
    form = request.form
    _wanted(form)  # to where it leads back
    try:
        asked = _asked(form)
        with transaction(asker().identity) as session:
            held, by = asker().places(session), asker().identity
            done = service.place_households(session, by, held, asked["items"], asked["why"])
    except (Invalid, NotFound, Clash, TryLater) as error:
        return _page(form, form, error)
    again = {name: form[name] for name in ("under", "reason") if form.get(name)}
    told = {**again, "done": sum(done.values()), **done}
    return redirect(f"/map/unplaced?{urlencode(told)}", HTTPStatus.SEE_OTHER)


def _asked(form: Form) -> dict[str, Any]:
    """Placings as the API takes them. Raises Invalid, naming the form's fields."""
    way, chosen = form.get("way", By.HAND.value), form.getlist("household")
    wrong = {}
    if not chosen:
        wrong["households"] = sentence("请先勾选住户。 Tick some households first.")
    if way == By.HAND and not form.get("cell"):
        wrong["cell"] = sentence("请选网格。 Choose a cell.")
    if not 2 <= len(form.get("why", "").strip()) <= 200:
        wrong["why"] = sentence("请写明原因（2–200 字）。 Give the reason, 2–200 characters.")
    if wrong:
        raise Invalid(errors=wrong)
    items = [_item(one, way, form) for one in chosen]
    try:
        read: dict[str, Any] = PlacingsIn().load({"items": items, "why": form["why"].strip()})
    except ValidationError as error:
        raise Invalid from error
    return read


def _item(household: str, way: str, form: Form) -> dict[str, Any]:
    cell = form.get(f"suggested-{household}") if way == By.ADDRESS else form.get("cell")
    named = {"cell": cell} if cell and way != By.POINT else {}
    return {"household": household, "by": way, **named}


def _page(asked: Mapping[str, str], typed: Form, trouble: WanggeError | None) -> Response:
    wanted = _wanted(asked)
    with transaction(asker().identity) as session:
        held = asker().places(session)
        under = places.present_prefix(session, wanted["under"])
        villages = queries.count_by_village(session, held, under)
        lost, next_ = [], None
        cells: Sequence[GridCell] = ()
        if len(under) == VILLAGE:
            query = queries.list_unplaced(held, under, wanted["reason"])
            page = page_of(session, query, Household.id, wanted["after"], PAGE)
            found = service.describe(session, held, page.items, suggest=True)
            lost = UnplacedPageOut().dump(replace(page, items=found))["items"]
            cells, next_ = session.scalars(places.cells_under(under)).all(), page.next
    return shown(
        "acts/unplaced.html",
        status_of(type(trouble)) if trouble else HTTPStatus.OK,
        under=under,
        reason=wanted["reason"],
        after=wanted["after"],
        villages=villages,
        lost=lost,
        cells=cells,
        names={cell.code: cell.name for cell in cells},
        next=next_,
        typed=typed,
        chosen=frozenset(typed.getlist("household")),
        trouble=trouble,
        faults=_faults(trouble, typed),
        words=words,
        done=None if trouble else request.args.get("done", type=int),
        hand=request.args.get("hand", type=int),
    )


def _wanted(asked: Mapping[str, str]) -> dict[str, Any]:
    """Which of them; what cannot be read asks for nothing. Raises Invalid."""
    named = {name: asked[name] for name in ("under", "reason", "after") if asked.get(name)}
    try:
        read: dict[str, Any] = UnplacedIn().load(named)
    except ValidationError as error:
        raise Invalid from error
    return read


def _faults(trouble: WanggeError | None, typed: Form) -> Mapping[str, Any]:
    """Household → why it cannot be placed so, and field → what is wrong with it.

    What is wrong is named by the place in the list that was sent.
    """
    sent: Sequence[str] = typed.getlist("household")
    told: dict[str, Any] = {}
    for name, slug in ((trouble.errors or {}) if trouble else {}).items():
        part, _dot, nth = name.partition(".")
        if part == "items" and nth.isdigit() and int(nth) < len(sent):
            told[sent[int(nth)]] = words.FAULTS.get(slug, slug)
        else:
            told[name] = slug
    return told
