"""Every route of the URL map, with values for its parameters: whoever adds one says them here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from geo.tiles import tile_of
from server.access.permissions import OPEN, PERMISSIONS, SIGNED_IN
from tests.smallcounty import CELLS, SOUTH, VILLAGES, WEST, id_of
from tests.walls.town import Town

# Parameters that name a row which lies in some place, with the name under which it was planted.
LAID = (
    *("household_id", "link_id", "duplicate_id", "dispute_id", "party_id", "visit_id"),
    *("attachment_id", "conflict_id", "device_id", "mid", "need_id", "approval_id", "mention_id"),
    *("user_id", "assignment_id"),
)
# Of collections: which row a feature is; the others are places, which everybody may read.
FEATURES = {"households": "household_id", "visits": "visit_id"}
# What anybody may ask for who may use the route at all. Callables get the place's name.
PUBLIC: Mapping[str, Any] = {
    "code": lambda place: CELLS[place],
    "village": lambda place: VILLAGES[place[:2]],
    "day": "2026-03-03",
    "version": "1",
    "layer": "cells",
    "path": "index.css",
    "event": "note",
    "about": "neighbours",
    "one_id": str(id_of("a notice")),
    "office_id": str(id_of("office A1")),
}
# Routes that want something in the query before they answer.
QUERIES: Mapping[str, Mapping[str, str]] = {
    "attachments.list_attachments": {
        "owner_entity": "visit",
        "owner_id": str(id_of("visit of A1w")),
    },
    "calendar.get_year": {"year": "2026"},
    "subjects.export_household": {"reason": "示例来访核对身份"},
    "subjects.export_party": {"reason": "示例来访核对身份"},
    "drawings.read_ground": {"village": VILLAGES["A1"]},
    "places.look_up": {"lon": "107.02", "lat": "31.95"},
}
# Of these what is planted is nobody's of the field: who serves a cell, as in A1w, is a move, and
# whoever asked for an approval withdraws it.
NOT_PLANTED = ("assignments.end_role", "approvals.withdraw")
# Which assignments there are is known to all who work here: why one may not be ended is said.
SAYS_WHY = ("assignments.end_role",)
NARROWING = (
    *("area", "cell", "office", "bucket", "bbox", "village", "under", "household", "author"),
    *("village_code", "cell_code", "household_id"),
)
_WHY = {"reason": "示例核实", "why": "示例核实"}


def body_of(endpoint: str, place: str, town: Town) -> dict[str, Any] | None:
    """A body of the right shape for a route that writes; None: it takes none."""
    village, cell = str(id_of(place[:2])), str(id_of(place))
    new = {"id": str(uuid4()), "village_id": village, "cell_id": cell, "head_name": "示例新户"}
    bodies: dict[str, dict[str, Any] | None] = {
        "approvals.approve": None,
        "approvals.refuse": {"why": _WHY["why"]},
        "approvals.withdraw": None,
        "assignments.end_role": {"reason": _WHY["reason"]},
        "attachments.add_attachment": None,
        "codes.make_code": None,
        "codes.print_slip": {"code": ""},
        "conflicts.decide": {"decided": "ours"},
        "conflicts.reveal": {"reason": _WHY["reason"]},
        "desk.act": {},
        "desk.add_file": {},
        "desk.give_slip": {},
        "desk.reveal_party": {},
        "disputes.act_on_dispute": {"id": str(uuid4()), "event": "note", "why": "示例记录"},
        "duplicates.decide": {"decided": "different", "why": _WHY["why"]},
        "erasures.decide_mention": {"decided": "stays"},
        "households.amend_household": {"address": "示例新址"},
        "households.reveal_household": {"reason": _WHY["reason"]},
        "links.add_second_home": {"other_id": town.planted["A1w"].ids["other_household"]},
        "links.close_link": {},
        "links.end_household": {},
        "links.merge_households": {"gone": [town.planted["A1w"].ids["other_household"]]},
        "links.move_household": {"household": new},
        "links.reveal_link": {"reason": _WHY["reason"]},
        "links.split_household": {"households": [new]},
        "needs.record_need": {},
        "needs.withdraw_consent": {},
        "review.close": {"why": _WHY["why"]},
        "review.release": {},
        "review.reveal": {"reason": _WHY["reason"]},
        "second factors.reset": {"reason": _WHY["reason"]},
        "user_devices.revoke_of": {},
        "users.disable_user": {"reason": _WHY["reason"]},
        "users.enable_user": {"reason": _WHY["reason"]},
        "users.invite_user": None,
        "users.rename_user": {"name": "示例"},
        "devices.revoke_own": {},
        "day_aside.decide": {},
        "day_aside.reveal": {},
        "day_approvals.decide": {},
        "day_conflicts.decide": {},
        "day_conflicts.reveal": {},
        "visits.reveal_visit": {"reason": _WHY["reason"]},
    }
    return bodies[endpoint]


@dataclass(frozen=True, slots=True)
class Route:
    """One rule of the URL map with one method."""

    rule: str
    method: str
    endpoint: str
    action: str
    parameters: tuple[str, ...]

    @property
    def laid(self) -> tuple[str, ...]:
        """Its parameters that name a row in a place, as they were planted."""
        named = [self.planted(name) for name in self.parameters]
        return tuple(name for name in named if name in LAID)

    @property
    def known(self) -> bool:
        """Whether there is a value for each of its parameters."""
        beside = {"name", "format_", "z", "x", "y", "feature_id", *PUBLIC}
        return all(name in LAID or name in beside for name in self.parameters)

    def planted(self, parameter: str) -> str:
        """The name under which a parameter's row was planted."""
        if parameter == "feature_id":
            return FEATURES.get(self.rule.split("/")[5], parameter)
        return parameter

    def permits(self, roles: set[str]) -> bool:
        """Whether the permission table lets somebody with these roles in."""
        return self.action in OPEN | SIGNED_IN or bool(roles & set(PERMISSIONS[self.action]))

    def url(self, place: str, ids: Mapping[str, str]) -> str:
        """The URL of the planted row; `ids` by parameter."""

        def value(match: re.Match[str]) -> str:
            name = self.planted(match[1])
            if name in ids:
                return ids[name]
            return _public(self, name, place)

        return re.sub(r"<(?:\w+:)?(\w+)>", value, self.rule)


