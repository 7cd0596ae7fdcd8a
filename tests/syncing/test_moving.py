"""A push and a move of the ground under it, at once: both end well, and the visit goes along."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.moves.conftest import Mover, lending, mover  # noqa: F401 (fixtures)
from tests.moves.test_areas import TRANSFER
from tests.moves.test_stories import GIVEN_AWAY, NEW
from tests.smallcounty import id_of
from tests.syncing.people.letters import Sender
from tests.syncing.test_concurrent import (  # noqa: F401 (fixtures)
    at_once,
    engine,
    envelope,
    post,
    statuses,
)
from tests.waiting import await_waiting

STAMP = text("SELECT pg_advisory_xact_lock(511921, 1)")  # whoever holds it, nobody can commit


def given_away(mover: Mover) -> Callable[[], Any]:  # noqa: F811
    """The redraw that takes A1w-3 out of its cell, previewed: what carries it out."""
    desk, token = mover.desk("township-a"), mover.preview(GIVEN_AWAY)["token"]
    body = {"plan": GIVEN_AWAY, "token": token, "why": "示例"}
    return lambda: desk.call("POST", "/moves/apply", json=body)


def check_moved(mover: Mover, visits: int) -> None:  # noqa: F811
    """The household, its visits and what the feed says of them are in the new cell alone."""
    ((bucket,),) = mover.ask("SELECT 'c:' || id FROM grid_cell WHERE code = :code", code=NEW)
    home = id_of("A1w-3")
    assert mover.ask("SELECT bucket FROM household WHERE id = :id", id=home) == [(bucket,)]
    told = """
        SELECT v.bucket, f.bucket FROM visit v
          JOIN feed_entry f ON f.row_id = v.id AND f.put AND f.seq IS NOT NULL
         WHERE v.household_id = :id
    """
    assert mover.ask(told, id=home) == [(bucket, bucket)] * visits


@pytest.mark.parametrize("push_first", [True, False])
def test_a_visit_goes_along_with_a_redraw_that_is_being_applied(
    mover: Mover,  # noqa: F811
    engine: Engine,  # noqa: F811
    at_once: ThreadPoolExecutor,  # noqa: F811
    push_first: bool,
) -> None:
    phone = Sender(mover.county, "worker-a1w")
    phone.visit("A1w-3")
    mover.county.clock.pass_time(minutes=1)
    body, redraw = envelope(phone), given_away(mover)
    acts = [lambda: post(phone, body), redraw]
    with engine.begin() as other:
        other.execute(STAMP)  # each has written all that it writes when it comes to this
        sent = []
        for act in acts if push_first else acts[::-1]:
            sent.append(at_once.submit(act))
            await_waiting(mover.county, sent[-1], len(sent))
    pushed, moved = sent if push_first else sent[::-1]
    assert statuses(pushed.result()) == ["applied"]
    assert moved.result().status_code == 201
    check_moved(mover, visits=1)


def test_a_push_that_brings_a_house_holds_no_row_while_it_waits_for_a_redraw(
    mover: Mover,  # noqa: F811
    engine: Engine,  # noqa: F811
    at_once: ThreadPoolExecutor,  # noqa: F811
) -> None:
    """Else the redraw might come to wait for that row, and one of the two would have to give up."""
    phone = Sender(mover.county, "worker-a1w")
    phone.visit("A1w-2")
    phone.visit("A1w-3")
    phone.household()
    mover.county.clock.pass_time(minutes=1)
    body, redraw = envelope(phone), given_away(mover)
    lock = "SELECT FROM household WHERE id = :id FOR {}"
    with engine.begin() as other:
        other.execute(text(lock.format("KEY SHARE")), {"id": id_of("A1w-3")})
        moved = at_once.submit(redraw)
        await_waiting(mover.county, moved, 1)
        pushed = at_once.submit(post, phone, body)
        await_waiting(mover.county, pushed, 2)
        other.execute(text(lock.format("UPDATE NOWAIT")), {"id": id_of("A1w-2")})
    assert moved.result().status_code == 201
    assert statuses(pushed.result()) == ["applied"] * 3
    check_moved(mover, visits=1)


def test_a_visit_of_the_former_township_is_taken_after_the_transfer(
    mover: Mover,  # noqa: F811
) -> None:
    phone = Sender(mover.county, "township-a")
    phone.visit("A2w-1")
    mover.county.clock.pass_time(hours=1)
    mover.move(TRANSFER, "county")
    mover.county.clock.pass_time(hours=1)
    late = phone.visit("A2w-1")
    outcomes = phone.send()
    assert outcomes.pop(late)["reason"] == "not-served"  # it was another's by then
    assert [outcome["status"] for outcome in outcomes.values()] == ["applied"]
