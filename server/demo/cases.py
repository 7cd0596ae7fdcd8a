"""What becomes of the demo's disputes: each has a fate from the start, and people act on it.

People act as people do: over HTTP, on the cases that their own list shows them, with their login.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from server.demo.staff import PASSWORD, Post, Staff
from server.demo.web import Browser
from server.ids import new_id
from server.ladder.routing import Category

# What neighbours quarrel about. Nothing here starts above the village by the demo's policy.
STORIES = (
    (Category.NEIGHBOURS, "两家院墙滴水，为排水方向争执。（合成示例）"),
    (Category.NEIGHBOURS, "鸡进了邻家菜地，赔偿说不拢。（合成示例）"),
    (Category.HOUSE_SITES, "建房滴水檐伸过界址。（合成示例）"),
    (Category.FOREST_AND_LAND, "承包地田坎被挖，双方各执一词。（合成示例）"),
    (Category.MARRIAGE_FAMILY, "兄弟间赡养老人分担不清。（合成示例）"),
    (Category.UNPAID_WAGES, "修路工钱拖欠两个月。（合成示例）"),
    (Category.DAMAGES, "倒车碰坏围栏，赔多少谈不拢。（合成示例）"),
    (Category.POLLUTION, "养殖污水流进下游水渠。（合成示例）"),
)


class Fate(StrEnum):
    """How a demo dispute ends its month."""

    SETTLED_IN_VILLAGE = "settled_in_village"
    SETTLED_IN_TOWNSHIP = "settled_in_township"  # the village let its time pass
    REACHED_COUNTY = "reached_county"  # and so did the township


# Of every ten disputes that a phone notes.
FATES = (
    *(Fate.SETTLED_IN_VILLAGE,) * 6,
    *(Fate.SETTLED_IN_TOWNSHIP,) * 2,
    *(Fate.REACHED_COUNTY,) * 2,
)


def tell(chance: random.Random, household_id: str, cell_id: str, village_id: str) -> dict[str, Any]:
    """A dispute as a worker writes it down at the door."""
    category, story = chance.choice(STORIES)
    return {
        "category": category.value,
        "story": story,
        "village_id": village_id,
        "cell_id": cell_id,
        "channel": "visit",
        "parties": [
            {"side": "applicant", "kind": "household", "household_id": household_id},
            {"side": "respondent", "kind": "outsider"},
        ],
    }


@dataclass
class Desks:
    """The desks of the demo county, and what they do with their cases."""

    base_url: str
    staff: Staff
    clock: Callable[[], datetime]
    fates: dict[str, Fate] = field(default_factory=dict)
    _browsers: dict[str, Browser] = field(default_factory=dict)

    def browser(self, post: Post) -> Browser:
        """The desk of one person."""
        if post.login not in self._browsers:
            self._browsers[post.login] = Browser(self.base_url, post.login, PASSWORD)
        return self._browsers[post.login]

    def work(self) -> None:
        """One working day at every desk."""
        for mediator in self.staff.mediators:
            self._take_up(mediator, "village", Fate.SETTLED_IN_VILLAGE)
        for supervisor in self.staff.supervisors:
            self._take_up(supervisor, "township", Fate.SETTLED_IN_TOWNSHIP)
        self._take_up(self.staff.others[0], "county", Fate.REACHED_COUNTY)

    def register(self, post: Post, dispute: Mapping[str, Any]) -> Any:
        """Somebody comes to a desk with a matter."""
        return self.browser(post).post("/disputes", dict(dispute))

    def across_villages(self, supervisor: Post, dispute_id: str) -> str:
        """The water channel: the township takes it up with a village's help, the county watches;
        the applicant goes home with a slip. Returns the code on it.
        """
        desk, county = self.browser(supervisor), self.browser(self.staff.others[0])
        lies_in = desk.get(f"/disputes/{dispute_id}")["dispute"]["village_id"]
        offices = desk.get(f"/places/offices?under={supervisor.code}&level=village&limit=200")
        village = next(one["id"] for one in offices["items"] if one["area_id"] == lies_in)
        self._act(desk, dispute_id, event="accept")
        self._act(desk, dispute_id, event="join", why="示例", to_office=village)
        self._act(
            county,
            dispute_id,
            event="supervise",
            why="天旱，关系两村灌溉。（合成示例）",
            kind="tracked",
            until=(self.clock() + timedelta(days=20)).date().isoformat(),
        )
        parties = desk.get(f"/disputes/{dispute_id}")["parties"]
        applicant = next(party["id"] for party in parties if party["side"] == "applicant")
        made = desk.post(f"/disputes/{dispute_id}/parties/{applicant}/code", {})
        return str(made["code"])

    def _act(self, desk: Browser, dispute_id: str, **event: Any) -> None:
        desk.post(f"/disputes/{dispute_id}/events", {"id": str(new_id(self.clock())), **event})

    def _take_up(self, post: Post, level: str, fate: Fate) -> None:
        """Accept what is new, hear both sides the next time, settle after that."""
        desk = self.browser(post)
        for case in desk.get(f"/disputes?level={level}&limit=200")["items"]:
            act = NEXT_ACT.get(case["status"])
            if act and self.fates.get(case["id"]) is fate and self._in_time(fate, case["status"]):
                event = {"id": str(new_id(self.clock())), **act}
                desk.post(f"/disputes/{case['id']}/events", event)

    @staticmethod
    def _in_time(fate: Fate, status: str) -> bool:
        """The county accepts what climbed to it and is still at work when the month ends."""
        return fate is not Fate.REACHED_COUNTY or status == "registered"


# One step a day.
NEXT_ACT: Mapping[str, dict[str, Any]] = {
    "in_mediation": {"event": "settle", "agreement": "双方握手言和，口头协议。（合成示例）"},
    "accepted": {"event": "mediate", "why": "听取双方意见。（合成示例）"},
    "registered": {"event": "accept"},
}
