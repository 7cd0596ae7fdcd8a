"""Handing files in, reading them, and clearing away what belongs to nothing any more."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.attachments import queries
from server.attachments.errors import (
    BadAttachment,
    OwnerNotFound,
    TooManyAttachments,
    WrongHash,
)
from server.attachments.models import Attachment
from server.attachments.pictures import made_anew
from server.attachments.rules import MOST, Kind, check_pdf, kind_of
from server.attachments.store import Files
from server.audit.service import record
from server.db import AlreadyThere, Identity

SWEPT: Final = 500  # leftovers in one round


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file as it was sent. `id` is made by the sender: the same one again is the same file."""

    id: UUID
    owner_entity: str
    owner_id: UUID
    purpose: str
    content: bytes
    recorded_at: datetime
    sha256: str | None = None  # of the content, by the sender

    @property
    def digest(self) -> bytes:
        """What was sent, told apart."""
        return hashlib.sha256(self.content).digest()


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is kept of a file."""

    content: bytes
    kind: Kind


def find_repeat(session: Session, new: NewAttachment) -> Any | None:
    """The answer that was given before to the same file under the same id; None: it is new, and
    the asker may add it. Nothing is decoded or kept before this.

    Raises WrongHash, AlreadyThere, OwnerNotFound, TooManyAttachments.
    """
    if new.sha256 is not None and new.sha256 != new.digest.hex():
        raise WrongHash
    if (mine := _same(session, new)) is not None:
        return mine
    if not queries.may_attach(session, new.owner_entity, new.owner_id):
        raise OwnerNotFound
    if queries.count_attachments(session, new.owner_entity, new.owner_id) >= MOST:
        raise TooManyAttachments
    return None


def prepare(new: NewAttachment) -> Prepared:
    """What is kept: a picture made anew, a PDF as it is. Takes seconds and no transaction.

    Raises UnknownKind, BadAttachment, TooManyPixels.
    """
    kind = kind_of(new.content)
    if kind is Kind.PDF:
        if new.purpose != "document":
            raise BadAttachment(errors={"purpose": "a_picture"})
        check_pdf(new.content)
        return Prepared(new.content, kind)
    return Prepared(*made_anew(new.content, kind))


def add_attachment(
    session: Session, by: Identity, files: Files, new: NewAttachment, kept: Prepared
) -> Any:
    """Keep a file, and say whose it is. The file is on the disk before the row is committed; what
    is never committed is swept away. Raises NoRoom, AlreadyThere.
    """
    sha256 = hashlib.sha256(kept.content).digest()
    queries.lock_content(session, sha256)
    files.put(kept.content)
    added = queries.insert_attachment(
        session,
        id=new.id,
        owner_entity=new.owner_entity,
        owner_id=new.owner_id,
        purpose=new.purpose,
        sent_sha256=new.digest,
        sha256=sha256,
        size=len(kept.content),
        media_type=kept.kind.value,
        recorded_by=by.user_id,
        device_id=by.device_id,
        recorded_at=min(new.recorded_at, by.now),
        received_at=by.now,
    )
    if added:
        record(session, "attachment.add", id=new.id, owner=new.owner_entity, of=new.owner_id)
    mine = _same(session, new)
    if mine is None:  # the id is somebody else's
        raise AlreadyThere
    return mine


def open_attachment(session: Session, attachment_id: UUID) -> Attachment:
    """One that is about to be read; who looked is kept. Raises AttachmentNotFound."""
    found = queries.get_attachment(session, attachment_id)
    record(session, "attachment.open", id=found.id, owner=found.owner_entity, of=found.owner_id)
    return found


def clear_erased(session: Session, files: Files) -> int:
    """Delete the files of erased rows, unless another row names them; how many went."""
    left = queries.list_leftovers(session, SWEPT)
    done, dropped = _drop_unnamed(session, files, left)
    if done:
        queries.forget_leftovers(session, done)
    return dropped


def sweep(session: Session, files: Files, first: int, before: float) -> int:
    """Delete files beginning with this byte, written before `before`, that no row names: their
    upload was never committed. What some process is just writing stays. Returns how many went.

    Where a visit was erased while a file of it came in, that is a leftover from now on.
    """
    here = list(files.below(first))
    queries.delete_orphans(session, here)
    known = queries.list_known(session, here) if here else set()
    unnamed = (one for one in here if one not in known and files.is_older(one, before))
    _, dropped = _drop_unnamed(session, files, unnamed)
    if dropped:
        record(session, "attachment.sweep", files=dropped)
    return dropped


def _drop_unnamed(
    session: Session, files: Files, hashes: Iterable[bytes]
) -> tuple[list[bytes], int]:
    """Those looked at, and how many were deleted; what somebody is just adding is left alone."""
    taken = [one for one in hashes if queries.take_content(session, one)]
    known = queries.list_known(session, taken) if taken else set()
    return taken, sum(files.drop(one) for one in taken if one not in known)


def _same(session: Session, new: NewAttachment) -> Any | None:
    """What stands under this id, if it is this file of this person. Raises AlreadyThere."""
    mine = queries.find_mine(session, new.id)
    if mine is None:
        return None
    said = (mine.owner_entity, mine.owner_id, mine.purpose, bytes(mine.sent_sha256))
    if said != (new.owner_entity, new.owner_id, new.purpose, new.digest):
        raise AlreadyThere
    return mine
