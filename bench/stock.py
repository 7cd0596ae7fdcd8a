"""What phones hold: households, visits and disputes for some of the demo's workers, set-wise."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg2 import extensions
from psycopg2.extras import execute_values

from bench.ground import Ground, connect, settle
from server.db import Identity, transaction, worker
from server.demo.staff import Post, hire, plan_staff
from server.disputes.service import NewDispute, register_disputes
from server.ids import new_id
from server.installation import Installation, opened
from server.sealed import keyring

VISITS, DISPUTES = 5, 20  # visits of a household; households for each dispute
# Fifty of these for each note, drawn one by one: harder to pack than what people write.
_CHARACTERS = (
    "老人身体尚好药已备齐屋后排水沟堵塞联系子女外出务工春节回家合作医疗缴询问报销院内电线化提醒更换"
    "与邻居地界无争气氛小麦收农机补贴饮管冻裂村里修复厨房烟道低保金残疾证孩上学路灯坏危墙粮油米面"
)
NOTE = 50  # characters


@dataclass(frozen=True, slots=True)
class Holder:
    """A worker of the demo, where they serve, and what lies there."""

    login: str
    user_id: UUID
    cell_id: UUID
    village_id: UUID


def stock(ground: Ground, county: Installation, workers: int, households: int) -> list[Holder]:
    """Hire the demo's staff; so many households in the cell of each of the first workers."""
    by = worker(ground.began)
    staff = plan_staff(ground.counts.busy_cells)
    with opened(county.settings("worker")), transaction(by) as session:
        hire(session, by, staff)
    holders = find_holders(county, staff.workers[:workers])
    with opened(county.settings()):
        connection = connect(county.admin_url)
        try:
            chance = random.Random(7)
            for holder in holders:
                fill(connection, holder, households, ground.began, chance)
            settle(connection)
        finally:
            connection.close()
    return holders


def fill(
    connection: extensions.connection,
    holder: Holder,
    households: int,
    at: datetime,
    chance: random.Random,
) -> None:
    """Households, their visits and disputes in the holder's cell; a commit for each 5,000 rows."""
    homes = [new_id(at + timedelta(seconds=k)) for k in range(households)]
    cursor = connection.cursor()
    _insert(cursor, "household", list(_households(holder, homes, at, chance)))
    _insert(cursor, "household_placing", list(_placings(holder, homes, at)))
    connection.commit()
    _insert(cursor, "visit", list(_visits(holder, homes, at, chance)))
    connection.commit()
    author = Identity(at, holder.user_id)
    with transaction(author) as session:
        register_disputes(session, author, list(_disputes(holder, homes, at)))


def write_note(chance: random.Random) -> str:
    """Fifty characters, harder to pack than what people write."""
    return "".join(chance.choices(_CHARACTERS, k=NOTE))


def find_holders(county: Installation, posts: Sequence[Post]) -> list[Holder]:
    """Where these posts serve, in their order."""
    connection = connect(county.admin_url)
    try:
        cursor = connection.cursor()
        cursor.execute(
            """
            SELECT u.login, u.id, c.id, c.village_id
              FROM user_account u
              JOIN assignment a ON a.user_id = u.id
              JOIN grid_cell c  ON c.id = a.cell_id
             WHERE u.login = ANY (%s) ORDER BY u.login
            """,
            ([post.login for post in posts],),
        )
        return [
            Holder(login, *(UUID(str(id_)) for id_ in ids)) for login, *ids in cursor.fetchall()
        ]
    finally:
        connection.close()


def _insert(cursor: extensions.cursor, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = ", ".join(rows[0])
    values = [tuple(str(v) if isinstance(v, UUID) else v for v in row.values()) for row in rows]
    execute_values(cursor, f"INSERT INTO {table} ({columns}) VALUES %s", values, page_size=1000)


def _households(
    holder: Holder, homes: Sequence[UUID], at: datetime, chance: random.Random
) -> Iterator[dict[str, Any]]:
    ring = keyring()
    rows = [home.bytes for home in homes]
    names = ring.seal_all("household.head_name", rows, [f"示某{k}" for k in range(len(homes))])
    numbers = ring.seal_all("household.telephone", rows, [f"000{k:08}" for k in range(len(homes))])
    for k, (home, name, number) in enumerate(zip(homes, names, numbers, strict=True)):
        lon, lat = round(107 + chance.random() / 10, 6), round(31.9 + chance.random() / 10, 6)
        yield {
            "id": home,
            "village_id": holder.village_id,
            "cell_id": holder.cell_id,
            "group_no": k % 4 + 1,
            "head_name": name,
            "telephone": number,
            "address": f"{k % 4 + 1}组 {k} 号（合成）",
            "people": chance.randint(1, 6),
            "lon": lon,
            "lat": lat,
            "datum": "wgs84",
            "accuracy_m": 8,
            "geom": f"SRID=4326;POINT({lon} {lat})",
            "placed_by": "point",
            "created_at": at,
        }


def _placings(holder: Holder, homes: Sequence[UUID], at: datetime) -> Iterator[dict[str, Any]]:
    for home in homes:
        yield {
            "id": new_id(at),
            "household_id": home,
            "village_id": holder.village_id,
            "cell_id": holder.cell_id,
            "placed_by": "point",
            "valid_from": at,
        }


def _visits(
    holder: Holder, homes: Sequence[UUID], at: datetime, chance: random.Random
) -> Iterator[dict[str, Any]]:
    count = len(homes) * VISITS
    notes = [write_note(chance) for _ in range(count)]
    times = [
        at + timedelta(seconds=60 * k, milliseconds=chance.randrange(1000)) for k in range(count)
    ]
    ids = [new_id(recorded) for recorded in times]
    sealed = keyring().seal_all("visit.note", [id_.bytes for id_ in ids], notes)
    for id_, recorded, note in zip(ids, times, sealed, strict=True):
        yield {
            "id": id_,
            "household_id": chance.choice(homes),
            "bucket": f"c:{holder.cell_id}",
            "cell_id": holder.cell_id,
            "outcome": chance.choice(("met", "met", "by_telephone", "nobody_home")),
            "note": note,
            "done_by": holder.user_id,
            "recorded_by": holder.user_id,
            "occurred_at": recorded - timedelta(minutes=chance.randrange(60)),
            "recorded_at": recorded,
            "received_at": recorded + timedelta(milliseconds=chance.randrange(3_600_000)),
            "proof": "proved",
        }


def _disputes(holder: Holder, homes: Sequence[UUID], at: datetime) -> Iterator[NewDispute]:
    for k, home in enumerate(homes[::DISPUTES]):
        fields = {
            "category": "neighbours",
            "story": f"与邻居为排水沟位置有争议，第 {k} 件（合成示例）",
            "village_id": str(holder.village_id),
            "cell_id": str(holder.cell_id),
            "parties": [{"side": "applicant", "kind": "household", "household_id": str(home)}],
        }
        yield NewDispute(id=new_id(at), fields=fields, occurred_at=at, recorded_at=at)
