"""Codes and slips over HTTP: at a desk, in person."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from flask import Response, current_app

from server.access.door import asker, clock, may
from server.bodies import Blueprint
from server.codes import RANDOM_BYTES
from server.db import transaction
from server.ladder.calendar import local_day
from server.resident.slips import paper, service
from server.resident.slips.schemas import MadeOut, SlipIn
from server.resident.slips.service import Slip

blp = Blueprint(
    "codes",
    __name__,
    url_prefix="/disputes/<uuid:dispute_id>/parties/<uuid:party_id>",
    description="当事人查询码 Codes of parties",
)


@blp.after_request
def keep_nothing(answer: Response) -> Response:
    """A code is shown once: no cache keeps it."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blp.route("/code", methods=["POST"])
@may("dispute.code")
@blp.response(201, MadeOut)
def make_code(dispute_id: UUID, party_id: UUID) -> dict[str, Any]:
    """A new code, shown this once, to be handed over in person; the one before it is dead."""
    slip = _issue(dispute_id, party_id)
    return {"code": slip.code, "link": slip.link if slip.page else None, "qr": paper.as_svg(slip)}


@blp.route("/slip", methods=["POST"])
@may("dispute.code")
@blp.arguments(SlipIn)
@blp.response(200, content_type="application/pdf")
def print_slip(wanted: dict[str, Any], dispute_id: UUID, party_id: UUID) -> Response:
    """A slip with the code that was just made, or (without one) with a new code; PDF or the QR."""
    if wanted["code"] is None:
        slip = _issue(dispute_id, party_id)
    else:
        with transaction(asker().identity) as session:
            slip = service.issue_again(session, dispute_id, party_id, _page(), wanted["code"])
    match wanted["form"]:
        case "png":
            return Response(paper.as_png(slip), mimetype="image/png")
        case "svg":
            return Response(paper.as_svg(slip), mimetype="image/svg+xml")
    return _pdf(slip)


@blp.route("/slip", methods=["GET"])
@may("dispute.code")
@blp.response(200, content_type="application/pdf")
def print_blank(dispute_id: UUID, party_id: UUID) -> Response:
    """A slip with empty boxes, for a code that is written by hand."""
    with transaction(asker().identity) as session:
        return _pdf(service.blank(session, dispute_id, party_id, _page()))


def _issue(dispute_id: UUID, party_id: UUID) -> Slip:
    by = asker().identity
    chance = secrets.token_bytes(RANDOM_BYTES)
    with transaction(by) as session:
        return service.issue(session, by, dispute_id, party_id, _page(), chance)


def _pdf(slip: Slip) -> Response:
    return Response(paper.as_pdf(slip, local_day(clock())), mimetype="application/pdf")


def _page() -> str | None:
    url: str | None = current_app.extensions["wangge.settings"].public_url
    return f"{url}/r" if url else None
