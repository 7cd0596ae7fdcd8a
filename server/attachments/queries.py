"""All SQL of attachments. Whose they are is judged by row security, from their owner's own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, any_, delete, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from server.attachments.errors import AttachmentNotFound
from server.attachments.models import Attachment, AttachmentLeftover


def get_attachment(session: Session, attachment_id: UUID) -> Attachment:
    """One that the asker may read. Raises AttachmentNotFound."""
    found = session.get(Attachment, attachment_id)
    if found is None:
        raise AttachmentNotFound
    return found


def list_attachments(session: Session, owner_entity: str, owner_id: UUID) -> Sequence[Attachment]:
    """Those of one record that the asker may read, in the order in which they came."""
    of_owner = (Attachment.owner_entity == owner_entity) & (Attachment.owner_id == owner_id)
    in_order = (Attachment.received_at, Attachment.id)
    return session.scalars(select(Attachment).where(of_owner).order_by(*in_order)).all()


def list_of(session: Session, owners: Collection[UUID]) -> Sequence[Attachment]:
    """Those of several records, as `list_attachments`."""
    of_them = Attachment.owner_id == any_(literal(list(owners), ARRAY(Uuid)))
    query = select(Attachment).where(of_them)
    return session.scalars(query.order_by(Attachment.received_at, Attachment.id)).all()


_COUNT = text("SELECT gate.count_attachments(:entity, :id)")


def count_attachments(session: Session, owner_entity: str, owner_id: UUID) -> int:
    """How many a record has, whoever may read them."""
    asked = {"entity": owner_entity, "id": owner_id}
    return int(session.execute(_COUNT, asked).scalar_one())


_MAY_ATTACH = text("SELECT gate.may_attach(:entity, :id)")


def may_attach(session: Session, owner_entity: str, owner_id: UUID) -> bool:
    """Whether the asker may add to this record."""
    return bool(session.scalar(_MAY_ATTACH, {"entity": owner_entity, "id": owner_id}))


_MINE = text("SELECT * FROM gate.my_attachment(:id)")


def find_mine(session: Session, attachment_id: UUID) -> Row[Any] | None:
    """What the asker sent under this id before, also where they read its owner no longer."""
    return session.execute(_MINE, {"id": attachment_id}).one_or_none()


def insert_attachment(session: Session, **values: Any) -> bool:
    """A new one; False where the id is taken."""
    # Without RETURNING: what the author may add to, the author need not be able to read.
    added: Any = session.execute(insert(Attachment).values(**values).on_conflict_do_nothing())
    return bool(added.rowcount)


_LOCK = {
    False: text("SELECT pg_advisory_xact_lock_shared(hashtextextended('attachment ' || :hash, 0))"),
    True: text("SELECT pg_try_advisory_xact_lock(hashtextextended('attachment ' || :hash, 0))"),
}


def lock_content(session: Session, sha256: bytes) -> None:
    """Until this transaction ends nobody deletes the file of this hash."""
    session.execute(_LOCK[False], {"hash": sha256.hex()})


def take_content(session: Session, sha256: bytes) -> bool:
    """Whether nobody is just adding a row for the file of this hash; nobody will until the end."""
    return bool(session.scalar(_LOCK[True], {"hash": sha256.hex()}))


def list_known(session: Session, hashes: Collection[bytes]) -> set[bytes]:
    """Which of these files some row names."""
    query = select(Attachment.sha256).where(Attachment.sha256.in_(hashes)).distinct()
    return set(session.scalars(query))


_DELETE_ORPHANS = text("""
    WITH gone AS (
        DELETE FROM attachment a
         WHERE a.sha256 = ANY (:hashes)
           AND NOT CASE a.owner_entity
               WHEN 'visit'         THEN EXISTS (SELECT FROM visit v WHERE v.id = a.owner_id)
               WHEN 'dispute'       THEN EXISTS (SELECT FROM dispute d WHERE d.id = a.owner_id)
               WHEN 'dispute_event' THEN EXISTS
                    (SELECT FROM dispute_event e WHERE e.id = a.owner_id)
               ELSE EXISTS (SELECT FROM agreement g WHERE g.id = a.owner_id) END
     RETURNING a.sha256
    )
    INSERT INTO attachment_leftover SELECT DISTINCT sha256 FROM gone ON CONFLICT DO NOTHING
""")


def delete_orphans(session: Session, hashes: Collection[bytes]) -> None:
    """Rows with these files that were committed just after their owner had been erased; the files
    are leftovers then.
    """
    session.execute(_DELETE_ORPHANS, {"hashes": list(hashes)})


def list_leftovers(session: Session, limit: int) -> Sequence[bytes]:
    """Files of which a row was erased."""
    return session.scalars(select(AttachmentLeftover.sha256).limit(limit)).all()


def forget_leftovers(session: Session, hashes: Collection[bytes]) -> None:
    """They were looked after."""
    session.execute(delete(AttachmentLeftover).where(AttachmentLeftover.sha256.in_(hashes)))
