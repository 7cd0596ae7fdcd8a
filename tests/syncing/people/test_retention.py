"""What sync keeps no longer, to the day; and what a phone may still send when it is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.db import transaction
from server.syncing.retention.service import purge
from server.worker import JOBS, purge_old
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.people.letters import Sender, acts, run

HOUSE = str(id_of("A1w-1"))
MOMENT = timedelta(milliseconds=1)


def purged(county: SmallCounty, batch: int = 5000) -> int:
    with transaction(county.worker) as session:
        return purge(session, county.worker, batch)


def wait_until(county: SmallCounty, at: datetime) -> None:
    county.clock.now = at


def counts(county: SmallCounty) -> dict[str, int]:
    names = ("sync_receipt", "sync_quarantine", "sync_conflict", "sync_alarm")
    return {n: run(county, f"SELECT count(*) FROM {n}")[0][0] for n in names}


def test_receipts_go_after_sixty_days_and_not_a_moment_earlier(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1")
    received = county.clock.now
    phone.send()
    wait_until(county, received + timedelta(days=60))
    assert purged(county) == 0
    wait_until(county, received + timedelta(days=60) + MOMENT)
    assert purged(county) == 1
    assert purged(county) == 0
    ((_, _, what),) = acts(county, "sync.purge")
    assert what == {"deleted": {"receipts": 1}}


def test_open_quarantine_is_kept_for_ever_and_its_receipt_with_it(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    phone.visit("A1w-1", outcome="inspected")
    phone.write("hole", "append", {})
    changes = list(phone.outbox)
    first = phone.send()
    county.clock.pass_time(days=400)
    purged(county)
    assert counts(county) == {
        "sync_receipt": 2,
        "sync_quarantine": 2,
        "sync_conflict": 0,
        "sync_alarm": 0,
    }
    assert phone.send(changes) == first  # and the same again is answered the same


def test_what_was_closed_goes_after_half_a_year_and_then_its_receipt(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    mid = phone.visit("A1w-1", outcome="inspected")
    (change,) = phone.outbox
    phone.send()
    closed = county.clock.now
    path = f"/sync/quarantine/{phone.device}/{mid}/close"
    county.sign_in("township-a").post(path, {"why": "重复填写"}, expect=200)
    wait_until(county, closed + timedelta(days=180))
    purged(county)
    # The phone lost the answer and asks after all this time: it hears what it would have heard.
    assert phone.send([change])[mid]["reason"] == "bad-visit"
    wait_until(county, closed + timedelta(days=180) + 2 * timedelta(minutes=1))
    assert purged(county) == 1
    assert counts(county)["sync_receipt"] == 1
    assert purged(county) == 1
    assert counts(county)["sync_receipt"] == 0


def test_conflicts_that_wait_stay_and_settled_ones_go(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    there = [107.021, 31.951, "wgs84", 5.0]
    desk.call("PATCH", f"/households/{HOUSE}", json={"location": there, "people": 5})
    phone = Sender(county, "worker-a1w")
    said = {"location": [107.022, 31.952, "wgs84", 5.0], "people": 3}
    phone.write("household", "patch", said, HOUSE, {"location": None, "people": None})
    met = county.clock.now
    phone.send()
    wait_until(county, met + timedelta(days=180) + MOMENT)
    purged(county)
    left = run(county, "SELECT field FROM sync_conflict")
    assert left == [("location",)]
    desk = county.sign_in("township-a")
    (one,) = desk.get("/sync/conflicts")["items"]
    decided = county.clock.now
    body = {"keep": "ours", "version": one["version"]}
    desk.post(f"/sync/conflicts/{one['id']}/decide", body, expect=200)
    wait_until(county, decided + timedelta(days=180))
    purged(county)
    assert counts(county)["sync_conflict"] == 1
    wait_until(county, decided + timedelta(days=180) + MOMENT)
    purged(county)
    assert counts(county)["sync_conflict"] == 0


def test_marks_go_after_sixty_days_but_never_the_newest(county: SmallCounty) -> None:
    run(county, "DELETE FROM feed_mark")
    old, new = county.clock.now - timedelta(days=60), county.clock.now
    run(
        county,
        """INSERT INTO feed_mark (seq, mark, at)
           SELECT n, gen_random_uuid(), cast(:old AS timestamptz) - n * interval '1 day'
             FROM generate_series(1, 9) n
           UNION ALL SELECT 10, gen_random_uuid(), :old""",
        old=old,
    )
    assert purged(county, batch=4) == 4
    assert purged(county, batch=4) == 4
    assert purged(county, batch=4) == 1
    assert run(county, "SELECT seq FROM feed_mark") == [(10,)]
    wait_until(county, new + timedelta(days=365))
    assert purged(county) == 0  # whatever its age: phones know this history by it


def test_alarms_go_after_half_a_year(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    phone.write("hole", "append", {})
    raised = county.clock.now
    phone.send()
    wait_until(county, raised + timedelta(days=180))
    purged(county)
    assert counts(county)["sync_alarm"] == 1
    wait_until(county, raised + timedelta(days=180) + MOMENT)
    purged(county)
    assert counts(county)["sync_alarm"] == 0


def test_the_worker_goes_on_in_batches_and_ends(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    for _ in range(7):
        phone.visit("A1w-1")
    phone.send()
    county.clock.pass_time(days=61)
    assert purged(county, batch=3) == 3
    assert purge_old(county.worker) >= 4
    assert purge_old(county.worker) == 0
    assert "retention" in {job.name for job in JOBS}


def test_a_visit_sent_again_after_its_receipt_is_gone_counts_once(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    mid = phone.visit("A1w-1")
    (change,) = phone.outbox
    phone.send()
    county.clock.pass_time(days=61)
    purge_old(county.worker)
    outcome = phone.send([change])[mid]
    assert (outcome["status"], outcome["reason"]) == ("quarantined", "id_taken")
    assert run(county, "SELECT count(*) FROM visit") == [(1,)]


def test_a_patch_sent_again_after_its_receipt_is_gone_wins_over_nothing(
    county: SmallCounty,
) -> None:
    """The phone's file was restored from an old copy that knows the first patch alone."""
    phone = Sender(county, "worker-a1w")
    first = phone.write("household", "patch", {"people": 3}, HOUSE, {"people": None})
    (change,) = phone.outbox
    phone.send()
    phone.write("household", "patch", {"people": 4}, HOUSE, {"people": 3})
    phone.send()
    county.clock.pass_time(days=61)
    purge_old(county.worker)
    assert counts(county)["sync_receipt"] == 0
    phone.send([change])
    assert run(county, "SELECT people FROM household WHERE id = :id", id=HOUSE) == [(4,)]
    (logged,) = run(county, "SELECT field, needs_person FROM sync_conflict WHERE mid = :m", m=first)
    assert logged == ("people", False)
