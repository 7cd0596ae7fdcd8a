"""Acts are sealed within a minute, each once, in an order that nobody has to wait for."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread

import psycopg2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from server.audit.queries.chain import find_stand, insert_seals, stream_chain, take_turn
from server.audit.rules.chain import START, Seal, link
from server.audit.service import record
from server.audit.service.sealing import BATCH, seal
from server.db import transaction
from server.worker import SEALING, Worker
from tests.cli.keyboard import as_admin
from tests.smallcounty import SmallCounty


def act(county: SmallCounty, count: int = 1) -> None:
    """So many acts of the county's own hand."""
    with transaction(county.worker) as session:
        for n in range(count):
            record(session, "test.act", n=n)


def seal_all(county: SmallCounty, batch: int = BATCH) -> int:
    with transaction(county.worker) as session:
        return seal(session, county.worker, batch)


def chain_of(county: SmallCounty) -> Sequence[Seal]:
    with transaction(county.worker, snapshot=True) as session:
        return list(stream_chain(session))


def follows(chain: Sequence[Seal]) -> bool:
    """Whether the chain is whole, reckoned without the verifier."""
    previous = START
    for number, one in enumerate(chain, 1):
        assert one.act
        previous = link(previous, one.number, one.sealed_us, one.act)
        if one.number != number or previous != one.hash:
            return False
    return True


def test_every_act_gets_the_next_number_and_follows_from_the_last(county: SmallCounty) -> None:
    act(county, 5)
    assert seal_all(county, batch=3) == 3
    assert seal_all(county) > 0
    assert seal_all(county) == 0
    chain = chain_of(county)
    assert follows(chain)
    with transaction(county.worker) as session:
        assert session.scalar(text("SELECT count(*) FROM audit_unsealed")) == 0
        assert session.scalar(text("SELECT count(*) FROM audit_act")) == len(chain)
        assert find_stand(session) == (county.clock.now, None)


def test_the_worker_seals_every_round(county: SmallCounty) -> None:
    act(county)
    assert Worker(county.app, SEALING).run_once(county.clock.now) == {"seal": True}
    assert len(chain_of(county)) > 0


def test_what_commits_late_gets_a_later_number(county: SmallCounty) -> None:
    """A long import wrote its act before others did, and commits after those were sealed."""
    seal_all(county)
    engine = create_engine(county.url)
    with engine.connect() as importer, engine.connect() as other:
        insert = text(
            "INSERT INTO audit_act (at, request_id, action, what) "
            "VALUES (now(), '', :action, '{}') RETURNING id"
        )
        late = importer.execute(insert, {"action": "test.long"}).scalar_one()
        early = other.execute(insert, {"action": "test.short"}).scalar_one()
        other.commit()
        assert late < early
        assert seal_all(county) == 1
        importer.commit()
    engine.dispose()
    assert seal_all(county) == 1
    chain = chain_of(county)
    assert [one.act_id for one in chain[-2:]] == [early, late]
    assert follows(chain)


