"""Who is shown what a person entrusted to the county leaves an act; also by a route of tomorrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import create_engine, text

from tests.smallcounty import CELLS
from tests.walls.routes import QUERIES, Route, body_of, routes_of
from tests.walls.town import Town

# Routes that show what a person told the county, or a file of theirs → the act that each leaves.
# Found by asking all of them; who adds such a route names its act here.
LOOKS = {
    "households.reveal_household": "household.reveal",
    "links.reveal_link": "household.reveal_link",
    "visits.reveal_visit": "visit.reveal",
    "review.reveal": "sync.reveal",
    "conflicts.reveal": "sync.conflict.reveal",
    "exports.reveal_export": "export.reveal",
    "disputes.read_dispute": "dispute.read",
    "sync.pull": "sync.pull",
    "subjects.export_household": "subject.export",
    "erasures.read_mention": "erasure.read",
}
FILES = {
    "attachments.read_content": "attachment.open",
    "exports.read_export": "export.read",
}
BY_POST = ("reveal", "pull", "print_slip")  # what reads although it is no GET


def acts_of(town: Town, request: str) -> set[str]:
    """The acts of one request."""
    engine = create_engine(town.county.url)
    try:
        with engine.connect() as connection:
            asked = text("SELECT action FROM audit_act WHERE request_id = :request")
            return set(connection.execute(asked, {"request": request}).scalars())
    finally:
        engine.dispose()


def routes_that_read(town: Town) -> Iterator[Route]:
    """Every route that might show something of what lies in A1w."""
    for route in routes_of(town):
        reads = route.method == "GET" or any(word in route.endpoint for word in BY_POST)
        there = set(route.laid) <= town.planted["A1w"].ids.keys()
        if reads and there and route.rule.startswith("/api/v1"):
            yield route


def ask(town: Town, route: Route) -> Any:
    """Ask as somebody to whom the row is shown; a phone asks for a pull."""
    sent: dict[str, Any] = {"query_string": QUERIES.get(route.endpoint, {})}
    login = "county"
    if route.endpoint == "sync.pull":
        login = "worker-a1w"
        device = town.desks[login].tokens["device_id"]
        sent["json"] = {"device": device, "epoch": None, "cursor": None, "limit": 1000}
    elif route.endpoint.startswith("exports."):
        if route.method == "POST":
            sent["json"] = {"reason": "示例核实", "under": CELLS["A1w"]}
    elif route.method != "GET":
        sent["json"] = body_of(route.endpoint, "A1w", town)
    url = route.url("A1w", town.planted["A1w"].ids)
    return town.desks[login].open(route.method, url, **sent)


def test_whoever_is_shown_a_persons_words_leaves_an_act(town: Town) -> None:
    words, left = town.planted["A1w"].words, {}
    for route in routes_that_read(town):
        answer = ask(town, route)
        said = answer.data.decode(errors="replace")
        request = answer.headers["X-Request-Id"]
        if any(word in said for word in words):
            left[route.endpoint] = acts_of(town, request)
        elif route.endpoint in FILES:
            assert answer.status_code == 200, answer.text
            assert FILES[route.endpoint] in acts_of(town, request), route
    assert left == {endpoint: {act} for endpoint, act in LOOKS.items()}
