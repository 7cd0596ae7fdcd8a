"""Many at once on real PostGIS: what two transactions do to each other, no phone ever hears of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from tests.smallcounty import SmallCounty, id_of
from tests.syncing.people.letters import Sender, acts, run
from tests.waiting import await_waiting

WEST, EAST = (f"c:{id_of(cell)}" for cell in ("A1w", "A1e"))
VISITS = "SELECT id, bucket FROM visit ORDER BY id"


@pytest.fixture
def engine(county: SmallCounty) -> Iterator[Engine]:
    """Connections of the superuser: somebody whose transaction stays open."""
    made = create_engine(county.url)
    yield made
    made.dispose()


@pytest.fixture
def at_once() -> Iterator[ThreadPoolExecutor]:
    """Hands for twenty requests at the same time."""
    with ThreadPoolExecutor(20) as threads:
        yield threads


def envelope(phone: Sender) -> dict[str, Any]:
    """What a phone has written, as one push."""
    changes, phone.outbox = phone.outbox, []
    return {"device": phone.device, "epoch": None, "clock": phone.reading(), "changes": changes}


def post(phone: Sender, body: Mapping[str, Any]) -> Any:
    """Send a push over a line of its own; the whole answer."""
    headers = {"Authorization": f"Bearer {phone.desk.tokens['access']}"}
    client = phone.county.app.test_client()
    return client.post("/api/v1/sync/push", json=body, headers=headers)


def statuses(answer: Any) -> list[str]:
    """The outcomes of a push that was taken."""
    assert answer.status_code == 200, answer.text
    return [outcome["status"] for outcome in answer.json["outcomes"]]


def test_one_push_from_twenty_lines_at_once_takes_effect_once(
    county: SmallCounty, at_once: ThreadPoolExecutor
) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1")
    phone.visit("A1w-2")
    body = envelope(phone)
    answers = list(at_once.map(lambda _: post(phone, body), range(20)))
    told = sorted(statuses(answer) for answer in answers)
    assert told == [["applied"] * 2] + [["duplicate"] * 2] * 19
    assert {answer.json["next_n"] for answer in answers} == {3}
    assert len(run(county, VISITS)) == len(run(county, "SELECT FROM sync_receipt")) == 2


def test_two_phones_on_one_household_are_both_heard(
    county: SmallCounty, at_once: ThreadPoolExecutor
) -> None:
    phones = [Sender(county, login) for login in ("worker-a1w", "mediator-a1")]
    for phone, address in zip(phones, ("三组 7 号", "三组 8 号"), strict=True):
        household = str(id_of("A1w-1"))
        phone.write("household", "patch", {"address": address}, household, {"address": "旧"})
    bodies = [envelope(phone) for phone in phones]
    for answer in at_once.map(post, phones, bodies):
        assert statuses(answer) == ["merged"]
    (logged,) = run(county, "SELECT count(*) FROM sync_conflict WHERE field = 'address'")
    assert logged == (2,)


def test_opposite_orders_of_locks_leave_no_deadlock_to_the_phone(
    county: SmallCounty, engine: Engine, at_once: ThreadPoolExecutor
) -> None:
    phone = Sender(county, "worker-a1w")
    first, second = sorted(str(id_of(f"A1w-{k}")) for k in (1, 2))
    for household in (first, second):
        phone.write("household", "patch", {"people": 4}, household, {"people": None})
    edit = text("UPDATE household SET kind = 'shop' WHERE id = :id")
    with engine.begin() as other:
        other.execute(text("SET LOCAL deadlock_timeout = '1h'"))  # it is the push that gives way
        other.execute(edit, {"id": second})
        sent = at_once.submit(post, phone, envelope(phone))
        await_waiting(county, sent)
        other.execute(edit, {"id": first})
    assert set(statuses(sent.result())) <= {"applied", "merged"}
    kept = "SELECT people, kind FROM household WHERE id = ANY (cast(:ids AS uuid[]))"
    assert run(county, kept, ids=[first, second]) == [(4, "shop")] * 2


def test_a_visit_goes_after_the_household_that_moves_meanwhile(
    county: SmallCounty, engine: Engine, at_once: ThreadPoolExecutor
) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1")
    move = text("UPDATE household SET cell_id = :cell WHERE id = :id")
    with engine.begin() as other:
        other.execute(move, {"cell": id_of("A1e"), "id": id_of("A1w-1")})
        sent = at_once.submit(post, phone, envelope(phone))
        await_waiting(county, sent)
    assert statuses(sent.result()) == ["applied"]
    ((visit, bucket),) = run(county, VISITS)
    assert bucket == EAST
    where = "SELECT bucket FROM feed_entry WHERE row_id = :id AND put"
    assert run(county, where, id=visit) == [(EAST,)]


def test_a_transaction_that_stays_open_elsewhere_stops_no_feed(
    county: SmallCounty, engine: Engine
) -> None:
    phone, desk = Sender(county, "worker-a1w"), county.sign_in("worker-a1w")
    phone.visit("A1w-1")
    head = "SELECT seq FROM feed_head WHERE bucket = :bucket"
    with engine.begin() as other:
        edit = "UPDATE household SET address = '示例' WHERE id = :id"
        other.execute(text(edit), {"id": id_of("A1w-2")})
        assert statuses(post(phone, envelope(phone))) == ["applied"]
        asked = {"device": phone.device, "cursor": None}
        page = desk.post("/sync/pull", asked, expect=200)
        assert len(page["put"][WEST]["visit"]["rows"]) == 1
        ((before,),) = run(county, head, bucket=WEST)
    ((after,),) = run(county, head, bucket=WEST)
    assert after > before
    asked |= {"epoch": page["epoch"], "cursor": page["cursor"]}
    behind = desk.post("/sync/pull", asked, expect=200)
    (row,) = behind["put"][WEST]["household"]["rows"]
    assert row[0] == str(id_of("A1w-2"))


# What PostgreSQL says of a transaction that it gives up, at a statement or at its end.
BREAK = """
    CREATE SEQUENCE broken;
    GRANT USAGE ON SEQUENCE broken TO PUBLIC;
    CREATE FUNCTION break_down() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('broken') <= {times} THEN
            RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'given up';
        END IF;
        RETURN NULL;
    END
    $$;
    CREATE CONSTRAINT TRIGGER zz_break AFTER INSERT ON visit {when}
        FOR EACH ROW EXECUTE FUNCTION break_down();
