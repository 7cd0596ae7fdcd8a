"""SQL of second factors: one's own row, and what the gate does for others."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from server.access.factors.models import SecondFactor
from server.sealed import bound


def find_factor(session: Session, user_id: UUID) -> SecondFactor | None:
    """One's own second factor, read anew."""
    return session.get(SecondFactor, user_id, populate_existing=True)


def lock_factor(session: Session, user_id: UUID) -> SecondFactor | None:
    """One's own second factor, held to the end of the transaction."""
    return session.scalars(
        select(SecondFactor).where(SecondFactor.user_id == user_id).with_for_update()
    ).one_or_none()


def keep_secret(session: Session, user_id: UUID, secret: str, at: datetime) -> None:
    """Begin an enrolment, or begin it anew; what is confirmed stays as it is."""
    (row,) = bound(SecondFactor, [{"user_id": user_id, "secret": secret, "made_at": at}])
    fresh = upsert(SecondFactor).values(row)
    session.execute(
        fresh.on_conflict_do_update(
            index_elements=[SecondFactor.user_id],
            # Steps are counted by secret: a clock that ran ahead shuts nobody out for good.
            set_={"secret": fresh.excluded.secret, "made_at": at, "last_step": 0},
            where=SecondFactor.confirmed_at.is_(None),
        )
    )


def confirm_factor(
    session: Session, user_id: UUID, step: int, recovery: list[bytes], at: datetime
) -> None:
    """The enrolment is complete; its first code is used."""
    _change(session, user_id, confirmed_at=at, last_step=step, recovery=recovery)


def replace_recovery(session: Session, user_id: UUID, recovery: list[bytes]) -> None:
    """New recovery codes; the old ones are dead."""
    _change(session, user_id, recovery=recovery)


def end_factor(session: Session, user_id: UUID) -> None:
    """Take one's own second factor away."""
    _change(session, user_id, secret=None, confirmed_at=None, recovery=[])


def spend_step(session: Session, user_id: UUID, step: int) -> bool:
    """Use the code of this step. False where it, or a later one, was used."""
    own = update(SecondFactor).where(SecondFactor.user_id == user_id)
    return _changed(
        session.execute(own.where(SecondFactor.last_step < step).values(last_step=step))
    )


def spend_recovery(session: Session, user_id: UUID, digest: bytes) -> bool:
    """Use a recovery code up. False where there is no such code, or no longer."""
    own = update(SecondFactor).where(SecondFactor.user_id == user_id)
    left = func.array_remove(SecondFactor.recovery, digest)
    known = SecondFactor.recovery.any(digest)  # type: ignore[arg-type] # SQLAlchemy's typing
    return _changed(session.execute(own.where(known).values(recovery=left)))


def reset_factor(session: Session, user_id: UUID) -> bool:
    """Take somebody else's away, as the security administrator. False where there was none."""
    asked = text("SELECT gate.reset_second_factor(:user)")
    return bool(session.execute(asked, {"user": user_id}).scalar_one())


def _change(session: Session, user_id: UUID, **values: Any) -> None:
    session.execute(update(SecondFactor).where(SecondFactor.user_id == user_id).values(**values))


def _changed(done: Any) -> bool:
    result: CursorResult[Any] = done
    return result.rowcount == 1
