"""SQL of texts that may still speak of an erased person."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, select, text, update
from sqlalchemy.orm import Session

from server.disputes.models import Claim, Dispute, DisputeEvent, Party, Term
from server.erasure.errors import MentionNotFound
from server.erasure.models import Mention
from server.households.models import Household


class Said(NamedTuple):
    """One text of a case, and where it stands."""

    dispute_id: UUID
    entity: str
    row_id: UUID
    field: str
    text: str | None


def list_said(session: Session, disputes: Collection[UUID]) -> Iterator[Said]:
    """Every text of these cases: stories first."""
    for entity, table, fields in _TEXTS:
        case = table.id if table is Dispute else table.dispute_id
        columns = [getattr(table, name) for name in fields]
        query = select(table.id, case, *columns).where(case.in_(disputes))
        for row_id, dispute_id, *texts in session.execute(query):
            for name, said in zip(fields, texts, strict=True):
                yield Said(dispute_id, entity, row_id, name, said)


_TEXTS: Sequence[tuple[str, Any, Sequence[str]]] = (
    ("dispute", Dispute, ("story", "spot")),
    ("claim", Claim, ("content",)),
    ("term", Term, ("content",)),
    ("dispute_event", DisputeEvent, ("why", "agreement")),
)


def list_names_of_household(session: Session, household_id: UUID) -> list[str | None]:
    """Names and numbers by which texts may speak of a household."""
    h, p = Household, Party
    own = session.execute(select(h.head_name, h.telephone).where(h.id == household_id))
    said = session.execute(select(p.name, p.telephone).where(p.household_id == household_id))
    return [name for found in (own, said) for row in found.tuples() for name in row]


def list_names_of_party(session: Session, party_id: UUID) -> tuple[UUID | None, list[str | None]]:
    """The party's case; names and numbers by which its texts may speak of the party."""
    party = session.get(Party, party_id)
    if party is None:
        return None, []
    own = [party.name, party.telephone]
    if party.household_id is None:
        return party.dispute_id, own
    return party.dispute_id, own + list_names_of_household(session, party.household_id)


def insert_mentions(session: Session, mentions: Sequence[Mention]) -> None:
    """Texts that a person has to read."""
    session.add_all(mentions)
    session.flush()


def list_mentions(*, open_only: bool) -> Select[tuple[Mention]]:
    """Texts to be read, or all that ever were."""
    query = select(Mention)
    return query.where(Mention.decided.is_(None)) if open_only else query


def get_mention(session: Session, mention_id: UUID) -> Mention:
    """One of them. Raises MentionNotFound."""
    found = session.get(Mention, mention_id)
    if found is None:
        raise MentionNotFound
    return found


def lock_open_mention(session: Session, mention_id: UUID) -> Mention | None:
    """One that the worker has not carried out; it waits until this is decided."""
    query = select(Mention).where(Mention.id == mention_id, Mention.done_at.is_(None))
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def list_decided(session: Session) -> Sequence[Mention]:
    """Decided ones that nobody has carried out yet; locked."""
    query = select(Mention).where(Mention.decided.is_not(None), Mention.done_at.is_(None))
    return session.scalars(query.with_for_update(skip_locked=True)).all()


_TABLES: dict[str, Any] = {"dispute": Dispute, "claim": Claim, "term": Term}


def find_text(session: Session, mention: Mention) -> str | None:
    """What the text says now, as far as the asker sees it."""
    table = DisputeEvent if mention.entity == "dispute_event" else _TABLES[mention.entity]
    row: Row[Any] | None = session.execute(
        select(getattr(table, mention.field)).where(table.id == mention.row_id)
    ).one_or_none()
    return row[0] if row else None


def set_text(session: Session, mention: Mention, wording: str | None, at: datetime) -> None:
    """Let the text say this, or nothing; phones hear of it."""
    if mention.entity == "dispute_event":
        values = {mention.field: None, "erased_at": at}
        session.execute(
            update(DisputeEvent).where(DisputeEvent.id == mention.row_id).values(**values)
        )
        return
    found = session.get(_TABLES[mention.entity], mention.row_id)
    if found is not None:
        setattr(found, mention.field, wording)
        session.flush()
        session.execute(_TOUCH, {"id": mention.dispute_id})


_TOUCH = text("UPDATE dispute SET status = status WHERE id = :id")