"""
AT_ONCE, AT_COMMIT = "NOT DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"
DEADLOCK, SERIALIZATION, LOCK_TIMEOUT, ODD = "40P01", "40001", "55P03", "XX000"


@pytest.fixture
def breaking(county: SmallCounty) -> Callable[..., None]:
    """Let the next so many transactions that write a visit be given up."""

    def begin(times: int, code: str, when: str) -> None:
        run(county, BREAK.format(times=times, code=code, when=when))

    return begin


@pytest.mark.parametrize("when", [AT_ONCE, AT_COMMIT])
@pytest.mark.parametrize("code", [DEADLOCK, SERIALIZATION])
def test_who_crossed_another_twice_is_simply_taken(
    county: SmallCounty, breaking: Callable[..., None], code: str, when: str
) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1")
    breaking(2, code, when)
    assert statuses(post(phone, envelope(phone))) == ["applied"]
    assert len(run(county, VISITS)) == 1


@pytest.mark.parametrize(
    ("code", "when"),
    [(DEADLOCK, AT_ONCE), (DEADLOCK, AT_COMMIT), (LOCK_TIMEOUT, AT_ONCE), (ODD, AT_COMMIT)],
)
def test_what_does_not_end_is_a_503_that_keeps_nothing(
    county: SmallCounty, breaking: Callable[..., None], code: str, when: str
) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1")
    body = envelope(phone)
    breaking(1000, code, when)
    answer = post(phone, body)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    kept = "SELECT (SELECT count(*) FROM sync_receipt), (SELECT count(*) FROM sync_quarantine)"
    assert run(county, kept) == [(0, 0)]
    run(county, "DROP TRIGGER zz_break ON visit")
    assert statuses(post(phone, body)) == ["applied"]


def test_a_bad_change_among_good_ones_is_found_the_second_time(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    sent = [phone.visit("A1w-1"), phone.visit("B1w-1"), phone.visit("A1w-2")]
    outcomes = phone.send()
    assert [outcomes[mid]["status"] for mid in sent] == ["applied", "quarantined", "applied"]
    assert outcomes[sent[1]]["reason"] == "not-served"
    ((user, _, what),) = acts(county, "sync.push")
    assert (user, what["changes"], what["visits"]) == (id_of("user worker-a1w"), 3, 2)
    assert sorted(what["ids"]) == [str(id_) for id_, _ in run(county, VISITS)]
    assert acts(county, "visit.record") == []


def test_of_two_visits_that_claim_one_mid_the_audit_names_the_one_that_is_there(
    county: SmallCounty,
) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1")
    phone.visit("A1w-2")
    phone.outbox[1]["mid"] = phone.outbox[0]["mid"]
    phone.send()
    ((kept, _),) = run(county, VISITS)
    ((_, _, what),) = acts(county, "sync.push")
    assert (what["visits"], what["ids"]) == (1, [str(kept)])


def test_the_audit_takes_no_text_of_a_phone_for_an_epoch(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    post(phone, {**envelope(phone), "epoch": "示某 13800000000"})
    post(phone, {**envelope(phone), "epoch": str(id_of("epoch"))})
    told = [what["epoch"] for _, _, what in acts(county, "sync.push")]
    assert told == [None, str(id_of("epoch"))]


def test_a_house_that_is_set_aside_keeps_its_visit_waiting(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    made, house = phone.household("B1")
    visit, other = phone.visit(house), phone.visit("A1w-1")
    outcomes = phone.send()
    assert outcomes[made]["status"] == outcomes[visit]["status"] == "quarantined"
    assert outcomes[visit]["reason"] == "waits_for_row"
    assert outcomes[other]["status"] == "applied"
