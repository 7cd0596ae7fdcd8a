"""Figures over HTTP: shares with their denominators, and times."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from server.access.door import asker, may
from server.bodies import Blueprint
from server.db import transaction
from server.figures import service
from server.figures.reports import csv_of
from server.figures.schemas import FiguresIn, SharesOut, TimesOut

blp = Blueprint("figures", __name__, url_prefix="/figures", description="统计 Figures")


@blp.route("/settled", methods=["GET"])
@may("figures.read")
@blp.arguments(FiguresIn, location="query", unknown="raise")
@blp.response(200, SharesOut)
def show_settled(wanted: dict[str, Any]) -> Any:
    """Share settled, of the cases that came to an end at a level or went up from it."""
    return _answer("settled", wanted)


@blp.route("/on-time", methods=["GET"])
@may("figures.read")
@blp.arguments(FiguresIn, location="query", unknown="raise")
@blp.response(200, SharesOut)
def show_on_time(wanted: dict[str, Any]) -> Any:
    """Share accepted, and share handled, within their limits."""
    return _answer("on-time", wanted)


@blp.route("/moves", methods=["GET"])
@may("figures.read")
@blp.arguments(FiguresIn, location="query", unknown="raise")
@blp.response(200, SharesOut)
def show_moves(wanted: dict[str, Any]) -> Any:
    """Shares reopened, extended, returned, handed down, transferred, escalated, climbed."""
    return _answer("moves", wanted)


@blp.route("/times", methods=["GET"])
@may("figures.read")
@blp.arguments(FiguresIn, location="query", unknown="raise")
@blp.response(200, TimesOut)
def show_times(wanted: dict[str, Any]) -> Any:
    """Median and ninetieth percentile of the days that each step took."""
    return _answer("times", wanted)


@blp.route("/flow", methods=["GET"])
@may("figures.read")
@blp.arguments(FiguresIn, location="query", unknown="raise")
@blp.response(200, SharesOut)
def show_flow(wanted: dict[str, Any]) -> Any:
    """Whither cases went from a level: settled, up by the clock or by a person, ended otherwise."""
    return _answer("flow", wanted)


@blp.route("/open", methods=["GET"])
@may("figures.read")
@blp.arguments(FiguresIn, location="query", unknown="raise")
@blp.response(200, SharesOut)
def show_open(wanted: dict[str, Any]) -> Any:
    """How many are open now, and overdue among them; of no period."""
    return _answer("open", wanted)


def _answer(name: str, wanted: dict[str, Any]) -> Any:
    me = asker().identity
    with transaction(me) as session:
        table = service.read_figure(session, me, name, wanted)
    if _as_csv(wanted["format"]):
        return _file(f"{name}-{table['area']['code']}-{me.now.date()}.csv", csv_of(table))
    return table


def _as_csv(asked: str | None) -> bool:
    """What is asked for in the address goes before what the client says it takes."""
    taken = request.accept_mimetypes
    return asked == "csv" if asked else taken["text/csv"] > taken["application/json"]


def _file(name: str, text: str) -> Response:
    answer = Response(text, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
