"""Masked is masked: no filter tells it, no list is sorted by it. That no answer holds it, the
matrix looks for in each of its own.

Those who ask here may see the rows; what is masked they are shown one by one, with a reason, and
that is written down (household.reveal). A filter that answers yes or no would tell it unrecorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.walls.routes import QUERIES, Route, declared, routes_of
from tests.walls.test_matrix import ROLES, ask, lines, told
from tests.walls.town import Town

# Names under which a list might one day be searched or sorted, with what would be guessed.
SEARCHES = (
    "q",
    "search",
    "filter",
    "name",
    "head_name",
    "giver",
    "party",
    "address",
    "story",
    "note",
)
NUMBERS = ("telephone", "phone", "tel")
SORTS = ("sort", "order", "order_by", "sortby", "fields", "properties", "reveal", "unmask")
# Words that a parameter of today takes freely, and why none of them finds what is masked.
FREE: Mapping[str, str] = {
    "login": "colleagues are known by name",
    "name": "colleagues are known by name",
    "action": "a slug of the audit's",
    "request": "the number of a request, of the audit's",
    "kind": "a slug",
    "entity": "a slug",
    "reason": "a slug; for a package, what is written down",
    "code": "an Area's or a cell's",
    "village_code": "an Area's",
    "cell_code": "a cell's",
    "level": "an Area's",
    "bbox": "a place",
    "bbox-crs": "how a place is told",
    "datetime": "a time",
    "from": "a time",
    "to": "a time",
}


def reading(town: Town, *logins: str) -> Iterator[tuple[str, Route]]:
    """Each of these with every route that reads and that the table lets them use."""
    for route in routes_of(town):
        if route.method == "GET" and route.rule.startswith("/api/v1"):
            yield from ((login, route) for login in logins if route.permits(ROLES[login]))


def test_no_filter_tells_what_is_masked(town: Town) -> None:
    """The right guess and a wrong one are answered alike, word for word."""
    secrets = town.planted["A1w"].secrets
    guesses = {
        **dict.fromkeys(SEARCHES, (secrets["head_name"], "户主暗无此")),
        **dict.fromkeys(NUMBERS, (secrets["telephone"], "00099999999")),
        "address": (secrets["address"], "路牌暗无此"),
        "giver": (secrets["giver"], "同意暗无此"),
        "party": (secrets["party_name"], "当事暗无此"),
    }
    wrong = []
    for login, route in reading(town, "township-a"):
        if route.laid:
            continue
        said = [_asked(town, login, route, guesses, nth) for nth in (0, 1)]
        if said[0] != said[1]:
            wrong.append((login, route.rule, *said))
    assert not wrong, lines(wrong)


def _asked(
    town: Town, login: str, route: Route, asked: Mapping[str, tuple[str, str]], nth: int
) -> tuple[int, str]:
    """The answer to one guess, without the guess itself."""
    query = {**QUERIES.get(route.endpoint, {}), **{name: one[nth] for name, one in asked.items()}}
    answer = ask(town, login, route, "A1w", town.planted["A1w"].ids, query_string=query)
    said = answer.data.decode(errors="replace")
    for one in asked.values():
        said = said.replace(one[nth], "guess")
    return answer.status_code, re.sub(r'"request": ?"[^"]*"', "", said)


def test_what_may_be_asked_for_in_words_is_known(town: Town) -> None:
    """A new parameter that takes any words is looked at: might it find what is masked?"""
    asked = {
        one["name"]
        for _, route in reading(town, "township-a", "county", "auditor", "system")
        for one in declared(town, route).values()
        if _free(one["schema"])
    }
    assert asked - FREE.keys() == set()
    assert FREE.keys() - asked == set(), "no longer: off the list"


def _free(schema: Mapping[str, Any]) -> bool:
    """Whether it takes words: no number, no id, no date, none of a few, no code in digits."""
    if schema.keys() & {"enum", "format"} or schema.get("minLength", 0) >= 12:
        return False
    return "string" in schema.get("type", ()) and not schema.get("pattern", "").startswith("[0-9]")


def orders(town: Town, login: str) -> dict[str, list[str]]:
    """Each list's planted households in the order that it gives them."""
    planted = town.planted.values()
    homes = {one.ids[name] for one in planted for name in _HOMES if name in one.ids}
    found = {}
    for _, route in reading(town, login):
        if not ("limit" in declared(town, route) or "exports" in route.rule) or route.laid:
            continue
        plain = QUERIES.get(route.endpoint, {})
        query = {**dict.fromkeys(SORTS, "head_name"), **plain}
        answer = ask(town, login, route, "A1w", {}, query_string=query)
        if answer.status_code != 200:
            answer = ask(town, login, route, "A1w", {}, query_string=plain)
        found[route.rule] = [one for one in _ID.findall(told(answer)) if one in homes]
    return found


_HOMES = ("household_id", "other_household")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_no_list_is_sorted_by_what_is_masked(town: Town) -> None:
    """Named anew so that the first would be the last: every list stays as it was."""
    seen = []
    for name, number in (("阿", "00010000001"), ("做", "00099999999")):
        _amend(town, {"head_name": f"{name}某某", "address": f"{name}路", "telephone": number})
        seen.append(orders(town, "township-a"))
    _amend(town, town.planted["A1w"].secrets)
    assert any(len(ids) > 1 for ids in seen[0].values())
    assert seen[0] == seen[1]


def _amend(town: Town, new: Mapping[str, str]) -> None:
    body = {name: new[name] for name in ("head_name", "address", "telephone")}
    path = f"/households/{town.planted['A1w'].ids['household_id']}"
    answer = town.desks["township-a"].call("PATCH", path, json=body)
    assert answer.status_code == 200, answer.text
