"""The cheap poll: hears what is one's own, and nothing of what others do elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, create_engine, event, text

from server.db import DbRole, Identity, db, nobody, transaction
from server.households.service import Amendment, amend_households, stamps_of
from server.policies.service import ensure_policy
from server.syncing.entities import REGISTRY, STORED, plain
from server.syncing.news import queries
from tests.smallcounty import Desk, SmallCounty, id_of


def poll(desk: Desk, kept: str | None = None) -> Any:
    """One poll with the ETag that was kept."""
    headers = {"If-None-Match": kept} if kept else {}
    return desk.call("GET", "/sync/news", headers=headers)


def amend(county: SmallCounty, household: str) -> None:
    """The office corrects an address."""
    county.clock.pass_time(seconds=1)
    by = county.worker
    fields = {"address": f"改于 {county.clock.now:%H:%M:%S}"}
    with transaction(by) as session:
        amend_households(
            session, by, None, [Amendment(id_of(household), fields, stamps_of(fields, by))]
        )


def behind(county: SmallCounty, statement: str, **values: Any) -> None:
    """Do something as superuser, behind everybody's back."""
    engine = create_engine(county.url)
    with engine.begin() as connection:
        connection.execute(text(statement), values)
    engine.dispose()


@pytest.fixture
def li(county: SmallCounty) -> Desk:
    return county.sign_in("worker-a1w")


def test_the_first_poll_says_pull_and_how_often_to_ask(li: Desk) -> None:
    answer = poll(li)
    assert (answer.status_code, answer.json) == (200, {"poll_seconds": 20})
    assert answer.headers["ETag"].startswith('W/"')
    assert answer.headers["Cache-Control"].startswith("private")
    assert "Authorization" in answer.headers["Vary"]


def test_what_others_write_elsewhere_is_no_news(county: SmallCounty, li: Desk) -> None:
    kept = poll(li).headers["ETag"]
    amend(county, "B1w-1")
    amend(county, "A1e-1")
    answer = poll(li, kept)
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == kept


def test_a_household_of_ones_own_that_changes_is_news(county: SmallCounty, li: Desk) -> None:
    kept = poll(li).headers["ETag"]
    amend(county, "A1w-1")
    answer = poll(li, kept)
    assert answer.status_code == 200
    assert poll(li, answer.headers["ETag"]).status_code == 304


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assignment SET valid_to = valid_from + interval '1 second' WHERE user_id = :user",
        """INSERT INTO assignment (id, user_id, role, cell_id, valid_from)
           VALUES (gen_random_uuid(), :user, 'grid_worker', :cell, '2026-01-01')""",
        """INSERT INTO sync_epoch (id, number, began_at, why, fingerprint)
           VALUES (gen_random_uuid(), 99, now(), 'restored', 'x')""",
    ],
    ids=["a cell is lost", "a cell is gained", "the county was restored"],
)
def test_what_one_holds_is_news_too(county: SmallCounty, li: Desk, statement: str) -> None:
    kept = poll(li).headers["ETag"]
    county.clock.pass_time(minutes=1)
    wanted = {"user": id_of("user worker-a1w"), "cell": id_of("A1e")}
    behind(county, statement, **{k: v for k, v in wanted.items() if f":{k}" in statement})
    assert poll(li, kept).status_code == 200


def test_a_lost_phone_hears_that_something_is_new_and_then_nothing_more(
    county: SmallCounty, li: Desk
) -> None:
    kept = poll(li).headers["ETag"]
    phone = id_of("worker-a1w phone")
    behind(county, "UPDATE device SET revoked_at = now() WHERE id = :phone", phone=phone)
    told = poll(li, kept)
    assert told.status_code == 200
    amend(county, "A1w-1")
    assert poll(li, told.headers["ETag"]).status_code == 304


