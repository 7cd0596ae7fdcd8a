"""The permission table and the routes: none without the other."""

from __future__ import annotations

import re

import pytest

from server.access.permissions import OPEN, PERMISSIONS, SIGNED_IN, Role, Scope, scope_of
from tests.smallcounty import PEOPLE, SmallCounty

# What sync and jobs do, rather than a route; and of moves the plan says which it is.
NOT_A_ROUTE: set[str] = {"cell.move", "assignment.move", "area.move"}


def actions(county: SmallCounty) -> dict[str, str | None]:
    """Endpoint → action, of the whole URL map."""
    views = county.app.view_functions
    return {
        rule.endpoint: getattr(views[rule.endpoint], "action", None)
        for rule in county.app.url_map.iter_rules()
    }


def test_every_route_names_an_action_of_the_table(county: SmallCounty) -> None:
    known = OPEN | SIGNED_IN | PERMISSIONS.keys()
    assert {e: a for e, a in actions(county).items() if a not in known} == {}


def test_every_action_of_the_table_is_used(county: SmallCounty) -> None:
    used = set(actions(county).values()) | NOT_A_ROUTE
    assert (OPEN | SIGNED_IN | PERMISSIONS.keys()) - used == set()


def test_a_route_without_a_token_is_closed(county: SmallCounty) -> None:
    client = county.app.test_client()
    for rule in county.app.url_map.iter_rules():
        action = getattr(county.app.view_functions[rule.endpoint], "action", None)
        if action in OPEN:
            continue
        url = re.sub(r"<[^>]*>", "00000000-0000-7000-8000-000000000000", rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            answer = client.open(url, method=method)
            assert answer.status_code == 401, (method, url)
            assert answer.content_type == "application/problem+json"


def test_the_widest_role_decides_how_far_a_permission_reaches() -> None:
    assert scope_of("household.read", {Role.GRID_WORKER}) is Scope.CELLS
    assert scope_of("household.read", {Role.GRID_WORKER, Role.COUNTY_OFFICE}) is Scope.COUNTY
    assert scope_of("household.read", {Role.AUDIT_ADMIN}) is None


@pytest.mark.parametrize("login", sorted(PEOPLE))
def test_both_walls_work_out_the_same_places(county: SmallCounty, login: str) -> None:
    from sqlalchemy import text

    from server.access.queries import list_places
    from server.db import transaction

    identity = county.identity(login)
    assert identity.user_id
    with transaction(identity) as session:
        first = set(list_places(session, identity.user_id, identity.now))
        if session.execute(text("SELECT gate.sees_county()")).scalar():
            return  # the county office has no list: it sees every place
        second = {bucket for (bucket,) in session.execute(text("SELECT gate.my_places()"))}
    assert first == second
