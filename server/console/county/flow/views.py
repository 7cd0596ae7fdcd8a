"""/flow: whither cases went from each level, how long each step took, and what is open."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from flask import Response, request

from server.access.door import asker, may
from server.console.county.flow.book import sheets
from server.console.county.flow.periods import offered
from server.console.county.flow.picture import picture
from server.console.county.flow.schemas import Question, read_question
from server.console.county.flow.telling import answers
from server.console.frame.pages import blueprint, shown
from server.db import transaction
from server.exports.catalogue import MEDIA, Format
from server.exports.lists import write_xlsx
from server.figures import service as figures
from server.ladder.calendar import local_day
from server.ladder.routing import Category, Level

pages = blueprint("flow", __name__)


@pages.get("/flow")
@may("figures.read")
def show_flow() -> Response:
    """Answers in words, the picture, and the tables behind both."""
    me = asker().identity
    question = _question(local_day(me.now))
    with transaction(me) as session:
        areas = figures.list_areas(session, me)
        told = answers(session, me, _of_one_area(question, [one.code for one in areas]))
    choices: dict[str, Any] = {
        "areas": areas,
        "periods": offered(local_day(me.now), question.period),
        "categories": list(Category),
        "levels": list(Level),
    }
    drawn = picture(told)
    return shown("flow/page.html", question=question, told=told, picture=drawn, **choices)


@pages.get("/flow.xlsx")
@may("figures.read")
def export_flow() -> Response:
    """The tables of the page as a workbook; no cell of it computes."""
    me = asker().identity
    question = _question(local_day(me.now))
    with transaction(me) as session:
        areas = figures.list_areas(session, me)
        told = answers(session, me, _of_one_area(question, [one.code for one in areas]))
    with tempfile.TemporaryDirectory(prefix="flow-") as folder:
        path = Path(folder) / "flow.xlsx"
        write_xlsx(path, sheets(told))
        answer = Response(path.read_bytes(), content_type=MEDIA[Format.XLSX])
    name = f"flow-{told.area['code']}-{question.period.key}.xlsx"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _question(today: date) -> Question:
    return read_question(request.args, today)


def _of_one_area(question: Question, codes: list[str]) -> Question:
    """Left out it is the first of one's own: who serves two villages chooses between them."""
    if question.area or not codes:
        return question
    words = (question.period, question.category, question.level, question.by)
    return Question(codes[0], *words)
