"""Cases as they stand in the books after a while, written down Holding by Holding."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from psycopg2 import extensions
from sqlalchemy.engine import make_url

from server.db import transaction
from server.figures import service
from tests.lending import Lending
from tests.smallcounty import Desk, SmallCounty, id_of

NOON = timedelta(hours=4)  # 12:00 local time
_CASE = """
    INSERT INTO dispute (id, category, story, area_id, start_level, level, office_id,
                         first_office_id, channel, status, size, occurred_at, recorded_at,
                         received_at, proof, done_by, recorded_by)
    VALUES (%(id)s, %(category)s, '\\x00', %(area)s, 'village', 'village', %(office)s, %(office)s,
            'visit', 'registered', 'individual', now(), now(), now(), 'proved', %(user)s, %(user)s)
"""
_HOLDING = """
    INSERT INTO holding (id, dispute_id, n, office_id, level, policy_id, begun_at, received_at,
                         accept_by, handle_by, due_at, accepted_at, extended, overdue_at, ended_at,
                         ended_how, begun_how)
    VALUES (%(id)s, %(case)s, %(n)s, %(office)s, %(level)s,
            (SELECT id FROM policy_version LIMIT 1), %(received)s, %(received)s, %(accept_by)s,
            %(handle_by)s, %(due)s, %(accepted)s, %(extended)s, %(overdue)s, %(ended)s,
            %(how)s, %(begun)s)
"""


def at(day: str) -> datetime:
    """Noon of a local day."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + NOON


@dataclass
class Books:
    """What the county's books say, and who may read which figures of them."""

    county: SmallCounty
    connection: extensions.connection
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    desks: dict[str, Desk] = field(default_factory=dict)

    def case(self, area: str, *holdings: Mapping[str, Any], category: str = "neighbours") -> UUID:
        """A case that lies in an Area, with its Holdings in order. `held` makes one."""
        case = id_of(f"case {next(self.numbers)}")
        row = {
            "id": case,
            "category": category,
            "area": id_of(area),
            "office": id_of(f"office {holdings[0]['office']}"),
            "user": id_of("user mediator-a1"),
        }
        self.write(_CASE, row)
        for n, holding in enumerate(holdings, 1):
            self.add(case, n, holding)
        return case

    def many(self, times: int, area: str, *holdings: Mapping[str, Any], **more: Any) -> None:
        """The same, so many times."""
        for _ in range(times):
            self.case(area, *holdings, **more)

    def add(self, case: UUID, n: int, holding: Mapping[str, Any]) -> None:
        """One more Holding of a case."""
        ids = {"id": id_of(f"holding {case} {n}"), "case": case, "n": n}
        self.write(_HOLDING, {**holding, **ids, "office": id_of(f"office {holding['office']}")})

    def amend(self, case: UUID, n: int, **columns: Any) -> None:
        """Change columns of a Holding, as late records do."""
        named = ", ".join(f"{name} = %({name})s" for name in columns)
        self.write(
            f"UPDATE holding SET {named} WHERE dispute_id = %(case)s AND n = %(n)s",
            {**columns, "case": case, "n": n},
        )

    def write(self, statement: str, values: Mapping[str, Any] | None = None) -> None:
        """Past the ladder, as superuser: triggers hear of it all the same."""
        plain = {k: str(v) if isinstance(v, UUID) else v for k, v in (values or {}).items()}
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(statement, plain)

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchall()

    def count(self) -> int:
        """Let the worker count until nothing is left; how many months it took."""
        total = 0
        while True:
            with transaction(self.county.worker) as session:
                counted = service.count(session)
            if not counted:
                return total
            total += counted

    def desk(self, login: str) -> Desk:
        """Somebody in the browser."""
        if login not in self.desks:
            self.desks[login] = self.county.sign_in(login, device="browser")
        return self.desks[login]

    def ask(self, login: str, figure: str, **wanted: str) -> dict[str, Any]:
        """A figure, as somebody is told it; from 2025 to 2026 where nothing else is said."""
        whole = {"from": "2025-01", "to": "2026-12", **{k.strip("_"): v for k, v in wanted.items()}}
        answer: dict[str, Any] = self.desk(login).get(f"/figures/{figure}", **whole)
        return answer

    def told(self, login: str, figure: str, **wanted: str) -> dict[str, Any]:
        """Key → what is told, in short: "3/8" where there is one number."""
        answer = self.ask(login, figure, **wanted)
        rows = [*answer["rows"], answer["total"]]
        return {row["key"]: shorter(row) for row in rows}


def shorter(row: Mapping[str, Any]) -> Any:
    """A row in short."""
    if "steps" in row:
        return {n: (s["of"], s["median_days"], s["p90_days"]) for n, s in row["steps"].items()}
    told = {n: f"{s['n']}/{s['of']}" for n, s in row["shares"].items()}
    return told if len(told) > 1 else next(iter(told.values()))


def held(
    office: str,
    received: str,
    accepted: str | None = None,
    ended: str | None = None,
    how: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A Holding by local days. `accept_days`, `handle_days`: its limits; 3 and 30."""
    began = at(received)
    level = {1: "township", 2: "village"}.get(len(office), "county")
    accept_by = began + timedelta(days=more.pop("accept_days", 3))
    handle_by = began + timedelta(days=more.pop("handle_days", 30))
    overdue = more.pop("overdue", None)
    return {
        "office": office,
        "level": level,
        "received": began,
        "accepted": accepted and at(accepted),
        "ended": ended and at(ended),
        "how": how,
        "accept_by": accept_by,
        "handle_by": handle_by,
        "due": None if ended else handle_by,
        "overdue": overdue and at(overdue),
        "begun": more.pop("begun", "register"),
        "extended": more.pop("extended", False),
        **more,
    }


@pytest.fixture
def lending(governed_lending: Lending) -> Lending:
    """Cases need a policy and a calendar: these tests begin with both."""
    return governed_lending


@pytest.fixture
def books(county: SmallCounty) -> Iterator[Books]:
    """The small county with a policy and empty books."""
    url = make_url(county.url).set(drivername="postgresql")
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    try:
        yield Books(county, connection)
    finally:
        connection.close()


def pretty(answer: Any) -> str:
    """For a person who looks at a failure."""
    return json.dumps(answer, ensure_ascii=False, indent=1)
