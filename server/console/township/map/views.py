"""/map: the table of one's cells with what is asked of them, and a map over it by script."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, request
from flask_babel import gettext as _

from geo.codes import Level
from server.access.door import asker, may
from server.console.frame.look import day
from server.console.frame.pages import POLICY, blueprint, shown
from server.console.township.map import sheet
from server.console.township.map.asking import (
    DAYS,
    LISTS,
    QUESTIONS,
    MapQuestion,
    read_question,
    span_of,
)
from server.db import transaction
from server.errors import Invalid, TryLater
from server.ladder.calendar import local_day
from server.maps.measures import service
from server.maps.measures.rules import Days, days_of, shade_of, value_of
from server.maps.sketch.queries import sketch_cells
from server.places import queries as places
from server.places.errors import CellNotFound
from server.places.rules import end_of_day

pages = blueprint("map", __name__)

_HELD_BACK = ("id",)  # of a cell: what the page has no use for


@pages.get("/map")
@may("sync.supervise")
def show_map() -> Response:
    """What is asked, in words; the map; and the same as a table."""
    today = local_day(asker().identity.now)
    trouble: Invalid | None = None
    try:
        asked = read_question(request.args, today)
        _days(asked, today)
    except Invalid as error:
        asked, trouble = read_question({}, today), error
    told = _measured(asked, today)
    cell = _cell_of(asked, today) if asked.cell else None
    status = 200 if trouble is None else 422
    answer = shown("map/page.html", status, trouble=trouble, cell=cell, **told)
    return _with_base_map(answer)


@pages.get("/map/cells/<code>")
@may("sync.supervise")
def show_cell(code: str) -> Response:
    """One cell: who serves it, how their phones are, what waits; a part of the page."""
    today = local_day(asker().identity.now)
    asked = read_question({**request.args, "cell": code}, today)
    return shown("map/cell.html", cell=_cell_of(asked, today), **_words(asked, today))


def _measured(asked: MapQuestion, today: date) -> dict[str, Any]:
    """Everything that the page says."""
    me = asker()
    days = _days(asked, today)
    with transaction(me.identity) as session:
        held = me.places(session)
        under = places.get_area(session, asked.under) if asked.under else None
    found = service.measure(me.identity, held, under.code if under else "", days, asked.as_of)
    cells = sheet.records(found["columns"], found["cells"])
    villages = sheet.records(found["village_columns"], found["villages"])
    drawn = [*(name for name in found["columns"] if name not in _HELD_BACK), "shade"]
    begins = found["classes"].get(asked.ask, ())
    for one in cells:  # of a past day there are no numbers: all are alike
        one["shade"] = 0 if asked.as_of else shade_of(value_of(asked.ask, one), begins)
    return {
        **_words(asked, today),
        "base_map": _base_map(),
        "classes": found["classes"],
        "synthetic": found["synthetic"],
        "bounds": found["bounds"],
        "sketch": _sketch(asked, held, under.code if under else "", cells),
        "columns": drawn,
        "rows": [[one[name] for name in drawn] for one in cells],
        "village_names": {one["code"]: one["name"] for one in villages},
        "township_names": {one["code"][:9]: one["township"] for one in villages},
        "total": sheet.total(cells, villages),
        "place": under.name if under else _only_township(villages),
        "townships": sheet.by_township(cells, villages) if len(cells) > sheet.MOST else None,
        "villages": sheet.by_village(cells, villages),
    }


def _sketch(
    asked: MapQuestion, held: Collection[str] | None, under: str, cells: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """The map as a picture, by townships: the borders of its villages, and of each cell its code,
    shade and path; `chosen`: the path of the one that is looked at. None: nothing is drawn,
    or not in time; the page comes without it.
    """
    at = end_of_day(asked.as_of) if asked.as_of else None
    try:
        found = sketch_cells(asker().identity, held, under, at)
    except TryLater:
        return None
    if found is None:
        return None
    shades = {one["code"]: one["shade"] for one in cells}
    paths = ((code, shades[code], path) for code, path in found.cells if code in shades)
    by_township = groupby(paths, key=lambda path: path[0][: Level.TOWNSHIP.digits])
    townships = [(found.villages.get(code, ""), list(own)) for code, own in by_township]
    chosen = dict(found.cells).get(asked.cell or "")
    return {**found._asdict(), "townships": townships, "chosen": chosen}


def _days(asked: MapQuestion, today: date) -> Days:
    return days_of(*span_of(asked, today), asked.days, asker().identity.now)


def _words(asked: MapQuestion, today: date) -> dict[str, Any]:
    first, last = span = span_of(asked, today)
    named = _("%(from)s至%(to)s", **{"from": day(first), "to": day(last)})
    return {
        "asked": asked,
        "span": span,
        "period": named if asked.first and asked.last else _("最近 %(days)s 天", days=asked.days),
        "lists": LISTS,
        "today": today,
        "questions": QUESTIONS,
        "offered_days": sorted({*DAYS, asked.days}),
    }


def _cell_of(asked: MapQuestion, today: date) -> dict[str, Any] | None:
    """The cell that is looked at, with its measures or as it was on a past day; None: there is, or
    was, none of this code.
    """
    me, code = asker(), asked.cell or ""
    try:
        with transaction(me.identity) as session:
            held = me.places(session)
            if asked.as_of:
                return service.recall_cell(session, held, code, asked.as_of)
            found = service.look_at_cell(session, me.identity, held, code)
    except CellNotFound:
        return None
    days = _days(asked, today)
    measured = service.measure(me.identity, held, found["code"], days, None)
    (numbers,) = sheet.records(measured["columns"], measured["cells"])
    (village,) = sheet.records(measured["village_columns"], measured["villages"])
    return {**numbers, **found, "village": village}


def _only_township(villages: list[dict[str, Any]]) -> str:
    names: set[str] = {one["township"] for one in villages}
    return names.pop() if len(names) == 1 else _("全县")


def _base_map() -> str | None:
    """A county's own base map, beneath ours; most have none."""
    named: str | None = current_app.extensions["wangge.settings"].base_map
    return named


def _with_base_map(answer: Response) -> Response:
    """Another host than ours, if there is a base map: this page alone may ask it."""
    if named := _base_map():
        host = urlsplit(named)
        allowed = f"connect-src 'self' {host.scheme}://{host.netloc}"
        policy = POLICY.replace("connect-src 'self'", allowed)
        answer.headers["Content-Security-Policy"] = policy
    return answer
