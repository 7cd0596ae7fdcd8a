"""A small county to tell stories in: two townships, three villages, six cells, eighteen households.

Villages are squares of 0.1° side by side; each is cut in a west cell (groups 1, 2) and an east cell
(groups 3, 4). Everything is synthetic. Seeded once into the template that every test copies.

    township A 511921100          township B 511921101
    village A1      village A2    village B1
    cells …201001/2 …202001/2     cells 511921101201001/2
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid5

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from shapely import box
from sqlalchemy.orm import Session

from server.access import queries as access
from server.access.schemas import SessionOut
from server.access.service import Spans, open_session
from server.db import DbRole, Identity, nobody, transaction, worker
from server.households import queries as households
from server.places import queries as places
from server.settings import Settings
from server.syncing.healing.service import ensure_epoch

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 local time
PASSWORD = "small-county"
_VAR = TemporaryDirectory(prefix="wangge-var-")  # goes with the process
_ROOT = UUID("00000000-0000-7000-8000-000000000000")
# Argon2id is slow on purpose; a hash carries the parameters it is verified with: cheap ones.
HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
_HASH = HASHER.hash(PASSWORD)
_SESSION = SessionOut()

TOWNSHIPS = {"A": "511921100", "B": "511921101"}
VILLAGES = {"A1": "511921100201", "A2": "511921100202", "B1": "511921101201"}
CELLS = {
    f"{v}{side}": f"{code}00{k}" for v, code in VILLAGES.items() for k, side in ((1, "w"), (2, "e"))
}
WEST = {"A1": 107.0, "A2": 107.1, "B1": 107.2}
SOUTH = 31.9


def id_of(name: str) -> UUID:
    """The id of anything here, by its name: `id_of("A1w")`, `id_of("worker A1w")`."""
    return uuid5(_ROOT, name)


def settings(url: str, data_dir: Path | None = None) -> Settings:
    """Settings of a test process: known keys, a disk that is never full, a `var` of its own."""
    return Settings(
        database_url=url,
        admin_url=url,
        seal_keys={"t1": base64.b64decode("A" * 43 + "=")},
        blind_key=base64.b64decode("B" * 43 + "="),
        data_dir=data_dir or Path(_VAR.name),
        min_free_bytes=0,
    )


@dataclass
class Clock:
    """The time of a story; it moves when the story says so."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **span: float) -> None:
        """Let days, hours or minutes pass."""
        self.now += timedelta(**span)


