"""What goes with a case on paper: files that are handed in, slips that are handed over."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any
from uuid import UUID

import segno
from flask import Blueprint, Response, current_app, redirect, request

from server.access.door import asker, may
from server.attachments import service as attachments
from server.attachments.errors import BadAttachment
from server.attachments.rules import MAX_BYTES
from server.attachments.service import NewAttachment
from server.attachments.store import Files
from server.attachments.tidying import FOLDER
from server.codes import RANDOM_BYTES
from server.console.county.desk.case import case_page
from server.console.frame.pages import LARGE, MAX_FORM, shown
from server.db import transaction
from server.disputes.rules.fields import is_id
from server.errors import NotFound, WanggeError
from server.resident.slips import service as slips
from server.resident.words import HOW_TO
from server.settings import Settings

LARGE["desk.add_file"] = MAX_BYTES + MAX_FORM


def expose(pages: Blueprint) -> None:
    """Add these pages to the desk's."""
    rule = "/disputes/<uuid:dispute_id>"
    pages.add_url_rule(f"{rule}/files/add", view_func=add_file, methods=["POST"])
    slip = f"{rule}/parties/<uuid:party_id>/slip"
    pages.add_url_rule(slip, view_func=give_slip, methods=["POST"])


@may("attachment.add")
def add_file(dispute_id: UUID) -> Any:
    """Keep a picture or a PDF with the case. Sent twice it is kept once."""
    try:
        _keep(dispute_id)
    except NotFound:
        raise
    except WanggeError as error:
        return case_page(dispute_id, error)
    return redirect(f"/disputes/{dispute_id}?done=file#files", HTTPStatus.SEE_OTHER)


@may("dispute.code")
def give_slip(dispute_id: UUID, party_id: UUID) -> Response:
    """A slip with a new code, to be printed and handed over; the code before it is dead."""
    me = asker().identity
    url = _settings().public_url
    page, chance = f"{url}/r" if url else None, secrets.token_bytes(RANDOM_BYTES)
    with transaction(me) as session:
        slip = slips.issue(session, me, dispute_id, party_id, page, chance)
    code = segno.make(slip.link or "", error="m", micro=False)
    picture = code.svg_data_uri(scale=4, border=4)
    return shown("desk/slip.html", slip=slip, picture=picture, how=HOW_TO, dispute_id=dispute_id)


def _keep(dispute_id: UUID) -> None:
    me, sent = asker().identity, request.files.get("file")
    id_ = request.form.get("id", "")
    content = b""
    if sent:
        content = sent.read()
        sent.close()
    if not content or not is_id(id_):
        raise BadAttachment
    purpose = "document" if content.startswith(b"%PDF-") else "photo"
    new = NewAttachment(UUID(id_), "dispute", dispute_id, purpose, content, me.now)
    with transaction(me) as session:
        known = attachments.find_repeat(session, new)
    if known is None:
        kept = attachments.prepare(new)
        files = Files(_settings().data_dir / FOLDER, _settings().min_free_bytes)
        with transaction(me) as session:
            attachments.add_attachment(session, me, files, new, kept)


def _settings() -> Settings:
    found: Settings = current_app.extensions["wangge.settings"]
    return found
