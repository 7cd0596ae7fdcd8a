"""What a visit names must be there, by whatever hand it is written."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from tests.smallcounty import START, SmallCounty, id_of

WRITE = text("""
    INSERT INTO visit (id, household_id, bucket, cell_id, outcome, done_by, recorded_by, device_id,
                       occurred_at, recorded_at, received_at, proof)
    SELECT gen_random_uuid(), h.id, h.bucket, :cell, 'met', :done_by, :recorded_by, :device,
           :at, :at, :at, 'proved'
      FROM household h WHERE h.cell_id = :home
""")


@pytest.mark.parametrize("wrong", ["", "cell", "done_by", "recorded_by", "device"])
def test_a_visit_by_hand_names_what_is_there(county: SmallCounty, wrong: str) -> None:
    worker = id_of("user worker-a1w")
    named = {"cell": id_of("A1w"), "done_by": worker, "recorded_by": worker, "device": None}
    if wrong:
        named[wrong] = id_of("nobody")
    engine = create_engine(county.url)
    try:
        with engine.begin() as connection:
            connection.execute(WRITE, {**named, "home": id_of("A1w"), "at": START})
    except IntegrityError:
        assert wrong
    else:
        assert not wrong
    finally:
        engine.dispose()


def test_nobody_deletes_what_visits_name(county: SmallCounty) -> None:
    """They are looked up when a visit is added, and never again: no key holds them."""
    asked = text("""
        SELECT role, name
          FROM unnest(ARRAY['app', 'push', 'mover', 'worker', 'gate', 'feed']) role,
               unnest(ARRAY['user_account', 'device', 'grid_cell']) name
         WHERE has_table_privilege('wangge_' || role, name, 'DELETE, TRUNCATE')
    """)
    engine = create_engine(county.url)
    try:
        with engine.connect() as connection:
            assert connection.execute(asked).all() == []
    finally:
        engine.dispose()