def _public(route: Route, name: str, place: str) -> str:
    if name in {"z", "x", "y"}:
        x, y = tile_of([WEST[place[:2]] + 0.02], [SOUTH + 0.05], 12)
        return str({"z": 12, "x": int(x[0]), "y": int(y[0])}[name])
    if name == "feature_id":
        return str(id_of(place if "cells" in route.rule else place[:2]))
    if name == "name":
        return "households" if "exports" in route.rule else "household"
    if name == "format_":
        return "csv"
    if name == "code" and "areas" in route.rule:
        return VILLAGES[place[:2]]
    found = PUBLIC[name]
    return str(found(place) if callable(found) else found)


def routes_of(town: Town) -> list[Route]:
    """The whole URL map, each method by itself."""
    views = town.county.app.view_functions
    return [
        Route(
            rule.rule,
            method,
            rule.endpoint,
            getattr(views[rule.endpoint], "action", ""),
            tuple(sorted(rule.arguments)),
        )
        for rule in town.county.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    ]


def narrowing(town: Town) -> list[tuple[Route, str]]:
    """Routes that read, each with a parameter of its query that narrows by a place."""
    routes = [route for route in routes_of(town) if route.method == "GET"]
    return [
        (route, name) for route in routes for name in declared(town, route) if name in NARROWING
    ]


def declared(town: Town, route: Route) -> dict[str, Mapping[str, Any]]:
    """Parameters of a route's query, by name, as the API's document tells them."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule)
    operation = town.openapi["paths"].get(path, {}).get(route.method.lower(), {})
    told = operation.get("parameters", [])
    return {one["name"]: one for one in told if one["in"] == "query"}


def filters(name: str) -> list[str]:
    """Values for it: sibling, of another township, parent; the last two: unknown and none."""
    if name == "bbox":
        whole, b1 = "106.9,31.8,107.4,32.1", "107.2,31.9,107.3,32.0"
        return [whole, b1, "0,0,0,0", ""]
    ids = {"office": "office B1", "author": "user worker-b1w", "household": "household of B1w"}
    ids["household_id"] = ids["household"]
    if name in ids:
        return [str(id_of(ids[name])), str(id_of("nobody")), ""]
    if name in {"cell", "cell_code"}:
        return [CELLS["A1e"], CELLS["B1w"], "999999999999999", ""]
    return [CELLS["A1e"], VILLAGES["B1"], "511921", "999999999999", ""]
