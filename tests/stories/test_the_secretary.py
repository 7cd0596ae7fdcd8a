"""A complaint against the village secretary: the village's Office never hears of it."""

from __future__ import annotations

from uuid import uuid4

from tests.disputes.conftest import Ladder
from tests.smallcounty import id_of
from tests.stories.conftest import close_due


def test_a_complaint_against_the_village_secretary(ladder: Ladder) -> None:
    secretary = str(id_of("user mediator-a1"))  # leads the village's Office
    case = ladder.register(
        "worker-a1w",
        "secretary",
        category="expropriation",
        cell_id=str(id_of("A1w")),
        parties=[
            {"side": "applicant", "kind": "outsider"},  # unnamed
            {"side": "respondent", "kind": "user", "user_id": secretary},
        ],
    )
    told = ladder.read("township-a", case)
    assert told["dispute"]["level"] == "township"
    assert all(p["name"] is None for p in told["parties"])

    # What is not there and what is kept from him look the same.
    desk = ladder.desk("mediator-a1")
    hidden, nothing = (desk.call("GET", f"/disputes/{id_}") for id_ in (case, uuid4()))
    assert (hidden.status_code, nothing.status_code) == (404, 404)
    act = {"event": "note", "why": "我来看看"}
    tried = [
        desk.call("POST", f"/disputes/{id_}/events", json={"id": str(uuid4()), **act})
        for id_ in (case, uuid4())
    ]
    assert [t.status_code for t in tried] == [404, 404]
    assert case not in str(desk.get("/disputes"))
    # The worker who wrote it down goes on seeing it.
    assert ladder.read("worker-a1w", case)["dispute"]["id"] == case

    ladder.act("township-a", case, "accept")
    ladder.act("township-a", case, "mediate", why="听取双方")
    # Cadre against resident: explain, reconcile; and nobody hands it to the one concerned.
    village = str(id_of("office A1"))
    assert ladder.refusal("township-a", case, "hand_down", why="村里办", to_office=village) == (
        "needs-target-office"
    )
    ladder.act("township-a", case, "settle", agreement="补偿款重新公示")
    ladder.act("township-a", case, "close", terms_done=True)
    assert close_due(ladder) == 0
    assert ladder.heights(case)[-1] == ("township", "settle")
