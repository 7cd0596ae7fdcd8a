"""Every route × every role × every place: what is not somebody's, they neither see nor change.

Expected is worked out from the permission table and from where things were planted; each request is
a real one. Unknown and foreign must not be told apart.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4
from zipfile import ZipFile, is_zipfile

from sqlalchemy import create_engine, text

from server.access.permissions import OPEN, SIGNED_IN
from tests.smallcounty import PEOPLE
from tests.walls.routes import (
    NARROWING,
    QUERIES,
    SAYS_WHY,
    Route,
    body_of,
    declared,
    filters,
    narrowing,
    routes_of,
)
from tests.walls.town import AGAINST, PLACES, REACH, Town

ROLES = {login: {PEOPLE[login][0]} if login in PEOPLE else set() for login in REACH}
FIELD = [login for login in REACH if REACH[login]]  # who has places at all
BOUND = [login for login in FIELD if login != "county"]  # and not all of them
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")


def told(answer: Any) -> str:
    """Everything that an answer says: its body, a workbook unpacked, and its headers."""
    body = answer.data
    if is_zipfile(io.BytesIO(body)):
        with ZipFile(io.BytesIO(body)) as packed:
            body = b"\n".join(packed.read(name) for name in packed.namelist())
    return f"{answer.headers}\n{body.decode(errors='replace')}"


def leaks(town: Town, login: str, answer: Any, asked: str) -> list[str]:
    """Traces of other people's places in an answer; what was asked for may be named."""
    said = told(answer)
    return [trace for trace in town.foreign(login) if trace in said and trace not in asked]


def unmasked(town: Town, route: Route, answer: Any) -> list[str]:
    """Names, numbers and addresses in full, of any place: reading never shows them."""
    if route.endpoint in SHOWN:
        return []
    said = told(answer)
    secrets = (planted.secrets.values() for planted in town.planted.values())
    return [one for of_place in secrets for one in of_place if one in said]


# All that is kept about a person, for that person; the look is written down with its reason.
SHOWN = frozenset({"subjects.export_household", "subjects.export_party"})


def ask(town: Town, login: str, route: Route, place: str, ids: dict[str, str], **sent: Any) -> Any:
    """One request, with a body of the right shape if it writes."""
    if route.method != "GET":
        body = body_of(route.endpoint, place, town)
        if route.endpoint == "attachments.add_attachment":
            owner = ids["dispute_id"]
            wanted = {"owner_entity": "dispute", "owner_id": owner, "purpose": "photo"}
            sent = {"data": b"no picture", "content_type": "image/png", "query_string": wanted}
        elif body is not None:
            sent["json"] = body
    return town.desks[login].open(route.method, route.url(place, ids), **sent)


def lines(wrong: list[Any]) -> str:
    """One each, to be read."""
    return "\n" + "\n".join(str(one)[:300] for one in wrong)


def shape(answer: Any) -> tuple[int, str]:
    """What an answer says, but for the ids that were asked for."""
    return answer.status_code, _ID.sub("id", answer.get_data(as_text=True))


def tried(login: str) -> list[str]:
    """Places that stand for all: own ones, the nearest and the farthest of others, and cases
    against somebody, oneself first of all.
    """
    own = [place for place in PLACES if place in REACH[login]]
    others = [place for place in PLACES if place not in REACH[login]]
    against = sorted(AGAINST, key=lambda name: not name.endswith(f" {login}"))
    known = [name for name in against if name in REACH[login]]
    hidden = [name for name in against if name not in REACH[login]]
    ends = (one for of in (own, others) for one in (*of[:1], *of[-1:]))
    return list(dict.fromkeys((*ends, *known[:1], *hidden[:1])))


def asked_by(town: Town, *, reading: bool) -> Iterator[tuple[str, Route]]:
    """Everybody with each route of rows in places that the table lets them use."""
    for route in routes_of(town):
        if route.laid and (route.method == "GET") is reading:
            yield from ((login, route) for login in FIELD if route.permits(ROLES[login]))


def test_every_route_has_a_place_in_the_matrix(town: Town) -> None:
    """Red for a new route: say in routes.py what its parameters are, and what it is sent."""
    routes = routes_of(town)
    assert [r.rule for r in routes if not r.known] == []
    for route in routes:
        if route.laid and route.method != "GET":
            body_of(route.endpoint, "A1w", town)  # KeyError: its body is not there


def test_who_has_no_permission_is_turned_away(town: Town) -> None:
    wrong: list[Any] = []
    ids = town.planted["A1w"].ids
    for route in routes_of(town):
        for login in REACH:
            if route.action in OPEN | SIGNED_IN or route.permits(ROLES[login]):
                continue
            answer = town.desks[login].open(route.method, route.url("A1w", ids))
            if answer.status_code != 403 or leaks(town, login, answer, ""):
                wrong.append((login, route.method, route.rule, answer.status_code))
    assert not wrong, lines(wrong)


def test_rows_are_read_in_ones_own_places_and_nowhere_else(town: Town) -> None:
    wrong: list[Any] = []
    unknown = {name: str(uuid4()) for name in town.planted["A1w"].ids}
    for login, route in asked_by(town, reading=True):
        query = QUERIES.get(route.endpoint, {})
        of_none = shape(ask(town, login, route, "A1w", unknown, query_string=query))
        for place in tried(login):
            planted = town.planted[place]
            if not set(route.laid) <= planted.ids.keys():
                continue
            answer = ask(town, login, route, place, planted.ids, query_string=query)
            if leaks(town, login, answer, route.url(place, planted.ids)):
                wrong.append((login, route.rule, place, "leaks"))
            if shown := unmasked(town, route, answer):
                wrong.append((login, route.rule, place, shown))
            if place in REACH[login]:
                if answer.status_code != 200:
                    wrong.append((login, route.rule, place, answer.status_code))
            elif shape(answer) != of_none:
                wrong.append((login, route.rule, place, shape(answer), of_none))
    assert not wrong, lines(wrong)


