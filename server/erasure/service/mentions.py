"""Reading what still speaks of an erased person, and putting it right."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.erasure.errors import BadWording, MentionDecided
from server.erasure.models import Mention
from server.erasure.queries import mentions


def read_mention(session: Session, mention_id: UUID) -> tuple[Mention, str | None]:
    """One text as it stands now; the look is written down. Raises MentionNotFound."""
    mention = mentions.get_mention(session, mention_id)
    record(session, "erasure.read", ids=[mention.dispute_id], mention=mention.id)
    return mention, mentions.find_text(session, mention)


def decide_mention(
    session: Session, by: Identity, mention_id: UUID, decided: str, wording: str | None
) -> Mention:
    """Say what becomes of a text: reworded (with the new wording), removed, or it stays.

    The worker carries it out within a minute. Raises MentionNotFound, MentionDecided, BadWording.
    """
    mentions.get_mention(session, mention_id)
    mention = mentions.lock_open_mention(session, mention_id)
    if mention is None:
        raise MentionDecided
    is_history = mention.entity == "dispute_event"
    says_new = bool(wording and wording.strip())
    # A story is what a case is about: it says something else, or it stays.
    must_say = (mention.entity, mention.field) == ("dispute", "story")
    if (decided == "reworded") != says_new or (is_history and says_new):
        raise BadWording
    if must_say and decided == "removed":
        raise BadWording
    mention.decided, mention.wording = decided, wording.strip() if wording else None
    mention.decided_by, mention.decided_at = by.user_id, by.now
    session.flush()
    record(session, "erasure.decide", ids=[mention.dispute_id], mention=mention.id, how=decided)
    return mention


def carry_out(session: Session, by: Identity) -> int:
    """Let the decided texts say what was decided; how many."""
    decided = mentions.list_decided(session)
    for mention in decided:
        if mention.decided != "stays":
            mentions.set_text(session, mention, mention.wording, by.now)
        mention.wording, mention.done_at = None, by.now
    if decided:
        session.flush()
        record(session, "erasure.reword", ids=[one.dispute_id for one in decided][:50])
    return len(decided)
