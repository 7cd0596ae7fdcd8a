from time import perf_counter
from sqlalchemy import text
from server.db import transaction
from server.syncing.news import queries as nq
from server.disputes.queries import phones
from tests.disputes.conftest import Ladder
import pytest

@pytest.mark.parametrize("claims", [0, 2])
def test_it(ladder: Ladder, claims) -> None:
    ids = []
    for k in range(4):
        import tests.disputes.conftest as c
        from uuid import uuid4
        by = ladder.county.identity("mediator-a1", device="browser")
        whole = {"category": "neighbours", "story": "示例", "village_id": c.id_of("A1"),
                 "claims": [{"content": "x" * 20}] * claims}
        new = [c.NewDispute(uuid4(), whole, by.now, by.now) for _ in range(500)]
        ladder.desk("mediator-a1")
        with transaction(by) as session:
            c.service.register_disputes(session, by, new)
        ids += [d.id for d in new]
    with transaction(ladder.county.worker) as s:
        s.execute(text("RESET ROLE"))
        s.execute(text("ANALYZE"))
    read = [f for f in vars(nq) if f.startswith(("list_", "map_", "read"))]
    print(read)
    by = ladder.county.identity("mediator-a1", device="browser")
    all_ = phones.DISPUTE_COLUMNS
    with transaction(by) as session:
        two = [x for x in all_ if x not in phones.SINCE_3]
        sets = {"2": two, "3": list(all_)}
        for name in ("claims", "claim_texts", "terms_due"):
            sets["2+" + name] = [*two, name]
        sets["3-three"] = [x for x in all_ if x not in ("claims", "claim_texts", "terms_due")]
        for r in range(3):
            for k, cols in sets.items():
                t = perf_counter(); n = len(nq.TARGET(session, "dispute", cols, ids)); t = perf_counter() - t
                print(r, k, n, round(t * 1000))
        p = nq._packed("dispute", tuple(all_))
        rows = session.connection().exec_driver_sql("EXPLAIN (ANALYZE, COSTS OFF) " + p.statement, {**p.values, "ids": nq.as_array([str(i) for i in ids])}).all()
        print("\n".join(r[0] for r in rows))
    assert 0
