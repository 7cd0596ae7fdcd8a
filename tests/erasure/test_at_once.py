"""Two at once: what one of them orders or decides, the other is told, and nothing happens twice."""

from __future__ import annotations

from threading import Thread
from typing import Any

from server.db import transaction
from server.erasure import rounds, service
from server.erasure.register import Register
from tests.access.keeping import behind
from tests.disputes.conftest import Ladder
from tests.disputes.conftest import ladder as ladder
from tests.disputes.conftest import lending as lending
from tests.erasure.orders import GONE
from tests.erasure.planted import quarrel
from tests.smallcounty import Desk, SmallCounty

WAITING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'"""


def beside(
    county: SmallCounty, desk: Desk, path: str, body: dict[str, Any], answers: list[Any]
) -> Thread:
    """Somebody asks this just now; back when it waits for whoever was first."""
    asking = Thread(target=lambda: answers.append(desk.call("POST", path, json=body)))
    asking.start()
    while asking.is_alive() and not behind(county, WAITING)[0][0]:
        pass
    return asking


def test_whoever_asks_for_it_a_moment_later_is_told_that_it_was_asked_for(
    county: SmallCounty,
) -> None:
    desk, answers = county.sign_in("county"), list[Any]()
    body = {"entity": "household", "id": str(GONE), "reason": "asked"}
    with transaction(county.worker) as session:
        service.ask_erasure(session, county.worker, "household", GONE, "unlawful")
        asking = beside(county, desk, "/erasures", body, answers)
    asking.join()
    assert (answers[0].status_code, answers[0].json["type"]) == (409, "/problems/already-erased")
    assert behind(county, "SELECT reason FROM erasure") == [("unlawful",)]


def test_a_text_that_is_carried_out_just_now_is_not_decided_once_more(
    ladder: Ladder, register: Register
) -> None:
    case = quarrel(ladder)
    county = case.county
    desk, answers = county.sign_in("county"), list[Any]()
    asked = {"entity": "party", "id": str(case.wanted), "reason": "asked"}
    desk.post("/erasures", asked, expect=202)
    assert rounds.go_round(county.worker, register) == 1
    (story,) = [m for m in desk.get("/erasures/mentions")["items"] if m["field"] == "story"]
    path = f"/erasures/mentions/{story['id']}"
    desk.post(path, {"decided": "stays"}, expect=200)
    with transaction(county.worker) as session:
        assert service.carry_out(session, county.worker) == 1
        late = {"decided": "reworded", "wording": "别的话"}
        asking = beside(county, desk, path, late, answers)
    asking.join()
    assert (answers[0].status_code, answers[0].json["type"]) == (409, "/problems/mention-decided")
    decided = "SELECT decided, wording FROM erasure_mention WHERE field = 'story'"
    assert behind(county, decided) == [("stays", None)]