def test_lists_hold_nothing_of_other_places(town: Town) -> None:
    wrong: list[Any] = []
    seen = dict.fromkeys(REACH, "")
    for route in routes_of(town):
        page = not route.rule.startswith("/api/v1")
        if route.laid or route.method != "GET" or (page and route.action in OPEN):
            continue
        for login in REACH:
            if not route.permits(ROLES[login]):
                continue
            for place in ("A1w", "B1w") if route.parameters and REACH[login] else ("A1w",):
                query = QUERIES.get(route.endpoint, {})
                answer = ask(town, login, route, place, {}, query_string=query)
                seen[login] += told(answer)
                fine = {200, 204, 404, *({303} if page else ())}
                fine |= {403} if place not in REACH[login] else set()
                if answer.status_code not in fine and login != "retired":
                    wrong.append((login, route.rule, place, answer.status_code))
                leak = leaks(town, login, answer, str(query))
                # The audit names rows, and who decides sees what waits: by id alone.
                if route.action in {"audit.read", "approval.read"} and not REACH[login]:
                    leak = [trace for trace in leak if not _ID.fullmatch(trace)]
                if leak := leak + unmasked(town, route, answer):
                    wrong.append((login, route.rule, place, leak))
    assert not wrong, lines(wrong)
    # And that is not because nobody sees anything.
    shown = ("household_id", "dispute_id", "visit_id", "mid", "conflict_id", "duplicate_id")
    for name in shown:
        assert town.planted["A1w"].ids[name] in seen["county"], name
        assert town.planted["A1w"].ids[name] in seen["township-a"], name


def test_no_filter_reaches_further_than_its_asker(town: Town) -> None:
    wrong: list[Any] = []
    for route, name in narrowing(town):
        for login in BOUND:
            if not route.permits(ROLES[login]):
                continue
            for value in filters(name)[: None if login == "township-a" else -2]:
                query = {**QUERIES.get(route.endpoint, {}), name: value}
                planted = town.planted["A1w"].ids
                answer = ask(town, login, route, "A1w", planted, query_string=query)
                if answer.status_code not in {200, 204, 400, 403, 404, 422}:
                    wrong.append((login, route.rule, query, answer.status_code))
                if leak := leaks(town, login, answer, value):
                    wrong.append((login, route.rule, query, leak))
    assert not wrong, lines(wrong)


def test_what_narrows_by_place_is_known(town: Town) -> None:
    """A parameter that sounds like a place is tried with every kind of place."""
    names = {name for route in routes_of(town) for name in declared(town, route)}
    placed = re.compile("area|cell|office|bucket|bbox|village|under|place|household")
    sounding = {name for name in names if placed.search(name)}
    assert sounding - {*NARROWING, "placed_by", "unplaced", "bbox-crs"} == set()


def test_a_pull_brings_ones_own_buckets_and_nothing_else(town: Town) -> None:
    for login in REACH:
        desk = town.desks[login]
        body = {"device": desk.tokens["device_id"], "epoch": town.epoch, "limit": 1000}
        answer = desk.call("POST", "/sync/pull", json=body)
        assert answer.status_code == 200, answer.text
        assert leaks(town, login, answer, "") == [], login
        if login == "worker-a1w":
            assert town.planted["A1w"].ids["household_id"] in told(answer)


# What a look or a refusal may write too: that it happened.
_TABLES = text("""
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relowner = 'wangge_owner'::regrole
       AND relname !~ '^(audit|feed|login|device|sync_receipt|limit|alembic)'
""")


def counts(town: Town) -> dict[str, int]:
    """A number for each table that changes with its rows."""
    engine = create_engine(town.county.url)
    try:
        with engine.connect() as connection:
            tables = connection.execute(_TABLES).scalars()
            return {
                table: connection.execute(
                    text(f"SELECT coalesce(sum(hashtext(t::text)::bigint), 0) FROM {table} t")
                ).scalar_one()
                for table in tables
            }
    finally:
        engine.dispose()


def test_nothing_is_written_elsewhere_and_nobody_learns_what_is_there(town: Town) -> None:
    wrong: list[Any] = []
    before = counts(town)
    unknown = {name: str(uuid4()) for name in town.planted["A1w"].ids}
    for login, route in asked_by(town, reading=False):
        if login not in BOUND:
            continue
        of_none = shape(ask(town, login, route, "A1w", unknown))
        for place in set(tried(login)) - REACH[login]:
            if not set(route.laid) <= town.planted[place].ids.keys():
                continue
            answer = ask(town, login, route, place, town.planted[place].ids)
            if leaks(town, login, answer, route.url(place, town.planted[place].ids)):
                wrong.append((login, route.rule, place, "leaks"))
            if shape(answer) != of_none and route.endpoint not in SAYS_WHY:
                wrong.append((login, route.method, route.rule, place, shape(answer), of_none))
    assert not wrong, lines(wrong)
    after = counts(town)
    assert {table for table in before if before[table] != after[table]} == set()
