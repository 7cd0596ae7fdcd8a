"""The people of the demo: an Office for every village and township, 24 workers, those above them.

All logins share one password, which `wangge up` prints: the demo listens on loopback only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from server.access import queries as access
from server.access.service import hash_password
from server.audit.service import record
from server.db import Identity
from server.ids import new_id
from server.places import queries as places

PASSWORD = "wangge-demo"  # noqa: S105 (printed on purpose)


class Post(NamedTuple):
    """A demo user and the place they serve."""

    login: str
    name: str
    role: str
    code: str  # of the cell, village, township or county


@dataclass(frozen=True, slots=True)
class Staff:
    """Who works in the demo county."""

    workers: tuple[Post, ...]
    mediators: tuple[Post, ...]
    supervisors: tuple[Post, ...]
    others: tuple[Post, ...]

    def everybody(self) -> tuple[Post, ...]:
        """All posts, from the cells up."""
        return self.workers + self.mediators + self.supervisors + self.others

    def supervisor_of(self, township: str) -> Post:
        """Who supervises this township."""
        return next(post for post in self.supervisors if post.code == township)


def plan_staff(busy_cells: Sequence[str]) -> Staff:
    """One worker per busy cell, a mediator per village and a supervisor per township of them."""
    villages = sorted({cell[:12] for cell in busy_cells})
    townships = sorted({cell[:9] for cell in busy_cells})
    return Staff(
        workers=_posts("worker", "示例网格员", "grid_worker", busy_cells),
        mediators=_posts("mediator", "示例调解员", "mediator", villages),
        supervisors=_posts("township", "示例乡镇主管", "township_supervisor", townships),
        others=(
            Post("county", "示例县级专员", "county_office", "511921"),
            Post("system", "示例系统管理员", "system_admin", "511921"),
            Post("security", "示例安全管理员", "security_admin", "511921"),
            Post("auditor", "示例审计管理员", "audit_admin", "511921"),
        ),
    )


def hire(session: Session, by: Identity, staff: Staff) -> None:
    """Write Offices, users and assignments, valid from now."""
    offices = _found_offices(session, by)
    users = {post.login: new_id(by.now) for post in staff.everybody()}
    password_hash = hash_password(PASSWORD)  # one for all: Argon2id is slow on purpose
    access.insert_users(
        session,
        [
            {
                "id": users[post.login],
                "login": post.login,
                "name": post.name,
                "created_at": by.now,
                "password_hash": password_hash,
            }
            for post in staff.everybody()
        ],
    )
    cells = places.map_cell_codes(session, [post.code for post in staff.workers])
    held = {**{code: ("cell_id", id_) for code, id_ in cells.items()}, **offices}
    access.insert_assignments(
        session,
        [_assignment(post, users[post.login], held[post.code], by) for post in staff.everybody()],
    )
    record(session, "demo.hire", users=len(users), offices=len(offices))


def _posts(stem: str, name: str, role: str, codes: Sequence[str]) -> tuple[Post, ...]:
    return tuple(
        Post(f"{stem}{k:02}", f"{name}{k:02}", role, code) for k, code in enumerate(codes, 1)
    )


def _found_offices(session: Session, by: Identity) -> dict[str, tuple[str, UUID]]:
    """An Office for every village, township and the county; area code → ("office_id", id)."""
    kinds = {
        "village": ("mediation_committee", "人民调解委员会"),
        "township": ("township_centre", "矛盾纠纷调处中心"),
        "county": ("bureau", "矛盾纠纷调处办公室"),
    }
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(by.now),
            "area_id": area_id,
            "level": level,
            "kind": kind,
            "name": f"示例{suffix}（{code}）",
            "public_telephone": "000-0000000",
            "lead": True,
            "code": code,
        }
        for level, (kind, suffix) in kinds.items()
        for code, area_id in places.map_area_codes(session, level).items()
    ]
    found = {row.pop("code"): ("office_id", row["id"]) for row in rows}
    access.insert_offices(session, rows)
    return found


def _assignment(post: Post, user_id: UUID, held: tuple[str, UUID], by: Identity) -> dict[str, Any]:
    column, place = held
    return {
        "id": new_id(by.now),
        "user_id": user_id,
        "role": post.role,
        "cell_id": None,
        "office_id": None,
        "area_id": None,
        column: place,
        "leads": True,
        "valid_from": by.now,
        "valid_to": None,
    }