@dataclass
class Desk:
    """Somebody signed in, over HTTP."""

    client: FlaskClient
    tokens: dict[str, Any]
    user_id: UUID

    def call(self, method: str, path: str, **sent: Any) -> Any:
        """One request of the API; the whole answer."""
        return self.open(method, f"/api/v1{path}", **sent)

    def open(self, method: str, address: str, **sent: Any) -> Any:
        """One request, of the API or of a page, by its whole address."""
        headers = {"Authorization": f"Bearer {self.tokens['access']}", **sent.pop("headers", {})}
        return self.client.open(address, method=method, headers=headers, **sent)

    def get(self, path: str, **query: Any) -> Any:
        """GET; the JSON of a 200."""
        answer = self.call("GET", path, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    def post(self, path: str, body: Any, expect: int = 201) -> Any:
        """POST; the JSON of the expected answer."""
        answer = self.call("POST", path, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json


@dataclass
class SmallCounty:
    """The county of one test: its app, its clock, its people."""

    app: Flask
    clock: Clock
    url: str  # as superuser: what the test may look at behind everybody's back

    def sign_in(self, login: str, device: str = "phone") -> Desk:
        """Somebody who has signed in on a device of theirs; how one does is told in tests/access.

        As after a password and without asking for it: half of what a short test would take.
        """
        stranger = nobody(self.app.extensions["wangge.clock"](), "sign-in")
        device_id = id_of(f"{login} {device}")
        with self.app.app_context():
            with transaction(stranger) as session:
                found = access.find_credential(session, login, device_id)
            assert found, f"{login} cannot sign in"
            by = replace(stranger, user_id=found.user_id, device_id=device_id)
            with transaction(by) as session:
                tokens = open_session(session, by, device, _spans(self.app))
        return Desk(self.app.test_client(), _SESSION.dump(tokens), id_of(f"user {login}"))

    def identity(
        self, login: str | None, role: DbRole = DbRole.APP, device: str = "phone"
    ) -> Identity:
        """Who asks, for code below the views; None: nobody."""
        if login is None:
            return Identity(now=self.clock.now, role=role)
        return Identity(
            self.clock.now, id_of(f"user {login}"), id_of(f"{login} {device}"), "test", role
        )

    @property
    def worker(self) -> Identity:
        """The county's own hand."""
        return worker(self.clock.now)


def _spans(app: Flask) -> Spans:
    told: Settings = app.extensions["wangge.settings"]
    return Spans(
        timedelta(minutes=told.access_minutes),
        timedelta(days=told.refresh_days),
        timedelta(days=told.session_days),
    )


# login → (role, what it is held on)
PEOPLE = {
    "worker-a1w": ("grid_worker", "cell", "A1w"),
    "worker-a1e": ("grid_worker", "cell", "A1e"),
    "worker-b1w": ("grid_worker", "cell", "B1w"),
    "mediator-a1": ("mediator", "office", "office A1"),
    "mediator-a2": ("mediator", "office", "office A2"),
    "mediator-b1": ("mediator", "office", "office B1"),
    "township-a": ("township_supervisor", "office", "office A"),
    "township-b": ("township_supervisor", "office", "office B"),
    "county": ("county_office", "office", "office county"),
    "system": ("system_admin", "area", "county"),
    "security": ("security_admin", "area", "county"),
    "auditor": ("audit_admin", "area", "county"),
}


def seed(session: Session) -> None:
    """Write the small county, as the worker."""
    by = worker(START)
    places.upsert_areas(session, _areas())
    places.upsert_cells(session, _cells())
    owners = [id_of(name) for name in CELLS]
    places.set_boundaries(session, owners, [_square(n) for n in CELLS], START, cells=True)
    areas = [id_of(name) for name in VILLAGES]
    places.set_boundaries(session, areas, [_square(n) for n in VILLAGES], START, cells=False)
    access.insert_offices(session, _offices())
    access.insert_users(
        session,
        [
            {
                "id": id_of(f"user {login}"),
                "login": login,
                "name": f"示例{login}",
                "created_at": START,
                "password_hash": _HASH,
            }
            for login in PEOPLE
        ],
    )
    access.insert_assignments(session, [_assignment(*item) for item in PEOPLE.items()])
    households.insert_households(session, *_households())
    ensure_epoch(session, by)


def _areas() -> list[dict[str, Any]]:
    tree = [
        ("province", "51", "四川省", None),
        ("city", "5119", "巴中市", "51"),
        ("county", "511921", "通江县", "5119"),
        *(("township", code, f"示例{name}镇", "511921") for name, code in TOWNSHIPS.items()),
        *(("village", code, f"示例{name}村", code[:9]) for name, code in VILLAGES.items()),
    ]
    names = {code: name for name, code in {**TOWNSHIPS, **VILLAGES}.items()} | {"511921": "county"}
    ids = {code: id_of(names.get(code, code)) for _, code, _, _ in tree}
    return [
        {
            "id": ids[code],
            "level": level,
            "code": code,
            "name": name,
            "parent_id": ids[parent] if parent else None,
        }
        for level, code, name, parent in tree
    ]


def _cells() -> list[dict[str, Any]]:
    return [
        {
            "id": id_of(name),
            "village_id": id_of(name[:-1]),
            "code": code,
            "name": f"示例{name}网格",
            "groups": [1, 2] if name.endswith("w") else [3, 4],
            "synthetic": True,
        }
        for name, code in CELLS.items()
    ]


def _square(name: str) -> bytes:
    west = WEST[name[:2]]
    half = {"w": (0.0, 0.05), "e": (0.05, 0.1), "": (0.0, 0.1)}[name[2:]]
    wkb: bytes = box(west + half[0], SOUTH, west + half[1], SOUTH + 0.1).wkb
    return wkb


def _offices() -> list[dict[str, Any]]:
    held = [
        ("county", "county"),
        *((t, "township") for t in TOWNSHIPS),
        *((v, "village") for v in VILLAGES),
    ]
    kinds = {"county": "bureau", "township": "township_centre", "village": "mediation_committee"}
    return [
        {
            "id": id_of(f"office {name}"),
            "area_id": id_of(name),
            "level": level,
            "kind": kinds[level],
            "name": f"示例{name}{'调解委员会' if level == 'village' else '调解中心'}",
            "public_telephone": "000-0000000",
            "lead": True,
        }
        for name, level in held
    ]


def _assignment(login: str, held: tuple[str, str, str]) -> dict[str, Any]:
    role, kind, place = held
    return {
        "id": id_of(f"assignment {login}"),
        "user_id": id_of(f"user {login}"),
        "role": role,
        **{f"{k}_id": id_of(place) if k == kind else None for k in ("cell", "office", "area")},
        "leads": True,
        "valid_from": START - timedelta(days=30),
        "valid_to": None,
    }


def _households() -> tuple[list[dict[str, Any]], list[tuple[float, float] | None]]:
    """Three in every cell, placed by point, named `A1w-1` and so on."""
    rows, points = [], []
    for name in CELLS:
        for k in (1, 2, 3):
            lon = WEST[name[:2]] + (0.01 if name.endswith("w") else 0.06) + k / 100
            points.append((lon, SOUTH + 0.05))
            rows.append(
                {
                    "id": id_of(f"{name}-{k}"),
                    "village_id": id_of(name[:-1]),
                    "cell_id": id_of(name),
                    "placed_by": "point",
                    "head_name": f"示某{name}{k}",
                    "telephone": f"0001380000{k}",
                    "lon": lon,
                    "lat": SOUTH + 0.05,
                    "datum": "wgs84",
                    "created_at": START - timedelta(days=20),
                }
            )
    return rows, list(points)