def test_two_sealers_at_once_do_not_hinder_each_other(county: SmallCounty) -> None:
    act(county, 40)
    with transaction(county.worker) as session:
        assert take_turn(session)  # one is at work: the other leaves it the round

        def elsewhere() -> None:
            with county.app.app_context():
                assert seal_all(county) == 0

        beside = Thread(target=elsewhere)
        beside.start()
        beside.join()

    def some() -> None:
        with county.app.app_context():
            for _ in range(10):
                seal_all(county, batch=4)

    threads = [Thread(target=some) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_all(county)
    chain = chain_of(county)
    assert follows(chain)
    assert len({one.act_id for one in chain}) == len(chain) >= 40


def test_a_sealer_that_is_killed_leaves_nothing_half_done(county: SmallCounty) -> None:
    act(county, 3)
    with as_admin(county.url) as admin, transaction(county.worker) as session:
        assert seal(session, county.worker) > 0
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        admin.execute("SELECT pg_terminate_backend(%s)", (pid,))
        with pytest.raises(DBAPIError):
            session.execute(text("SELECT 1"))
        session.rollback()
    assert chain_of(county) == []
    assert seal_all(county) > 0
    assert follows(chain_of(county))


def test_what_waits_for_nothing_keeps_nobody_waiting(county: SmallCounty) -> None:
    """Rows of the queue whose acts are gone, as many as a batch."""
    act(county, 3)
    with as_admin(county.url) as admin:
        admin.execute("INSERT INTO audit_unsealed SELECT generate_series(-9, -1)")
    assert seal_all(county, batch=3) == 3


def test_a_time_that_is_none_stops_neither_sealer_nor_verifier(county: SmallCounty) -> None:
    with as_admin(county.url) as admin:
        for at in ("infinity", "-infinity", "4000-01-01 BC"):
            admin.execute(
                "INSERT INTO audit_act (at, request_id, action, what) VALUES (%s, '', 'x', '{}')",
                (at,),
            )
        assert seal_all(county) > 2
        assert follows(chain_of(county))
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE audit_act SET at = '-infinity' WHERE at = 'infinity'")
        assert not follows(chain_of(county))
        admin.execute("UPDATE audit_act SET at = 'infinity' WHERE at = '-infinity'")
        admin.execute("UPDATE audit_seal SET sealed_at = '-infinity'")
    assert not follows(chain_of(county))


def test_two_seals_of_one_number_or_of_one_act_cannot_be(county: SmallCounty) -> None:
    act(county, 2)
    seal_all(county)
    last = chain_of(county)[-1]
    for number, act_id in ((last.number - 1, 999_999), (last.number, last.act_id)):
        with (
            pytest.raises(Exception, match=r"already|duplicate"),
            transaction(county.worker) as session,
        ):
            insert_seals(session, number, county.clock.now, [act_id], [bytes(32)])
    assert follows(chain_of(county))


def test_nobody_changes_or_deletes_not_even_the_owner(county: SmallCounty) -> None:
    """The owner can take the triggers away first; then the chain tells."""
    act(county)
    seal_all(county)
    refused = (
        "UPDATE audit_act SET action = 'x'",
        "DELETE FROM audit_act",
        "TRUNCATE audit_act",
        "UPDATE audit_seal SET sealed_at = now()",
        "DELETE FROM audit_seal",
        "TRUNCATE audit_seal",
        "UPDATE audit_head SET at = now()",
        "DELETE FROM audit_head",
        "UPDATE audit_cut SET at = now()",
        "TRUNCATE audit_cut",
        "DELETE FROM audit_setting",
        "INSERT INTO audit_setting (installation, one) VALUES (gen_random_uuid(), false)",
    )
    with as_admin(county.url) as admin:
        for statement in refused:
            with pytest.raises(psycopg2.errors.RaiseException, match="only ever added to"):
                admin.execute(statement)
        ours = (
            "has_any_column_privilege(r, t, 'UPDATE') OR has_table_privilege(r, t, 'DELETE')"
            " OR has_table_privilege(r, t, 'TRUNCATE')"
        )
        admin.execute(
            f"""SELECT r, t FROM pg_roles g, LATERAL (SELECT g.rolname::text AS r) x,
                       unnest(ARRAY['audit_act', 'audit_seal', 'audit_head', 'audit_cut']) t
                 WHERE rolcanlogin AND NOT rolsuper AND r LIKE 'wangge%' AND ({ours})"""
        )
        assert admin.fetchall() == []


def test_the_web_seals_nothing_and_cuts_nothing(county: SmallCounty) -> None:
    auditor = county.identity("auditor")
    for statement in (
        "INSERT INTO audit_seal VALUES (1, 1, now(), decode(repeat('00', 32), 'hex'))",
        "DELETE FROM audit_unsealed",
        "SELECT * FROM audit_unsealed",
        "SELECT gate.cut_audit(1, 1, '', now(), '', '')",
        "UPDATE audit_setting SET installation = gen_random_uuid()",
    ):
        with pytest.raises(DBAPIError, match="permission denied"), transaction(auditor) as session:
            session.execute(text(statement))
    with transaction(county.identity("county")) as session:
        session.execute(text("UPDATE audit_setting SET months = 7"))
    with transaction(county.worker) as session:
        assert session.scalar(text("SELECT months FROM audit_setting")) == 6
