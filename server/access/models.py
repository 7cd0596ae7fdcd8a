"""Who: users, Offices, assignments, devices and sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class User(Base):
    """A person with a login. Staff: the name is shown to colleagues."""

    __tablename__ = "user_account"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime]
    # Why this person must step aside from a case: for the gate alone, no colleague reads them.
    household_id: Mapped[UUID | None] = mapped_column(
        # By ALTER TABLE: households name users too, and neither table comes first.
        ForeignKey(
            "household.id",
            ondelete="SET NULL",
            use_alter=True,
            name="user_account_household_id_fkey",
        ),
        index=True,
        deferred=True,
    )
    telephone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True, deferred=True)


class Credential(Base):
    """What proves a user. Apart from the user, so that no list of colleagues can carry it."""

    __tablename__ = "credential"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    password_hash: Mapped[str]  # Argon2id


class Office(Base):
    """承办单位: holds cases at one Level; people act for it."""

    __tablename__ = "office"
    __table_args__ = (CheckConstraint("level IN ('village','township','county')", name="level"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), index=True)
    level: Mapped[str]
    kind: Mapped[str]  # village_committee, mediation_committee, township_centre, bureau
    name: Mapped[str]
    public_telephone: Mapped[str | None]
    lead: Mapped[bool] = mapped_column(server_default="false")  # receives what comes to its Area


class Assignment(Base):
    """分工: a user serves a cell, or holds a role in an Office or over an Area, from–to."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("num_nonnulls(cell_id, office_id, area_id) = 1", name="one_place"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="span"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str]
    cell_id: Mapped[UUID | None] = mapped_column(ForeignKey("grid_cell.id"), index=True)
    office_id: Mapped[UUID | None] = mapped_column(ForeignKey("office.id"), index=True)
    area_id: Mapped[UUID | None] = mapped_column(ForeignKey("area.id"))
    leads: Mapped[bool] = mapped_column(server_default="false")
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class Device(Base):
    """终端: one installation of one user. The phone makes the id."""

    __tablename__ = "device"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str]
    enrolled_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))  # none: keyboard
    revoked_why: Mapped[str | None]  # a slug: access/accounts/rules.py
    seen_at: Mapped[datetime | None]
    next_n: Mapped[int] = mapped_column(BigInteger, server_default="1")
    last_time: Mapped[int] = mapped_column(BigInteger, server_default="0")  # ms, see sync.model
    # What it last said that it still holds (sync.model.Report); all empty: it has never told.
    unsent_changes: Mapped[int | None]
    unsent_rejected: Mapped[int | None]
    unsent_files: Mapped[int | None]
    unsent_oldest_at: Mapped[datetime | None]
    unsent_at: Mapped[datetime | None]
    unsent_boot: Mapped[str | None]
    unsent_elapsed: Mapped[int | None] = mapped_column(BigInteger)


class Login(Base):
    """One signed-in device: the hashes of its short access and its rotating refresh token.

    A refresh closes the row and opens the next of the same family. The closed row stays good for
    one thing: asking again while its successor is unused, since the answer may have been lost.
    """

    __tablename__ = "login"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    family_id: Mapped[UUID] = mapped_column(index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"), index=True)
    access_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    refresh_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    opened_at: Mapped[datetime]
    access_until: Mapped[datetime]
    refresh_until: Mapped[datetime]
    used_at: Mapped[datetime | None]  # first use of its access token: the answer arrived
    proved_at: Mapped[datetime | None]  # by password, and code where there is one
    factor_elsewhere: Mapped[bool] = mapped_column(server_default="false")  # federation/
    succeeded_by: Mapped[UUID | None] = mapped_column(ForeignKey("login.id"), index=True)
    revoked_at: Mapped[datetime | None]