def test_an_upgrade_that_brings_columns_is_news(li: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = poll(li).headers["ETag"]
    monkeypatch.setattr(REGISTRY, "schema", REGISTRY.schema + 1)
    assert poll(li, kept).status_code == 200


def test_an_etag_that_is_none_of_ours_is_answered_whole(li: Desk) -> None:
    for kept in ("", '""', "*x", "W/", '"a", "b"', "x" * 5000, "\x7f"):
        assert poll(li, kept).status_code == 200, kept[:20]


def test_several_etags_are_looked_through(li: Desk) -> None:
    kept = poll(li).headers["ETag"]
    assert poll(li, f'"elsewhere", {kept}').status_code == 304


def test_a_login_that_is_over_hears_nothing(county: SmallCounty, li: Desk) -> None:
    kept = poll(li).headers["ETag"]
    li.call("DELETE", "/sessions/current")
    answer = poll(li, kept)
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")


def test_nobody_stands_nowhere(county: SmallCounty) -> None:
    by = nobody(county.clock.now)
    assert queries.find_news(by) is None
    assert queries.find_standing(by, None) is None


def statements(engine: Engine) -> list[str]:
    """What SQLAlchemy sends from now on; `ask` goes past it, by itself."""
    sent: list[str] = []

    def note(*told: Any) -> None:
        sent.append(str(told[2]))

    event.listen(engine, "before_cursor_execute", note)
    return sent


def test_a_pull_with_nothing_new_opens_no_transaction(county: SmallCounty, li: Desk) -> None:
    page = pull_all(li)[-1]
    sent = statements(db.engine)
    (again,) = pull_all(li, page)
    assert (again["put"], again["del"], again["drop"], again["more"]) == ({}, {}, [], False)
    assert again["buckets"] == page["buckets"]
    assert sent == []
    amend(county, "A1w-1")
    (news,) = pull_all(li, again)
    assert [len(t["rows"]) for b in news["put"].values() for t in b.values()] == [1]
    assert sent != []


def pull_all(desk: Desk, last: dict[str, Any] | None = None, **more: Any) -> list[dict[str, Any]]:
    """Pages to the end."""
    pages: list[dict[str, Any]] = []
    while not pages or pages[-1]["more"]:
        last = pages[-1] if pages else last
        asked = {
            "device": str(id_of("worker-a1w phone")),
            "epoch": last["epoch"] if last else None,
            "cursor": last["cursor"] if last else None,
            "schema": 2,
            **more,
        }
        pages.append(desk.post("/sync/pull", asked, expect=200))
    return pages


def test_every_page_with_rows_is_written_down_and_an_empty_one_is_not(
    county: SmallCounty, li: Desk
) -> None:
    page = pull_all(li)[-1]
    pull_all(li, page)
    engine = create_engine(county.url)
    with engine.begin() as connection:
        acts = connection.execute(
            text("SELECT user_id, device_id, what FROM audit_act WHERE action = 'sync.pull'")
        ).all()
    engine.dispose()
    ((user, device, what),) = acts
    assert (user, device) == (id_of("user worker-a1w"), id_of("worker-a1w phone"))
    assert what["rows"][f"c:{id_of('A1w')}"] == 4  # the cell and its three households


def test_what_travels_is_what_the_store_reads(county: SmallCounty) -> None:
    """Rows packed in one pass are the rows that a push answers with, value by value."""
    everything = everything_in(county)
    seen = {"worker-a1w": 3, "mediator-a1": 6, "worker-b1w": 3, "county": 18, "auditor": 0, None: 0}
    for login, households in seen.items():
        for role in (DbRole.PUSH, DbRole.APP):  # a push answers as the one, a pull as the other
            check_packed(county.identity(login, role), everything, households)


def check_packed(by: Identity, everything: dict[str, Sequence[UUID]], households: int) -> None:
    """What `by` may see of these rows, read both ways."""
    with transaction(by) as session:
        for name, ids in everything.items():
            columns = REGISTRY[name].columns(REGISTRY.schema)
            packed = queries.map_values(session, name, [str(id_) for id_ in ids], columns)
            read = STORED[name].read(session, ids)
            assert {id_: list(values) for id_, values in packed.items()} == {
                str(row.id): [plain(getattr(row, column)) for column in columns] for row in read
            }
            assert len(packed) == households or name != "household"


def everything_in(county: SmallCounty) -> dict[str, Sequence[UUID]]:
    """Ids of all rows that may sync, after a visit and a dispute."""
    with transaction(county.worker) as session:
        ensure_policy(session, county.worker)
    county.clock.pass_time(hours=1, microseconds=999_999)  # times are rounded down, not up
    li = county.sign_in("worker-a1w")
    home = str(id_of("A1w-1"))
    told = {"id": str(uuid4()), "household_id": home, "outcome": "met", "note": "老人“身体好”😀"}
    li.post("/visits", told)
    li.post("/visits", {**told, "id": str(uuid4()), "note": None})
    story = {"id": str(uuid4()), "category": "neighbours", "story": "排水沟", "cell_id": None}
    party = {"side": "applicant", "kind": "household", "household_id": home}
    li.post("/disputes", {**story, "parties": [party]})
    tables = {"area": "area", "cell": "grid_cell"}
    engine = create_engine(county.url)
    with engine.begin() as connection:
        found = {
            name: connection.scalars(text(f"SELECT id FROM {tables.get(name, name)}")).all()
            for name in ("area", "cell", "household", "visit", "dispute", "dispute_event")
        }
    engine.dispose()
    return found


def test_a_head_that_no_entry_reaches_does_not_keep_a_phone_asking(
    county: SmallCounty, li: Desk
) -> None:
    amend(county, "A1w-1")
    behind(
        county,
        """DELETE FROM feed_entry f USING feed_head h
            WHERE h.bucket = :bucket AND (f.bucket, f.seq) = (h.bucket, h.seq)""",
        bucket=f"c:{id_of('A1w')}",
    )
    (page,) = pull_all(li)
    (again,) = pull_all(li, page)
    assert (again["put"], again["more"]) == ({}, False)
